"""No rule at all: every candidate meets as many rows as the calls reach for all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from intone.tune.races.rules import Round


@dataclass(frozen=True)
class Uniform:
    """One round for all. What the other rules are measured against."""

    def rounds(self, candidates: int, calls: int) -> Sequence[Round]:
        return (Round(1, Fraction(1)),) if candidates else ()
