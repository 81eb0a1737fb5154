"""Which inputs are replayed, what counts as a cure, what as a loss, and which answers are shown."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intone.data.row import Row
from intone.evaluate.outcome import Outcome, Status
from intone.feedback.complaint import Complaint
from intone.feedback.losses import losses
from intone.feedback.replay import ENOUGH, checked, choose
from intone.feedback.right_answers import MOST_SHOWN, corrections
from intone.prompt import Prompt
from intone.prompt.edits import apply_all
from intone.prompt.library.checks import Check

SHORTER = Check("words", "fewer")


def row(number: int) -> Row:
    return Row(number, f"id{number}", {"topic": f"topic{number}"})


def words(count: int) -> str:
    return " ".join(["word"] * count)


def pairs(*counts: tuple[int, int]) -> list[tuple[Row, str, str]]:
    return [(row(n), words(old), words(new)) for n, (old, new) in enumerate(counts)]


@given(st.integers(0, 30), st.integers(0, 60), st.integers(0, 5), st.integers(2, 30))
def test_the_choice_is_bounded_and_depends_on_the_rows_and_seed_alone(
    complained: int, others: int, seed: int, most: int
) -> None:
    mine, theirs = [row(n) for n in range(complained)], [row(100 + n) for n in range(others)]
    found = choose(mine, theirs, seed, most)
    assert found == choose(mine[::-1], theirs[::-1], seed, most)
    assert len(found.rows) == len({it.id for it in found.rows}) <= most
    assert len(found.rows) == min(most, complained + others)
    if complained <= most // 2:
        assert set(it.id for it in found.complained) == {it.id for it in mine}


def test_those_complained_about_are_not_among_those_tested_where_others_are_enough() -> None:
    mine = [row(0), row(1)]
    many = choose(mine, [row(n) for n in range(100)])
    assert {it.id for it in many.complained} == {"id0", "id1"}
    assert not {"id0", "id1"} & {it.id for it in many.tested} and len(many.tested) >= ENOUGH
    few = choose(mine, [row(5), row(6)])
    assert set(it.id for it in few.tested) == {"id0", "id1", "id5", "id6"}


def test_shorter_answers_are_a_cure_if_by_a_third_and_on_enough_rows() -> None:
    cured = checked(SHORTER, pairs(*[(60, 30 + n) for n in range(8)]), 0.05 / 3)
    assert (cured.word, cured.n) == ("cured", 8)
    assert cured.before == 60 and cured.low <= cured.after - 60 <= cured.high < 0
    assert checked(SHORTER, pairs(*[(60, 50)] * 20), 0.05).word == "not cured"
    few = checked(SHORTER, pairs((60, 20), (70, 20), (50, 10)), 0.05)
    assert few.word == "too few" and "so few" in few.reason
    mixed = checked(SHORTER, pairs((90, 20), (70, 20), (50, 60), (80, 30)), 0.05)
    assert mixed.word == "not cured"
    assert checked(SHORTER, [], 0.05).word == "too few"


def test_a_check_of_single_answers_is_a_share() -> None:
    thanks = Check("text", "present", "thanks")
    said = [(row(n), "hello", "thanks a lot") for n in range(7)] + [(row(9), "thanks", "thanks")]
    found = checked(thanks, said, 0.05)
    assert (found.before, found.after, found.word) == (1 / 8, 1.0, "cured")
    assert 0 < found.low <= 7 / 8 <= found.high


def test_longer_is_the_other_way_round() -> None:
    longer = Check("words", "more")
    assert checked(longer, pairs(*[(30, 60)] * 8), 0.05).word == "cured"
    assert checked(longer, pairs(*[(60, 30)] * 8), 0.05).word == "not cured"


def outcome(text: str, status: Status = "answered") -> Outcome:
    return Outcome("p", 0, 0, status, None, "", text, text)


@pytest.mark.parametrize(
    ("after", "lost"),
    [
        ("about the topic0 in a few words", False),
        ("", True),
        ("ok", True),
        ("Please explain topic0.", True),  # the input again
        ("I cannot help with that.", True),
        ("something else altogether, in many words", True),
    ],
)
def test_what_is_gone_or_off_its_topic_is_lost(after: str, lost: bool) -> None:
    before = outcome("topic0 is a thing of which much can be said in a long answer like this")
    found = losses([(row(0), before, outcome(after))])
    assert bool(found) == lost


def test_a_loss_here_and_there_is_allowed_and_none_counts_that_was_none_before() -> None:
    good, gone = outcome("topic0 " + words(20)), outcome("")
    many = [(row(0), good, good)] * 19
    assert losses([*many, (row(0), good, gone)]) == ()
    assert losses([*many[:5], (row(0), good, gone)])
    assert losses([(row(0), gone, gone)] * 5) == ()
    assert losses([(row(0), outcome("yes"), outcome("no"))] * 5) == ()
    other = outcome(words(20))
    assert losses([(row(0), good, other)] * 5) and not losses(
        [(row(0), good, other)] * 5, topic=False
    )


@given(st.integers(0, 30), st.integers(0, 9))
def test_no_correction_that_is_shown_is_tested(count: int, seed: int) -> None:
    prompt = Prompt("Classify {{ text }}.")
    complaints = [
        Complaint("wrong", inputs={"text": f"text {n}"}, answer=f"label{n % 3}", number=n + 1)
        for n in range(count)
    ]
    lacking = [Complaint("wrong", answer="x"), Complaint("wrong", inputs={"text": "t"})]
    found = corrections([*complaints, *lacking], prompt, seed)
    assert found.unused == tuple(lacking)
    held = {complaint.inputs["text"] for complaint in found.held}
    before = 0
    for change in found.changes:
        edited = apply_all(prompt, change.edits)
        shown = {demonstration.inputs["text"] for demonstration in edited.demonstrations}
        assert not shown & held and before < len(shown) <= MOST_SHOWN
        before = len(shown)
    assert before + len(held) == count if count else not found.changes
    assert corrections(complaints[::-1], prompt, seed).held == found.held


def test_the_latest_of_several_answers_to_one_input_counts() -> None:
    prompt = Prompt("Classify {{ text }}.")
    twice = [
        Complaint("wrong", inputs={"text": "one"}, answer=answer, number=n)
        for n, answer in enumerate(("a", "b"), start=1)
    ]
    (change,) = corrections(twice, prompt).changes
    assert [d.output for d in apply_all(prompt, change.edits).demonstrations] == ["b"]
