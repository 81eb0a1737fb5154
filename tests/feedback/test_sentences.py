"""What of a comment is read, and how it is cut into sentences and terms."""

from __future__ import annotations

import pytest
from hypothesis import given

from intone.feedback.sentences import QUOTE, READ, plain, sentences_of
from tests.strategies import texts


def terms(comment: str) -> list[list[str]]:
    return [[token.term for token in sentence.tokens] for sentence in sentences_of(comment)]


@pytest.mark.parametrize(
    ("comment", "expected"),
    [
        ("Too long. Also WRONG!", [["too", "long"], ["also", "wrong"]]),
        ("step-by-step", [["step", "by", "step"]]),
        ("don’t", [["don't"]]),
        ("l’exemple", [["l'", "exemple"]]),
        ("see evil.example now", [["see", "evil.example", "now"]]),
        ("say 'a b. c', not “d”", [["say", QUOTE, ",", "not", QUOTE]]),
        ("<b>too</b> *long*", [["too", "long"]]),
        ("... !? ;", []),
    ],
)
def test_a_comment_is_cut_into_sentences_and_terms(comment: str, expected: list[object]) -> None:
    assert terms(comment) == expected


def test_words_come_back_as_the_user_wrote_them() -> None:
    (sentence,) = sentences_of("Always say  “Kind\u200b  Regards.” at the END")
    assert sentence.words(2, 3) == "Kind Regards."
    assert sentence.words(3, 6) == "at the END"
    assert sentence.said == "Always say “Kind Regards.” at the END"


def test_a_comment_in_quotes_is_read_as_without() -> None:
    assert terms('"too long"') == [["too", "long"]]


def test_only_the_beginning_is_read() -> None:
    assert len(plain("x" * 10**6)) == READ
    assert terms("a " * READ + "end")[-1][-1] == "a"


def test_what_cannot_be_seen_or_written_is_dropped() -> None:
    assert plain("a\x00b\ud800c\u202ed\ue000") == "a bcd"


@given(texts())
def test_any_text_is_cut_and_every_term_has_its_place(comment: str) -> None:
    for sentence in sentences_of(comment):
        assert sentence.said
        at = 1
        for number, token in enumerate(sentence.tokens):
            assert sentence.index(at) == number
            at += len(token.term) + 1
        assert sentence.index(at) == len(sentence.tokens)
