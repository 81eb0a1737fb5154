"""Read a label from the probabilities of an answer's first word. Owns no wire format.

A tokenizer we do not have may cut a label anywhere, so a token counts for the one label that
begins with it; a token that begins several labels counts for none and makes the position
unreadable if it has weight.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from intone.llm.answers import Labels

_MARKUP = " \t\r\n\"'`*_([{<#-:▁Ġ"
_DISTINCT = 3  # tokens for the start of a word are seldom shorter
_READABLE = 0.5  # below this share of the probability, the model meant to write something else
_BLURRED = 0.05  # more than this on tokens that begin several labels: not readable


@dataclass(frozen=True, slots=True)
class Position:
    """One position of an answer: the token written, and the likeliest tokens' probabilities."""

    token: str
    likeliest: Mapping[str, float]


def distinct(spec: Labels) -> bool:
    """Say whether the choices can be told apart by how they begin.

    True when no choice begins another and no two share their first three characters (case
    ignored unless the labels have codes).
    """
    beginnings: set[str] = set()
    for choice in spec.choices:
        start = _fold(choice, spec)[:_DISTINCT]
        if not start or any(start.startswith(b) or b.startswith(start) for b in beginnings):
            return False
        beginnings.add(start)
    return bool(beginnings)


def probabilities(spec: Labels, positions: Sequence[Position]) -> dict[str, float]:
    """Return each label's probability at the first position that is not mere markup.

    They are normalised over the labels and sum to 1; a label outside the likeliest tokens has 0.
    Empty if the labels have less than half of the probability there (the model meant to write
    something else) or if tokens that begin several labels carry weight.
    """
    at = next((p for p in positions if p.token.strip(_MARKUP)), None)
    if at is None:
        return {}
    choices = [(_fold(choice, spec), label) for choice, label in _pairs(spec)]
    weight = dict.fromkeys(spec.labels, 0.0)
    blurred = 0.0
    for token, probability in at.likeliest.items():
        start = _fold(token, spec)
        meant = [label for choice, label in choices if start and choice.startswith(start)]
        if len(meant) == 1:
            weight[meant[0]] += probability
        elif meant:
            blurred += probability
    total = sum(weight.values())
    if total < _READABLE or blurred > _BLURRED:
        return {}
    return {label: value / total for label, value in weight.items()}


def _pairs(spec: Labels) -> zip[tuple[str, str]]:
    return zip(spec.choices, spec.labels, strict=True)


def _fold(text: str, spec: Labels) -> str:
    # "card " must still begin "card payment" and not "cardiology": only the left end is stripped.
    bare = text.lstrip(_MARKUP)
    return bare if spec.codes else bare.casefold()
