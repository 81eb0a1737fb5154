"""The measures against values reckoned by hand, and what must hold of any answers."""

from __future__ import annotations

from math import log

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from intone.evaluate.outcome import Outcome
from intone.stress.agreement import (
    coded,
    differences,
    disagreement,
    disagreements,
    flipped,
    kappa,
    sensitivity,
)
from intone.stress.measure import Floats, Measure, unseen
from intone.stress.posix import posix
from intone.stress.report import consistency, flips, means
from intone.stress.spread import null_spread, spread

ANSWERS = st.integers(2, 6).flatmap(
    lambda wide: st.lists(
        st.lists(st.sampled_from("abc"), min_size=wide, max_size=wide), min_size=2, max_size=12
    )
)
SCORES = st.integers(2, 6).flatmap(
    lambda wide: st.lists(
        st.lists(st.sampled_from([0.0, 0.5, 1.0]), min_size=wide, max_size=wide),
        min_size=2,
        max_size=12,
    )
)
few = settings(max_examples=25, deadline=None)


def table(*rows: list[float]) -> Floats:
    return np.array(rows, dtype=np.float64)


def around(measure: Measure) -> bool:
    return measure.low <= measure.value <= measure.high


def test_the_spread_is_the_best_mean_minus_the_worst() -> None:
    found = spread(table([1, 0, 1], [1, 0, 0], [1, 1, 0], [1, 0, 1]), 0)
    assert found.value == pytest.approx(0.75)
    assert 0 <= found.low <= 0.75 <= found.high <= 1


def test_differences_of_scores_are_those_of_prosa() -> None:
    # row 1: pairs (1,0) (1,1) (0,1) -> 2/3; row 2: none; row 3: .5 .5 0 -> 1/3
    found = differences(table([1, 0, 1], [1, 1, 1], [0.5, 0, 0]))
    assert found.tolist() == pytest.approx([2 / 3, 0, 1 / 3])
    assert sensitivity(table([1, 0, 1], [1, 1, 1]), 0).value == pytest.approx(1 / 3)


def test_disagreement_counts_pairs_of_answers() -> None:
    codes = coded([["a", "a", "b"], ["x", "y", "z"], ["Same  text", "same text", "SAME TEXT"]])
    assert disagreements(codes).tolist() == pytest.approx([2 / 3, 1, 0])
    assert flipped(codes, 0).value == pytest.approx(2 / 3)


def test_kappa_is_that_of_fleiss() -> None:
    # Fleiss 1971: P = mean of row agreement, Pe = sum of squared shares of the categories.
    codes = coded([["a", "a", "a"], ["a", "b", "b"], ["b", "b", "b"], ["a", "a", "b"]])
    agreeing = (1 + 1 / 3 + 1 + 1 / 3) / 4
    expected = 0.5**2 + 0.5**2
    found = kappa(codes, 0)
    assert found is not None
    assert found.value == pytest.approx((agreeing - expected) / (1 - expected))


def test_kappa_of_fleiss_own_kind_of_example() -> None:
    # 10 subjects, 14 raters, 5 categories: the worked example of the literature, kappa = 0.210
    counts = [
        (0, 0, 0, 0, 14), (0, 2, 6, 4, 2), (0, 0, 3, 5, 6), (0, 3, 9, 2, 0), (2, 2, 8, 1, 1),
        (7, 7, 0, 0, 0), (3, 2, 6, 3, 0), (2, 5, 3, 2, 2), (6, 5, 2, 1, 0), (0, 2, 2, 3, 7),
    ]  # fmt: skip
    rows = [
        [name for name, n in zip("abcde", row, strict=True) for _ in range(n)] for row in counts
    ]
    found = kappa(coded(rows), 0)
    assert found is not None and found.value == pytest.approx(0.210, abs=0.0005)


def test_kappa_needs_two_categories() -> None:
    assert kappa(coded([["a", "a"], ["a", "a"]]), 0) is None


def test_a_single_variant_differs_from_nothing() -> None:
    assert disagreements(coded([["a"], ["b"]])).tolist() == [0, 0]
    assert differences(np.array([[1.0], [0.0]])).tolist() == [0, 0]
    assert kappa(coded([["a"], ["b"]]), 0) is None


@few
@given(st.lists(st.sampled_from("abc"), min_size=2, max_size=12), st.integers(2, 6))
def test_raters_that_agree_have_a_kappa_of_one(answers: list[str], raters: int) -> None:
    codes = coded([[answer] * raters for answer in answers])
    found = kappa(codes, 0)
    if len(set(answers)) == 1:
        assert found is None
    else:
        assert found is not None and found.value == pytest.approx(1) and around(found)
    assert disagreement(codes, 0) == Measure(0, 0, unseen(len(answers)))


