"""One name of the registry with all that happened to it: versions, deletions, moves of labels.

Owns these values, what follows from them (where labels are, what holds a version), and how two
records of one name become one. Pure: the database is `registry`'s, files are `folder`'s.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from intone.errors import InputError


@dataclass(frozen=True, slots=True)
class Deletion:
    """When a version was deleted (UTC, ISO 8601), and by whom."""

    at: str
    author: str


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a named program.

    `program` is the canonical form, `program_id` its hash; `parent` the version it was made from
    (name@number), by `edits`; `verdict` what was found when it was accepted, in run `run`.
    Of a version that is `deleted` the program and the edits are gone, all else stays.
    """

    name: str
    number: int
    program_id: str
    program: Mapping[str, Any]
    parent: str | None
    edits: tuple[Any, ...]
    verdict: Mapping[str, Any] | None
    run: int | None
    author: str
    created: str
    deleted: Deletion | None = None

    @property
    def ref(self) -> str:
        """What it is referred to as, such as triage@2."""
        return f"{self.name}@{self.number}"

    def without_text(self, deletion: Deletion) -> Version:
        """Return what stays of this version once it is deleted."""
        return replace(self, program={}, edits=(), deleted=deletion)


@dataclass(frozen=True, slots=True)
class Move:
    """A label was moved to a version; `back` by a rollback."""

    label: str
    version: int
    back: bool
    at: str
    author: str


@dataclass(frozen=True, slots=True)
class Lineage:
    """A name with every version it ever had, by number, and every move of its labels, in order."""

    name: str
    versions: tuple[Version, ...]
    moves: tuple[Move, ...] = ()

    @property
    def labels(self) -> dict[str, int]:
        """The version each label is at."""
        return {label: trail[-1] for label, trail in trails(self.moves).items()}

    def renamed(self, name: str) -> Lineage:
        """Return the same record under another name; what its versions were made from follows."""
        own = {version.ref: f"{name}@{version.number}" for version in self.versions}
        versions = tuple(
            replace(it, name=name, parent=own.get(it.parent or "", it.parent))
            for it in self.versions
        )
        return Lineage(name, versions, self.moves)


@dataclass(frozen=True, slots=True)
class Merge:
    """What becomes of a name when another record of it comes in.

    `result` is the name afterwards, if there are no `conflicts`; `new` versions and `moves` come
    in, `gone` are deleted as they were there; `notes` say what was left as it is here.
    """

    result: Lineage
    new: tuple[Version, ...]
    gone: tuple[Version, ...]
    moves: tuple[Move, ...]
    conflicts: tuple[str, ...]
    notes: tuple[str, ...]

    @property
    def changes(self) -> bool:
        """Whether anything would be written."""
        return bool(self.new or self.gone or self.moves)


def trails(those: Iterable[Move]) -> dict[str, list[int]]:
    """Return the versions each label can go back through; the last is where it is.

    Raises InputError for a rollback to where a label never was.
    """
    found: dict[str, list[int]] = {}
    for move in those:
        trail = found.setdefault(move.label, [])
        if not move.back:
            trail.append(move.version)
            continue
        if move.version not in trail[:-1]:
            raise InputError(
                f"the label {move.label!r} goes back to {move.version}, never its place"
            )
        trail.pop()
        while trail[-1] != move.version:  # versions deleted meanwhile are passed over
            trail.pop()
    return found


def way_back(trail: Sequence[int], there: Iterable[int]) -> int | None:
    """Return the version a label goes back to: the last other one in its trail that is `there`."""
    known = set(there)
    before = (number for number in reversed(trail[:-1]) if number in known)
    return next((number for number in before if number != trail[-1]), None)


def holders(ref: str, lineages: Iterable[Lineage]) -> list[str]:
    """Return what holds a version, in words: labels that are at it, versions made from it."""
    found = []
    for lineage in lineages:
        found += [
            f"the label {label!r} is at it"
            for label, number in sorted(lineage.labels.items())
            if f"{lineage.name}@{number}" == ref
        ]
        found += [
            f"{version.ref} was made from it"
            for version in lineage.versions
            if version.parent == ref and version.deleted is None and version.ref != ref
        ]
    return found


