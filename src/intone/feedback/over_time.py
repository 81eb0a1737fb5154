"""Wishes that come back after a change was to grant them. Owns the counting; it is pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from intone.feedback.complaint import Complaint
from intone.feedback.wish import Wish


@dataclass(frozen=True, slots=True)
class NotCured:
    """A wish that a version was to grant, and that users of it, or of a later one, still have.

    `before` counts the complaints with the wish about earlier versions of the prompt `name`,
    `after` those about `version` or later; `numbers` are the latter's.
    """

    name: str
    wish: Wish
    version: str
    before: int
    after: int
    numbers: tuple[int, ...]


@dataclass
class _Told:
    """The complaints about one prompt that have one wish."""

    wish: Wish
    complaints: list[Complaint] = field(default_factory=list)


def not_cured(those: Iterable[tuple[Complaint, tuple[Wish, ...]]]) -> list[NotCured]:
    """Return the wishes that were marked applied and came back, those with most complaints first.

    Where a wish was applied several times only the last one counts: what came in between is why
    there was another. A complaint about a version that is not in the registry counts as one of
    before if it was applied; else nothing is known of when it came.
    """
    told: dict[tuple[str, tuple[str, str]], _Told] = {}
    for complaint, wishes in those:
        for wish in {wish.key: wish for wish in wishes}.values():
            told.setdefault((complaint.name, wish.key), _Told(wish)).complaints.append(complaint)
    found = []
    for (name, _), group in told.items():
        last = max((_number(name, it.applied) for it in _applied(group.complaints)), default=0)
        if not last:
            continue
        after = [it for it in group.complaints if _number(name, it.version) >= last]
        before = [it for it in group.complaints if 0 < _number(name, it.version) < last]
        before += [it for it in _applied(group.complaints) if not _number(name, it.version)]
        if after:
            numbers = tuple(sorted(it.number for it in after))
            version = f"{name}@{last}"
            found.append(NotCured(name, group.wish, version, len(before), len(after), numbers))
    return sorted(found, key=lambda it: (-it.after, it.name, it.wish.key))


def _applied(those: Iterable[Complaint]) -> list[Complaint]:
    return [it for it in those if it.state == "applied"]


def _number(name: str, ref: str) -> int:
    """Return the number of `name@number`; 0 where it is of another prompt, or none."""
    of, _, number = ref.rpartition("@")
    return int(number) if of == name and number.isdecimal() else 0
