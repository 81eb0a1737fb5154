"""Score spread, and the spread that answer noise alone would give. Pure.

The spread is FormatSpread's (Sclar, Choi, Tsvetkov and Suhr, "Quantifying Language Models'
Sensitivity to Spurious Features in Prompt Design", ICLR 2024, section 3): the best variant's mean
score minus the worst one's. It grows with the number of variants and shrinks with that of the rows,
and it is never 0 where answers are noisy, so it says little by itself: hence the null.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from intone.stress.measure import DRAWS, LEVEL, Floats, Measure, generator, unseen, weights

_EQUAL = 1e-9  # means that differ by less are the same sum in another order


@dataclass(frozen=True, slots=True)
class NullSpread:
    """The spread of variants that do not differ: its mean, and the range of 90 % of it.

    `high` is its 95 % quantile and `low` its 5 % quantile. `p` is the chance of a spread at least
    as large as the one that was found if the variants do not differ.
    """

    value: float
    low: float
    high: float
    p: float

    def to_dict(self) -> dict[str, float]:
        """Return the null as it stands in JSON, to six decimals."""
        names = ("value", "low", "high", "p")
        return {name: round(getattr(self, name), 6) + 0.0 for name in names}


def spread(scores: Floats, seed: int) -> Measure:
    """Return the spread of the variants' mean scores; `scores` is rows x variants, in 0..1.

    The interval is that of Tukey's range by bootstrap: with q the 95 % quantile of the range of
    the variants' deviations (resampled mean minus mean), all differences of two variants are within
    q of the true ones at once, and so is the largest of them. A percentile interval would not do:
    the spread of resampled rows is larger than that of the rows, which is larger than the true one.
    """
    rows = len(scores)
    means = scores.mean(axis=0)
    value = float(np.ptp(means))
    deviations = weights(rows, seed) @ scores / rows - means
    reach = float(np.quantile(np.ptp(deviations, axis=1), LEVEL))
    if reach == 0.0:  # the variants' scores differ by the same on every row
        reach = unseen(rows)
    return Measure(value, max(0.0, value - reach), min(1.0, value + reach))


def null_spread(scores: Floats, seed: int) -> NullSpread:
    """Return what the spread is where it does not matter which variant gave which answer.

    A permutation null: within each row the variants' scores change places at random, a thousand
    times, and the spread is taken again. p counts the arrangement that was found as one of them
    (Phipson and Smyth, Statistical Applications in Genetics and Molecular Biology 9, 2010).
    """
    found = float(np.ptp(scores.mean(axis=0)))
    random = generator(seed, "null")
    spreads = np.array([np.ptp(random.permuted(scores, axis=1).mean(axis=0)) for _ in range(DRAWS)])
    low, high = np.quantile(spreads, [1.0 - LEVEL, LEVEL])
    reached = int(np.count_nonzero(spreads >= found - _EQUAL))
    p = (1 + reached) / (1 + DRAWS)
    return NullSpread(min(1.0, float(spreads.mean())), float(low), float(high), p)
