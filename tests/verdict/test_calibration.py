"""A small exact version of benchmarks/verdict_calibration.py."""

from __future__ import annotations

import math
from functools import cache

import pytest

from intone.verdict.binary import score_test
from intone.verdict.detectable import CHURN, power, smallest_detectable
from intone.verdict.estimate import Estimate


@cache
def judged(n: int) -> dict[tuple[int, int], Estimate]:
    return {
        (up, down): score_test(up, down, n) for up in range(n + 1) for down in range(n + 1 - up)
    }


def chances(n: int, difference: float, discordance: float) -> dict[tuple[int, int], float]:
    up, down = (discordance + difference) / 2, (discordance - difference) / 2
    return {
        (b, c): math.comb(n, b)
        * math.comb(n - b, c)
        * up**b
        * down**c
        * (1 - discordance) ** (n - b - c)
        for b, c in judged(n)
    }


@pytest.mark.parametrize(("n", "aim"), [(20, 0.93), (50, 0.94)])
@pytest.mark.parametrize("truth", [(0.0, 0.1), (0.0, 0.5), (0.1, 0.2), (0.2, 0.4), (-0.2, 0.3)])
def test_coverage_and_false_better(n: int, aim: float, truth: tuple[float, float]) -> None:
    difference, discordance = truth
    weights = chances(n, difference, discordance)
    found = judged(n)
    covered = sum(w for k, w in weights.items() if found[k].low <= difference <= found[k].high)
    assert covered >= aim
    better = sum(weight for key, weight in weights.items() if found[key].low > 0)
    if difference <= 0:
        assert better <= 0.025
    else:
        assert better >= sum(w for (b, c), w in weights.items() if mcnemar(b, c)) - 0.05


def mcnemar(improved: int, worsened: int) -> bool:
    """Whether exact McNemar says better at 5 %, two-sided."""
    m = improved + worsened
    tail = sum(math.comb(m, k) for k in range(worsened + 1)) / 2**m
    return improved > worsened and 2 * tail < 0.05


@pytest.mark.parametrize("n", [4, 14, 20, 33, 50, 100, 500])
@pytest.mark.parametrize("share", [0.02, 0.1, 0.3, 0.6, 0.9])
def test_nothing_differs(n: int, share: float) -> None:
    assert power(n, 0.0, share) <= 0.025
    assert power(n, 0.0, share, level=0.4) <= 0.2


@pytest.mark.parametrize("n", [20, 50])
def test_power_is_what_counting_every_case_gives(n: int) -> None:
    gain = smallest_detectable(n)
    assert gain is not None
    weights = chances(n, gain, gain + CHURN)
    better = sum(weight for key, weight in weights.items() if judged(n)[key].low > 0)
    assert better == pytest.approx(power(n, gain), abs=1e-9)
    assert better == pytest.approx(0.8, abs=0.001)


def test_power_of_a_loss() -> None:
    assert power(50, -0.2) < 0.001


def test_more_rows_show_smaller_gains() -> None:
    for kind in ("binary", "graded"):
        found = [smallest_detectable(n, kind) for n in (20, 50, 72, 100, 500, 5000, 1_000_000)]
        known = [gain for gain in found if gain is not None]
        assert len(known) == len(found)
        assert known == sorted(known, reverse=True)


def test_too_few_rows_show_nothing() -> None:
    assert smallest_detectable(0) is None
    assert smallest_detectable(3) is None
    assert smallest_detectable(2, "graded") is None
