"""Sequential halving: the calls in equal rounds, the better part of the candidates goes on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from intone.tune.races.rules import Round


@dataclass(frozen=True)
class Halving:
    """Sequential halving (Karnin, Koren and Somekh, ICML 2013, algorithm 1).

    ceil(log K) rounds for K candidates, to the base `parts`, with an equal share of the calls each;
    after a round one part in `parts` stays. Fewer rounds where the first would give a candidate
    less than `least` rows. Differs from the paper in keeping what earlier rounds told, as all
    candidates meet the same rows. `parts` = 3 is the rate of Hyperband's brackets (Li et al.,
    JMLR 18, 2018).
    """

    parts: int = 2
    least: int = 4

    def rounds(self, candidates: int, calls: int) -> Sequence[Round]:
        if candidates == 0:
            return ()
        most, left = 0, candidates
        while left > 1:
            most, left = most + 1, -(-left // self.parts)
        count = min(max(1, most), max(1, calls // (self.least * candidates)))
        return (Round(1, Fraction(1, self.parts)),) * count
