"""Neutral passages: context that says nothing about the task. Owns where they are put."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from intone.data.canonical import draw
from intone.prompt.edits import Edit, add_context, short
from intone.prompt.perturbations.wordings import wordings


def fillers(seed: int) -> Iterator[Sequence[Edit]]:
    """Give edits that add one neutral passage, then two, in an order that the seed decides."""
    passages = list(wordings().fillers)
    draw(seed, "perturbations", "filler").shuffle(passages)
    for text in passages:
        yield (add_context(text, sentence=f"add “{short(text, 40)}”"),)
    for one, other in pairwise(passages):
        said = f"add “{short(one, 25)}” and “{short(other, 25)}”"
        yield (add_context(one, 0, said), add_context(other, sentence=said))
