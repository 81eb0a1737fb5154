"""The paired test for scores anywhere in 0..1. Owns its statistic, p-value and interval.

A paired t-test with two rows added: one where the score rose, one where it fell, each by the
typical size of the differences that are not 0 (their root mean square; 1 if there are none). It is
what Bonett and Price (Journal of Educational and Behavioral Statistics 37, 2012, 479-488) do for
0/1 scores, carried over to graded ones. The plain t-test covers as little as 83 % where most rows
do not change and the others all go one way; the added rows mend that, keep the interval from
shrinking to nothing when all rows agree, and cost little elsewhere.

What no such test can see is a rare disaster that these rows do not contain.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import scipy  # loads scipy.special when it is used: a server starts without it

from intone.verdict.estimate import NOTHING, Estimate, settle

_SAME = 1e-12  # averages of equal samples may differ in their last bits


def t_test(differences: Sequence[float], level: float = 0.05) -> Estimate:
    """Test the mean of the rows' differences (each in -1..1); confidence 1 - level.

    One row has no spread to judge by: its interval is -1..1 and p is 1.
    """
    n = len(differences)
    if n == 0:
        return NOTHING
    changed = [value for value in differences if abs(value) > _SAME]
    total = math.fsum(changed)
    if n == 1:
        return Estimate(total, -1.0, 1.0, 1.0, 1.0, 1)
    squares = math.fsum(value * value for value in changed)
    typical = squares / len(changed) if changed else 1.0
    centre = total / (n + 2)
    variance = (squares + 2.0 * typical) / (n + 2) - centre * centre
    error = math.sqrt(variance / (n + 2))
    t = centre / error
    half = float(scipy.special.stdtrit(n - 1, 1.0 - level / 2.0)) * error
    raw = Estimate(
        difference=total / n,
        low=centre - half,
        high=centre + half,
        p=2.0 * float(scipy.special.stdtr(n - 1, -abs(t))),
        p_one_sided=float(scipy.special.stdtr(n - 1, -t)),
        n=n,
    )
    return settle(raw, level)
