from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intone.verdict.binary import score_test
from intone.verdict.estimate import Estimate
from intone.verdict.graded import t_test
from intone.verdict.paired import average, paired

BINARY = st.lists(st.tuples(st.sampled_from([0.0, 1.0]), st.sampled_from([0.0, 1.0])), max_size=60)
GRADED = st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), max_size=60)
PAIRS = st.one_of(BINARY, GRADED)


def of(pairs: list[tuple[float, float]], level: float = 0.05) -> Estimate:
    return paired([old for old, _ in pairs], [new for _, new in pairs], level)


@given(PAIRS, st.sampled_from([0.4, 0.05, 0.01]))
def test_interval_and_p_are_one_test(pairs: list[tuple[float, float]], level: float) -> None:
    estimate = of(pairs, level)
    assert (estimate.low > 0 or estimate.high < 0) == (estimate.p < level)
    assert -1 <= estimate.low <= estimate.difference <= estimate.high <= 1
    assert 0 <= estimate.p <= 1
    assert 0 <= estimate.p_one_sided <= 1
    if estimate.difference > 0:
        assert estimate.p_one_sided <= max(0.5, estimate.p)


@given(PAIRS)
def test_swapping_the_prompts_mirrors_the_estimate(pairs: list[tuple[float, float]]) -> None:
    one, other = of(pairs), of([(new, old) for old, new in pairs])
    assert other.difference == -one.difference
    assert other.p == pytest.approx(one.p)
    assert other.low == pytest.approx(-one.high)
    assert other.high == pytest.approx(-one.low)


@given(PAIRS.flatmap(lambda pairs: st.tuples(st.just(pairs), st.permutations(pairs))))
def test_the_order_of_rows_does_not_matter(
    both: tuple[list[tuple[float, float]], list[tuple[float, float]]],
) -> None:
    assert of(both[0]) == of(both[1])


@given(st.integers(1, 80), st.data())
def test_more_improved_rows_raise_the_interval(n: int, data: st.DataObject) -> None:
    improved = data.draw(st.integers(0, n - 1))
    worsened = data.draw(st.integers(0, n - 1 - improved))
    one, more = score_test(improved, worsened, n), score_test(improved + 1, worsened, n)
    assert more.low >= one.low - 1e-9
    assert more.high >= one.high - 1e-9
    assert more.p_one_sided <= one.p_one_sided + 1e-12


def test_mcnemar_at_zero() -> None:
    # 16 improved, 4 worsened of 100: McNemar's z is 12 / sqrt(20), less the correction
    z = (12 - 0.16 - 0.375 * 0.2) / math.sqrt(20)
    assert score_test(16, 4, 100).p == pytest.approx(math.erfc(z / math.sqrt(2)))


@pytest.mark.parametrize("n", [1, 2, 20, 500])
def test_no_row_that_differs_still_has_a_sensible_interval(n: int) -> None:
    for estimate in (score_test(0, 0, n), t_test([0.0] * n)):
        assert estimate.p == 1
        assert estimate.low == pytest.approx(-estimate.high)
        # at n = 1 the t-test has no spread to judge by: -1..1
        assert 1.7 / n < 2 * estimate.high <= 2


def test_all_wins() -> None:
    estimate = score_test(20, 0, 20)
    assert estimate.word == "better"
    assert estimate.high == 1
    assert 0.6 < estimate.low < 0.8
    assert t_test([0.5] * 20).low > 0.3


def test_one_row_decides_nothing() -> None:
    assert score_test(1, 0, 1).word == "undecided"
    assert t_test([0.7]) == Estimate(0.7, -1.0, 1.0, 1.0, 1.0, 1)
    assert paired([], []).n == 0


def test_a_single_improved_row_does_not_ship_and_two_do() -> None:
    assert score_test(1, 0, 1000).p_one_sided > 0.2
    assert score_test(2, 0, 20).p_one_sided < 0.2


def test_averages_that_differ_in_the_last_bit_are_equal() -> None:
    third = 1 / 3
    assert t_test([third - 0.33333333333333337] * 9).p == 1


def test_samples_of_a_row_are_averaged_without_the_missing() -> None:
    assert average([1, 0, None, 1]) == pytest.approx(2 / 3)
    assert average([None]) is None


def test_wrong_use_is_an_error() -> None:
    with pytest.raises(ValueError, match="2 scores before but 1 after"):
        paired([0, 1], [0])
    with pytest.raises(ValueError, match=r"in 0\.\.1, not 1\.5"):
        paired([0], [1.5])
    with pytest.raises(ValueError, match="not nan"):
        paired([0], [math.nan])
