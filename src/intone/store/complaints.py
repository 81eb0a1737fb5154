"""Users' complaints, as long as the project lasts. Owns those records.

What was said never changes once it is kept; only its state does. Users' words are kept as bytes:
they may hold what a database's text cannot, a NUL or half a surrogate pair.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar

from sqlalchemy import Connection, Row, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from intone.errors import InputError
from intone.feedback.complaint import STATES, Complaint, State, check_complaint
from intone.store.database import Database
from intone.store.laid_down import to_bytes, to_text
from intone.store.tables import complaints, programs

_TOGETHER = 500  # complaints written by one statement, and
_CHARACTERS = 4_000_000  # about how long they may be together
_MOST_ASKED = 500  # numbers in one statement: databases limit them
_LARGEST = 2**31 - 1  # a larger number is none that a database gives
_NUMBERED = insert(complaints).returning(complaints.c.number, sort_by_parameter_order=True)
_WHOLE = select(complaints, programs.c.form).outerjoin(
    programs, programs.c.id == complaints.c.program_id
)
T = TypeVar("T")


class Complaints:
    """The complaints of a project, numbered from 1 in the order they came."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, complaint: Complaint) -> Complaint:
        """Keep a complaint; return it with its number and the time. It is on disk then.

        Raises InputError for one that says nothing or is too long.
        """
        (number,) = self.add_many([complaint])
        return self.get(number)

    def add_many(self, those: Iterable[Complaint]) -> Sequence[int]:
        """Keep complaints as they come, all or none; return their numbers.

        All is one transaction: whatever `those` raises, and whatever ends the process, leaves
        none of them.
        """
        at = datetime.now(UTC).isoformat(timespec="seconds")
        numbers: list[int] = []
        known: set[str] = set()
        with self._database.write() as connection:
            for some in _batches(those):
                _keep_programs(connection, some, known)
                rows = [_to_row(complaint, at) for complaint in some]
                numbers += connection.execute(_NUMBERED, rows).scalars()
        return numbers

    def get(self, number: int) -> Complaint:
        """Return a complaint. Raises InputError if there is none with this number."""
        with self._database.read() as connection:
            _require(connection, [number])
        return self.list(numbers=[number])[0]

    def list(
        self,
        open_only: bool = False,
        name: str | None = None,
        numbers: Sequence[int] | None = None,
    ) -> tuple[Complaint, ...]:
        """Return complaints by number: all, or the open ones, those about a prompt, or some.

        Numbers that there are none of are passed over.
        """
        wanted = _WHOLE
        if open_only:
            wanted = wanted.where(complaints.c.state == "open")
        if name is not None:
            wanted = wanted.where(complaints.c.name == _readable(name))
        wanted = wanted.order_by(complaints.c.number)
        read = _Reader()
        with self._database.read() as connection:
            if numbers is None:
                return tuple(map(read, connection.execute(wanted)))
            found: list[Complaint] = []
            known = {number for number in numbers if 0 < number <= _LARGEST}
            for some in _parted(sorted(known), _MOST_ASKED):
                these = wanted.where(complaints.c.number.in_(some))
                found += map(read, connection.execute(these))
            return tuple(found)

    def counts(self) -> dict[str, int]:
        """Return the prompts that something was said about, each with its open complaints."""
        waiting = func.count().filter(complaints.c.state == "open")
        wanted = select(complaints.c.name, waiting).group_by(complaints.c.name)
        with self._database.read() as connection:
            return {name: count for name, count in connection.execute(wanted)}

    def about(self, name: str) -> tuple[Complaint, ...]:
        """Return all complaints about a prompt, whatever their state, by number."""
        return self.list(name=name)

    def corrections(self) -> tuple[Complaint, ...]:
        """Return the complaints that give a right answer and were not declined, by number."""
        given = complaints.c.answer.is_not(None)
        wanted = _WHOLE.where(given, complaints.c.state != "declined")
        with self._database.read() as connection:
            found = connection.execute(wanted.order_by(complaints.c.number))
            return tuple(map(_Reader(), found))

    def mark(self, numbers: Iterable[int], state: State, applied: str = "") -> None:
        """Change the state of complaints, all or none; `applied` is the version that answers them.

        Raises InputError for an unknown state and for a number there is none of.
        """
        if state not in STATES:
            raise InputError(f"the state is {state!r}; it can be: {', '.join(STATES)}")
        those = sorted(set(numbers))
        with self._database.write() as connection:
            _require(connection, those)
            for some in _parted(those, _MOST_ASKED):
                these = update(complaints).where(complaints.c.number.in_(some))
                connection.execute(these.values(state=state, applied=_readable(applied)))