@few
@given(ANSWERS)
def test_answers_measures_keep_to_their_ranges(answers: list[list[str]]) -> None:
    codes = coded(answers)
    for measure in (disagreement(codes, 1), flipped(codes, 1)):
        assert 0 <= measure.low <= measure.value <= measure.high <= 1
    assert disagreement(codes, 1).value <= flipped(codes, 1).value + 1e-12
    found = kappa(codes, 1)
    assert found is None or (-1 <= found.low <= found.high <= 1 and around(found))
    assert disagreement(codes, 1) == disagreement(codes, 1)
    turned = coded([row[::-1] for row in answers])
    assert disagreement(turned, 1).value == pytest.approx(disagreement(codes, 1).value)


@few
@given(SCORES)
def test_score_measures_keep_to_their_ranges(rows: list[list[float]]) -> None:
    scores = table(*rows)
    found, null = spread(scores, 2), null_spread(scores, 2)
    assert 0 <= found.low <= found.value <= found.high <= 1
    assert 0 <= null.low <= null.high <= 1 and 0 <= null.value <= 1
    assert 0 < null.p <= 1
    # no variant's mean can be further from another's than the rows' own differences allow
    assert found.value <= float((scores.max(axis=1) - scores.min(axis=1)).mean()) + 1e-9
    assert 0 <= sensitivity(scores, 2).value <= 1


def test_the_null_of_variants_that_do_not_differ_is_calibrated() -> None:
    random = np.random.default_rng(4)
    small, covered, worlds = 0, 0, 50
    for world in range(worlds):
        ease = random.random(60)
        scores = (random.random((60, 6)) < ease[:, None]).astype(np.float64)
        small += null_spread(scores, world).p <= 0.1
        covered += spread(scores, world).low <= 0.0
    assert small <= 12  # 5 are expected; 13 or more have a chance of 0.1 %
    assert covered >= 0.93 * worlds


def test_a_variant_that_differs_is_more_than_noise() -> None:
    random = np.random.default_rng(5)
    chance = np.array([0.9, 0.9, 0.9, 0.5])
    scores = (random.random((80, 4)) < chance).astype(np.float64)
    null = null_spread(scores, 0)
    found = spread(scores, 0)
    assert null.p < 0.01 and found.value > null.high and found.low > 0
    assert found.low <= 0.4 <= found.high


def test_answers_that_are_all_alike_leave_room_for_rows_unseen() -> None:
    same = table(*([[1.0, 1.0, 1.0]] * 30))
    assert spread(same, 0) == Measure(0, 0, unseen(30))
    assert unseen(30) == pytest.approx(0.095, abs=0.001)
    assert null_spread(same, 0).p == 1.0


def test_posix_by_hand() -> None:
    row = [{"a": 0.8, "b": 0.2}, {"a": 0.4, "b": 0.6}]
    # y1 = a: |log .4 - log .8|; y2 = b: |log .2 - log .6|; two ordered pairs
    by_hand = (log(0.8 / 0.4) + log(0.6 / 0.2)) / 2
    assert posix([row, row], 0).value == pytest.approx(by_hand)
    assert posix([[row[0]] * 3] * 2, 0) == Measure(0, 0, 0)
    assert posix([[{"a": 1.0}, {"b": 1.0}]], 0).value == pytest.approx(-log(1e-6))


def outcome(row: int, answer: str, score: float | None, status: str = "answered") -> Outcome:
    return Outcome("p", row, 0, status, score, "", answer)  # type: ignore[arg-type]


def test_failed_calls_are_missing_and_unread_answers_are_not() -> None:
    rows = [
        [outcome(0, "a", 1.0), outcome(0, "a", 1.0)],
        [outcome(1, "a", 1.0), outcome(1, "x", None, "failed")],
        [outcome(2, "a", 1.0), outcome(2, "mumble", 0.0, "unparseable")],
    ]
    found = consistency(rows, 0)
    assert (found.n, found.missing) == (2, 1)
    assert found.spread is not None and found.spread.value == 0.5
    assert found.disagreement is not None and found.disagreement.value == 0.5
    assert found.posix is None
    assert means(rows) == [1.0, 0.5]
    (flip,) = flips(rows, ["layout"])
    assert flip["row"] == 2 and flip["answers"] == {"a": 1, "(unparseable)": 1}
    assert flip["kinds"] == ["layout"] and (flip["lowest"], flip["highest"]) == (0.0, 1.0)


def test_without_scores_the_answers_are_measured_all_the_same() -> None:
    rows = [[outcome(i, "a", None), outcome(i, "b", None)] for i in range(3)]
    found = consistency(rows, 0)
    assert found.spread is None and found.null_spread is None and found.sensitivity is None
    assert found.disagreement is not None and found.disagreement.value == 1.0
    assert means(rows) == [None, None]
    assert consistency([], 0).disagreement is None
