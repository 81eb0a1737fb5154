"""Named programs, their immutable versions, and the labels that point at them.

A version is referred to as `triage@2`, by a label as `triage@production`, and the latest as
`triage` or `triage@latest`. Versions never change; labels move, and every move is kept. A version
that nothing holds can be deleted: its number, its hash and its verdict stay, and the number is
never given again. Owns the tables; what a name's record means is `lineage`'s.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, update

from intone.data.canonical import content_id
from intone.errors import InputError, NotThere
from intone.store.database import Database
from intone.store.experiments import spared, using
from intone.store.lineage import (
    Deletion,
    Lineage,
    Merge,
    Move,
    Version,
    holders,
    merged,
    trails,
    way_back,
)
from intone.store.measured import refuse_known
from intone.store.tables import moves, versions

__all__ = ["Move", "Registry", "Version", "check_word", "parse_ref"]

_NAME = re.compile(r"[^\W_][\w.-]*")
_there = versions.c.deleted.is_(None)


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
        `parent` is a reference to a version there is; `author` any text, shown and never read.
        Raises InputError for a name that cannot be one, or a parent that is not there.
        """
        check_word(name, "a name")
        program_id = content_id(program)
        with self._database.write() as connection:
            latest = _latest(connection, name)
            if latest is not None and latest.program_id == program_id:
                return _version(latest)
            number = _last(connection, name) + 1
            made_from = None if parent is None else _find(connection, *parse_ref(parent)).ref
            version = Version(
                name=name,
                number=number,
                program_id=program_id,
                program=program,
                parent=made_from,
                edits=tuple(edits),
                verdict=verdict,
                run=run,
                author=_text(author),
                created=_now(),
            )
            connection.execute(insert(versions).values(_row(version)))
            return _find(connection, name, str(number))

    def get(self, name: str, which: int | str | None = None) -> Version:
        """Return a version by its number or a label, else the latest.

        Raises InputError, with the nearest thing there is, if there is no such name or version.
        """
        with self._database.read() as connection:
            return _find(connection, name, None if which is None else str(which))

    def record(self, name: str, number: int) -> Version:
        """Return what is kept of a version, deleted or not. Raises NotThere."""
        this = select(versions).where(versions.c.name == name, versions.c.number == number)
        with self._database.read() as connection:
            row = connection.execute(this).one_or_none()
            if row is None:
                raise _no_such_version(name, str(number), (), _last(connection, name))
            return _version(row)

    def find(self, name: str, program_id: str) -> Version | None:
        """Return the newest version of a name with this content, None if there is none."""
        this = select(versions).where(
            versions.c.name == name, versions.c.program_id == program_id, _there
        )
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
        newest = last.where(_there).group_by(versions.c.name).subquery()
        each = select(versions).join(
            newest, (versions.c.name == newest.c.name) & (versions.c.number == newest.c.number)
        )
        with self._database.read() as connection:
            return [_version(row) for row in connection.execute(each.order_by(versions.c.name))]

    def versions(self, name: str) -> list[Version]:
        """Return the versions of a name that are not deleted, newest first."""
        of_name = select(versions).where(versions.c.name == name, _there)
        with self._database.read() as connection:
            found = connection.execute(of_name.order_by(versions.c.number.desc())).all()
            if not found:
                raise _no_such_name(connection, name)
            return [_version(row) for row in found]

    def delete(self, ref: str, author: str = "") -> Version:
        """Delete the text of a version (`name@number`); return what stays of it.

        Its number is never given again. Raises InputError for a version that a label is at, that
        an experiment runs with, or that another one was made from: that one's verdict is a
        comparison with it.
        """
        name, which = parse_ref(ref)
        if which is None or not which.isdecimal():
            raise InputError(f"{ref!r} could mean another version tomorrow: name it by its number")
        with self._database.write() as connection:
            version = _find(connection, name, which)
            held = holders(version.ref, _lineages(connection))
            held += using(connection, name, version.number)
            if held:
                more = f" (and {len(held) - 3} more)" if len(held) > 3 else ""
                raise InputError(f"{version.ref} is needed: {'; '.join(held[:3])}{more}")
            left = version.without_text(Deletion(_now(), _text(author)))
            _put(connection, left)
            return left

    def lineage(self, name: str) -> Lineage:
        """Return a name with all that happened to it, deleted versions too."""
        with self._database.read() as connection:
            found = _lineages(connection, name)
            if not found:
                raise _no_such_name(connection, name)
            return found[0]

    def lineages(self) -> list[Lineage]:
        """Return every name with all that happened to it, by name."""
        with self._database.read() as connection:
            return _lineages(connection)

    def merge(self, those: Sequence[Lineage]) -> list[Merge]:
        """Take in other records of names, all or, if there is any conflict, nothing.

        Conflicts are in what is returned. Raises InputError for names that cannot be.
        """
        for lineage in those:
            check_word(lineage.name, "a name")
            for move in lineage.moves:
                _check_label(move.label)
        with self._database.write() as connection:
            ours = {lineage.name: lineage for lineage in _lineages(connection)}
            merges = [spared(connection, it) for it in merged(ours, those)]
            if not any(it.conflicts for it in merges):
                for it in merges:
                    for version in (*it.new, *it.gone):
                        _put(connection, version)
                    for move in it.moves:
                        _move(connection, it.result.name, move)
            return merges

    def label(self, name: str, label: str, which: int | str | None = None, author: str = "") -> int:
        """Move a label to a version (a number, another label, else the latest); return its number.

        Moving it to where it is changes nothing. Raises InputError for a chain with steps that are
        read from right answers: it is there to be measured.
        """
        _check_label(label)
        with self._database.write() as connection:
            version = _find(connection, name, None if which is None else str(which))
            refuse_known(version.program, version.ref)
            if trails(_moves(connection, name)).get(label, [0])[-1] != version.number:
                _move(connection, name, Move(label, version.number, False, _now(), _text(author)))
            return version.number

    def rollback(self, name: str, label: str, author: str = "") -> int:
        """Move a label back to the version it was at before; return its number.

        Versions that were deleted meanwhile are passed over.
        """
        with self._database.write() as connection:
            ways = trails(_moves(connection, name))
            if label not in ways:
                _find(connection, name, None)  # a name that is not there comes first
                raise _no_such_version(name, label, ways)
            of_name = select(versions.c.number).where(versions.c.name == name, _there)
            before = way_back(ways[label], connection.execute(of_name).scalars())
            if before is None:
                raise InputError(
                    f"{name}@{label} has been nowhere before version {ways[label][-1]}"
                )
            _move(connection, name, Move(label, before, True, _now(), _text(author)))
            return before

    def labels(self, name: str) -> dict[str, int]:
        """Return the version each label of a name is at."""
        with self._database.read() as connection:
            return Lineage(name, (), tuple(_moves(connection, name))).labels

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


