"""A measure with its interval, and the bootstrap over rows that gives it.

Owns the resampling; what is measured is in the other files of this room. All intervals are of 95 %
and depend on the seed alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from intone.data.canonical import draw

Floats = NDArray[np.float64]
DRAWS = 1000
"""Resamplings and relabellings: the 2.5 % quantile rests on 25 of them."""
LEVEL = 0.95


@dataclass(frozen=True, slots=True)
class Measure:
    """A figure with its 95 % interval."""

    value: float
    low: float
    high: float

    def to_dict(self) -> dict[str, float]:
        """Return the measure as it stands in JSON, to six decimals."""
        return {name: round(number, 6) + 0.0 for name, number in asdict(self).items()}


def generator(seed: int, purpose: str) -> np.random.Generator:
    """Return a generator that depends on the seed and the purpose alone."""
    return np.random.default_rng(draw(seed, "stress", purpose).getrandbits(63))


def weights(rows: int, seed: int) -> NDArray[np.int64]:
    """Return how often each of the rows is drawn in each bootstrap sample, draws x rows."""
    uniform = np.full(rows, 1.0 / rows)
    found: NDArray[np.int64] = generator(seed, "bootstrap").multinomial(rows, uniform, size=DRAWS)
    return found


def unseen(rows: int) -> float:
    """Return the largest share that an event can have which none of these rows showed (95 %).

    1 - 0.05^(1/n), about 3/n (Hanley and Lippman-Hand, JAMA 249, 1983, 1743-1745). A bootstrap has
    no width where all rows are alike, and rows that were not seen need not be.
    """
    return float(1.0 - (1.0 - LEVEL) ** (1.0 / rows))


def mean_over_rows(values: Floats, seed: int, *, most: float | None = 1.0) -> Measure:
    """Return the mean of a value each row has, 0 or more, with its percentile bootstrap interval.

    Where all rows have the same value, 0 or `most`, the other end is what `unseen` rows leave
    possible; `most` None says that the value has no upper bound, and then it stays without width.
    """
    value = float(values.mean())
    found = weights(len(values), seed) @ values / len(values)
    low, high = between(found)
    if most is not None and np.ptp(values) == 0.0:
        room = unseen(len(values))
        low, high = value * (1.0 - room), value + (most - value) * room
    return Measure(value, min(low, value), max(high, value))


def between(found: Floats) -> tuple[float, float]:
    """Return the interval that holds 95 % of what was found."""
    tail = (1.0 - LEVEL) / 2
    low, high = np.quantile(found, [tail, 1.0 - tail])
    return float(low), float(high)


def resampled(
    rows: int, seed: int, statistic: Callable[[NDArray[np.int64]], float | None]
) -> Floats:
    """Return a statistic of the rows' weights over the bootstrap samples where it is defined."""
    found = [statistic(drawn) for drawn in weights(rows, seed)]
    return np.array([value for value in found if value is not None], dtype=np.float64)