def _keep_programs(connection: Connection, those: Sequence[Complaint], known: set[str]) -> None:
    """Keep the programs that complaints are about, each once."""
    new = {it.program_id: it.program for it in those if it.program and it.program_id not in known}
    if not new:
        return
    known.update(new)
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    rows = [{"id": name, "form": json.dumps(program)} for name, program in new.items()]
    connection.execute(dialect.insert(programs).on_conflict_do_nothing(), rows)


def _require(connection: Connection, numbers: Sequence[int]) -> None:
    """Raise InputError for the first number there is no complaint of."""
    for some in _parted(numbers, _MOST_ASKED):
        likely = [number for number in some if 0 < number <= _LARGEST]
        there = select(complaints.c.number).where(complaints.c.number.in_(likely))
        missing = sorted(set(some) - set(connection.execute(there).scalars()))
        if missing:
            last = connection.execute(select(func.max(complaints.c.number))).scalar_one()
            known = f"the last one is {last}" if last else "there are none yet"
            raise InputError(
                f"there is no complaint {missing[0]}; {known} (see: intone feedback list)"
            )


def _to_row(complaint: Complaint, at: str) -> dict[str, object]:
    return {
        "at": complaint.at or at,
        "name": _readable(complaint.name),
        "program_id": complaint.program_id,
        "version": _readable(complaint.version),
        "comment": to_bytes(complaint.comment),
        "inputs": to_bytes(json.dumps(dict(complaint.inputs), ensure_ascii=False)),
        "output": to_bytes(complaint.output),
        "rating": complaint.rating,
        "answer": None if complaint.answer is None else to_bytes(complaint.answer),
        "target": to_bytes(complaint.target),
        "who": to_bytes(complaint.who),
        "run": complaint.run,
        "row": complaint.row,
        "state": complaint.state,
        "applied": _readable(complaint.applied),
    }


def _batches(those: Iterable[Complaint]) -> Iterator[list[Complaint]]:
    """Yield complaints, checked, in lists that are written together."""
    batch: list[Complaint] = []
    size = 0
    for complaint in those:
        check_complaint(complaint)
        batch.append(complaint)
        size += len(complaint.comment) + len(complaint.output)
        size += sum(map(len, complaint.inputs.values()))
        if len(batch) >= _TOGETHER or size >= _CHARACTERS:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _parted(those: Iterable[T], size: int) -> Iterator[list[T]]:
    rest = iter(those)
    while some := list(itertools.islice(rest, size)):
        yield some


def _readable(name: str) -> str:
    """Return a name as a database's text can hold it: what it cannot is spelled out."""
    return name.encode("utf-8", "backslashreplace").decode().replace("\0", "\\x00")


class _Reader:
    """Turns rows into complaints; those about one program share its form."""

    def __init__(self) -> None:
        self._programs: dict[str, Mapping[str, Any]] = {}

    def __call__(self, row: Row[tuple[Any, ...]]) -> Complaint:
        program = self._programs.get(row.program_id, {})
        if row.form is not None and not program:
            program = self._programs[row.program_id] = json.loads(row.form)
        return Complaint(
            comment=to_text(row.comment),
            name=row.name,
            program_id=row.program_id,
            program=program,
            inputs=json.loads(to_text(row.inputs)),
            output=to_text(row.output),
            rating=row.rating,
            answer=None if row.answer is None else to_text(row.answer),
            who=to_text(row.who),
            at=row.at,
            run=row.run,
            row=row.row,
            state=row.state,
            applied=row.applied,
            number=row.number,
            version=row.version,
            target=to_text(row.target),
        )
