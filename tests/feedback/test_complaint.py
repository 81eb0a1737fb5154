"""Ratings as people write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intone.errors import InputError
from intone.feedback.complaint import Complaint, read_rating


@pytest.mark.parametrize(
    ("text", "rating"),
    [("0", 0), ("1", 1), ("0.25", 0.25), ("2/5", 0.4), (" 4 / 5 ", 0.8), ("up", 1), ("Down", 0)],
)
def test_ways_to_write_a_rating(text: str, rating: float) -> None:
    assert read_rating(text) == rating


@pytest.mark.parametrize(
    "text", ["", "6/5", "1/0", "-1", "2", "nan", "inf", "80%", "1/2/3", "up!", "9" * 500 + "/1"]
)
def test_what_is_no_rating(text: str) -> None:
    with pytest.raises(
        InputError, match="write a number from 0 to 1, a share such as 2/5"
    ) as caught:
        read_rating(text)
    assert len(str(caught.value)) < 150


@given(st.text())
def test_any_text_is_a_rating_or_an_error(text: str) -> None:
    try:
        assert 0 <= read_rating(text) <= 1
    except InputError:
        pass


def test_the_plain_form_leaves_the_program_out() -> None:
    form = Complaint("x", program={"template": "y"}, inputs={"a": "b"}).form()
    assert "program" not in form and form["inputs"] == {"a": "b"} and form["row"] is None
