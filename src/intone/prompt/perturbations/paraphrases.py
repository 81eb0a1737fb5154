"""Paraphrases of the instruction: the same wish in other words, or on the other side of the inputs.

Owns which changes of wording keep the meaning: the user's own words in a frame that asks for
nothing more, single words swapped for equal ones, courtesies, and the place of the question. The
library's templates of other words are no paraphrases: they would drop what the user said, or ask
for more (a list of labels, say).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import partial

from intone.data.canonical import draw
from intone.prompt.edits import Edit, drop_courtesies, rewrite_template, short
from intone.prompt.perturbations.fixed import outside_fixed
from intone.prompt.perturbations.wordings import wordings
from intone.prompt.phrasings import turned
from intone.prompt.prompt import Prompt
from intone.prompt.template import outside_marks, split_head

_TITLE_WORDS = 4
_NOT_A_NOUN = r"(?<!\ba )(?<!\ban )(?<!\bthe )(?<!\byour )(?<!\bits )(?<!\btheir )"
_NOT_BEFORE = r"(?!\s+(?:up|out|off|on|over|away|back|you|we|they|I|he|she)\b)"
"""A noun is no instruction; "pick up" is no choice, and "don't you" no "do not you"."""


def paraphrases(prompt: Prompt, labels: Sequence[str], seed: int) -> Iterator[Sequence[Edit]]:
    """Give edits that say the instruction in other words, in an order that the seed decides.

    Words that a label has in it are left alone.
    """
    found: list[Sequence[Edit]] = [*_framed(prompt), *_swapped(prompt, labels)]
    other_side = turned(prompt)
    if other_side is not None:
        found.append((other_side,))
    found.append((drop_courtesies("template", "drop words of courtesy"),))
    draw(seed, "perturbations", "paraphrase").shuffle(found)
    yield from found


def _framed(prompt: Prompt) -> Iterator[Sequence[Edit]]:
    head, body = split_head(prompt.template)
    if not head.strip() or not body or _is_title(head):
        return
    for frame in wordings().frames:
        text = frame.replace("[[task]]", head)
        said = short(" ".join(frame.replace("[[task]]", "…").split()))
        yield (rewrite_template(f"{text}\n\n{body}", f"instruction as “{said}”"),)


def _is_title(head: str) -> bool:
    """Say whether a template's head is only the name of the input below it."""
    return "\n" not in head and head.rstrip().endswith(":") and len(head.split()) <= _TITLE_WORDS


def _swapped(prompt: Prompt, labels: Sequence[str]) -> Iterator[Sequence[Edit]]:
    """Give an edit for each wording of the instruction that another can stand for.

    Quotes, braces and labels stay as they are.
    """
    named = "\n".join(labels).casefold()
    for group in wordings().swaps:
        for old in group:
            if old in named:
                continue
            for new in group:
                if new != old:
                    swap = outside_fixed(partial(_swap, old=old, new=new), labels)
                    text = outside_marks(prompt.template, swap)
                    yield (rewrite_template(text, f"“{new}” for “{old}”"),)


def _swap(text: str, old: str, new: str) -> str:
    words = rf"(?<![\w-]){re.escape(old)}(?![\w-])"
    pattern = re.compile(_NOT_A_NOUN + words + _NOT_BEFORE, re.IGNORECASE)

    def other(match: re.Match[str]) -> str:
        return new[:1].upper() + new[1:] if match.group()[0].isupper() else new

    return pattern.sub(other, text)
