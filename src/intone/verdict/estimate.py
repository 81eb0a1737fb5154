"""What one paired test says. Owns the estimate and its one rule; the tests are files of their own.

The rule: the interval excludes 0 exactly when p is below the level.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

Word = Literal["better", "worse", "undecided"]


@dataclass(frozen=True, slots=True)
class Estimate:
    """A paired difference (after minus before, in -1..1) with its interval and its p-values.

    `p` is two-sided. `p_one_sided` is the chance of a difference at least this positive if there
    were none; it comes from the same statistic and is near 1 where the difference is negative.
    """

    difference: float
    low: float
    high: float
    p: float
    p_one_sided: float
    n: int

    @property
    def word(self) -> Word:
        """What the interval says: *undecided* if and only if it contains 0."""
        if self.low > 0:
            return "better"
        return "worse" if self.high < 0 else "undecided"


NOTHING = Estimate(difference=0.0, low=-1.0, high=1.0, p=1.0, p_one_sided=1.0, n=0)
"""The estimate from no rows at all."""


def settle(raw: Estimate, level: float) -> Estimate:
    """Return the estimate with its interval cut to -1..1, around the difference, agreeing with p.

    Where test and interval are the same formula they agree already, except that the last bit of a
    float may differ at the very edge; here p has the say.
    """
    low = max(-1.0, min(raw.low, raw.difference))
    high = min(1.0, max(raw.high, raw.difference))
    if raw.p >= level:
        low, high = min(low, 0.0), max(high, 0.0)
    elif raw.difference > 0:
        low = max(low, math.nextafter(0.0, 1.0))
    else:
        high = min(high, math.nextafter(0.0, -1.0))
    return Estimate(
        difference=raw.difference,
        low=low,
        high=high,
        p=min(1.0, raw.p),
        p_one_sided=min(1.0, raw.p_one_sided),
        n=raw.n,
    )
