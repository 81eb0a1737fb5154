"""A test of paired differences that may be looked at after every row. Owns its e-values.

The null hypothesis is that the mean difference is at most 0. Somebody bets against it: starting
with capital 1, he stakes the share b of it on every row and has K(t) = (1 + b d1) … (1 + b dt)
after t rows. With d in -1..1 and b in 0..1 the capital is never negative, and under the null
hypothesis it is not expected to grow on any row (a test supermartingale), so the chance that it
ever reaches 1 / alpha is at most alpha (Ville's inequality). The capital is the *e-value*: how
often over the null hypothesis has been refuted. 1 over its running maximum is a p-value that holds
at any time: one may look after every row and stop when one likes.

Sources: Waudby-Smith and Ramdas, "Estimating means of bounded random variables by betting", JRSS B
86 (2024), 1-27, where capital and bets are defined and aGRAPA is derived; Shafer, "Testing by
betting", JRSS A 184 (2021), 407-431; Ville, "Étude critique de la notion de collectif" (1939).

How the stakes are set: the capital is shared evenly over a few fixed stakes (`BETS`) and the sum
counts. Against a stake that follows the data (`followed`, their aGRAPA) the mixture finds the same
differences in fewer rows at the sizes of a race (tests/verdict/test_sequential.py), and its value
does not depend on the order of the rows.

Which population the statement is about: the one of which the rows are a sample, in random order.
A race draws its rows without replacement from the tuning rows and meets them in an order that
depends only on their inputs and a seed, so they are a sample of the task's rows in general, as far
as the tuning rows are, and the statement is about those, not about the mean over the very rows in
hand. An order that spreads the targets evenly, as the race's does, draws each target's rows at
random; with fixed stakes the capital is then still not expected to have grown after every full
turn of the targets, since the product over a turn is at most that of its mean (inequality of
arithmetic and geometric means).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

BETS = (0.1, 0.2, 0.4, 0.6, 0.8)
"""The stakes, as shares of the capital. Small ones find small differences in many rows, large ones
large differences in few. None is 1: one loss would then be the end of it."""

_MOST = 700.0  # log of the largest e-value given: what a float can hold
_MOST_FOLLOWED = 0.5  # stake at most; the truncation that the source uses


def e_values(differences: ArrayLike) -> Floats:
    """Return the e-value after each difference, against "the mean difference is at most 0".

    `differences` are in -1..1, in the order in which the rows were met, along the last axis; other
    axes are separate tests. 0 for a row that one of the two did not answer: nothing is staked on
    it. Same shape out. Raises ValueError for a difference outside -1..1.
    """
    values = _checked(differences)
    shares = np.stack([np.cumsum(np.log1p(bet * values), axis=-1) for bet in BETS])
    largest = shares.max(axis=0)
    return _capital(largest + np.log(np.exp(shares - largest).mean(axis=0)))


def followed(differences: ArrayLike) -> Floats:
    """Return e-values like `e_values`, with stakes that follow the rows met so far (aGRAPA).

    The stake on a row is mean / (variance + mean²) of the rows before it, kept within 0..0.5
    (Waudby-Smith and Ramdas 2024, section B.3, for a mean of 0 on -1..1). Mean and variance start
    as if one row with mean 0 and variance 1 had been met.
    """
    values = _checked(differences)
    count = np.arange(1, values.shape[-1] + 1)
    means = np.cumsum(values, axis=-1) / (count + 1)
    variances = (1.0 + np.cumsum((values - means) ** 2, axis=-1)) / (count + 1)
    stakes = np.zeros_like(values)
    wanted = means / (variances + means**2)
    stakes[..., 1:] = np.clip(wanted, 0.0, _MOST_FOLLOWED)[..., :-1]
    return _capital(np.cumsum(np.log1p(stakes * values), axis=-1))


def running_p(evidence: ArrayLike) -> Floats:
    """Return the p-value after each row, valid at any time: 1 / the largest e-value so far."""
    largest = np.maximum.accumulate(np.asarray(evidence, dtype=np.float64), axis=-1)
    p: Floats = 1.0 / np.maximum(largest, 1.0)
    return p


def decided_after(evidence: ArrayLike, alpha: float) -> NDArray[np.int64]:
    """Return after how many rows the null hypothesis is rejected at level alpha, 0 for never.

    `evidence` holds e-values along its last axis, which is lost. Raises ValueError for an alpha
    outside 0..1.
    """
    if not 0.0 < alpha < 1.0:
        raise ValueError(f"alpha must be between 0 and 1, not {alpha}")
    reached = np.asarray(evidence, dtype=np.float64) >= 1.0 / alpha
    if reached.shape[-1] == 0:
        return np.zeros(reached.shape[:-1], dtype=np.int64)
    first = np.argmax(reached, axis=-1) + 1
    return np.where(reached.any(axis=-1), first, 0).astype(np.int64)


def _capital(logarithm: Floats) -> Floats:
    capital: Floats = np.exp(np.minimum(logarithm, _MOST))
    return capital


def _checked(differences: ArrayLike) -> Floats:
    values = np.asarray(differences, dtype=np.float64)
    if values.size and not (np.abs(values) <= 1.0).all():
        wrong = values[~(np.abs(values) <= 1.0)].flat[0]
        raise ValueError(f"a difference must be in -1..1, not {wrong}")
    return values
