"""What states an answer, and above all what does not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intone.writer.statements import states_answer

LABELS = ("lost_parcel", "lost_parcel_abroad", "billing", "lost_or_broken")


@pytest.mark.parametrize(
    "text",
    [
        "The team is billing.",
        "The topic is to have the lost parcel looked at by somebody.",
        "Read the ticket. The right team was lost_parcel_abroad.",
        "This ticket is about billing, and it is urgent",
        "It is Billing",
        "The cup was in pieces, so the answer must be 'lost_or_broken'.",
    ],
)
def test_one_label_given_as_the_answer_is_a_statement(text: str) -> None:
    assert states_answer(text, LABELS)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "The team is one of billing, lost_parcel and lost_parcel_abroad.",
        "The team is billing if money is spoken of.",
        "The answer is never billing.",
        "The team is the one that the customer would ask.",
        "The customer who names a price is asking for somebody in billing or sales.",
        "The word invoice means billing.",
        "The team is lost_or_broken, or whoever packed it.",
        "Choose billing.",  # no statement
        "Money is spoken of in billing tickets.",
        "The team for billing is asked first.",
        "Billing is what the invoice is about.",
        "The billing team is large.",  # before the verb
    ],
)
def test_what_helps_to_find_the_answer_is_none(text: str) -> None:
    assert not states_answer(text, LABELS)


def test_without_a_choice_of_labels_nothing_is_stated() -> None:
    assert not states_answer("The team is billing.", ())
    assert not states_answer("The team is billing.", ("billing",))


@given(st.text(), st.lists(st.text(max_size=12), max_size=4))
def test_nothing_makes_it_raise(text: str, labels: list[str]) -> None:
    states_answer(text, labels)
