"""What counts as copied from rows."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intone.data.row import Row
from intone.writer.copies import Copies, words

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


TEAMS = ("billing", "shipping", "yes", "account help")
SHORT = Copies(
    [
        Row(0, "a", {"body": "lost parcel"}, "shipping"),
        Row(1, "b", {"body": "parcel is lost"}, "shipping"),
        Row(2, "c", {"body": "PayPal"}, "billing"),
        Row(3, "d", {"body": "yes"}, "yes"),
        Row(4, "e", {"body": "shipping"}, "billing"),
        Row(5, "f", {"body": "it is"}, "billing"),
        Row(6, "g", {"body": "the team"}, "billing"),
        Row(7, "h", {"body": "my billing question"}, "billing"),
    ],
    TEAMS,
)


@pytest.mark.parametrize(
    "text",
    [
        "lost parcel: shipping",
        "shipping: lost parcel",
        "'parcel is lost' is shipping",
        "Lost parcel -> shipping; PayPal -> billing",
        "lost parcel: shipping, PayPal: billing",
        "If the parcel is lost, say shipping.",
        "PayPal: billing",
        "“PayPal” = billing",
        "PayPal - billing",
        "It is: billing",
        "PayPal：billing",
    ],
)
def test_a_short_input_beside_its_answer_gives_it_away(text: str) -> None:
    assert SHORT.within(text) == "gives an answer away"


@pytest.mark.parametrize(
    "text",
    [
        "A lost parcel is for those who send it.",
        "lost parcel: billing",  # not that row's answer
        "Questions about PayPal are billing.",  # one word, and no sign
        "Say so if it is billing.",  # two common words, and no sign
        "Answer yes or no: yes, if it is so.",  # its input is the answer
        "Name the label: shipping, billing or yes.",
        "Never shipping: billing comes first.",  # a label's name
        "Say which is the team: billing, shipping, yes or account help.",  # a list of labels
        "the team - billing or shipping",
        "For my billing question, say billing.",  # the input says it itself
    ],
)
def test_honest_instructions_may_have_short_inputs_in_them(text: str) -> None:
    assert SHORT.within(text) is None


def test_what_the_prompt_gave_away_before_is_no_copy() -> None:
    text = "Sort it. lost parcel: shipping"
    assert SHORT.within(text, known="lost parcel: shipping") is None
    assert SHORT.within(text, known="Is it a lost parcel? Is it shipping?") is None
    assert SHORT.within(text, known="What of a lost parcel?") == "gives an answer away"


@pytest.mark.parametrize(
    "text",
    ["我的包裹在哪里", "我的包裹", "พัสดุอยู่ไหน", "我的包裹在哪里我的包裹在", "is it on or off"],
)
def test_a_whole_input_shorter_than_a_passage_is_found(text: str) -> None:
    copies = Copies([Row(0, "a", {"t": text}, "x")])
    assert copies.within(f"( {text} )") == "copies a row"
    assert copies.within(text[:3]) is None


def test_a_letter_in_two_parts_is_the_letter() -> None:
    body = "Où est passée la commande numéro sept, égarée à l'étranger"
    whole, parted = unicodedata.normalize("NFC", body), unicodedata.normalize("NFD", body)
    for here, there in ((whole, parted), (parted, whole)):
        assert Copies([Row(0, "a", {"t": here})]).within(there) == "copies a row"
    assert words(unicodedata.normalize("NFD", body)) == words(body)


@given(st.lists(st.sampled_from("one two three four five six seven".split()), min_size=6))
def test_a_row_in_a_text_is_always_found(spoken: list[str]) -> None:
    text = " ".join(spoken)
    assert Copies([Row(0, "a", {"t": text})]).within(f"Note that {text}, always.") is not None


@given(st.text(), st.text(), st.text())
def test_nothing_makes_it_raise(body: str, target: str, text: str) -> None:
    copies = Copies([Row(0, "a", {"t": body}, target)])
    copies.within(text, body)
    assert copies.within(text, text) is None  # what the prompt had is nobody's copy
