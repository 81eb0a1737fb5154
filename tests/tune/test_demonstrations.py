"""Demonstration sets: which rows are shown, how evenly, and never one that should not be."""

from collections import Counter
from collections.abc import Callable, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from intone.data.row import Row
from intone.evaluate.outcome import Outcome
from intone.prompt import Demonstration, Prompt
from intone.prompt.edits import apply_all
from intone.tune.demonstrations import balanced
from intone.tune.demonstrations_by_outcome import hard, reasoned
from intone.tune.demonstrations_by_words import diverse, nearest, short
from tests.strategies import tables

LABELS = ("billing", "shipping", "sales")
BODY = frozenset({"body"})
POOL = [Row(i, f"r{i}", {"body": f"row {i} " + "x " * (i % 7)}, LABELS[i % 3]) for i in range(30)]


def outcome(row: int, score: float | None, text: str = "", **more: object) -> Outcome:
    return Outcome("p", row, 0, "answered", score, "", text=text, **more)  # type: ignore[arg-type]


def bodies(shown: Sequence[Demonstration]) -> set[str]:
    return {one.inputs["body"] for one in shown}


Choose = Callable[[Sequence[Row], int, int, frozenset[str]], tuple[Demonstration, ...]]


@pytest.mark.parametrize("choose", [balanced, diverse, short])
def test_sets_are_even_over_the_targets_and_always_the_same(choose: Choose) -> None:
    for size in (3, 6, 9):
        shown = choose(POOL, size, 0, BODY)
        assert Counter(one.output for one in shown) == dict.fromkeys(LABELS, size // 3)
        assert shown == choose(POOL, size, 0, BODY)
    assert {one.output for one in choose(POOL[:2], 9, 0, BODY)} == set(LABELS[:2])
    assert choose([Row(0, "r", {"body": "x"}, None)], 4, 0, BODY) == choose([], 4, 0, BODY) == ()


def test_the_order_of_demonstrations_depends_on_the_seed_only() -> None:
    orders = {tuple(d.output for d in short(POOL, 9, seed, BODY)) for seed in range(8)}
    assert len(orders) > 1


def test_balanced_sets_are_what_they_were() -> None:
    shown = [d.inputs["body"].split()[1] for d in balanced(POOL, 6, 0, BODY)]
    assert shown == ["5", "2", "6", "7", "19", "15"]


def test_diverse_rows_are_unlike_one_another() -> None:
    same = [Row(i, f"r{i}", {"body": f"refund the invoice {i}"}, "billing") for i in range(10)]
    other = [Row(10, "r10", {"body": "cancel my plan"}, "billing")]
    other += [Row(11, "r11", {"body": "cancel my plan"}, "billing")]
    shown = diverse([*same, *other], 3, 0, BODY)
    assert "cancel my plan" in bodies(shown) and len(bodies(shown)) == 3
    assert len(diverse([*other, Row(12, "e", {"body": "?!"}, "billing")], 3, 0, BODY)) == 1


def test_targets_that_occur_once_are_one_group() -> None:
    rows = [Row(i, f"r{i}", {"body": "a " * (10 - i)}, str(i)) for i in range(10)]
    assert {one.output for one in short(rows, 3, 0, BODY)} == {"7", "8", "9"}


def test_short_rows_take_the_fewest_bytes() -> None:
    shown = short(POOL, 3, 0, BODY)
    cheapest = [
        min(len(row.inputs["body"]) for row in POOL if row.target == label) for label in LABELS
    ]
    assert sorted(map(len, bodies(shown))) == sorted(cheapest)


def test_hard_rows_are_those_the_prompt_gets_wrong_then_those_it_is_least_sure_of() -> None:
    outcomes = [outcome(i, 1.0, likelihood=0.99) for i in range(30)]
    for wrong in (3, 6, 7, 9, 12):  # billing but for 7
        outcomes[wrong] = outcome(wrong, 0.0, likelihood=0.1)
    outcomes[11] = outcome(11, 1.0, likelihood=0.5)
    outcomes[12] = outcome(12, 0.0, likelihood=0.0)
    outcomes[0] = outcome(0, None)
    shown = hard(POOL, outcomes, 4, 0, BODY)
    assert bodies(shown) == {POOL[i].inputs["body"] for i in (12, 3, 7, 11)}
    assert bodies(hard(POOL, outcomes, 1, 0, BODY)) == {POOL[12].inputs["body"]}
    assert all(one.output in LABELS for one in shown)
    assert hard(POOL, outcomes[13:], 4, 0, BODY) == ()
    assert hard(POOL, [], 4, 0, BODY) == ()


def test_reasoned_demonstrations_are_right_whole_and_short() -> None:
    rows = [Row(i, f"r{i}", {"body": f"{i} plus 1"}, str(i + 1)) for i in range(8)]
    good = "Start with {}, add one, so the answer is {}."
    outcomes = [
        outcome(0, 1.0, good.format(0, 1), answer="1"),
        outcome(1, 1.0, "2", answer="2"),  # no reasoning
        outcome(2, 0.0, good.format(2, 4), answer="4"),  # wrong
        outcome(3, 1.0, "So " * 400 + "4", answer="4"),  # long
        outcome(4, 1.0, "<think>Add one.</think> It is five: 5", answer="5"),
        Outcome("p", 5, 0, "truncated", 0.0, "", text=good.format(5, 6)),
        outcome(6, 1.0, "  " + good.format(6, 7) + " That is all.\n", answer="7"),
        outcome(6, 1.0, good.format(6, 7), answer="7"),
        outcome(7, 1.0, "7 + 1 = 8", answer="8"),  # few words, but worked out
        outcome(99, 1.0, good.format(9, 10), answer="10"),  # no such row
    ]
    shown = reasoned(rows, outcomes, 8, 0, BODY)
    assert {(d.inputs["body"], d.output) for d in shown} == {
        ("0 plus 1", good.format(0, 1)),
        ("6 plus 1", good.format(6, 7)),
        ("7 plus 1", "7 + 1 = 8"),
    }
    assert len(reasoned(rows, outcomes, 1, 0, BODY)) == 1
    assert reasoned(rows, outcomes, 8, 0, BODY, longest=8) == ()


def test_the_nearest_are_chosen_for_each_row_from_the_whole_pool() -> None:
    prompt = Prompt("Which? {{ body }}", nearest={"passages": 1})
    edited = apply_all(prompt, nearest(prompt, [*POOL, Row(40, "n", {"body": "no"}, None)], 4))
    assert len(edited.demonstrations) == 30
    assert edited.nearest == {"passages": 1, "demonstrations": 4}
    for row in POOL:
        assert not edited.shows(row)
        outputs = [m.content for m in edited.messages(row)]
        assert outputs.count(f"Which? {row.inputs['body']}") == 1
    assert nearest(prompt, POOL[:1], 4) == ()
    assert apply_all(prompt, nearest(prompt, POOL[:3], 9)).nearest["demonstrations"] == 3


@given(tables(), st.integers(1, 12), st.integers(0, 3))
@settings(max_examples=80, deadline=None)
def test_sets_are_bounded_and_made_of_the_rows(
    table: list[dict[str, str | None]], size: int, seed: int
) -> None:
    names = frozenset({"text", "more"})
    rows = [
        Row(i, str(i), {name: record[name] or "" for name in names}, record["target"])
        for i, record in enumerate(table)
    ]
    outcomes = [outcome(i, float(i % 2)) for i in range(len(rows))]
    there = {(tuple(sorted(r.inputs.items())), r.target) for r in rows if r.target is not None}
    for shown in (
        diverse(rows, size, seed, names),
        short(rows, size, seed, names),
        hard(rows, outcomes, size, seed, names),
    ):
        assert len(shown) <= size
        assert {(tuple(sorted(d.inputs.items())), d.output) for d in shown} <= there
    assert hard(rows, outcomes, size, seed, names) == hard(rows, outcomes[::-1], size, seed, names)
