"""The ledger in the database: every answered call, on disk before it is used.

Owns the SQL of calls. They are written in groups (`group_commit`): whoever records a call goes on
when the transaction with it is committed. Requests' forms are `laid_down`'s.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from types import TracebackType

from sqlalchemy import Connection, Row, Table, func, select

from intone.errors import StoreError
from intone.evaluate.ledger import request_key
from intone.llm.completion import Completion
from intone.llm.request import Request
from intone.store.database import Database
from intone.store.errors import as_store_error
from intone.store.group_commit import GroupCommit
from intone.store.laid_down import Batch, Cutter, completion_of, request_of
from intone.store.tables import calls, pieces, settings

_SIZES = (256, 64, 16, 4, 1)  # rows a statement takes, so that few statements are ever prepared
_VERIFY_AT_ONCE = 500

_ANSWER = (
    "text, finish, prompt_tokens, completion_tokens, cached_tokens, choices, logprob, seconds, "
    "broken"
)

_Call = tuple[str, str, Request, Completion]


@dataclass(frozen=True, slots=True)
class KeptCall:
    """A call as the ledger keeps it; `at` is when it was recorded (UTC)."""

    key: str
    identity: str
    request: Request
    completion: Completion
    at: datetime


@dataclass(frozen=True, slots=True)
class Verification:
    """How many calls were looked at, and the keys of those that do not fit their content."""

    checked: int
    wrong: tuple[str, ...]


class SqlLedger:
    """A ledger in a database. Several processes may share it.

    `lookup` reads where it is called, a few hundred keys at a time, and lets other tasks run in
    between. `close` (or the end of a `with` block) waits for what is being written.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._cutter = Cutter()  # the writing thread's
        self._writing: GroupCommit[_Call] = GroupCommit(self._commit, "ledger")
        self._reader: Connection | None = None

    def __enter__(self) -> SqlLedger:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Write what is still queued and stop. The database stays open."""
        self._writing.close()
        if self._reader is not None:
            self._reader.close()
            self._reader = None

    async def lookup(self, keys: Sequence[str]) -> dict[str, Completion]:
        found: dict[str, Completion] = {}
        for start, stop in _chunks(len(keys)):
            if start:
                await asyncio.sleep(0)
            with as_store_error(self._database.place):
                found.update(self._read(keys[start:stop]))
        return found

    def _read(self, keys: Sequence[str]) -> Iterator[tuple[str, Completion]]:
        if self._reader is None:
            self._reader = self._database.engine.connect()
        sql = f"SELECT key, {_ANSWER} FROM calls WHERE key IN ({_marks(len(keys))})"
        try:
            rows = self._reader.exec_driver_sql(sql, tuple(map(bytes.fromhex, keys))).fetchall()
        finally:
            self._reader.rollback()
        for key, *answer in rows:
            yield key.hex(), completion_of(tuple(answer))

    async def record(
        self, key: str, identity: str, request: Request, completion: Completion
    ) -> None:
        """Keep a completion. Raises StoreError if it could not be put on disk."""
        await self._writing.add((key, identity, request, completion))

    def _commit(self, group: Sequence[_Call]) -> None:
        """Write a group in one transaction."""
        batch = Batch()
        try:
            for key, identity, request, completion in group:
                self._cutter.add(batch, key, identity, request, completion)
            at = time.time()
            with self._database.write() as connection:
                _insert(connection, settings, batch.settings)
                _insert(connection, pieces, batch.pieces)
                _insert(connection, calls, [(*call, at) for call in batch.calls])
        except BaseException:  # nothing was written: the pieces are not known yet
            self._cutter.forget()
            raise

    def count(self) -> int:
        """Return the number of calls kept."""
        with self._database.read() as connection:
            return connection.execute(select(func.count()).select_from(calls)).scalar_one()

    def show(self, key: str) -> KeptCall | None:
        """Return a call with the request that led to it, None if there is none."""
        with self._database.read() as connection:
            row = connection.execute(_WHOLE.where(calls.c.key == bytes.fromhex(key))).one_or_none()
            return _kept(row, _beginnings(connection, [row])) if row else None

    def verify(self, every: int = 1) -> Verification:
        """Derive the key of each call (or every so many) anew from what is kept of it."""
        checked, last = 0, 0
        wrong: list[str] = []
        with self._database.read() as connection:
            while True:
                page = (
                    _WHOLE.where(calls.c.id > last, calls.c.id % every == 0)
                    .order_by(calls.c.id)
                    .limit(_VERIFY_AT_ONCE)
                )
                rows = connection.execute(page).all()
                if not rows:
                    return Verification(checked, tuple(wrong))
                known = _beginnings(connection, rows)
                wrong += [row.key.hex() for row in rows if not _fits(row, known)]
                checked, last = checked + len(rows), rows[-1].id


_WHOLE = select(calls, settings.c.identity, settings.c.asked).join_from(calls, settings)


_Piece = tuple[int | None, bytes]


def _kept(row: Row[tuple[object, ...]], known: Mapping[int, _Piece]) -> KeptCall:
    beginning: list[bytes] = []
    head: int | None = row.head
    while head is not None:
        head, text = known[head]
        beginning.append(text)
    request = request_of(row.asked, reversed(beginning), row.rest, row.sample)
    answer = completion_of(tuple(row._mapping[name] for name in _ANSWER.split(", ")))
    at = datetime.fromtimestamp(row.at, UTC)
    return KeptCall(row.key.hex(), row.identity, request, answer, at)


def _fits(row: Row[tuple[object, ...]], known: Mapping[int, _Piece]) -> bool:
    try:
        kept = _kept(row, known)
    except (KeyError, ValueError, TypeError, StoreError):  # it is not a request any more
        return False
    return request_key(kept.identity, kept.request) == kept.key


def _beginnings(
    connection: Connection, rows: Sequence[Row[tuple[object, ...]]]
) -> dict[int, _Piece]:
    """Return the pieces that these calls' requests begin with, by name, read all at once."""
    heads = {row.head for row in rows if row.head is not None}
    last = select(pieces).where(pieces.c.id.in_(heads)).cte("chain", recursive=True)
    chain = last.union(select(pieces).join(last, pieces.c.id == last.c.before))
    return {row.id: (row.before, row.text) for row in connection.execute(select(chain))}


def _insert(connection: Connection, table: Table, rows: Sequence[tuple[object, ...]]) -> None:
    """Insert rows that are not there yet; many rows a statement, for each one costs a switch."""
    for start, stop in _chunks(len(rows)):
        sql = _insertion(table, stop - start, connection.dialect.name)
        connection.exec_driver_sql(sql, tuple(v for row in rows[start:stop] for v in row))


@lru_cache(maxsize=64)
def _insertion(table: Table, count: int, dialect: str) -> str:
    names = [column.name for column in table.columns if table is not calls or column.name != "id"]
    mark = "?" if dialect == "sqlite" else "%s"
    row = f"({', '.join([mark] * len(names))})"
    rows = ", ".join([row] * count)
    return f"INSERT INTO {table.name} ({', '.join(names)}) VALUES {rows} ON CONFLICT DO NOTHING"


@lru_cache(maxsize=64)
def _marks(count: int) -> str:
    return ", ".join("?" * count)


def _chunks(count: int) -> Iterator[tuple[int, int]]:
    """Cut 0..count into stretches of a few sizes only, the large ones first."""
    start = 0
    while start < count:
        size = next(size for size in _SIZES if size <= count - start)
        yield start, start + size
        start += size
