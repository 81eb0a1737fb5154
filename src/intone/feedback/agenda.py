"""What a set of complaints asks for together: the wishes to grant, and what is done about clashes.

Owns what becomes of wishes that contradict each other. Grouping and weighing them is `grouping`'s.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from intone.feedback.complaint import Complaint
from intone.feedback.grouping import Conflict, Group, grouped
from intone.feedback.wish import Wish

Read = tuple[Complaint, tuple[Wish, ...]]
"""A complaint and what it wishes for; nothing where that is not clear."""

Resolution = Literal["leave", "majority"]
"""What to do about opposite wishes: grant neither, or the one that more people have."""


@dataclass(frozen=True)
class Settled:
    """A conflict, and which of its two groups is granted, if either."""

    conflict: Conflict
    granted: Group | None = None


@dataclass(frozen=True)
class Agenda:
    """The groups to grant, the heaviest first; the conflicts; the complaints nobody understood."""

    groups: tuple[Group, ...]
    conflicts: tuple[Settled, ...]
    unclear: tuple[Complaint, ...]


def agenda(reads: Sequence[Read], resolution: Resolution = "leave") -> Agenda:
    """Group complaints by what they wish for, and settle what contradicts.

    A group that clashes with several is granted only if it outweighs each of them. Equal weights
    are left, whatever the resolution. The order of the complaints does not matter.
    """
    found = grouped(reads)
    settled = []
    out: set[tuple[str, str]] = set()
    for conflict in found.conflicts:
        sides = (conflict.one, conflict.other)
        granted = None
        if resolution == "majority" and sides[0].count != sides[1].count:
            granted = max(sides, key=lambda group: group.count)
        settled.append(Settled(conflict, granted))
        out.update(group.wish.key for group in sides if group is not granted)
    left = (group for group in found.groups if group.wish.key not in out)
    groups = sorted(left, key=lambda group: (-group.count, group.wish.key))
    return Agenda(tuple(groups), tuple(settled), found.unclear)
