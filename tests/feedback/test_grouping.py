"""Groups, how many people they count, and which of them cannot both be granted."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intone.feedback.complaint import Complaint
from intone.feedback.grouping import Grouped, divider, grouped, opposed
from intone.feedback.wish import Wish, wish_kinds


def complaint(number: int, who: str = "", **inputs: str) -> Complaint:
    return Complaint("…", who=who, number=number, inputs=inputs)


def of(*read: tuple[int, str, Sequence[str]]) -> Grouped:
    return grouped(
        (complaint(number, who), [wish(text) for text in texts]) for number, who, texts in read
    )


def wish(text: str) -> Wish:
    kind, _, named = text.partition(": ")
    return Wish(kind, named)


def test_the_same_wish_is_one_group_with_its_people_and_numbers() -> None:
    found = of(
        (1, "ann", ["include: the price"]),
        (2, "ann", ["include: your  Price", "shorter"]),
        (3, "", ["include: price"]),
        (4, "", ["include: price"]),
        (5, "bob", ["include: the prices"]),
        (6, "bob", []),
    )
    assert [(group.wish.of, group.count, group.numbers) for group in found.groups] == [
        ("the price", 3, (1, 2, 3, 4)),
        ("", 1, (2,)),
        ("the prices", 1, (5,)),
    ]
    assert [it.number for it in found.unclear] == [6]


def test_a_wish_said_twice_in_one_complaint_counts_once() -> None:
    (group,) = of((1, "", ["shorter", "shorter"])).groups
    assert (group.count, group.numbers) == (1, (1,))


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("shorter", "longer", True),
        ("more-abstract", "longer", True),
        ("more-abstract", "more-concrete", True),
        ("explain-why", "no-explanation", True),
        ("shorter", "friendlier", False),
        ("shorter", "shorter", False),
        ("include: the price", "leave-out: price", True),
        ("include: the price", "leave-out: the weather", False),
        ("include: the price", "never-say: Price", True),
        ("always-say: hello", "never-say: hello", True),
        ("always-say: hello", "include: hello", False),
        ("always-say: hello", "always-say: bye", False),
        ("language: German", "language: Dutch", True),
        ("language: German", "language: german", False),
        ("language: German", "same-language", True),
        ("as-list", "as-table", True),
        ("as-json", "format: poem", True),
        ("format: poem", "format: email", True),
        ("as-list", "shorter", False),
        ("tone: funny", "tone: warm", False),
        ("wrong-answer", "wrong-answer", False),
    ],
)
def test_what_cannot_both_be_granted(one: str, other: str, *, expected: bool) -> None:
    assert opposed(wish(one), wish(other)) == expected
    assert opposed(wish(other), wish(one)) == expected


def test_every_opposite_of_a_kind_is_found() -> None:
    for kind in wish_kinds().values():
        for other in filter(None, (kind.opposite, *kind.against)):
            assert opposed(Wish(kind.name, "x"), Wish(other, "x" if kind.takes else ""))


def test_a_conflict_has_its_counts_and_its_choices() -> None:
    found = of((1, "ann", ["shorter"]), (2, "bob", ["shorter"]), (3, "cem", ["longer"]))
    (conflict,) = found.conflicts
    assert conflict.sentence == (
        "2 want “make the answer shorter”, 1 want “say more, in more detail”"
    )
    majority, variants, leave = conflict.choices
    assert majority.name == "majority"
    assert majority.follow == Wish("shorter")
    assert "2 to 1" in majority.sentence
    assert (variants.name, leave.name) == ("variants", "leave")
    assert "audience" in variants.sentence


def test_there_is_no_majority_where_as_many_want_either() -> None:
    (conflict,) = of((1, "ann", ["shorter"]), (2, "bob", ["longer"])).conflicts
    assert [choice.name for choice in conflict.choices] == ["variants", "leave"]


def test_one_user_on_both_sides_is_named() -> None:
    (conflict,) = of((1, "ann", ["shorter"]), (2, "ann", ["longer"])).conflicts
    assert conflict.both == {"ann"}


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (["nurse", "nurse"], ["patient", "patient"], "role"),
        (["nurse", "nurse", "doctor"], ["patient", "patient"], "role"),
        (["nurse", "nurse"], ["nurse", "patient"], ""),
        (["a", "b"], ["c", "d"], ""),
        (["nurse"], ["patient"], ""),
    ],
)
def test_an_input_that_tells_the_sides_apart_is_found(
    one: list[str], other: list[str], expected: str
) -> None:
    here = [complaint(at, role=role, text=str(at)) for at, role in enumerate(one)]
    there = [complaint(at + 9, role=role, text=str(at + 9)) for at, role in enumerate(other)]
    assert divider(here, there) == expected
    assert divider(there, here) == expected


def test_a_choice_names_the_input_that_tells_the_sides_apart() -> None:
    read = [(complaint(at, role="nurse"), [Wish("shorter")]) for at in (1, 2)]
    read += [(complaint(at, role="patient"), [Wish("longer")]) for at in (3, 4)]
    (conflict,) = grouped(read).conflicts
    assert conflict.choices[0].sentence == "give each what they want, by “role”"


_WISHES = st.builds(
    Wish,
    st.sampled_from([*wish_kinds()]),
    st.sampled_from(["", "price", "the price", "German"]),
)
_READ = st.lists(st.tuples(st.sampled_from(["", "ann", "bob"]), st.lists(_WISHES, max_size=3)))


@given(_READ)
def test_no_complaint_is_lost_and_nobody_counts_twice(read: list[tuple[str, list[Wish]]]) -> None:
    found = grouped((complaint(at, who), asked) for at, (who, asked) in enumerate(read))
    numbers = {number for group in found.groups for number in group.numbers}
    unclear = {it.number for it in found.unclear}
    assert numbers | unclear == set(range(len(read)))
    assert not numbers & unclear
    for group in found.groups:
        assert 1 <= group.count <= len(group.complaints)
    counts = [group.count for group in found.groups]
    assert counts == sorted(counts, reverse=True)
    for conflict in found.conflicts:
        assert conflict.one.count >= conflict.other.count


@given(_WISHES, _WISHES)
def test_being_opposed_goes_both_ways_and_never_against_oneself(one: Wish, other: Wish) -> None:
    assert opposed(one, other) == opposed(other, one)
    assert not opposed(one, one)
