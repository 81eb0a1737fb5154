"""Two independent arms, as in an A/B test: an anytime-valid test. Owns how arrivals are paired.

Outcomes of the two arms arrive in some order. Each is paired with the latest one of the other arm
that has no partner yet, and the pairs' differences are bet on (`sequential`). Pairing goes by
arms and order only, never by values: where an arm's outcomes are independent of each other with
one mean, the differences are independent with the difference of the two means, so under "the
second arm's mean is at most the first's" the capital is a test supermartingale and reaches
1 / alpha with a chance of at most alpha, however often one looks (Ville's inequality). Pairing
arrivals is Wald's way to compare two proportions sequentially ("Sequential Tests of Statistical
Hypotheses", Annals of Mathematical Statistics 16 (1945), 117-186, on double dichotomies); the bets
are Waudby-Smith and Ramdas's (see `sequential`). Pairs are close in time, so that a drift
which both arms share hardly counts, also where the arms have unequal shares.

Both directions are tested at alpha / 2 each, so that a difference is claimed with a chance of at
most alpha where there is none.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from intone.verdict.sequential import decided_after, e_values, running_p

Word = Literal["better", "worse", "undecided"]


@dataclass(frozen=True, slots=True)
class ArmsVerdict:
    """What two arms show so far, of the second one.

    `counts` and `means` are per arm (a mean is None without outcomes); `pairs` were bet on;
    `decided_after` says after how many of them the word was found (None: undecided). `p` is
    two-sided and valid at any time.
    """

    word: Word
    counts: tuple[int, int]
    means: tuple[float | None, float | None]
    pairs: int
    decided_after: int | None
    p: float


def judge_arms(arrivals: Iterable[tuple[int, float]], alpha: float = 0.05) -> ArmsVerdict:
    """Judge arm 1 against arm 0 by their outcomes in the order of arrival.

    Each arrival is (arm, value) with arm 0 or 1 and value in 0..1. Raises ValueError for a value
    outside, or an alpha outside 0..1.
    """
    if not 0.0 < alpha < 1.0:
        raise ValueError(f"alpha must be between 0 and 1, not {alpha}")
    values: tuple[list[float], list[float]] = ([], [])
    arrived = list(arrivals)
    for arm, value in arrived:
        if not 0.0 <= value <= 1.0:
            raise ValueError(f"an outcome must be in 0..1, not {value}")
        values[arm].append(value)
    differences = paired(arrived)
    ups, downs = e_values(differences), e_values([-d for d in differences])
    up, down = (int(decided_after(evidence, alpha / 2)) for evidence in (ups, downs))
    word: Word = "undecided"
    if up or down:
        word = "better" if up and (not down or up < down) else "worse"
    p = 1.0
    if differences:
        p = min(1.0, 2.0 * float(min(running_p(ups)[-1], running_p(downs)[-1])))
    return ArmsVerdict(
        word,
        (len(values[0]), len(values[1])),
        (_mean(values[0]), _mean(values[1])),
        len(differences),
        (up if word == "better" else down) or None,
        p,
    )


def paired(arrivals: Iterable[tuple[int, float]]) -> list[float]:
    """Return the differences, second arm minus first, in the order in which pairs were complete."""
    waiting: list[tuple[int, float]] = []
    differences: list[float] = []
    for arm, value in arrivals:
        if waiting and waiting[-1][0] != arm:
            other = waiting.pop()[1]
            differences.append(value - other if arm == 1 else other - value)
        else:
            waiting.append((arm, value))
    return differences


def _mean(values: list[float]) -> float | None:
    return float(np.mean(values)) if values else None
