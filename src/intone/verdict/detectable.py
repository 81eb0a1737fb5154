"""The smallest difference that so many rows can show, before anything is spent.

Owns the power of the room's own tests and what is assumed about the rows. Nothing is known of them
yet, so the defaults are a prior; whoever has tuning rows may pass what those show instead.

- 0/1 scores: `churn` is the share of rows whose score changes for no reason: half of them improve,
  half worsen. A gain of d adds a share d of rows that improve. The power is exact: all counts of
  rows that differ and of rows that improved, each with its probability.
- graded scores: `spread` is the standard deviation of the rows' differences. The power is that of
  the t-test on normal differences (noncentral t).
"""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
import scipy  # loads scipy.special when it is used: a server starts without it
from numpy.typing import NDArray

from intone.verdict.binary import correction

CHURN = 0.15
"""Default churn: two wordings of one prompt commonly disagree on 10 to 20 % of the rows."""
SPREAD = 0.3
"""Default spread of graded differences."""

_HALVINGS = 30
_REACH = 10.0  # standard deviations of a count that are looked at
_MANY = 500  # degrees of freedom from which the noncentral t is a shifted normal


def smallest_detectable(
    n: int,
    kind: Literal["binary", "graded"] = "binary",
    *,
    churn: float = CHURN,
    spread: float = SPREAD,
    level: float = 0.05,
    chance: float = 0.8,
) -> float | None:
    """Return the smallest true gain that `n` rows call *better* with the given chance.

    In 0..1 (0.17 is 17 points). None where no gain is large enough: too few rows.
    """
    if n < 2:
        return None
    if kind == "graded":
        return _graded(n, spread, level, chance)
    outside, inside = 0.0, 1.0 - churn
    if power(n, inside, churn, level) < chance:
        return None
    for _ in range(_HALVINGS):
        middle = (outside + inside) / 2.0
        if power(n, middle, churn, level) >= chance:
            inside = middle
        else:
            outside = middle
    return inside


def power(n: int, difference: float, churn: float = CHURN, level: float = 0.05) -> float:
    """Return the exact chance that `n` rows of 0/1 scores say *better* at a true difference.

    `difference` + `churn` is the share of rows that differ. A negative difference is a loss, with
    the share of rows that worsen raised by it.
    """
    share = min(1.0, abs(difference) + churn)
    if n == 0 or share <= 0.0:
        return 0.0
    gained = min(1.0, (share + difference) / 2.0 / share)
    middle, reach = n * share, _REACH * math.sqrt(n * share * (1.0 - share))
    fewest, most = max(1, math.floor(middle - reach)), min(n, math.ceil(middle + reach))
    discordant = np.arange(fewest, most + 1, dtype=np.float64)
    # improved - worsened must exceed this, so at least `needed` of the rows that differ improve
    surplus = scipy.special.ndtri(1.0 - level / 2.0) * np.sqrt(discordant) + correction(
        discordant, n
    )
    needed = np.floor((discordant + surplus) / 2.0) + 1.0
    possible = needed <= discordant
    discordant, needed = discordant[possible], needed[possible]
    better = np.asarray(scipy.special.bdtrc(needed - 1.0, discordant.astype(np.int64), gained))
    return float(np.sum(_binomial(discordant, n, share) * better))


def _binomial(counts: NDArray[np.float64], n: int, share: float) -> NDArray[np.float64]:
    """Return the probability of each count out of n, by logarithms: n may be a million."""
    choose = (
        scipy.special.gammaln(n + 1)
        - scipy.special.gammaln(counts + 1)
        - scipy.special.gammaln(n - counts + 1)
    )
    return np.asarray(
        np.exp(
            choose + scipy.special.xlogy(counts, share) + scipy.special.xlog1py(n - counts, -share)
        )
    )


def _graded(n: int, spread: float, level: float, chance: float) -> float | None:
    """Return the gain where the t-test of graded.py, on normal differences, has that power.

    That test adds two rows. On differences none of which is 0 it rejects exactly when the ordinary
    t statistic exceeds `threshold`, so the ordinary noncentral t gives its power.
    """
    critical = float(scipy.special.stdtrit(n - 1, 1.0 - level / 2.0))
    weight = (n / (n + 2)) ** 2
    explained = critical**2 / (weight * (n + 2 + critical**2))
    if explained >= 1.0:
        return None
    threshold = math.sqrt((n - 1) * explained / (1.0 - explained))
    if n > _MANY:
        centrality = threshold + float(scipy.special.ndtri(chance))
    else:
        centrality = float(scipy.special.nctdtrinc(n - 1, 1.0 - chance, threshold))
    gain = centrality * spread / math.sqrt(n)
    return gain if math.isfinite(gain) and gain <= 1.0 else None
