"""Successive rejects: one candidate is dropped at a time, the later the more rows have been met."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil

from intone.tune.races.rules import Round


@dataclass(frozen=True)
class SuccessiveRejects:
    """Successive rejects (Audibert, Bubeck and Munos, COLT 2010, figure 2).

    K candidates, n calls: phase k = 1 .. K-1 brings every candidate to
    ceil((n - K) / (L (K + 1 - k))) rows, where L = 1/2 + 1/2 + 1/3 + … + 1/K, and then drops the
    worst. Phases that would bring no further row are joined with the one before, and nobody is
    dropped on fewer than `least` rows.
    """

    least: int = 4

    def rounds(self, candidates: int, calls: int) -> Sequence[Round]:
        if candidates < 2:
            return (Round(1, Fraction(1)),) * candidates
        scale = Fraction(1, 2) + sum(Fraction(1, i) for i in range(2, candidates + 1))
        depths: list[tuple[int, int]] = []  # rows a candidate has met, candidates that go on
        for phase in range(1, candidates):
            rows = ceil(max(0, calls - candidates) / (scale * (candidates + 1 - phase)))
            rows = max(self.least, rows)
            if depths and depths[-1][0] == rows:
                depths.pop()
            depths.append((rows, candidates - phase))
        rounds = []
        before, running = 0, candidates
        for rows, stay in depths:
            rounds.append(Round((rows - before) * running, Fraction(stay, running)))
            before, running = rows, stay
        return tuple(rounds)
