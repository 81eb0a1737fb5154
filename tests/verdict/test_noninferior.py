"""Whether a score was kept within a margin."""

from __future__ import annotations

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intone.verdict.noninferior import MARGIN, kept, noninferior, rows_needed

SCORES = st.lists(st.tuples(st.sampled_from([0.0, 1.0]), st.sampled_from([0.0, 1.0])), max_size=80)


def test_rows_on_which_nothing_changes_show_it_from_about_a_hundred_on() -> None:
    assert noninferior([1.0] * 80, [1.0] * 80).word == "unproven"
    assert noninferior([1.0] * 120, [1.0] * 120).word == "kept"
    assert 80 < rows_needed([0.0] * 20) < 120
    assert rows_needed([]) == rows_needed([0.0])


def test_a_clear_fall_is_broken_and_a_gain_is_kept() -> None:
    fallen = noninferior([1.0] * 40, [1.0] * 20 + [0.0] * 20)
    assert fallen.word == "broken" and fallen.difference == -0.5 and fallen.high < 0
    assert noninferior([0.0] * 40, [1.0] * 40).word == "kept"


def test_one_row_lost_out_of_ten_is_no_proof_of_anything() -> None:
    found = noninferior([1.0] * 10, [1.0] * 9 + [0.0])
    assert found.word == "unproven" and found.low < -MARGIN < found.high


@given(SCORES)
def test_kept_means_that_the_bound_lies_above_the_margin(pairs: list[tuple[float, float]]) -> None:
    found = noninferior([old for old, _ in pairs], [new for _, new in pairs], margin=0.1)
    assert (found.word == "kept") == (found.low > -0.1)
    assert found.low <= found.difference <= found.high
    assert found.n == len(pairs)


@given(SCORES, st.floats(0.01, 0.5), st.floats(0.01, 0.5))
def test_a_wider_margin_is_kept_as_well(
    pairs: list[tuple[float, float]], one: float, other: float
) -> None:
    before, after = [old for old, _ in pairs], [new for _, new in pairs]
    narrow, wide = sorted((one, other))
    if noninferior(before, after, narrow).word == "kept":
        assert noninferior(before, after, wide).word == "kept"


def test_a_prompt_that_loses_the_margin_is_rarely_called_kept() -> None:
    rng = random.Random(11)
    wrong = 0
    for _ in range(500):
        after = [0.0 if rng.random() < 0.1 else 1.0 for _ in range(100)]
        wrong += noninferior([1.0] * 100, after, margin=0.1).word == "kept"
    assert wrong / 500 <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / 500)


def test_more_churn_needs_more_rows() -> None:
    few, many = rows_needed([0.0] * 9 + [1.0]), rows_needed([1.0, -1.0] * 5)
    assert few < many and rows_needed([1.0, -1.0], margin=0.1) < rows_needed([1.0, -1.0])


@pytest.mark.parametrize("margin", [0.0, 1.0, -0.1])
def test_a_margin_is_between_0_and_1(margin: float) -> None:
    with pytest.raises(ValueError, match="margin"):
        kept(0.0, (-0.1, 0.1), 10, margin)
