"""Label prior correction: what a preference is, and how little of it few rows show."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from intone.data.canonical import draw
from intone.evaluate.outcome import Outcome
from intone.prompt import Prompt
from intone.prompt.offsets import corrected, likeliest
from intone.tune.label_prior import LEAST_ROWS, label_offsets, label_shares, offset_edit

LABELS = ("billing", "sales", "shipping")
EVEN = label_shares(LABELS, [])
PROMPT = Prompt("Which team? {{ body }}")


def answers(
    rows: int, bias: dict[str, float], frequent: tuple[float, ...] = (1, 1, 1)
) -> tuple[list[Outcome], dict[int, str]]:
    """Outcomes of a model that sees the right label faintly and has a bias."""
    outcomes: list[Outcome] = []
    targets: dict[int, str] = {}
    for row in range(rows):
        chance = draw(0, "answers", row)
        right = chance.choices(LABELS, frequent)[0]
        seen = {label: math.exp(chance.gauss(1.2 * (label == right), 0.7)) for label in LABELS}
        total = sum(seen.values())
        choices = corrected({label: value / total for label, value in seen.items()}, bias)
        score = float(likeliest(choices) == right)
        outcomes.append(Outcome(PROMPT.id, row, 0, "answered", score, "", choices=choices))
        targets[row] = right
    return outcomes, targets


def right(outcomes: list[Outcome], targets: dict[int, str], offsets: dict[str, float]) -> float:
    hits = [likeliest(corrected(o.choices, offsets)) == targets[o.row] for o in outcomes]
    return sum(hits) / len(hits)


def test_a_bias_is_found_and_taken_back() -> None:
    outcomes, targets = answers(200, {"billing": 2.0})
    offsets = label_offsets(outcomes[:40], EVEN)
    assert offsets["billing"] == min(offsets.values()) < -1.0
    assert abs(sum(offsets.values())) <= 0.02
    rest = outcomes[40:]
    assert right(rest, targets, offsets) > right(rest, targets, {}) + 0.15


def test_frequent_labels_are_no_bias() -> None:
    outcomes, targets = answers(300, {}, frequent=(8, 1, 1))
    shares = label_shares(LABELS, targets.values())
    even, matched = label_offsets(outcomes, EVEN), label_offsets(outcomes, shares)
    assert even["billing"] < -0.2  # taken for a bias
    assert matched["billing"] > 0.3  # the faint model does not see how frequent it is
    assert right(outcomes, targets, matched) > right(outcomes, targets, even) + 0.1


def test_shares_are_those_of_the_targets_with_one_more_row_each() -> None:
    shares = label_shares(LABELS, ["sales", "sales", None, "another", "billing"])
    assert shares == pytest.approx({"billing": 2 / 6, "sales": 3 / 6, "shipping": 1 / 6})
    assert label_shares([], ["x"]) == {}


def test_fewer_rows_correct_less_and_too_few_nothing() -> None:
    one = {"billing": 0.1, "sales": 0.8, "shipping": 0.1}
    same = [Outcome("p", row, 0, "answered", 1.0, "", choices=one) for row in range(60)]
    few, many = label_offsets(same[:LEAST_ROWS], EVEN), label_offsets(same, EVEN)
    assert 0 > few["sales"] > many["sales"]
    assert label_offsets(same[: LEAST_ROWS - 1], EVEN) == {}


def test_without_probabilities_or_labels_there_is_nothing() -> None:
    text_only = [Outcome(PROMPT.id, row, 0, "answered", 1.0, "") for row in range(50)]
    assert label_offsets(text_only, EVEN) == {}
    assert offset_edit(PROMPT, text_only, EVEN) is None
    outcomes, _ = answers(50, {"sales": 1.0})
    assert offset_edit(PROMPT, outcomes, {}) is None


def test_the_edit_is_from_the_prompts_own_outcomes_and_adds_to_what_it_has() -> None:
    outcomes, _ = answers(80, {"billing": 1.5})
    edit = offset_edit(PROMPT, outcomes, EVEN)
    assert edit is not None
    assert edit.apply(PROMPT).offsets == label_offsets(outcomes, EVEN)
    assert edit.name == "set_offsets" and "billing" in edit.sentence
    other = PROMPT.with_(offsets={"billing": -1.0})
    assert offset_edit(other, outcomes, EVEN) is None
    renamed = [
        Outcome(other.id, o.row, 0, o.status, o.score, "", choices=o.choices) for o in outcomes
    ]
    more = offset_edit(other, renamed, EVEN)
    assert more is not None
    wanted = edit.apply(PROMPT).offsets["billing"] - 1
    assert more.apply(other).offsets["billing"] == pytest.approx(wanted, abs=0.011)


@given(
    st.lists(
        st.lists(st.floats(0, 1), min_size=3, max_size=3).filter(lambda p: sum(p) > 0.01),
        min_size=LEAST_ROWS,
        max_size=40,
    ),
    st.lists(st.sampled_from(LABELS), max_size=40),
)
@settings(max_examples=100, deadline=None)
def test_offsets_are_finite_bounded_and_always_the_same(
    rows: list[list[float]], targets: list[str]
) -> None:
    outcomes = [
        Outcome("p", i, 0, "answered", 1.0, "", choices=dict(zip(LABELS, shares, strict=True)))
        for i, shares in enumerate(rows)
    ]
    shares = label_shares(LABELS, targets)
    offsets = label_offsets(outcomes, shares)
    assert all(abs(value) < math.log(50 * (1 + len(rows))) + 4 for value in offsets.values())
    assert set(offsets) <= set(LABELS)
    assert offsets == label_offsets(outcomes[::-1], shares)
