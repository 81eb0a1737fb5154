"""Which right answers are this task's, and how those that contradict each other are agreed."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intone.feedback.complaint import Complaint
from intone.feedback.corrections import CURATOR, Correction, agree, fitting, named

WORDS = ["alpha", "beta", "Alpha "]


def said(number: int, answer: str | None, who: str = "", body: str = "alpha") -> Complaint:
    inputs = {"body": body, "unused": str(number)}
    return Complaint("no", inputs=inputs, answer=answer, who=who, number=number)


def key(inputs: object) -> int:
    assert isinstance(inputs, dict) and set(inputs) == {"body"}
    return hash(inputs["body"].casefold().strip())


@pytest.mark.parametrize(
    ("those", "answer", "numbers"),
    [
        ([said(1, "a")], "a", (1,)),
        ([said(1, "a", "u"), said(2, " b ", "u")], "b", (2,)),
        ([said(1, "a"), said(2, "b"), said(3, "a")], "a", (1, 3)),
        ([said(1, "b", "u"), said(2, "a", "v"), said(3, "a", "u")], "a", (2, 3)),
        ([said(1, "a", "u"), said(2, "a", "u"), said(3, "b", "v"), said(4, "b", "w")], "b", (3, 4)),
        ([said(1, "a"), said(2, "a", body=" ALPHA")], "a", (1, 2)),
    ],
)
def test_the_latest_of_a_user_then_the_majority(
    those: list[Complaint], answer: str, numbers: tuple[int, ...]
) -> None:
    (found,) = agree(those, ["body"], key).corrections
    assert (found.answer, found.numbers) == (answer, numbers)
    assert found.inputs == {"body": those[numbers[-1] - 1].inputs["body"]}


def test_the_curator_s_latest_word_is_final_and_contradicts_nobody() -> None:
    users = [said(1, "a"), said(2, "a"), said(5, "b")]
    curated = agree([*users, said(3, "c", CURATOR), said(4, "d", CURATOR)], ["body"], key)
    assert curated.corrections == (Correction({"body": "alpha"}, "d", (4,)),)
    assert curated.notices == ()


def test_what_contradicts_is_said() -> None:
    agreed = agree([said(1, "a"), said(2, "b"), said(3, "a")], ["body"], key)
    (notice,) = agreed.notices
    assert notice == (
        "complaints 1, 2, 3 give different right answers for the same inputs; the majority counts"
    )
    tied = agree([said(4, "a"), said(9, "b"), said(11, "c", body="beta")], ["body"], key)
    assert tied.corrections == (Correction({"body": "beta"}, "c", (11,)),)
    (notice,) = tied.notices
    assert "complaints 4, 9 give" in notice and "intone feedback decline N settles it" in notice
    assert agree([said(1, "a", "u"), said(2, "b", "u")], ["body"], key).notices == ()


def test_only_the_task_s_own_answers_fit() -> None:
    whole = Complaint("no", inputs={"body": "x", "more": "y"}, answer="a")
    fits = [whole, Complaint("", inputs=whole.inputs, answer="a", target="Team name")]
    others = [
        Complaint("no", inputs=whole.inputs),
        Complaint("no", inputs=whole.inputs, answer="  "),
        Complaint("no", inputs={"body": "x"}, answer="a"),
        Complaint("no", inputs=whole.inputs, answer="a", target="language"),
    ]
    assert fitting([*fits, *others], ["body", "more"], "Team_name") == fits


def test_half_a_surrogate_pair_becomes_text_that_can_be_sent() -> None:
    (found,) = agree([said(1, "a\ud83d", body="b\ud83d")], ["body"], key).corrections
    assert (found.inputs["body"], found.answer) == ("b\ufffd", "a\ufffd")


def test_many_numbers_are_not_all_named() -> None:
    assert named([3]) == "complaint 3"
    assert named(range(1, 9)) == "complaints 1, 2, 3, 4, 5 and 3 more"


@given(
    st.lists(
        st.tuples(st.sampled_from("abc"), st.sampled_from(["", "u", "v"]), st.sampled_from(WORDS))
    ),
    st.randoms(),
)
def test_the_order_in_which_they_are_read_does_not_matter(
    told: list[tuple[str, str, str]], rng: random.Random
) -> None:
    those = [said(n, answer, who, body) for n, (answer, who, body) in enumerate(told, 1)]
    shuffled = those[:]
    rng.shuffle(shuffled)
    agreed = agree(those, ["body"], key)
    assert agree(shuffled, ["body"], key) == agreed
    assert len({key(it.inputs) for it in agreed.corrections}) == len(agreed.corrections)
