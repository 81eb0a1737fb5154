"""What a set of complaints asks for together: wishes with their weights, and those that clash.

Owns merging, weighing and what becomes of wishes that contradict each other. Which wish a complaint
is, has been understood before.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from intone.feedback.complaint import Complaint
from intone.feedback.wish import Wish, wish_kinds

Read = tuple[Complaint, tuple[Wish, ...]]
"""A complaint and what it wishes for; nothing where that is not clear."""

Resolution = Literal["leave", "majority"]
"""What to do about opposite wishes: grant neither, or the one that more people have."""

CHOICES = (
    "majority: grant what more people ask for (--conflict majority)",
    "leave: grant neither, for now (--conflict leave)",
    "one prompt for each audience: give the prompt an input that says who asks, as "
    "{{ audience }}, and a rule for each in the template",
)
"""The ways out of a conflict, in words."""


@dataclass(frozen=True)
class Group:
    """Complaints that wish for the same; the latest wish speaks for all.

    `count` is how many people said so: one who says it twice counts once; complaints of nobody in
    particular count one each.
    """

    wish: Wish
    complaints: tuple[Complaint, ...]

    @property
    def count(self) -> int:
        """How many people wish for it."""
        known = {complaint.who for complaint in self.complaints if complaint.who}
        return len(known) + sum(not complaint.who for complaint in self.complaints)

    @property
    def numbers(self) -> tuple[int, ...]:
        """The complaints' numbers."""
        return tuple(complaint.number for complaint in self.complaints)


@dataclass(frozen=True)
class Conflict:
    """Two groups of which only one can be had; `granted` is the one to grant, if either."""

    one: Group
    other: Group
    granted: Group | None = None


@dataclass(frozen=True)
class Agenda:
    """The groups to grant, the heaviest first; the conflicts; the complaints nobody understood."""

    groups: tuple[Group, ...]
    conflicts: tuple[Conflict, ...]
    unclear: tuple[Complaint, ...]


def agenda(reads: Sequence[Read], resolution: Resolution = "leave") -> Agenda:
    """Group complaints by what they wish for, and settle what contradicts.

    A group that clashes with several is granted only if it outweighs each of them. Equal weights
    are left, whatever the resolution.
    """
    groups = _groups(reads)
    conflicts = []
    out: set[tuple[str, str]] = set()
    for place, one in enumerate(groups):
        for other in groups[place + 1 :]:
            if not opposite(one.wish, other.wish):
                continue
            granted = None
            if resolution == "majority" and one.count != other.count:
                granted = max(one, other, key=lambda group: group.count)
            conflicts.append(Conflict(one, other, granted))
            out.update(group.wish.key for group in (one, other) if group is not granted)
    unclear = tuple(complaint for complaint, wishes in reads if not wishes)
    granted_groups = tuple(group for group in groups if group.wish.key not in out)
    return Agenda(granted_groups, tuple(conflicts), unclear)


def opposite(one: Wish, other: Wish) -> bool:
    """Say whether two wishes contradict each other: opposite kinds, or two languages."""
    kinds = wish_kinds()
    first, second = kinds.get(one.kind), kinds.get(other.kind)
    if first is None or second is None:
        return False
    if one.kind == other.kind:
        return first.takes == "language" and one.key != other.key
    if other.kind != first.opposite and one.kind != second.opposite:
        return False
    return not (first.takes and second.takes) or one.key[1] == other.key[1]


def _groups(reads: Sequence[Read]) -> list[Group]:
    found: dict[tuple[str, str], list[Complaint]] = {}
    wishes: dict[tuple[str, str], Wish] = {}
    for complaint, asked in reads:
        for wish in asked:
            of_key = found.setdefault(wish.key, [])
            if complaint not in of_key:
                of_key.append(complaint)
            wishes[wish.key] = wish
    groups = [Group(wishes[key], tuple(those)) for key, those in found.items()]
    return sorted(groups, key=lambda group: (-group.count, group.wish.key))
