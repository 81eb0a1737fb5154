"""Every kind of wish can be granted and checked by something that exists."""

from __future__ import annotations

import pytest

from intone.feedback.wish import WRONG_ANSWER, Wish, WishKind, wish_kinds
from intone.prompt.library.library import ours

_CLARIFIERS = {entry.name for entry in ours().all_clarifiers}


@pytest.mark.parametrize("kind", wish_kinds().values(), ids=lambda kind: kind.name)
def test_each_kind_names_things_that_there_are(kind: WishKind) -> None:
    assert set(kind.clarifiers) <= _CLARIFIERS
    assert kind.opposite in {"", *wish_kinds()}
    assert bool(kind.clarifiers) != bool(kind.strengths) or kind.name == WRONG_ANSWER
    texts = (kind.sentence, *kind.strengths)
    assert all(("[[of]]" in text) == bool(kind.takes) for text in texts)


def test_a_sentence_names_what_the_wish_names() -> None:
    assert Wish("leave-out", "the price").sentence == "leave out the price"


def test_the_same_wish_in_other_letters_has_the_same_key() -> None:
    assert Wish("include", "The  Price").key == Wish("include", "the price").key
