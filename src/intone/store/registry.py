"""Named programs, their immutable versions, and the labels that point at them.

A version is referred to as `triage@2`, by a label as `triage@production`, and the latest as
`triage` or `triage@latest`. Versions never change or go; labels move, and every move is kept.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select

from intone.data.canonical import content_id
from intone.errors import InputError, NotThere
from intone.store.database import Database
from intone.store.tables import moves, versions

_NAME = re.compile(r"[^\W_][\w.-]*")


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a named program.

    `program` is the canonical form, `program_id` its hash; `parent` the version it was made from
    (name@number), by `edits`; `verdict` what was found when it was accepted, in run `run`.
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

    @property
    def ref(self) -> str:
        """What it is referred to as, such as triage@2."""
        return f"{self.name}@{self.number}"


@dataclass(frozen=True, slots=True)
class Move:
    """A label was moved to a version; `back` by a rollback."""

    label: str
    version: int
    back: bool
    at: str
    author: str


class Registry:
    """The named programs of a project."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def save(
        self,
        name: str,
        program: Mapping[str, Any],
        *,
        parent: str | None = None,
        edits: Sequence[Any] = (),
        verdict: Mapping[str, Any] | None = None,
        run: int | None = None,
        author: str = "",
    ) -> Version:
        """Keep a program as the next version of a name.

        A program with the content of the latest version is that version: nothing is added.
        `parent` is a reference to a version there is. Raises InputError for a name that cannot be
        one, or a parent that is not there.
        """
        _check(name, "a name")
        program_id = content_id(program)
        with self._database.write() as connection:
            latest = _latest(connection, name)
            if latest is not None and latest.program_id == program_id:
                return _version(latest)
            number = 1 if latest is None else latest.number + 1
            row = {
                "name": name,
                "number": number,
                "program_id": program_id,
                "program": json.dumps(program),
                "parent": None if parent is None else _find(connection, *parse_ref(parent)).ref,
                "edits": json.dumps(list(edits)),
                "verdict": None if verdict is None else json.dumps(verdict),
                "run": run,
                "author": author,
                "created": _now(),
            }
            connection.execute(insert(versions).values(row))
            return _find(connection, name, str(number))

    def get(self, name: str, which: int | str | None = None) -> Version:
        """Return a version by its number or a label, else the latest.

        Raises InputError, with the nearest thing there is, if there is no such name or version.
        """
        with self._database.read() as connection:
            return _find(connection, name, None if which is None else str(which))

    def find(self, name: str, program_id: str) -> Version | None:
        """Return the newest version of a name with this content, None if there is none."""
        this = select(versions).where(versions.c.name == name, versions.c.program_id == program_id)
        with self._database.read() as connection:
            newest = this.order_by(versions.c.number.desc()).limit(1)
            row = connection.execute(newest).one_or_none()
            return None if row is None else _version(row)

    def resolve(self, ref: str) -> Version:
        """Return the version that `name`, `name@number` or `name@label` refers to."""
        return self.get(*parse_ref(ref))

    def names(self) -> list[Version]:
        """Return the latest version of each name, by name."""
        last = select(versions.c.name, func.max(versions.c.number).label("number"))
        newest = last.group_by(versions.c.name).subquery()
        each = select(versions).join(
            newest, (versions.c.name == newest.c.name) & (versions.c.number == newest.c.number)
        )
        with self._database.read() as connection:
            return [_version(row) for row in connection.execute(each.order_by(versions.c.name))]

    def versions(self, name: str) -> list[Version]:
        """Return all versions of a name, newest first."""
        of_name = select(versions).where(versions.c.name == name)
        with self._database.read() as connection:
            found = connection.execute(of_name.order_by(versions.c.number.desc())).all()
            if not found:
                raise _no_such_name(connection, name)
            return [_version(row) for row in found]

    def label(self, name: str, label: str, which: int | str | None = None, author: str = "") -> int:
        """Move a label to a version (a number, another label, else the latest); return its number.

        Moving it to where it is changes nothing.
        """
        _check(label, "a label")
        if label == "latest" or label.isdecimal():
            raise InputError(f"a label cannot be named {label!r}: that refers to a version already")
        with self._database.write() as connection:
            number = _find(connection, name, None if which is None else str(which)).number
            if _labels(_moves(connection, name)).get(label) != number:
                _move(connection, name, Move(label, number, False, _now(), author))
            return number

    def rollback(self, name: str, label: str, author: str = "") -> int:
        """Move a label back to the version it was at before; return its number."""
        with self._database.write() as connection:
            trails = _trails(_moves(connection, name))
            if label not in trails:
                _find(connection, name, None)  # a name that is not there comes first
                raise _no_such_version(name, label, trails)
            trail = trails[label]
            if len(trail) < 2:
                raise InputError(f"{name}@{label} has been nowhere before version {trail[-1]}")
            _move(connection, name, Move(label, trail[-2], True, _now(), author))
            return trail[-2]

    def labels(self, name: str) -> dict[str, int]:
        """Return the version each label of a name is at."""
        with self._database.read() as connection:
            return _labels(_moves(connection, name))

    def history(self, name: str) -> list[Move]:
        """Return every move of the name's labels, oldest first."""
        with self._database.read() as connection:
            return _moves(connection, name)


