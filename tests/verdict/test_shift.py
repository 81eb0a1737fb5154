"""The sign-flip test: exact against enumeration by hand, its interval, and its level."""

from __future__ import annotations

import itertools
import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intone.verdict.attempts import shares
from intone.verdict.shift import EXACT, shift_test, smallest_p

VALUES = st.lists(st.integers(-20, 20).map(float), max_size=8)
LEVELS = st.sampled_from([0.05, 0.05 / 3, 0.2])


def by_hand(differences: list[float]) -> float:
    """The share of all choices of signs with a sum at least as large."""
    total = sum(differences)
    sums = [
        sum(sign * value for sign, value in zip(signs, differences, strict=True))
        for signs in itertools.product((1, -1), repeat=len(differences))
    ]
    return sum(value >= total for value in sums) / len(sums)


@given(VALUES, LEVELS)
def test_p_is_the_share_of_signs_that_do_as_well(differences: list[float], level: float) -> None:
    assert shift_test(differences, level).p == pytest.approx(by_hand(differences))


@given(VALUES, LEVELS)
def test_the_interval_and_p_are_one_test(differences: list[float], level: float) -> None:
    found = shift_test(differences, level)
    assert (found.low > 0) == (found.p <= level)
    assert found.low <= found.difference <= found.high


@given(VALUES.filter(bool), LEVELS, st.integers(1, 9))
def test_the_lower_bound_is_the_largest_shift_rejected(
    differences: list[float], level: float, gap: int
) -> None:
    found = shift_test(differences, level)
    if math.isinf(found.low) or found.low in (0.0, found.difference):
        return
    below = [value - found.low + gap / 10 for value in differences]
    above = [value - found.low - gap / 10 for value in differences]
    if found.low > 1e-300:  # not the edge that p alone decides
        assert shift_test(below, level).p <= level < shift_test(above, level).p


@given(VALUES, LEVELS)
def test_losses_are_gains_the_other_way_round(differences: list[float], level: float) -> None:
    found, turned = shift_test(differences, level), shift_test([-d for d in differences], level)
    assert turned.difference == -found.difference
    if found.p > level < turned.p:
        assert min(-turned.low, math.inf) >= found.difference - 1e-9


@given(VALUES)
def test_the_order_of_the_rows_does_not_matter(differences: list[float]) -> None:
    assert shift_test(differences) == shift_test(sorted(differences))


def test_few_rows_bound_nothing() -> None:
    found = shift_test([3.0, 4.0], 0.05)
    assert found.p == 0.25
    assert found.low == -math.inf and found.high == math.inf
    assert shift_test([]).p == 1.0
    assert shift_test([0.0] * 5).p == 1.0 and shift_test([0.0] * 5).changed == 0


def test_six_rows_show_a_cure_at_a_third_of_the_level_and_five_do_not() -> None:
    level = shares(3)[0]
    assert shift_test([1.0] * 6, level).low > 0
    assert shift_test([1.0] * 5, level).low <= 0
    assert smallest_p(5) == shift_test([1.0] * 5).p > level >= smallest_p(6)


def test_beyond_the_exact_sizes_the_level_holds() -> None:
    rng = random.Random(3)
    wrong = sum(shift_test([rng.gauss(0, 1) for _ in range(20)], 0.1).p <= 0.1 for _ in range(400))
    assert 16 <= wrong <= 64  # 40 expected; six standard deviations are 36


def test_beyond_the_exact_sizes_it_agrees_with_them_nearly() -> None:
    rng = random.Random(5)
    exact = [rng.gauss(0.5, 1) for _ in range(EXACT)]
    assert shift_test([*exact, 0.0]).p == shift_test(exact).p  # zeros say nothing
    more = shift_test([*exact, *exact])
    assert more.p < shift_test(exact).p
    assert shift_test([*exact, *exact]) == more


@pytest.mark.parametrize("level", [0.0, 1.0, -1.0])
def test_a_level_is_between_0_and_1(level: float) -> None:
    with pytest.raises(ValueError, match="level"):
        shift_test([1.0], level)
    with pytest.raises(ValueError, match="level"):
        shares(2, level)


def test_what_is_not_finite_is_no_difference() -> None:
    with pytest.raises(ValueError, match="finite"):
        shift_test([math.inf])


def test_the_shares_of_the_attempts_add_up_to_the_level() -> None:
    assert sum(shares(3)) == pytest.approx(0.05) and len(set(shares(3))) == 1
    assert shares(0) == ()


def test_the_first_of_several_that_succeeds_is_false_at_most_as_often_as_the_level() -> None:
    rng = random.Random(7)
    wrong = 0
    for _ in range(600):
        common = [rng.gauss(0, 1) for _ in range(8)]
        tries = [[c + rng.gauss(0, 1) for c in common] for _ in range(3)]
        wrong += any(
            shift_test(one, at).p <= at for one, at in zip(tries, shares(3, 0.2), strict=True)
        )
    assert wrong <= 600 * 0.2 + 3 * math.sqrt(600 * 0.2 * 0.8)
