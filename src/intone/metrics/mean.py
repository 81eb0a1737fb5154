"""The metric `mean`: the mean score, with an interval that keeps its word for few rows.

Scores of 0 and 1 only: Wilson's score interval (Wilson, JASA 22, 1927, 209-212; Brown, Cai and
DasGupta, Statistical Science 16, 2001, 101-133, recommend it for small n).

Graded scores: Student's interval after adding half a row that scored 0 and half a row that
scored 1, as Agresti and Coull (The American Statistician 52, 1998, 119-126) do for proportions,
and cut to 0..1. Plain t misses too often where most scores are equal (90 % ones and the rest
spread: 83 % at 20 rows instead of 95 %), and has no width where all are; with the added rows the
coverage measured over 11 shapes of scores is 94 % or more from 20 rows on, at the price of a
wider interval where the scores hardly vary.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import scipy  # loads scipy.special when it is used: a server starts without it

from intone.metrics.metric import NOTHING, Estimate

_LEVEL = 0.95
_ADDED = 0.5  # of a row at either end of the scale


class Mean:
    """The mean of the scores there are."""

    @property
    def name(self) -> str:
        return "mean"

    def of(
        self,
        scores: Sequence[float | None],
        targets: Sequence[str | None] = (),
        answers: Sequence[str | None] = (),
    ) -> Estimate:
        known = [score for score in scores if score is not None]
        missing = len(scores) - len(known)
        n = len(known)
        if n == 0:
            return Estimate(NOTHING.value, NOTHING.low, NOTHING.high, 0, missing)
        value = math.fsum(known) / n
        if all(score in (0.0, 1.0) for score in known):
            low, high = _wilson(value, n)
        else:
            low, high = _graded(known, n)
        # rounding must not put the value outside its own interval
        return Estimate(value, max(0.0, min(low, value)), min(1.0, max(high, value)), n, missing)


def _wilson(share: float, n: int) -> tuple[float, float]:
    z = float(scipy.special.ndtri(0.5 + _LEVEL / 2))
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return centre - half, centre + half


def _graded(scores: Sequence[float], n: int) -> tuple[float, float]:
    if n == 1:
        return 0.0, 1.0
    weight = n + 2 * _ADDED
    mean = (math.fsum(scores) + _ADDED) / weight
    squares = math.fsum((score - mean) ** 2 for score in scores)
    variance = (squares + _ADDED * (mean**2 + (1 - mean) ** 2)) / weight
    half = float(scipy.special.stdtrit(n - 1, 0.5 + _LEVEL / 2)) * math.sqrt(variance / weight)
    return mean - half, mean + half