def faults(lineages: Iterable[Lineage]) -> list[str]:
    """Return what cannot be in a registry: deleted versions that are held, parents that are not."""
    those = list(lineages)
    known = {version.ref for lineage in those for version in lineage.versions}
    found = []
    for lineage in those:
        for version in lineage.versions:
            if version.deleted is not None:
                found += [
                    f"{version.ref} is deleted, but {it}" for it in holders(version.ref, those)
                ]
            if version.parent is not None and version.parent not in known:
                found.append(f"{version.ref} was made from {version.parent}, which is not there")
    return found


def merge(ours: Lineage, theirs: Lineage) -> Merge:
    """Put another record of a name together with ours; what is equal stays as it is here.

    A version is known by its number and its content, a label's way by the versions it was moved
    to. What is longer there comes in; what went different ways is a conflict. A version that was
    deleted on one side is deleted; `faults` says where that cannot be.
    """
    here = {version.number: version for version in ours.versions}
    conflicts, notes = [], []
    new: list[Version] = []
    gone: list[Version] = []
    for version in theirs.versions:
        known = here.get(version.number)
        if known is None:
            new.append(version)
        elif known.program_id != version.program_id:
            conflicts.append(
                f"{version.ref} is another prompt here ({known.program_id}) than there "
                f"({version.program_id})"
            )
        elif version.deleted is not None and known.deleted is None:
            gone.append(known.without_text(version.deleted))
        elif version.deleted is None and known.deleted is not None:
            notes.append(f"{version.ref} was deleted here and stays so")
        elif (known.parent, known.verdict) != (version.parent, version.verdict):
            notes.append(f"{version.ref} has another origin or verdict there; ours stays")
    come, apart = _moves_to_come(ours, theirs)
    conflicts += apart
    versions = here | {version.number: version for version in (*new, *gone)}
    in_order = tuple(versions[number] for number in sorted(versions))
    result = Lineage(ours.name, in_order, (*ours.moves, *come))
    return Merge(result, tuple(new), tuple(gone), tuple(come), tuple(conflicts), tuple(notes))


def merged(ours: Mapping[str, Lineage], those: Sequence[Lineage]) -> list[Merge]:
    """Merge records of names into ours, by name, and put what cannot be among the conflicts."""
    merges = [merge(ours.get(it.name, Lineage(it.name, ())), it) for it in those]
    after = dict(ours) | {it.result.name: it.result for it in merges}
    wrong = faults(after.values()) if any(it.changes for it in merges) else []
    if wrong:
        # A fault is between names, so it is told once, with the first of them.
        first = merges[0]
        merges[0] = replace(first, conflicts=(*first.conflicts, *wrong))
    return merges


def _moves_to_come(ours: Lineage, theirs: Lineage) -> tuple[list[Move], list[str]]:
    """Return the moves that ours lacks, and the labels that went different ways."""
    here, there = _ways(ours.moves), _ways(theirs.moves)
    conflicts, known = [], {}
    for label, way in there.items():
        own = here.get(label, [])
        shared = min(len(own), len(way))
        if own[:shared] != way[:shared]:
            conflicts.append(
                f"{ours.name}@{label} went different ways: it is at {ours.labels[label]} here and "
                f"at {theirs.labels[label]} there"
            )
        known[label] = len(own)
    come, met = [], dict.fromkeys(known, 0)
    for move in theirs.moves:
        met[move.label] += 1
        if met[move.label] > known[move.label]:
            come.append(move)
    return come, conflicts


def _ways(those: Iterable[Move]) -> dict[str, list[tuple[int, bool]]]:
    ways: dict[str, list[tuple[int, bool]]] = {}
    for move in those:
        ways.setdefault(move.label, []).append((move.version, move.back))
    return ways
