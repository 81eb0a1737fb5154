"""Which of the edits that led to a prompt are needed to get there.

A search adds things and drops them again; a person is told only of what is left. Owns that
reduction, not the history of a search, which keeps every step.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations

from intone.errors import PromptError
from intone.prompt.edits.edit import Edit, apply_all
from intone.prompt.prompt import Prompt


def needed(prompt: Prompt, edits: Sequence[Edit]) -> tuple[Edit, ...]:
    """Return the edits without those that others overwrite or undo; the prompt comes out the same.

    Single edits and pairs of one section are tried, the first ones first. Raises PromptError as
    `Edit.apply` where the edits themselves do not fit the prompt.
    """
    wanted = apply_all(prompt, edits).id
    left = tuple(edits)
    while True:
        fewer = next((some for some in _fewer(left) if _leads_to(prompt, some, wanted)), None)
        if fewer is None:
            return left
        left = fewer


def _fewer(edits: tuple[Edit, ...]) -> Iterator[tuple[Edit, ...]]:
    for out in range(len(edits)):
        yield edits[:out] + edits[out + 1 :]
    for one, other in combinations(range(len(edits)), 2):
        if edits[one].section == edits[other].section:
            yield tuple(edit for at, edit in enumerate(edits) if at not in (one, other))


def _leads_to(prompt: Prompt, edits: Sequence[Edit], wanted: str) -> bool:
    try:
        return apply_all(prompt, edits).id == wanted
    except PromptError:  # an edit that builds on the one left out does not fit without it
        return False
