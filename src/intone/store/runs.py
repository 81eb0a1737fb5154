"""The record of each run: its spec, its state, what happened, what came of it.

Owns the run's number and state. Its outcomes and failed calls are `outcomes`', the calls
themselves the ledger's. A spec is kept as it is given: it must hold the name of a key's variable,
never the key.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from intone.errors import InputError, NotThere
from intone.store.alive import Process, this_process
from intone.store.database import Database
from intone.store.tables import events, openings, runs

Ending = Literal["done", "stopped", "failed", "interrupted"]
"""How a run ends: it did all; its budget ended first; an error ended it; a person or a signal."""

State = Literal["running", "done", "stopped", "failed", "interrupted"]


@dataclass(frozen=True, slots=True)
class RunRecord:
    """A run as it is recorded. Times are UTC, ISO 8601.

    A run whose process died without a word is *interrupted*, with `ended` None.
    """

    number: int
    kind: str
    state: State
    data_id: str
    started: str
    ended: str | None
    spec: Mapping[str, Any]
    summary: Mapping[str, Any] | None
    candidates: tuple[Mapping[str, Any], ...]
    pid: int
    host: str


@dataclass(frozen=True, slots=True)
class Begun:
    """What a run was begun with."""

    number: int
    data_id: str
    spec: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened in a run."""

    at: str
    kind: str
    facts: Mapping[str, Any]


