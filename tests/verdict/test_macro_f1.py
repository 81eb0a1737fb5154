from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from intone.verdict.classes import judge_macro_f1
from intone.verdict.estimate import NOTHING
from intone.verdict.macro_f1 import macro_f1_difference, macro_f1_gain

LABELS = st.sampled_from(["a", "b", "c"])
ANSWERS = st.sampled_from(["a", "b", "c", "elsewhere", None])
ROWS = st.lists(st.tuples(LABELS, ANSWERS, ANSWERS), min_size=1, max_size=40)
Row = tuple[str, str | None, str | None]


def split(rows: list[Row]) -> tuple[list[str], list[str | None], list[str | None]]:
    return [row[0] for row in rows], [row[1] for row in rows], [row[2] for row in rows]


def answers(n: int, before: float, after: float, seed: int = 0) -> list[Row]:
    source = random.Random(seed)

    def answer(target: str, right: float) -> str | None:
        return target if source.random() < right else source.choice(["a", "b", "c", None])

    targets = source.choices("abc", k=n)
    return [(target, answer(target, before), answer(target, after)) for target in targets]


def plain_macro_f1(targets: list[str], predictions: list[str | None]) -> float:
    scores = []
    for label in set(targets):
        hits = sum(t == p == label for t, p in zip(targets, predictions, strict=True))
        scores.append(2 * hits / (targets.count(label) + predictions.count(label)))
    return sum(scores) / len(scores)


@settings(max_examples=40, deadline=None)
@given(ROWS, st.randoms(use_true_random=False))
def test_one_test_whatever_the_order_and_the_direction(
    rows: list[Row], source: random.Random
) -> None:
    targets, before, after = split(rows)
    estimate = macro_f1_difference(targets, before, after)
    assert (estimate.low > 0 or estimate.high < 0) == (estimate.p < 0.05)
    assert estimate.low <= estimate.difference <= estimate.high
    mirrored = macro_f1_difference(targets, after, before)
    assert mirrored.p == estimate.p
    assert mirrored.low == pytest.approx(-estimate.high)
    shuffled = source.sample(rows, len(rows))
    assert macro_f1_difference(*split(shuffled)) == estimate


@given(ROWS)
def test_the_difference_is_that_of_macro_f1(rows: list[Row]) -> None:
    targets, before, after = split(rows)
    expected = plain_macro_f1(targets, after) - plain_macro_f1(targets, before)
    assert macro_f1_gain(targets, before, after) == pytest.approx(expected)


def test_a_gain_is_found_and_a_tie_is_not() -> None:
    assert macro_f1_difference(*split(answers(200, 0.5, 0.8))).word == "better"
    targets, before, _ = split(answers(50, 0.5, 0.8))
    same = macro_f1_difference(targets, before, before)
    assert (same.p, same.difference) == (1.0, 0.0)
    assert same.low < -0.01
    assert same.high > 0.01


def test_no_rows() -> None:
    assert macro_f1_difference([], [], []) == NOTHING
    assert macro_f1_gain([], [], []) == 0
    assert judge_macro_f1([], [], [], []).word == "undecided"


def test_a_wrong_length_is_an_error() -> None:
    with pytest.raises(ValueError, match="2 targets, 1 and 2 predictions"):
        macro_f1_difference(["a", "b"], ["a"], ["a", "b"])
    with pytest.raises(ValueError, match="one entry per row"):
        judge_macro_f1(["a"], ["a"], ["a"], [])


def test_parts_add_up_and_a_readable_answer_is_format() -> None:
    targets, before, after = split(answers(120, 0.4, 0.7))
    verdict = judge_macro_f1(targets, before, after, [False] * 120)
    assert verdict.format + verdict.substance == pytest.approx(verdict.difference)
    unread = judge_macro_f1(["a", "b"] * 20, [None] * 40, ["a", "b"] * 20, [False] * 40)
    assert unread.substance == 0
    assert unread.format == 1


def test_missing_rows_can_turn_the_word() -> None:
    targets, before, after = split(answers(200, 0.5, 0.8))
    few = judge_macro_f1(targets, before, after, [True] * 2 + [False] * 198)
    many = judge_macro_f1(targets, before, after, [True] * 60 + [False] * 140)
    assert (few.word, few.missing, few.n) == ("better", 2, 198)
    assert (many.word, many.missing) == ("undecided", 60)
    assert many.low > 0
