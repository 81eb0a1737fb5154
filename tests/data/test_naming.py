"""Every column can be named in a template, and no two have the same name."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intone.data.dataset import Dataset
from intone.data.naming import RESERVED, identifier, names_of
from intone.errors import DataError
from intone.prompt.template import render, variables

HEADERS = st.one_of(
    st.sampled_from(
        ["Ticket text", "Ticket_text", "Ticket-text", "ﬁ", "fi", "1", "true", ":None", ""]
    ),
    st.text(max_size=8),
)


@given(st.lists(HEADERS, max_size=8, unique=True))
def test_each_column_has_a_name_of_its_own_that_a_template_can_say(columns: list[str]) -> None:
    names = names_of(columns)
    assert list(names) == columns
    assert len(set(names.values())) == len(columns)
    for column, name in names.items():
        template = f"<{{{{ {name} }}}}>"
        assert variables(template) == {name}
        assert render(template, {name: column}) == f"<{column}>"


@pytest.mark.parametrize(
    ("column", "name"),
    [
        ("body", "body"),
        ("class", "class"),
        ("größe", "größe"),
        ("gro\u0308ße", "größe"),
        ("文本", "文本"),
        ("Ticket text", "Ticket_text"),
        (" self-id ", "self_id"),
        (":None", "None_"),
        ("(self)", "self_"),
        ("Price ($)", "Price"),
        ("a.b/c", "a_b_c"),
        ("2nd", "_2nd"),
        ("true", "true_"),
        ("self", "self_"),
        ("loop", "loop_"),
        ("पाठ", "पाठ"),
        ("a\U0001193b", "a"),
        ("\U0001193b", "column"),
        ("%", "column"),
        ("", "column"),
    ],
)
def test_names_by_the_rule(column: str, name: str) -> None:
    assert identifier(column) == name


def test_reserved_words_cannot_be_read_as_names() -> None:
    for word in RESERVED - {"loop", "not"}:
        assert variables(f"{{{{ {word} }}}}") == frozenset()


def test_a_column_that_needs_no_name_keeps_its_own() -> None:
    columns = ["Ticket text", "Ticket_text", "Ticket-text"]
    assert list(names_of(columns).values()) == ["Ticket_text_2", "Ticket_text", "Ticket_text_3"]


ROWS = [{"Ticket text": "a", "self-id": "1", "Team name": "x"}]


@pytest.mark.parametrize("given", ["Ticket text", "Ticket_text"])
@pytest.mark.parametrize("target", ["Team name", "Team_name"])
def test_columns_are_asked_for_by_header_or_name(given: str, target: str) -> None:
    dataset = Dataset.from_rows(ROWS, inputs=[given], target=target)
    assert dataset.inputs == ("Ticket_text",)
    assert dataset.headers == {"Ticket_text": "Ticket text"}
    assert dataset.target == "Team name"
    assert dict(dataset[0].inputs) == {"Ticket_text": "a"}
    assert dataset[0].target == "x"


def test_rows_have_their_inputs_by_name() -> None:
    dataset = Dataset.from_rows(ROWS, target="Team name", keep={"self_id"})
    assert dict(dataset[0].inputs) == {"self_id": "1"}
    assert (
        dataset.id == Dataset.from_rows([{"self_id": "1", "Team name": "x"}], target="Team name").id
    )
    with pytest.raises(DataError, match="both input and target"):
        Dataset.from_rows(ROWS, inputs=["Team_name"], target="Team name")