def name_from(word: str) -> str:
    """Return a name made of any word, such as a file's stem: what no name can have becomes `-`."""
    return re.sub(r"[^\w.-]+", "-", word).strip("-_.") or "prompt"


def check_word(word: str, what: str) -> None:
    """Raise InputError for a word that cannot be `what`: a name, or a label."""
    if not _NAME.fullmatch(word):
        raise InputError(
            f"{word!r} cannot be {what}: use letters, digits, '-', '_' and '.', "
            "and begin with a letter or digit"
        )


def _check_label(label: str) -> None:
    check_word(label, "a label")
    if label == "latest" or label.isdecimal():
        raise InputError(f"a label cannot be named {label!r}: that refers to a version already")


def _text(author: str) -> str:
    """Return an author as it can be kept. Raises InputError for what is no text."""
    try:
        author.encode()
    except UnicodeEncodeError:
        raise InputError(f"the author {author!r} is not readable text; give it as UTF-8") from None
    return author


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _latest(connection: Connection, name: str) -> Row[tuple[Any, ...]] | None:
    newest = select(versions).where(versions.c.name == name, _there)
    in_order = newest.order_by(versions.c.number.desc())
    return connection.execute(in_order.limit(1)).one_or_none()


def _last(connection: Connection, name: str) -> int:
    """Return the highest number that a name ever gave."""
    highest = select(func.max(versions.c.number)).where(versions.c.name == name)
    return connection.execute(highest).scalar_one() or 0


def _find(connection: Connection, name: str, which: str | None) -> Version:
    latest = _latest(connection, name)
    if latest is None:
        raise _no_such_name(connection, name)
    if which is None or which == "latest":
        return _version(latest)
    ways = trails(_moves(connection, name))
    number = int(which) if which.isdecimal() else ways.get(which, [0])[-1]
    this = select(versions).where(versions.c.name == name, versions.c.number == number)
    last = _last(connection, name)
    row = connection.execute(this).one_or_none() if number <= last else None
    if row is None:
        raise _no_such_version(name, which, ways, latest.number)
    version = _version(row)
    if version.deleted is not None:
        by = f" by {version.deleted.author}" if version.deleted.author else ""
        raise NotThere(f"{version.ref} was deleted on {version.deleted.at[:10]}{by}")
    return version


def _no_such_name(connection: Connection, name: str) -> NotThere:
    last = _last(connection, name)
    if last:
        return NotThere(
            f"every version of {name!r} was deleted; the next will be {name}@{last + 1}"
        )
    names = connection.execute(select(versions.c.name).where(_there).distinct()).scalars().all()
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


def _lineages(connection: Connection, name: str | None = None) -> list[Lineage]:
    """Return names with their whole record, one or all, by name."""
    table = select(versions).order_by(versions.c.name, versions.c.number)
    if name is not None:
        table = table.where(versions.c.name == name)
    found: dict[str, list[Version]] = {}
    for row in connection.execute(table):
        found.setdefault(row.name, []).append(_version(row))
    return [Lineage(each, tuple(v), tuple(_moves(connection, each))) for each, v in found.items()]


def _put(connection: Connection, version: Version) -> None:
    """Write a version, in place of the one with its number if there is one."""
    row = _row(version)
    same = (versions.c.name == version.name) & (versions.c.number == version.number)
    if not connection.execute(update(versions).where(same).values(row)).rowcount:
        connection.execute(insert(versions).values(row))


def _row(version: Version) -> dict[str, Any]:
    deleted = version.deleted
    return {
        "name": version.name,
        "number": version.number,
        "program_id": version.program_id,
        "program": json.dumps(version.program),
        "parent": version.parent,
        "edits": json.dumps(list(version.edits)),
        "verdict": None if version.verdict is None else json.dumps(version.verdict),
        "run": version.run,
        "author": version.author,
        "created": version.created,
        "deleted": None if deleted is None else deleted.at,
        "deleted_by": None if deleted is None else deleted.author,
    }


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
        deleted=None if row.deleted is None else Deletion(row.deleted, row.deleted_by or ""),
    )
