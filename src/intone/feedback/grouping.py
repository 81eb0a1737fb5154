"""Complaints grouped by what they wish for, and wishes that cannot be granted together.

Owns what counts as the same wish, as opposite wishes, and as how many people. Decides nothing:
which of two opposites is followed is a person's choice. Pure functions.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Literal

from intone.feedback.complaint import Complaint
from intone.feedback.wish import Wish, wish_kinds, without_article

_WANTED = frozenset(("include", "always-say"))
_UNWANTED = frozenset(("leave-out", "never-say"))
_LANGUAGE, _SAME_LANGUAGE = "language", "same-language"
_FORM = "format"
_FORMS = "as-"  # kinds that begin so each want a form of the whole answer
_TELLING = 2  # complaints on each side that an input has to tell apart


@dataclass(frozen=True)
class Group:
    """Complaints that wish for the same; `wish` is as the first of them has it."""

    wish: Wish
    complaints: tuple[Complaint, ...]

    @property
    def numbers(self) -> tuple[int, ...]:
        """The numbers of the complaints, in the order they came."""
        return tuple(complaint.number for complaint in self.complaints)

    @property
    def users(self) -> frozenset[str]:
        """Who wishes for it, as far as that is known."""
        return frozenset(complaint.who for complaint in self.complaints if complaint.who)

    @property
    def count(self) -> int:
        """How many people wish for it: different users, and complaints without one."""
        return len(self.users) + sum(not complaint.who for complaint in self.complaints)


@dataclass(frozen=True)
class Choice:
    """One way to deal with opposite wishes; `sentence` says it, `follow` is the wish it grants."""

    name: Literal["majority", "variants", "leave"]
    sentence: str
    follow: Wish | None = None


@dataclass(frozen=True)
class Conflict:
    """Two groups whose wishes cannot both be granted; `one` is the larger.

    `divider` is an input whose values tell the complaints of the two apart, "" if none does.
    """

    one: Group
    other: Group
    divider: str = ""

    @property
    def both(self) -> frozenset[str]:
        """Users who wish for both, at different times or of different answers."""
        return self.one.users & self.other.users

    @property
    def sentence(self) -> str:
        """The conflict in words: `3 want “make the answer shorter”, 2 “say more, …”`."""
        one, other = self.one, self.other
        return f"{one.count} want “{one.wish.sentence}”, {other.count} want “{other.wish.sentence}”"

    @property
    def choices(self) -> tuple[Choice, ...]:
        """What can be done about it; there is no majority where as many want either."""
        one, other = self.one, self.other
        by = f"“{self.divider}”" if self.divider else "a new input, such as “audience”"
        found = []
        if one.count > other.count:
            sentence = f"follow the majority, {one.count} to {other.count}: {one.wish.sentence}"
            found.append(Choice("majority", sentence, one.wish))
        found.append(Choice("variants", f"give each what they want, by {by}"))
        found.append(Choice("leave", "leave it as it is"))
        return tuple(found)


@dataclass(frozen=True)
class Grouped:
    """Groups with the most people first, the conflicts among them, and what stayed unclear."""

    groups: tuple[Group, ...]
    conflicts: tuple[Conflict, ...]
    unclear: tuple[Complaint, ...]


def grouped(read: Iterable[tuple[Complaint, Sequence[Wish]]]) -> Grouped:
    """Return complaints with their wishes as groups; one with several wishes is in several."""
    wishes: dict[tuple[str, str], Wish] = {}
    members: dict[tuple[str, str], list[Complaint]] = {}
    unclear: list[Complaint] = []
    for complaint, asked in read:
        for key in dict.fromkeys(wish.key for wish in asked):
            members.setdefault(key, []).append(complaint)
        for wish in asked:
            wishes.setdefault(wish.key, wish)
        if not asked:
            unclear.append(complaint)
    found = [Group(wishes[key], tuple(complaints)) for key, complaints in members.items()]
    groups = tuple(sorted(found, key=lambda group: -group.count))
    conflicts = [
        Conflict(one, other, divider(one.complaints, other.complaints))
        for one, other in combinations(groups, 2)
        if opposed(one.wish, other.wish)
    ]
    return Grouped(groups, tuple(conflicts), tuple(unclear))


def opposed(one: Wish, other: Wish) -> bool:
    """Say whether two wishes cannot both be granted. The order does not matter.

    Opposite kinds are, where they name nothing or the same thing; so are two languages, and two
    forms of the whole answer. Two tones may go together.
    """
    if one.key == other.key:
        return False
    pair = {one.kind, other.kind}
    if pair & _WANTED and pair & _UNWANTED:
        return _same(one.of, other.of)
    if one.of and other.of and one.kind == other.kind:
        return one.kind in (_LANGUAGE, _FORM)
    if pair == {_LANGUAGE, _SAME_LANGUAGE}:
        return True
    if all(kind == _FORM or kind.startswith(_FORMS) for kind in pair):
        return True
    return _against(one.kind, other.kind) or _against(other.kind, one.kind)


def divider(one: Sequence[Complaint], other: Sequence[Complaint]) -> str:
    """Return an input whose values tell the complaints of two sides apart, "" if none does.

    There must be two complaints or more on each side, and a value must come back on both: what is
    different in every complaint tells nothing.
    """
    if min(len(one), len(other)) < _TELLING:
        return ""
    every = [*one, *other]
    for name in every[0].inputs:
        if not all(name in complaint.inputs for complaint in every):
            continue
        here, there = ([complaint.inputs[name] for complaint in side] for side in (one, other))
        repeated = len(set(here)) < len(here) and len(set(there)) < len(there)
        if repeated and set(here).isdisjoint(there):
            return name
    return ""


def _same(one: str, other: str) -> bool:
    return without_article(one).casefold() == without_article(other).casefold()


def _against(one: str, other: str) -> bool:
    kind = wish_kinds()[one]
    return other in (kind.opposite, *kind.against)
