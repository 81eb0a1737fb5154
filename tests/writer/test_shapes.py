"""Reading a writer's answer."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intone.writer.shapes import Shape

SHAPE = Shape({"problem": "p", "change": "c", "text": "t"}, {"change": ("add rule", "rewrite")})
READ = {"problem": "It rambles.", "change": "add rule", "text": "Be brief."}


@pytest.mark.parametrize(
    "answer",
    [
        json.dumps(READ),
        f"Here you are:\n```json\n{json.dumps(READ | {'change': 'Add_Rule'})}\n```",
        "PROBLEM: It rambles.\nCHANGE: add rule\nTEXT: Be brief.",
        "Sure!\n**Problem:** It rambles.\n**Change:** `Add rule`\n**Text:** Be brief.",
        "<think>problem: none</think>\nproblem: It rambles.\nchange: add rule\ntext: Be brief.",
    ],
)
def test_both_forms_are_read(answer: str) -> None:
    assert SHAPE.read(answer) == READ


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "ok",
        "{}",
        "PROBLEM: It rambles.\nTEXT: Be brief.",  # no change
        "CHANGE: add rule\nPROBLEM: It rambles.\nTEXT: Be brief.",  # another order
        "PROBLEM: a\nCHANGE: add rule\nTEXT: b\nPROBLEM: c\nCHANGE: rewrite\nTEXT: d",  # two
        "PROBLEM: It rambles.\nCHANGE: delete all\nTEXT: Be brief.",  # no such change
        json.dumps(READ | {"text": 7}),
        json.dumps(READ | {"text": None}),
        json.dumps([READ["text"]]),
        json.dumps(READ)[:-9],  # cut
    ],
)
def test_anything_else_is_not(answer: str) -> None:
    assert SHAPE.read(answer) is None


def test_a_text_goes_on_to_the_end() -> None:
    said = "PROBLEM: a\nCHANGE: rewrite\nTEXT: Name it.\n\nThen stop: at once."
    assert (SHAPE.read(said) or {})["text"] == "Name it.\n\nThen stop: at once."


@given(st.text(), st.text(min_size=1))
def test_what_is_written_is_read(problem: str, text: str) -> None:
    values = READ | {"problem": problem, "text": text}
    assert SHAPE.read(SHAPE.written(values, as_json=True)) == values


@given(st.text())
def test_nothing_makes_it_raise(answer: str) -> None:
    read = SHAPE.read(answer)
    assert read is None or set(read) == set(SHAPE.texts)


def test_the_schema_is_closed_and_names_the_choices() -> None:
    schema = SHAPE.schema()
    assert schema["required"] == ["problem", "change", "text"] == list(schema["properties"])
    assert schema["properties"]["change"]["enum"] == ["add rule", "rewrite"]
    assert schema["additionalProperties"] is False
