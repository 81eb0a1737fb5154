"""What users said, as a page shows it: grouped by wish, with the answers it is about.

Owns the reading of a prompt's complaints for people, adding and declining. What becomes of a wish
is `proposing`'s and `deciding`'s. All texts are ready to be shown: cut, and without characters
that act.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from intone.feedback.complaint import Complaint, read_rating
from intone.feedback.grouping import Conflict, Group, grouped
from intone.feedback.over_time import NotCured, not_cured
from intone.feedback.understand import understand
from intone.feedback.wish import Wish
from intone.report.complaints import about, rating, state
from intone.report.numbers import counted
from intone.report.words import on_page, shortened
from intone.runs.about import Feedback, Subjects
from intone.runs.feedback import decline, listed
from intone.runs.project import Project
from intone.runs.spec import Spec
from intone.runs.task import read_prompt
from intone.store.complaints import Complaints
from intone.store.database import Database
from intone.store.registry import Registry, name_from

Key = tuple[str, str]
"""What complaints of one group have in common: the kind of wish, and what it names."""

_WORDS = 2000  # characters of a comment or an answer that are shown
_VALUE = 600  # of an input
_SHORT = 200
_VOICES = 50  # complaints of a group that are shown, the newest


@dataclass(frozen=True, slots=True)
class Voice:
    """One complaint: the user's words, and the answer it is about. `at` is UTC, ISO 8601."""

    number: int
    words: str
    answer: str
    rating: str
    who: str
    at: str
    about: str
    inputs: tuple[tuple[str, str], ...]
    output: str
    state: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """A wish with the open complaints that have it, the newest first.

    `count` is people; `numbers` are all its complaints, of which `voices` may be the newest only.
    `opposed` says that it contradicts another wish, `back` that a version was to grant it before.
    """

    key: Key
    sentence: str
    count: int
    numbers: tuple[int, ...]
    voices: tuple[Voice, ...]
    opposed: bool = False
    back: str = ""


@dataclass(frozen=True, slots=True)
class WayOut:
    """What can be done about opposite wishes; `follow` is the wish that it grants, if one."""

    name: str
    sentence: str
    follow: Key | None = None


@dataclass(frozen=True, slots=True)
class Opposed:
    """Two wishes that cannot both be granted, and the ways out. Nothing is decided here."""

    sentence: str
    both: int
    choices: tuple[WayOut, ...]


@dataclass(frozen=True, slots=True)
class InPart:
    """A complaint that a version answers, and what else it wishes for."""

    voice: Voice
    left: str


@dataclass(frozen=True, slots=True)
class Heard:
    """All that is open about one prompt, the wish of most people first, and what is closed."""

    name: str
    wishes: tuple[Wanted, ...]
    conflicts: tuple[Opposed, ...]
    unclear: tuple[Voice, ...]
    returned: tuple[str, ...]
    in_part: tuple[InPart, ...]
    declined: tuple[Voice, ...]


