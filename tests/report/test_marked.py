"""What differs, in plain values: both texts can be read back from the marks."""

from __future__ import annotations

from hypothesis import given, settings

from intone.prompt.prompt import Prompt
from intone.report.marked import change, changes, words_between
from tests.strategies import edited, texts


@given(texts(), texts())
@settings(deadline=None)
def test_the_pieces_are_both_texts(before: str, after: str) -> None:
    pieces = words_between(before, after)
    assert "".join(p.text for p in pieces if p.mark != "added") == before
    assert "".join(p.text for p in pieces if p.mark != "removed") == after


def test_very_long_texts_are_told_apart_by_lines() -> None:
    before = "one two\n" * 5_000
    pieces = words_between(before, before + "three\n")
    assert [(p.mark, len(p.text)) for p in pieces] == [("same", len(before)), ("added", 6)]


@given(edited())
@settings(deadline=None, max_examples=40)
def test_sections_that_differ_are_told_and_lists_read_back(pair: tuple[Prompt, Prompt]) -> None:
    before, after = pair[0].canonical(), pair[1].canonical()
    found = changes(before, after)
    assert {it.section for it in found} == {
        name for name in {*before, *after} if before.get(name) != after.get(name)
    }
    for name in ("clarifiers", "passages"):
        if name in before or name in after:
            it = change(name, before, after)
            for form, without in ((before, "added"), (after, "removed")):
                sides = [item.side(without) for item in it.items]  # type: ignore[arg-type]
                # an item that is all on the other side is not there; an empty text leaves no piece
                kept = ["".join(p.text for p in pieces) for pieces in sides if pieces]
                assert [t for t in kept if t] == [t for t in form.get(name, ()) if t]  # type: ignore[attr-defined]
