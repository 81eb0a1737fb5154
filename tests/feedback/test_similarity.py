"""Likeness to examples: what is near, what is not, and that it is a cosine."""

from __future__ import annotations

import pytest
from hypothesis import given

from intone.feedback.similarity import THRESHOLD, Examples, our_examples
from intone.feedback.wish import wish_kinds
from tests.strategies import texts

EXAMPLES = Examples({"shorter": ["it goes on and on"], "": ["thank you very much"]})


@pytest.mark.parametrize("kind", [it for it in wish_kinds().values() if it.examples])
def test_an_example_is_most_like_itself(kind) -> None:  # type: ignore[no-untyped-def]
    for example in kind.examples:
        nearest = our_examples().nearest(example.upper())
        assert nearest.kind == kind.name
        assert nearest.cosine == pytest.approx(1)


def test_other_forms_of_the_words_are_still_near() -> None:
    nearest = EXAMPLES.nearest("it's going on and on")
    assert nearest.kind == "shorter"
    assert 0.2 < nearest.cosine < 1


def test_what_asks_for_nothing_is_nearest_to_nothing() -> None:
    assert EXAMPLES.nearest("thank you so very much").kind == ""


def test_words_no_example_has_make_a_text_less_like_any() -> None:
    short = EXAMPLES.nearest("it goes on and on")
    longer = EXAMPLES.nearest("it goes on and on, said the postman to the elephant")
    assert longer.cosine < THRESHOLD < short.cosine


def test_an_example_can_be_compared_with_the_others() -> None:
    assert EXAMPLES.nearest("it goes on and on", but="it goes on and on").kind == ""


@given(texts())
def test_any_text_has_a_likeness(text: str) -> None:
    assert 0 <= EXAMPLES.nearest(text).cosine <= 1 + 1e-9
