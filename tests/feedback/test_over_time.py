"""Wishes that come back after a version was to grant them."""

from __future__ import annotations

from intone.feedback.complaint import Complaint
from intone.feedback.over_time import NotCured, not_cured
from intone.feedback.wish import Wish

SHORTER, LONGER = Wish("shorter", words="too long"), Wish("longer")


def about(number: int, version: str, applied: str = "", name: str = "triage") -> Complaint:
    state = "applied" if applied else "open"
    return Complaint("no", name=name, version=version, applied=applied, state=state, number=number)  # type: ignore[arg-type]


def test_a_wish_that_comes_back_is_counted_before_and_after() -> None:
    those = [
        (about(1, "triage@1", "triage@2"), (SHORTER,)),
        (about(2, "triage@1", "triage@2"), (SHORTER, LONGER)),
        (about(3, "triage@1"), (SHORTER,)),
        (about(4, "triage@2"), (SHORTER,)),
        (about(5, "triage@3"), (Wish("shorter", words="still too long"), SHORTER)),
        (about(6, "triage@2", name="other"), (SHORTER,)),
    ]
    assert not_cured(those) == [NotCured("triage", SHORTER, "triage@2", 3, 2, (4, 5))]


def test_only_the_last_time_counts() -> None:
    those = [
        (about(1, "triage@1", "triage@2"), (SHORTER,)),
        (about(2, "triage@2", "triage@10"), (SHORTER,)),
    ]
    assert not_cured(those) == []
    (found,) = not_cured([*those, (about(3, "triage@10"), (SHORTER,))])
    assert (found.version, found.before, found.after) == ("triage@10", 2, 1)


def test_wishes_that_name_different_things_are_different() -> None:
    emoji, dates = Wish("leave-out", "emoji"), Wish("leave-out", "dates")
    those = [(about(1, "triage@1", "triage@2"), (emoji,)), (about(2, "triage@2"), (dates,))]
    assert not_cured(those) == []
    assert len(not_cured([*those, (about(3, "triage@2"), (Wish("leave-out", " Emoji"),))])) == 1


def test_of_an_unknown_version_nothing_is_guessed() -> None:
    those = [
        (about(1, "", "triage@2"), (SHORTER,)),
        (about(2, ""), (SHORTER,)),
        (about(3, "triage@live"), (SHORTER,)),
    ]
    assert not_cured(those) == []
    (found,) = not_cured([*those, (about(4, "triage@2"), (SHORTER,))])
    assert (found.before, found.after) == (1, 1)


def test_most_complaints_first() -> None:
    those: list[tuple[Complaint, tuple[Wish, ...]]]
    those = [(about(1, "triage@1", "triage@2"), (SHORTER, LONGER))]
    those += [(about(n, "triage@2"), (LONGER,)) for n in (2, 3)] + [
        (about(4, "triage@2"), (SHORTER,))
    ]
    assert [it.wish.kind for it in not_cured(those)] == ["longer", "shorter"]
    assert not_cured([]) == []
