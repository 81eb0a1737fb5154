"""What names a row, and above all what does not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intone.data.row import Row
from intone.writer.names import Names

TEXTS = [
    "Ada Okafor said that the lamp flickers.",
    "I asked Jean-Luc O'Brien about Customer Service at Saint-Denis.",
    "Is there no Customer Service on Sundays?",
    "The parcel for Ada Okafor is late, says Customer Service.",
    "Die Rechnung ist falsch. Bitte um Rückruf.",
    "CALL NOW and win",
    "Zoë Ångström und der Große Preis",
]
ROWS = [Row(i, str(i), {"body": text}, "billing") for i, text in enumerate(TEXTS)]
NAMES = Names(ROWS, ("Große Preis", "billing"))


@pytest.mark.parametrize(
    "text",
    [
        "The topic of Ada Okafor's sentence is the lamp.",  # she is in two rows
        "Ask Jean-Luc O'Brien.",
        "Think of Zoë Ångström when you sort it.",
        "of Zoe\u0308 A\u030angstro\u0308m",  # the same letters, in parts
    ],
)
def test_who_is_in_one_or_two_rows_is_named(text: str) -> None:
    assert NAMES.within(text)


@pytest.mark.parametrize(
    "text",
    [
        "Name the team that the ticket is for.",
        "Billing is for what Customer Service would ask.",  # three rows: what they are about
        "ada okafor",
        "Ada said it. Okafor did not.",
        "Okafor Ada",
        "Die Rechnung ist gemeint. Wenn nicht, Bitte oder Die.",
        "Say which.\nDie Rechnung: billing",
        "Texts that say CALL NOW are spam.",
        "Choose Große Preis or billing.",  # a label
        "",
    ],
)
def test_other_words_name_no_row(text: str) -> None:
    assert not NAMES.within(text)


def test_whom_the_prompt_named_before_it_may_name_again() -> None:
    text = "Answer Ada Okafor in her own words."
    assert not NAMES.within(text, known="You write for Ada Okafor.")
    assert NAMES.within(text, known="You write for Ada.")


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("Say how many plums Ingrid has.", True),
        ("The plums that Ingrid's mother counts are 14.", True),
        ("Work out what Ingrid still needs.", False),  # no other word of hers
        ("Ingrid has plums.", False),  # the first word of a sentence
        ("Write ingrid beside the plums.", False),
        ("Think of the plums. Then ask what Ingrid needs.", False),  # not in one sentence
        ("Ask about plums on a Monday.", False),  # another row's
        ("Tell the Kelvin scale from the plums.", False),  # no row has it
        ("The plums are worth Amber.", False),  # also written small in the rows
        ("Take the unit Litre with the milk.", False),  # a label
    ],
)
def test_a_single_name_is_one_beside_another_word_of_its_row(text: str, named: bool) -> None:
    bodies = (
        "Ingrid has some plums. Her mother counts them.",
        "On Monday the tram was late.",
        "Amber paint and amber glass stand beside some plums and figs in a shop.",
        "How many Litre of milk are in the jug?",
    )
    rows = [Row(i, str(i), {"body": body}, "Litre") for i, body in enumerate(bodies)]
    assert Names(rows, ("Litre", "Kilogram")).within(text) == named


def test_where_nouns_have_capital_letters_a_single_one_is_no_name() -> None:
    body = "Bitte senden Sie die Mahnung mit der Rechnung noch einmal an unsere Abteilung."
    rows = [Row(0, "0", {"body": body}, "x")]
    assert not Names(rows).within("Achte auf die Mahnung und auf die Rechnung.")


@given(st.text(), st.text())
def test_nothing_makes_it_raise(body: str, text: str) -> None:
    names = Names([Row(0, "a", {"body": body}, "x")])
    names.within(text, body)
    assert not names.within(text, text)
    assert not Names([]).within(text)