class Runs:
    """The runs of a project."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def create(self, kind: str, spec: Mapping[str, Any], data_id: str) -> RunRecord:
        """Begin a run in this process; its number is the next one.

        `kind` is the command's name ("run", "tune"); `data_id` the hash of its data.
        """
        process, at = this_process(), _now()
        with self._database.write() as connection:
            number = _last(connection) + 1
            connection.execute(
                insert(runs).values(
                    number=number,
                    kind=kind,
                    state="running",
                    data_id=data_id,
                    started=at,
                    spec=json.dumps(spec),
                    candidates="[]",
                    host=process.host,
                    pid=process.pid,
                    born=process.born,
                    seen=at,
                )
            )
            return _record(_row(connection, number))

    def get(self, number: int) -> RunRecord:
        """Return a run. Raises InputError if there is none with this number."""
        with self._database.read() as connection:
            return _record(_row(connection, number))

    def newest(self, limit: int = 20) -> list[RunRecord]:
        """Return the latest runs, newest first."""
        with self._database.read() as connection:
            found = connection.execute(select(runs).order_by(runs.c.number.desc()).limit(limit))
            return [_record(row) for row in found]

    def tunings(self) -> list[RunRecord]:
        """Return the tunings that came to a result, oldest first."""
        ended = select(runs).where(runs.c.kind == "tune", runs.c.summary.is_not(None))
        with self._database.read() as connection:
            return [_record(row) for row in connection.execute(ended.order_by(runs.c.number))]

    def of_data(self, kind: str, data_id: str) -> list[RunRecord]:
        """Return the runs of a kind on some data, oldest first."""
        alike = select(runs).where(runs.c.kind == kind, runs.c.data_id == data_id)
        with self._database.read() as connection:
            return [_record(row) for row in connection.execute(alike.order_by(runs.c.number))]

    def begun(self, kinds: Sequence[str], limit: int) -> list[Begun]:
        """Return the latest runs of some kinds, newest first, without what came of them."""
        table = runs
        wanted = select(table.c.number, table.c.data_id, table.c.spec)
        wanted = wanted.where(table.c.kind.in_(kinds)).order_by(table.c.number.desc())
        with self._database.read() as connection:
            return [
                Begun(it.number, it.data_id, json.loads(it.spec))
                for it in connection.execute(wanted.limit(limit))
            ]

    def resume(self, number: int) -> RunRecord:
        """Take a run up in this process; return it as it was before.

        Raises InputError if another process is at work on it.
        """
        process = this_process()
        with self._database.write() as connection:
            record = _record(_row(connection, number))
            if record.state == "running" and (record.host, record.pid) != (
                process.host,
                process.pid,
            ):
                raise InputError(
                    f"run {number} is under way in process {record.pid} on {record.host}: "
                    "wait for it, or end it first"
                )
            facts = {"host": process.host, "pid": process.pid, "born": process.born}
            _change(connection, number, state="running", ended=None, **facts)
            return record

    def beat(self, number: int) -> None:
        """Give a sign of life: needed every few minutes where other machines look at the run."""
        with self._database.write() as connection:
            _change(connection, number)

    def keep_candidates(self, number: int, candidates: Sequence[Mapping[str, Any]]) -> None:
        """Keep the history of candidates (plain values), in place of what was kept before."""
        with self._database.write() as connection:
            _change(connection, number, candidates=json.dumps(list(candidates)))

    def end(self, number: int, state: Ending, summary: Mapping[str, Any] | None = None) -> None:
        """End a run; without a summary the one it has stays."""
        facts = {} if summary is None else {"summary": json.dumps(summary)}
        with self._database.write() as connection:
            _change(connection, number, state=state, ended=_now(), **facts)

    def note(self, number: int, kind: str, facts: Mapping[str, Any] | None = None) -> None:
        """Add an event to the run's log."""
        with self._database.write() as connection:
            _change(connection, number)
            row = {"run": number, "at": _now(), "kind": kind, "facts": json.dumps(facts or {})}
            connection.execute(insert(events).values(row))

    def tell(self, number: int, kind: str, facts: Mapping[str, Any]) -> None:
        """Put an event in place of the run's earlier ones of its kind: how it is going now."""
        same = delete(events).where(events.c.run == number, events.c.kind == kind)
        with self._database.write() as connection:
            _change(connection, number)
            row = {"run": number, "at": _now(), "kind": kind, "facts": json.dumps(facts)}
            connection.execute(same)
            connection.execute(insert(events).values(row))

    def told(self, number: int, kind: str) -> Event | None:
        """Return the run's latest event of a kind, None if there is none."""
        of_kind = select(events).where(events.c.run == number, events.c.kind == kind)
        with self._database.read() as connection:
            latest = of_kind.order_by(events.c.id.desc()).limit(1)
            row = connection.execute(latest).one_or_none()
            return None if row is None else Event(row.at, row.kind, json.loads(row.facts))

    def events(self, number: int) -> list[Event]:
        """Return the run's log, oldest first."""
        with self._database.read() as connection:
            of_run = select(events).where(events.c.run == number).order_by(events.c.id)
            return [
                Event(row.at, row.kind, json.loads(row.facts)) for row in connection.execute(of_run)
            ]

    def open_sealed(self, number: int, data_id: str, purpose: str = "verdict") -> int:
        """Count that a run's verdict looks at the sealed rows of some data; return the count.

        The same run opening for the same purpose again, as a resumed one does, gets the count it
        got the first time.
        """
        of_data = openings.c.data_id == data_id
        with self._database.write() as connection:
            before: int | None = connection.execute(
                select(openings.c.number).where(
                    of_data, openings.c.run == number, openings.c.purpose == purpose
                )
            ).scalar_one_or_none()
            if before is not None:
                return before
            count = connection.execute(select(func.count()).where(of_data)).scalar_one() + 1
            row = {"data_id": data_id, "number": count, "run": number, "purpose": purpose}
            connection.execute(insert(openings).values(row | {"at": _now()}))
            return count

    def openings(self, data_id: str) -> int:
        """Return how often the sealed rows of some data were opened by a verdict."""
        with self._database.read() as connection:
            of_data = select(func.count()).where(openings.c.data_id == data_id)
            return connection.execute(of_data).scalar_one()


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _last(connection: Connection) -> int:
    return connection.execute(select(func.max(runs.c.number))).scalar_one() or 0


def _row(connection: Connection, number: int) -> Row[tuple[Any, ...]]:
    row = connection.execute(select(runs).where(runs.c.number == number)).one_or_none()
    if row is None:
        last = _last(connection)
        known = f"the last one is {last}" if last else "there are no runs yet"
        raise NotThere(f"there is no run {number}; {known} (see: intone runs list)")
    return row


def _change(connection: Connection, number: int, **facts: object) -> None:
    changed = connection.execute(
        update(runs).where(runs.c.number == number).values(seen=_now(), **facts)
    )
    if changed.rowcount == 0:
        _row(connection, number)  # says that there is none


def _record(row: Row[tuple[Any, ...]]) -> RunRecord:
    state = row.state
    if state == "running":
        process = Process(row.host, row.pid, row.born)
        if not process.alive(datetime.fromisoformat(row.seen)):
            state = "interrupted"
    return RunRecord(
        number=row.number,
        kind=row.kind,
        state=state,
        data_id=row.data_id,
        started=row.started,
        ended=row.ended,
        spec=json.loads(row.spec),
        summary=None if row.summary is None else json.loads(row.summary),
        candidates=tuple(json.loads(row.candidates)),
        pid=row.pid,
        host=row.host,
    )