def parse_ref(ref: str) -> tuple[str, str | None]:
    """Split `name`, `name@number` or `name@label`. Raises InputError for anything else."""
    name, at, which = ref.partition("@")
    if not _NAME.fullmatch(name) or (at and not _NAME.fullmatch(which)):
        raise InputError(f"cannot read {ref!r}: write NAME, NAME@NUMBER or NAME@LABEL")
    return name, which or None


def _check(word: str, what: str) -> None:
    if not _NAME.fullmatch(word):
        raise InputError(
            f"{word!r} cannot be {what}: use letters, digits, '-', '_' and '.', "
            "and begin with a letter or digit"
        )


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _latest(connection: Connection, name: str) -> Row[tuple[Any, ...]] | None:
    newest = select(versions).where(versions.c.name == name).order_by(versions.c.number.desc())
    return connection.execute(newest.limit(1)).one_or_none()


def _find(connection: Connection, name: str, which: str | None) -> Version:
    latest = _latest(connection, name)
    if latest is None:
        raise _no_such_name(connection, name)
    if which is None or which == "latest":
        return _version(latest)
    trails = _trails(_moves(connection, name))
    number = int(which) if which.isdecimal() else trails.get(which, [0])[-1]
    this = select(versions).where(versions.c.name == name, versions.c.number == number)
    row = connection.execute(this).one_or_none() if number <= latest.number else None
    if row is None:
        raise _no_such_version(name, which, trails, latest.number)
    return _version(row)


def _no_such_name(connection: Connection, name: str) -> NotThere:
    names = connection.execute(select(versions.c.name).distinct()).scalars().all()
    return NotThere(f"there is no prompt named {name!r}{_nearest(name, names)}")


def _no_such_version(
    name: str, which: str, labels: Iterable[str], last: int | None = None
) -> NotThere:
    if last is not None and which.isdecimal():
        return NotThere(f"there is no {name}@{which}; the latest is {name}@{last}")
    return NotThere(f"{name} has no label {which!r}{_nearest(which, labels)}")


def _nearest(word: str, there: Iterable[str]) -> str:
    known = sorted(there)
    near = difflib.get_close_matches(word, known, n=1, cutoff=0.5)
    if near:
        return f"; did you mean {near[0]!r}?"
    return f"; there are: {', '.join(known[:10])}" if known else "; there are none yet"


def _moves(connection: Connection, name: str) -> list[Move]:
    of_name = select(moves).where(moves.c.name == name).order_by(moves.c.id)
    return [
        Move(row.label, row.version, bool(row.back), row.at, row.author)
        for row in connection.execute(of_name)
    ]


def _move(connection: Connection, name: str, move: Move) -> None:
    row = {"label": move.label, "version": move.version, "back": int(move.back), "at": move.at}
    connection.execute(insert(moves).values(row | {"name": name, "author": move.author}))


def _trails(those: Iterable[Move]) -> dict[str, list[int]]:
    """Return the versions each label can go back through; the last is where it is."""
    trails: dict[str, list[int]] = {}
    for move in those:
        trail = trails.setdefault(move.label, [])
        if move.back:
            trail.pop()
        else:
            trail.append(move.version)
    return trails


def _labels(those: Iterable[Move]) -> dict[str, int]:
    return {label: trail[-1] for label, trail in _trails(those).items()}


def _version(row: Row[tuple[Any, ...]]) -> Version:
    return Version(
        name=row.name,
        number=row.number,
        program_id=row.program_id,
        program=json.loads(row.program),
        parent=row.parent,
        edits=tuple(json.loads(row.edits)),
        verdict=None if row.verdict is None else json.loads(row.verdict),
        run=row.run,
        author=row.author,
        created=row.created,
    )
