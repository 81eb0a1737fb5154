"""The paired test for values in any unit: words, grades, counts. Owns its p-value and interval.

If a change of the prompt does nothing, a row's two answers could as well have come in the other
order, so every row's difference is as likely with the other sign (Fisher, The Design of
Experiments, 1935, section 21). The p-value is the share of all choices of signs whose sum is at
least as large: exact, however few the rows, and without a word on how the values are distributed.

The interval holds every shift that this test does not reject. A shift is rejected by the means of
the rows' subsets, so its bounds are order statistics of these means (Hartigan, Journal of the
American Statistical Association 64, 1969, 1303-1317). It takes the differences to lie evenly around
their middle.

Up to `EXACT` rows every subset is looked at; with more, 9,999 of them, drawn once and for all, with
the observed signs counted among them, which keeps the level (Phipson and Smyth, Statistical
Applications in Genetics and Molecular Biology 9, 2010, article 39).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

EXACT = 14
_DRAWN = 9_999
_CLOSE = 1e-9  # of the largest difference: sums that differ by less are equal


@dataclass(frozen=True, slots=True)
class Shift:
    """By how much paired values moved, after minus before, in their own unit.

    `low` and `high` are one-sided bounds, each with the confidence 1 - level; infinite where so few
    rows bound nothing. `p` is one-sided: the chance of so large a rise if nothing had changed.
    `changed` of the `n` rows differ at all.
    """

    difference: float
    low: float
    high: float
    p: float
    n: int
    changed: int


def shift_test(differences: Sequence[float], level: float = 0.05) -> Shift:
    """Test whether the rows' differences are above 0; `low` is above 0 exactly when p <= level.

    No rows give p = 1 and no bounds. Raises ValueError for a difference that is not finite or a
    level outside 0..1.
    """
    if not 0.0 < level < 1.0:
        raise ValueError(f"level must be between 0 and 1, not {level}")
    values = np.asarray(differences, dtype=np.float64)
    if not np.isfinite(values).all():
        raise ValueError("a difference must be finite")
    n = len(values)
    if n == 0:
        return Shift(0.0, -math.inf, math.inf, 1.0, 0, 0)
    close = _CLOSE * float(np.abs(values).max())
    changed = values[np.abs(values) > close]
    mean = math.fsum(values) / n
    p = _p(changed, close)
    low, high = _lowest(values, level), 0.0 - _lowest(-values, level)
    low, high = min(low, mean), max(high, mean)
    if p > level:
        low = min(low, 0.0)
    else:
        low = max(low, math.nextafter(0.0, 1.0))
    return Shift(mean, low, high, p, n, len(changed))


def smallest_p(changed: int) -> float:
    """Return the smallest p that so many rows that differ can give."""
    return 0.5**changed


def _p(changed: NDArray[np.float64], close: float) -> float:
    """Return the share of choices of signs with a sum at least as large as the one observed.

    A choice reaches it exactly when the differences that it turns round add up to 0 or less.
    """
    if len(changed) == 0:
        return 1.0
    turned, whole = _subsets(len(changed))
    reached = int(np.count_nonzero(turned @ changed <= close))
    return (1 + reached) / whole


def _lowest(values: NDArray[np.float64], level: float) -> float:
    """Return the largest shift that is still rejected from below, -inf if none is."""
    turned, whole = _subsets(len(values))
    place = math.floor(level * whole * (1 + _CLOSE)) - 1
    if place < 0:
        return -math.inf
    sizes = turned.sum(axis=1)
    filled = sizes > 0
    means = np.full(len(sizes), -math.inf)
    means[filled] = (turned[filled] @ values) / sizes[filled]
    return float(np.partition(means, place)[place])


def _subsets(n: int) -> tuple[NDArray[np.float64], int]:
    """Return subsets of n rows as 0s and 1s, and their number with the empty one among them."""
    if n <= EXACT:
        numbers = np.arange(1, 2**n, dtype=np.int64)
        bits = (numbers[:, None] >> np.arange(n)) & 1
        return bits.astype(np.float64), 2**n
    drawn = np.random.default_rng(n).integers(0, 2, (_DRAWN, n))
    return drawn.astype(np.float64), _DRAWN + 1
