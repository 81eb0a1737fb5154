"""The variants of a program: which perturbations of each kind are taken, and which are left out.

Owns the choice. A variant keeps every input, is no copy of the program or of another variant, and
depends on the program and the seed alone. What a change is made of is in the files of the kinds.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice

from intone.data.row import Row
from intone.errors import PromptError
from intone.prompt.edits import Edit, apply_all
from intone.prompt.perturbations.casing import casings
from intone.prompt.perturbations.filler import fillers
from intone.prompt.perturbations.orders import orders
from intone.prompt.perturbations.paraphrases import paraphrases
from intone.prompt.perturbations.sampling import samplings
from intone.prompt.perturbations.separators import layouts_and_separators
from intone.prompt.perturbations.variant import Asked, Kind, Perturbed, Variant
from intone.prompt.program import Program
from intone.prompt.prompt import Prompt
from intone.prompt.template import outside_marks

_NOTHING: Mapping[Kind, str] = {
    "paraphrase": "the template has no instruction of its own to put in other words",
    "order": "nothing is listed: no two demonstrations, clarifiers or codes, no list of labels",
    "layout": "nothing to set apart otherwise",
    "casing": "nothing to write in another case or spacing",
    "filler": "no passage can be added",
    "sampling": "nothing to draw again",
}
_NO_PROMPT = "only a single prompt can be changed in this way"


def perturbed(program: Program, asked: Asked) -> Perturbed:
    """Return the variants of a program. Pure: the same program and seed, the same variants.

    A program that is no Prompt (a vote, a chain) has variants of the kind `sampling` only.
    """
    variants: list[Variant] = []
    left_out: dict[Kind, str] = {}
    seen = _Seen()
    if isinstance(program, Prompt):
        seen.add(program)
        # Jinja reads line ends in one way: a change of these alone is no change.
        seen.add(program.with_(template=outside_marks(program.template, str)))
    for kind in asked.kinds:
        found: Iterable[Variant] = ()
        why = _NOTHING[kind]
        if kind == "sampling":
            found = samplings(program, asked.temperature)
        elif isinstance(program, Prompt):
            found = _distinct(program, kind, _changes(program, kind, asked), seen)
        else:
            why = _NO_PROMPT
        taken = list(islice(found, asked.count))
        variants += taken
        if not taken:
            left_out[kind] = why
    return Perturbed(tuple(variants), left_out)


def _changes(prompt: Prompt, kind: Kind, asked: Asked) -> Iterable[Sequence[Edit]]:
    """Give the edits of a kind that may fit the prompt."""
    if kind == "paraphrase":
        return chain(asked.paraphrases, paraphrases(prompt, asked.labels, asked.seed))
    if kind == "order":
        return orders(prompt, asked.labels, asked.seed)
    if kind == "layout":
        return layouts_and_separators(prompt, asked.seed)
    if kind == "casing":
        return casings(prompt, asked.labels, asked.seed)
    return fillers(asked.seed)


def _distinct(
    prompt: Prompt, kind: Kind, changes: Iterable[Sequence[Edit]], seen: _Seen
) -> Iterator[Variant]:
    """Give the variants that ask in another way than any prompt that was seen."""
    for edits in changes:
        try:
            changed = apply_all(prompt, edits)
        except PromptError:
            continue  # it does not fit this prompt
        if changed.variables == prompt.variables and seen.add(changed):
            yield Variant(kind, changed, edits[0].sentence)


class _Seen:
    """The prompts that were seen, by what they are and by what a model sees of them."""

    def __init__(self) -> None:
        self._known: set[str] = set()

    def add(self, prompt: Prompt) -> bool:
        """Take a prompt in; say whether it was new."""
        if prompt.id in self._known:
            return False
        shown = _shown(prompt)
        new = shown not in self._known
        self._known |= {prompt.id, shown}
        return new


def _shown(prompt: Prompt) -> str:
    """Return what a model would see for a row of invented values; the id where that cannot be."""
    invented = {name: f"<{name}>" for name in prompt.variables}
    try:
        return repr(prompt.messages(Row(-1, "", invented)))
    except PromptError:
        return prompt.id
