"""Label prior correction: what a preference is, and how little of it few rows show."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from intone.data.canonical import draw
from intone.evaluate.outcome import Outcome
from intone.prompt import Prompt
from intone.prompt.offsets import corrected, likeliest
from intone.tune.label_prior import (
    LEAST_ROWS,
    corrected_share,
    even_offsets,
    matched_offsets,
    offset_edits,
)

LABELS = ("billing", "sales", "shipping")
PROMPT = Prompt("Which team? {{ body }}")


def answers(
    rows: int, bias: dict[str, float], frequent: tuple[float, ...] = (1, 1, 1)
) -> tuple[list[Outcome], dict[int, str | None]]:
    """Outcomes of a model that sees the right label faintly and has a bias."""
    outcomes: list[Outcome] = []
    targets: dict[int, str | None] = {}
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


def test_a_bias_is_found_and_taken_back() -> None:
    outcomes, targets = answers(120, {"billing": 2.0})
    for offsets in (even_offsets(outcomes), matched_offsets(outcomes, targets)):
        assert offsets["billing"] == min(offsets.values()) < -0.6
        assert abs(sum(offsets.values())) <= 0.02
    share = corrected_share(outcomes, targets)
    assert share is not None and share[1] > share[0] + 0.15


def test_frequent_labels_are_no_bias_for_the_matched_offsets() -> None:
    outcomes, targets = answers(200, {}, frequent=(8, 1, 1))
    even, matched = even_offsets(outcomes), matched_offsets(outcomes, targets)
    assert even["billing"] < -0.2  # taken for a bias
    assert matched["billing"] > 0.3  # the faint model does not see how frequent it is
    mean = sum(corrected(o.choices, matched)["billing"] for o in outcomes) / len(outcomes)
    wanted = sum(target == "billing" for target in targets.values()) / len(targets)
    assert mean == pytest.approx(wanted, abs=0.02)


def test_few_rows_correct_little_and_fewer_nothing() -> None:
    many, all_targets = answers(200, {"sales": 2.0})
    few, targets = many[:LEAST_ROWS], {r: all_targets[r] for r in range(LEAST_ROWS)}
    assert 0 > even_offsets(few)["sales"] > even_offsets(many)["sales"]
    assert 0 > matched_offsets(few, targets)["sales"] > matched_offsets(many, all_targets)["sales"]
    assert even_offsets(many[:9]) == matched_offsets(many[:9], all_targets) == {}
    assert corrected_share(many[:19], all_targets) is None


def test_without_probabilities_or_targets_there_is_nothing() -> None:
    text_only = [Outcome(PROMPT.id, row, 0, "answered", 1.0, "") for row in range(50)]
    targets: dict[int, str | None] = dict.fromkeys(range(50), "billing")
    assert even_offsets(text_only) == matched_offsets(text_only, targets) == {}
    outcomes, _ = answers(50, {"sales": 1.0})
    assert matched_offsets(outcomes, {}) == {}
    assert matched_offsets(outcomes, targets) == {}  # one label alone: all would go to it
    assert offset_edits(PROMPT, text_only, targets) == []


def test_rows_whose_right_label_has_no_probability_do_not_count() -> None:
    outcomes, targets = answers(40, {"sales": 1.0})
    lost = [
        Outcome(PROMPT.id, 100 + i, 0, "answered", 0.0, "", choices={"billing": 1.0, "sales": 0.0})
        for i in range(40)
    ]
    more = {**targets, **dict.fromkeys(range(100, 140), "sales")}
    assert matched_offsets([*outcomes, *lost], more) == matched_offsets(outcomes, targets)


def test_edits_are_for_the_prompts_own_outcomes_and_add_to_what_it_has() -> None:
    outcomes, targets = answers(80, {"billing": 1.5})
    first, second = offset_edits(PROMPT, outcomes, targets)
    assert first.apply(PROMPT).offsets == matched_offsets(outcomes, targets)
    assert second.apply(PROMPT).offsets == even_offsets(outcomes)
    assert first.name == "set_offsets" and "billing" in first.sentence
    other = PROMPT.with_(offsets={"billing": -1.0})
    assert offset_edits(other, outcomes, targets) == []
    renamed = [
        Outcome(other.id, o.row, 0, o.status, o.score, "", choices=o.choices) for o in outcomes
    ]
    more = offset_edits(other, renamed, targets)[0].apply(other).offsets
    assert more["billing"] == pytest.approx(first.apply(PROMPT).offsets["billing"] - 1, abs=0.011)


@given(
    st.lists(
        st.tuples(
            st.lists(st.floats(0, 1), min_size=3, max_size=3).filter(lambda p: sum(p) > 0.01),
            st.sampled_from(LABELS),
        ),
        min_size=LEAST_ROWS,
        max_size=40,
    )
)
@settings(max_examples=100, deadline=None)
def test_offsets_are_finite_bounded_and_always_the_same(
    rows: list[tuple[list[float], str]],
) -> None:
    outcomes = [
        Outcome("p", i, 0, "answered", 1.0, "", choices=dict(zip(LABELS, shares, strict=True)))
        for i, (shares, _) in enumerate(rows)
    ]
    targets: dict[int, str | None] = {i: target for i, (_, target) in enumerate(rows)}
    for offsets in (even_offsets(outcomes), matched_offsets(outcomes, targets)):
        assert all(abs(value) < math.log(1 + len(rows)) + 4 for value in offsets.values())
        assert set(offsets) <= set(LABELS)
    assert matched_offsets(outcomes, targets) == matched_offsets(outcomes, targets)
    assert even_offsets(outcomes) == even_offsets(outcomes[::-1])
