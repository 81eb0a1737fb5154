"""Orders: demonstrations, clarifiers, codes and listed labels, arranged anew.

Owns what may change places without changing what is said. Labels change places only within a bare
list of them ("billing, shipping or sales"), not where each is explained.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import chain, zip_longest
from random import Random

from intone.data.canonical import draw
from intone.prompt.edits import (
    Edit,
    change_output_format,
    reorder,
    rewrite_template,
    set_clarifiers,
    set_codes,
)
from intone.prompt.edits.items import ListSection
from intone.prompt.prompt import Prompt
from intone.prompt.template import outside_marks

_TRIES = 12  # arrangements of each thing; equal ones are left out later
_BETWEEN = re.compile(r"""(?:[\s,;/|·•*"'“”‘’`()\[\]-]|\b(?:or|and)\b)+""")


def orders(prompt: Prompt, labels: Sequence[str], seed: int) -> Iterator[Sequence[Edit]]:
    """Give edits that arrange one thing anew, taking turns over what there is to arrange."""
    rng = draw(seed, "perturbations", "order")
    ways = [
        [_shuffled(prompt, "demonstrations", rng) for _ in range(_TRIES)],
        [_labels_shuffled(prompt, labels, rng) for _ in range(_TRIES)],
        [_shuffled(prompt, "clarifiers", rng) for _ in range(_TRIES)],
        [_codes_shuffled(prompt, rng) for _ in range(_TRIES)],
    ]
    taking_turns = chain.from_iterable(zip_longest(*ways, fillvalue=()))
    yield from (edits for edits in taking_turns if edits)


def _shuffled(prompt: Prompt, section: ListSection, rng: Random) -> Sequence[Edit]:
    order = list(range(len(getattr(prompt, section))))
    rng.shuffle(order)
    return (reorder(section, order),) if len(order) > 1 else ()


def _codes_shuffled(prompt: Prompt, rng: Random) -> Sequence[Edit]:
    """Give the codes, in the order in which they are shown, to the labels in another order."""
    labels = list(prompt.codes)
    rng.shuffle(labels)
    codes = dict(zip(labels, prompt.codes.values(), strict=True))
    return (set_codes(codes, "give the codes to other labels"),) if len(codes) > 1 else ()


def _labels_shuffled(prompt: Prompt, labels: Sequence[str], rng: Random) -> Sequence[Edit]:
    """List the labels in another order wherever the prompt lists them."""
    if len(labels) < 2:
        return ()
    order = list(labels)
    rng.shuffle(order)
    arrange = arranged_as(order)
    said = "list the labels in another order"
    template = outside_marks(prompt.template, arrange)
    rules = tuple(map(arrange, prompt.clarifiers))
    edits: list[Edit] = []
    if template != prompt.template:
        edits.append(rewrite_template(template, said))
    if (form := arrange(prompt.output_format)) != prompt.output_format:
        edits.append(change_output_format(form, said))
    if rules != prompt.clarifiers:
        edits.append(set_clarifiers(rules, said))
    return edits


def arranged_as(order: Sequence[str]) -> Callable[[str], str]:
    """Return the change of a text that puts the labels of every bare list into this order."""
    longest_first = sorted(filter(None, order), key=len, reverse=True)
    label = re.compile(
        rf"(?<!\w)(?:{'|'.join(map(re.escape, longest_first))})(?!\w)" if longest_first else r"(?!)"
    )
    places = {name: place for place, name in enumerate(order)}

    def arrange(text: str) -> str:
        group: list[re.Match[str]] = []
        groups = [group]
        for found in label.finditer(text):
            if group and not _BETWEEN.fullmatch(text, group[-1].end(), found.start()):
                group = []
                groups.append(group)
            group.append(found)
        for group in reversed(groups):
            names = sorted((found.group() for found in group), key=places.__getitem__)
            if len(set(names)) == len(names) > 1:
                for found, name in reversed(list(zip(group, names, strict=True))):
                    text = text[: found.start()] + name + text[found.end() :]
        return text

    return arrange
