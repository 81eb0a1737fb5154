"""The paired test for scores that are 0 or 1. Owns its statistic, p-value and interval.

Tango's score test (Statistics in Medicine 17, 1998, 891-908) with a small continuity correction.
For a true difference d, the statistic compares |improved - worsened - n d| with its standard error
under d; the interval holds every d the test does not reject, so the two are one test. At d = 0 it
is McNemar's test.

Why a correction: without one the interval covers less than 94 % at some sizes, *better* is said
wrongly in more than 2.5 % of cases where nothing differs, and a single improved row would ship a
prompt (p = 0.16). Edwards' correction of a whole row makes the interval too wide. The constants
below meet every aim of benchmarks/verdict_calibration.py, which computes all of this exactly. The
correction grows with the share of rows that differ because improved - worsened moves in steps of
two when every row differs, and in steps of one when few do.
"""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from intone.verdict.estimate import NOTHING, Estimate, settle

Number = TypeVar("Number", float, NDArray[np.float64])

_NORMAL = NormalDist()
_HALVINGS = 60  # to the last bit of a float: 2 ** -60 of the bracket


def correction(discordant: Number, n: int) -> Number:
    """Return the continuity correction, in rows, for `discordant` of `n` rows that differ."""
    return 0.16 + 0.375 * discordant / n


def tail(z: float) -> float:
    """Return the chance that a standard normal is at least z."""
    return 0.5 * math.erfc(z / math.sqrt(2.0))


def score_test(improved: int, worsened: int, n: int, level: float = 0.05) -> Estimate:
    """Test the paired difference of 0/1 scores from its counts.

    `improved` rows went from 0 to 1, `worsened` from 1 to 0, out of `n`. The interval has the
    confidence 1 - level.
    """
    if n == 0:
        return NOTHING
    discordant = improved + worsened
    surplus = improved - worsened
    slack = correction(discordant, n)
    if discordant:
        error = math.sqrt(discordant)
        p = min(1.0, 2.0 * tail((abs(surplus) - slack) / error))
        p_one_sided = tail((surplus - slack) / error)
    else:
        p = p_one_sided = 1.0
    rejected = p < level
    critical = _NORMAL.inv_cdf(1.0 - level / 2.0)
    raw = Estimate(
        difference=surplus / n,
        low=_lower(improved, worsened, n, critical, rejected),
        high=-_lower(worsened, improved, n, critical, rejected),
        p=p,
        p_one_sided=p_one_sided,
        n=n,
    )
    return settle(raw, level)


def _lower(improved: int, worsened: int, n: int, critical: float, rejected: bool) -> float:
    """Return the least difference that is not rejected, by bisection.

    Whether 0 is rejected is known, which tells on which side of 0 to look.
    """
    surplus = improved - worsened
    slack = correction(improved + worsened, n)
    inside, outside = surplus / n, -1.0
    if surplus > 0:
        inside, outside = (inside, 0.0) if rejected else (0.0, -1.0)
    for _ in range(_HALVINGS):
        middle = (inside + outside) / 2.0
        gap = abs(surplus - n * middle) - slack
        if gap <= critical * _standard_error(improved, worsened, n, middle):
            inside = middle
        else:
            outside = middle
    return inside


def _standard_error(improved: int, worsened: int, n: int, difference: float) -> float:
    """Return the standard error of improved - worsened if `difference` is true (Tango, eq. 13).

    The share of rows that worsen is at its maximum likelihood under that difference.
    """
    a = 2.0 * n
    b = -improved - worsened + (2.0 * n - improved + worsened) * difference
    c = -worsened * difference * (1.0 - difference)
    worsening = (math.sqrt(max(b * b - 4.0 * a * c, 0.0)) - b) / (2.0 * a)
    return math.sqrt(max(n * (2.0 * worsening + difference * (1.0 - difference)), 0.0))
