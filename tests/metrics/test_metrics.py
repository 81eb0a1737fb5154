"""Mean and macro-F1 with their intervals."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from intone.errors import SettingError
from intone.metrics.metric import METRICS, Metric, metric_for

SCORES = st.lists(st.none() | st.floats(0, 1), max_size=30)
LABELS = st.sampled_from(["a", "b", "c"])
ROWS = st.lists(
    st.tuples(st.none() | st.just(1.0), st.none() | LABELS, st.none() | LABELS | st.just("z")),
    max_size=30,
)


@pytest.fixture(params=METRICS)
def metric(request: pytest.FixtureRequest) -> Metric:
    return metric_for(request.param)


def test_names(metric: Metric) -> None:
    assert metric_for(metric.name).name == metric.name


@pytest.mark.parametrize(("name", "near"), [("macro-f", "macro_f1"), ("means", "mean")])
def test_an_unknown_metric_is_named_with_the_nearest(name: str, near: str) -> None:
    with pytest.raises(SettingError, match=f"did you mean '{near}'"):
        metric_for(name)


def test_nothing_is_known_from_no_rows(metric: Metric) -> None:
    estimate = metric.of([None], ["a"], ["a"])
    assert math.isnan(estimate.value)
    assert (estimate.low, estimate.high, estimate.n, estimate.missing) == (0.0, 1.0, 0, 1)


@settings(deadline=None)
@given(rows=ROWS)
def test_the_interval_holds_the_value(
    rows: list[tuple[float | None, str | None, str | None]],
) -> None:
    scores = [None if s is None else float(t is not None and t == a) for s, t, a in rows]
    targets, answers = [t for _, t, _ in rows], [a for _, _, a in rows]
    for name in METRICS:
        found = metric_for(name).of(scores, targets, answers)
        assert found.n + found.missing == len(rows)
        if found.n:
            assert 0 <= found.low <= found.value <= found.high <= 1
            assert found.high - found.low > 0
            assert found == metric_for(name).of(scores, targets, answers)


@given(SCORES)
def test_the_mean_of_graded_scores(scores: list[float | None]) -> None:
    known = [score for score in scores if score is not None]
    found = metric_for("mean").of(scores)
    if known:
        assert found.value == pytest.approx(sum(known) / len(known))
        assert 0 <= found.low <= found.value <= found.high <= 1
        assert found.high - found.low > 0


def test_binary_scores_have_wilsons_interval() -> None:
    # Brown, Cai and DasGupta's worked form: 8 of 10
    found = metric_for("mean").of([1.0] * 8 + [0.0] * 2)
    assert (found.low, found.high) == pytest.approx((0.4902, 0.9433), abs=1e-4)


@pytest.mark.parametrize("score", [0.0, 0.5, 1.0])
def test_equal_scores_are_not_certainty(score: float) -> None:
    found = metric_for("mean").of([score] * 20)
    assert found.value == score
    assert found.high - found.low > 0.05


def test_one_graded_row_says_nothing() -> None:
    found = metric_for("mean").of([0.5])
    assert (found.low, found.high) == (0.0, 1.0)


def test_graded_intervals_cover() -> None:
    generator = np.random.default_rng(7)
    mean, truth, hits, tries = metric_for("mean"), 0.9 + 0.1 * 0.5, 0, 600
    for _ in range(tries):
        spread = np.where(generator.random(20) < 0.9, 1.0, generator.beta(3, 3, 20))
        found = mean.of([float(score) for score in spread])
        hits += found.low <= truth <= found.high
    assert hits / tries > 0.93


def test_macro_f1_by_hand() -> None:
    targets = ["a", "a", "a", "b", "b", "c"]
    answers = ["a", "a", "b", "b", None, "z"]
    found = metric_for("macro_f1").of([1.0] * 6, targets, answers)
    # a: 2·2 / (3 + 2); b: 2·1 / (2 + 2); c: 0
    assert found.value == pytest.approx((0.8 + 0.5 + 0.0) / 3)


def test_missing_rows_are_left_out_of_macro_f1() -> None:
    macro = metric_for("macro_f1")
    some = macro.of([1.0, None, 0.0], ["a", "a", "b"], ["a", "b", "a"])
    assert (some.n, some.missing) == (2, 1)
    assert some.value == macro.of([1.0, 0.0], ["a", "b"], ["a", "a"]).value


def test_macro_f1_of_right_answers_is_not_certainty() -> None:
    targets = ["a"] * 10 + ["b"] * 10
    found = metric_for("macro_f1").of([1.0] * 20, targets, targets)
    assert found.value == found.high == 1.0
    assert 0.8 < found.low < 0.97


def test_macro_f1_does_not_depend_on_the_rows_order() -> None:
    targets = ["a", "b", "c"] * 8
    answers = ["a", "b", "a", "a", "b", "c"] * 4
    order = np.random.default_rng(0).permutation(24)
    macro = metric_for("macro_f1")
    there = macro.of([1.0] * 24, [targets[i] for i in order], [answers[i] for i in order])
    assert there == macro.of([1.0] * 24, targets, answers)


def test_lengths_must_agree() -> None:
    with pytest.raises(ValueError, match="2 scores, 1 targets"):
        metric_for("macro_f1").of([1.0, 1.0], ["a"], ["a"])


def test_macro_f1_intervals_cover() -> None:
    generator = np.random.default_rng(3)
    macro, hits, tries = metric_for("macro_f1"), 0, 150
    # three classes of 40, 15 and 5; each answer right with 0.75, else one of the others
    targets = np.repeat([0, 1, 2], [40, 15, 5])
    big = np.repeat(targets, 4000)
    truth = macro.of([1.0] * len(big), [str(t) for t in big], _answers(big, generator)).value
    for _ in range(tries):
        found = macro.of([1.0] * 60, [str(t) for t in targets], _answers(targets, generator))
        hits += found.low <= truth <= found.high
    assert hits / tries > 0.9


def _answers(targets: np.ndarray, generator: np.random.Generator) -> list[str | None]:
    wrong = (targets + generator.integers(1, 3, len(targets))) % 3
    return [str(a) for a in np.where(generator.random(len(targets)) < 0.75, targets, wrong)]