class Hearing:
    """The complaints of an open project. Every method may be called from any thread."""

    def __init__(self, spec: Spec, database: Database) -> None:
        self._spec = spec
        self._database = database
        self._project = Project(spec.folder)
        self._understood: dict[int, tuple[Wish, ...]] = {}

    def names(self) -> dict[str, int]:
        """Return the prompts that something was said about, each with its open complaints."""
        counts = Complaints(self._database).counts()
        return dict(sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])))

    def heard(self, name: str) -> Heard:
        """Return what was said about a prompt, grouped by wish."""
        those = listed(self._project, name=name)
        waiting = [it for it in those if it.state == "open"]
        found = grouped((it, self.wishes(it)) for it in waiting)
        returned = not_cured((it, self.wishes(it)) for it in those)
        clashing = {side.wish.key for it in found.conflicts for side in (it.one, it.other)}
        back = {it.wish.key: it for it in returned}
        return Heard(
            name,
            tuple(_wanted(it, clashing, back.get(it.wish.key)) for it in found.groups),
            tuple(map(_opposed, found.conflicts)),
            tuple(map(_voice, reversed(found.unclear))),
            tuple(map(_returned, returned)),
            tuple(self._in_part(name, those)),
            tuple(_voice(it) for it in reversed(those) if it.state == "declined")[:_VOICES],
        )

    def wishes(self, complaint: Complaint) -> tuple[Wish, ...]:
        """Return what a complaint asks for, read by the rules, each complaint once."""
        if complaint.number not in self._understood:
            self._understood[complaint.number] = understand(complaint)
        return self._understood[complaint.number]

    def own_prompt(self) -> tuple[str, str, list[str]] | None:
        """Return how the project's own prompt is named, its name, and its inputs; None without one.

        Raises InputError where it cannot be read.
        """
        word = self._spec.prompt
        if word is None:
            return None
        program, name = read_prompt(word, self._spec.folder)
        return word, name_from(name), sorted(program.variables)

    def rating(self, text: str) -> float | None:
        """Return a rating in 0..1 as people write one, None for nothing. Raises InputError."""
        return read_rating(text) if text.strip() else None

    def add(self, given: Feedback) -> tuple[int, tuple[str, ...]]:
        """Keep what a user said; return its number and what could not be found out about it.

        `given.prompt` is a version that is kept or the project's own prompt, never a file.
        Raises InputError for feedback that says nothing, and for a run, row or prompt there is not.
        """
        subjects = Subjects(self._spec, self._database)
        kept = Complaints(self._database).add(subjects.complaint(given, kept_only=True))
        return kept.number, tuple(subjects.notices)

    def decline(self, numbers: Sequence[int]) -> None:
        """Say that nothing will be done about open complaints. Raises InputError."""
        decline(self._project, numbers)

    def reopen(self, numbers: Sequence[int]) -> None:
        """Open complaints again, declined or answered ones. Raises InputError for unknown ones."""
        Complaints(self._database).mark(numbers, "open")

    def _in_part(self, name: str, those: Iterable[Complaint]) -> list[InPart]:
        """Return the answered complaints of which not every wish was granted by any version."""
        answered = [it for it in those if it.state == "applied"]
        if not answered:
            return []
        granted: dict[int, set[str]] = {}
        for version in _versions(self._database, name):
            verdict = version or {}
            if verdict.get("kind") == "feedback":
                for number in verdict["complaints"]:
                    granted.setdefault(number, set()).update(verdict["wishes"])
        found = []
        for it in answered:
            given = granted.get(it.number)
            left = [w.sentence for w in self.wishes(it) if given and w.sentence not in given]
            if left:
                found.append(InPart(_voice(it), _cut("; ".join(left), _SHORT)))
        return found


def _versions(database: Database, name: str) -> list[Mapping[str, Any] | None]:
    """Return the verdicts of a prompt's versions; none where it is not kept."""
    registry = Registry(database)
    if all(latest.name != name for latest in registry.names()):
        return []
    return [version.verdict for version in registry.versions(name)]


def _wanted(group: Group, clashing: set[Key], back: NotCured | None) -> Wanted:
    newest = sorted(group.complaints, key=lambda it: -it.number)[:_VOICES]
    return Wanted(
        group.wish.key,
        _cut(group.wish.sentence, _SHORT),
        group.count,
        group.numbers,
        tuple(map(_voice, newest)),
        group.wish.key in clashing,
        back.version if back else "",
    )


def _opposed(conflict: Conflict) -> Opposed:
    choices = tuple(
        WayOut(it.name, _cut(it.sentence, _SHORT), it.follow.key if it.follow else None)
        for it in conflict.choices
    )
    return Opposed(_cut(conflict.sentence, 2 * _SHORT), len(conflict.both), choices)


def _returned(it: NotCured) -> str:
    return (
        f"{_cut(it.wish.sentence, _SHORT)}: {it.version} was to do it; "
        f"{counted(it.before, 'complaint')} before, {it.after} since"
    )


def _voice(it: Complaint) -> Voice:
    return Voice(
        it.number,
        _cut(it.comment.strip(), _WORDS),
        _cut(it.answer or "", _VALUE),
        rating(it),
        _cut(it.who, 40),
        it.at,
        _cut(about(it), _SHORT),
        tuple((_cut(name, 40), _cut(text, _VALUE)) for name, text in it.inputs.items()),
        _cut(it.output, _WORDS),
        state(it),
    )


def _cut(text: str, most: int) -> str:
    return shortened(on_page(text), most)
