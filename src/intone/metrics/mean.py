"""`mean`: the mean score, with an interval that holds for few rows."""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt

from scipy.special import stdtrit
from scipy.stats import norm

from intone.metrics.metric import Estimate

_LEVEL = 0.05


class Mean:
    """The mean of the scores.

    Interval for 0/1 scores: Wilson's score interval (Wilson, JASA 22, 1927). For graded scores:
    Student's t on the scores and two made-up ones, 0 and 1 (as Agresti and Coull add successes and
    failures, The American Statistician 52, 1998), cut to 0..1: equal scores get no zero width.
    """

    name = "mean"

    def of(
        self,
        scores: Sequence[float | None],
        targets: Sequence[str | None],
        answers: Sequence[str | None],
    ) -> Estimate:
        known = [score for score in scores if score is not None]
        if not known:
            raise ValueError("there are no scores")
        value = sum(known) / len(known)
        binary = all(score in (0.0, 1.0) for score in known)
        low, high = _wilson(value, len(known)) if binary else _student(known)
        return Estimate(value, min(low, value), max(high, value), len(known))


def _wilson(share: float, n: int) -> tuple[float, float]:
    z = float(norm.ppf(1 - _LEVEL / 2))
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return max(0.0, middle - half), min(1.0, middle + half)


def _student(scores: Sequence[float]) -> tuple[float, float]:
    padded = [*scores, 0.0, 1.0]
    n = len(padded)
    middle = sum(padded) / n
    variance = sum((score - middle) ** 2 for score in padded) / (n - 1)
    half = float(stdtrit(n - 1, 1 - _LEVEL / 2)) * sqrt(variance / n)
    return max(0.0, middle - half), min(1.0, middle + half)
