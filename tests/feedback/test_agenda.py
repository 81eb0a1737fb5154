"""Grouping complaints, and what becomes of wishes that contradict each other."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from intone.feedback.agenda import Read, agenda
from intone.feedback.complaint import Complaint
from intone.feedback.grouping import opposed
from intone.feedback.wish import Wish, wish_kinds

SHORTER, LONGER, SIMPLER = Wish("shorter"), Wish("longer"), Wish("simpler")


def said(*wishes: Wish, who: str = "", number: int = 0) -> Read:
    return Complaint(f"complaint {number}", who=who, number=number), wishes


def test_the_same_wish_is_one_group_counted_by_person() -> None:
    reads = [
        said(SHORTER, who="a", number=1),
        said(SHORTER, who="a", number=2),
        said(SHORTER, SIMPLER, who="b", number=3),
        said(SHORTER, number=4),
        said(SHORTER, number=5),
    ]
    first, second = agenda(reads).groups
    assert (first.wish.kind, first.count, first.numbers) == ("shorter", 4, (1, 2, 3, 4, 5))
    assert (second.wish.kind, second.count, second.numbers) == ("simpler", 1, (3,))


def test_opposite_wishes_are_left_unless_the_majority_is_asked_for() -> None:
    reads = [said(SHORTER, number=1), said(SHORTER, number=2), said(LONGER, number=3)]
    left = agenda(reads)
    assert left.groups == ()
    conflict = left.conflicts[0].conflict
    assert {conflict.one.count, conflict.other.count} == {1, 2}
    settled = agenda(reads, "majority")
    assert [group.wish.kind for group in settled.groups] == ["shorter"]
    assert settled.conflicts[0].granted == settled.groups[0]


def test_a_tie_is_left_in_any_case() -> None:
    reads = [said(SHORTER, number=1), said(LONGER, number=2), said(SIMPLER, number=3)]
    assert [group.wish.kind for group in agenda(reads, "majority").groups] == ["simpler"]


def test_who_outweighs_one_but_not_the_other_is_left() -> None:
    german, french, dutch = (Wish("language", of) for of in ("German", "French", "Dutch"))
    reads = [said(german, number=n) for n in (1, 2)] + [said(french, number=3)]
    reads += [said(dutch, number=n) for n in (4, 5)]
    assert agenda(reads, "majority").groups == ()


def test_complaints_without_a_wish_are_listed_not_guessed() -> None:
    found = agenda([said(number=1), said(SHORTER, number=2)])
    assert [complaint.number for complaint in found.unclear] == [1]


@given(
    st.lists(st.tuples(st.sampled_from(sorted(wish_kinds())), st.sampled_from("abc")), max_size=12),
    st.sampled_from(["leave", "majority"]),
)
def test_nothing_granted_contradicts_and_the_heaviest_come_first(
    pairs: list[tuple[str, str]], resolution: str
) -> None:
    reads = [said(Wish(kind, "x"), who=who, number=n) for n, (kind, who) in enumerate(pairs, 1)]
    found = agenda(reads, resolution)  # type: ignore[arg-type]
    groups = found.groups
    assert not any(opposed(a.wish, b.wish) for a in groups for b in groups if a is not b)
    assert [g.count for g in groups] == sorted((g.count for g in groups), reverse=True)
    again = agenda(reads[::-1], resolution)  # type: ignore[arg-type]
    assert [g.wish.key for g in again.groups] == [g.wish.key for g in groups]
