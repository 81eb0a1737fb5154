"""What counts as copied from rows."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intone.data.row import Row
from intone.writer.copies import Copies

LONG = "I cancelled Plus on the 3rd and on the 9th you still took 7.99 from me."
ROWS = [
    Row(0, "a", {"body": LONG}, "billing"),
    Row(1, "b", {"body": "app says hub unreachable"}, "technical"),
    Row(2, "c", {"body": "注文した商品がまだ届いていませんので確認してください"}, "shipping"),
    Row(3, "d", {"body": "PayPal"}, "billing"),
]
COPIES = Copies(ROWS, ("billing", "technical", "shipping"))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("If somebody cancelled Plus on the 3rd and was charged", "copies a row"),
        ("as in: ON THE 9TH, you still took...", "copies a row"),
        ("When the app says hub unreachable, help.", "copies a row"),  # a whole short input
        ("たとえば注文した商品がまだ届いていません", "copies a row"),
        ("On the 9th they took it: that is billing.", None),
        ("You still took 7.99 means billing.", "gives an answer away"),
        ("Billing is right for: you still took 7.99", "gives an answer away"),
        ("You still took 7.99 means technical.", None),  # not that row's answer
        ("Questions about PayPal are billing.", None),
        ("Name the team that the ticket is for.", None),
        ("商品について", None),
        ("", None),
    ],
)
def test_passages_are_found(text: str, found: str | None) -> None:
    assert COPIES.within(text) == found


def test_the_prompt_s_own_words_are_no_copy() -> None:
    assert COPIES.within("Say: I cancelled Plus on the 3rd.", known=f"Sort it. {LONG}") is None


def test_a_written_answer_counts_unless_it_is_a_label() -> None:
    row = Row(0, "a", {"body": "x"}, "the parcel was left with the neighbours")
    assert Copies([row]).within("Say the parcel was left with the neighbours") == "copies a row"
    assert Copies([row], [row.target or ""]).within(row.target or "") is None


@given(st.lists(st.sampled_from("one two three four five six seven".split()), min_size=6))
def test_a_row_in_a_text_is_always_found(spoken: list[str]) -> None:
    text = " ".join(spoken)
    assert Copies([Row(0, "a", {"t": text})]).within(f"Note that {text}, always.") is not None


@given(st.text(), st.text(), st.text())
def test_nothing_makes_it_raise(body: str, target: str, text: str) -> None:
    copies = Copies([Row(0, "a", {"t": body}, target)])
    copies.within(text, body)
    assert copies.within(text, text) is None  # what the prompt had is nobody's copy
