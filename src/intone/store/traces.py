"""Traces: every answer that was given through the API, on disk before it is given.

Owns their records and what the answers turned out to be worth (their outcomes); not complaints.
They are written in groups, like the ledger's calls. A user is kept as a keyed hash only.
"""

from __future__ import annotations

import hashlib
import json
import secrets
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Row, func, insert, select

from intone.errors import NotThere
from intone.store.database import Database
from intone.store.group_commit import GroupCommit
from intone.store.laid_down import to_bytes, to_text
from intone.store.tables import about, trace_outcomes, traces

Source = Literal["rating", "application"]
"""Who said what an answer was worth: the user who rated it, or the application that used it."""

_SECRET = "user_secret"


@dataclass(frozen=True, slots=True)
class Trace:
    """One answer that was given.

    `version` of the prompt `name` answered what was asked of `label`; `variant` ("a" or "b") of
    `experiment`, if one was on. `status` is the outcome's word, `reason` says why it is not
    *answered*. `user` is a keyed hash, None if none was named. `seconds` are from request to
    answer, `at` is seconds since 1970 (UTC).
    """

    id: str
    name: str
    version: int
    label: str
    inputs: Mapping[str, str]
    output: str
    status: str
    reason: str = ""
    calls: int = 0
    replayed: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    seconds: float = 0.0
    user: str | None = None
    experiment: int | None = None
    variant: str | None = None
    at: float = 0.0

    @property
    def ref(self) -> str:
        """The version that answered, such as triage@2."""
        return f"{self.name}@{self.version}"


class Traces:
    """The traces of a project. `close` waits for what is being written."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._writing: GroupCommit[Trace] = GroupCommit(self._write, "traces")

    async def add(self, trace: Trace) -> None:
        """Keep a trace; it is on disk when this returns. Raises StoreError."""
        await self._writing.add(trace)

    def close(self) -> None:
        """Write what is queued and stop."""
        self._writing.close()

    def get(self, trace: str) -> Trace:
        """Return a trace by its id. Raises NotThere."""
        with self._database.read() as connection:
            row = connection.execute(select(traces).where(traces.c.id == trace)).one_or_none()
        if row is None:
            raise NotThere(
                f"there is no trace {trace[:64]!r}; an answer's trace is in its response"
            )
        return _trace(row)

    def newest(self, limit: int = 20, name: str | None = None) -> list[Trace]:
        """Return the latest traces (of a prompt), newest first."""
        wanted = select(traces).order_by(traces.c.number.desc()).limit(limit)
        if name is not None:
            wanted = wanted.where(traces.c.name == name)
        with self._database.read() as connection:
            return [_trace(row) for row in connection.execute(wanted)]

    def count(self) -> int:
        """Return the number of traces kept."""
        with self._database.read() as connection:
            return connection.execute(select(func.count()).select_from(traces)).scalar_one()

    def worth(self, trace: str, value: float, source: Source, who: str = "") -> None:
        """Keep what an answer was worth, 0..1; it is on disk when this returns. Raises NotThere."""
        self.get(trace)
        row = {"trace": trace, "value": value, "source": source, "who": who, "at": time.time()}
        with self._database.write() as connection:
            connection.execute(insert(trace_outcomes).values(row))

    def worths(self, experiment: int) -> list[tuple[str, float]]:
        """Return (variant, value) of an experiment's outcomes, in the order in which they came.

        One for each user, the first; a request without a user is one of its own. A user's later
        outcomes depend on the first one, so they would not be evidence of their own.
        """
        joined = (
            select(traces.c.variant, traces.c.user, traces.c.id, trace_outcomes.c.value)
            .join_from(trace_outcomes, traces, trace_outcomes.c.trace == traces.c.id)
            .where(traces.c.experiment == experiment)
            .order_by(trace_outcomes.c.number)
        )
        first: dict[str, tuple[str, float]] = {}
        with self._database.read() as connection:
            for variant, user, trace, value in connection.execute(joined):
                first.setdefault(user or trace, (variant, value))
        return list(first.values())

    def _write(self, group: Sequence[Trace]) -> None:
        with self._database.write() as connection:
            connection.execute(insert(traces), [_row(trace) for trace in group])


def new_trace_id() -> str:
    """Return an id that nobody can guess, 32 hex digits."""
    return secrets.token_hex(16)


def user_secret(database: Database) -> bytes:
    """Return the database's own key for hashing users, made when it is first needed."""
    kept = select(about.c.value).where(about.c.name == _SECRET)
    with database.read() as connection:
        found = connection.execute(kept).scalar_one_or_none()
    if found is None:
        with database.write() as connection:
            found = connection.execute(kept).scalar_one_or_none() or secrets.token_hex(32)
            connection.execute(about.delete().where(about.c.name == _SECRET))
            connection.execute(insert(about).values(name=_SECRET, value=found))
    return bytes.fromhex(found)


def hashed_user(secret: bytes, user: str) -> str:
    """Return what a user is kept as: 24 hex digits that mean nothing without the secret."""
    raw = user.encode("utf-8", "surrogatepass")
    return hashlib.blake2b(raw, key=secret, digest_size=12).hexdigest()


def _row(trace: Trace) -> dict[str, Any]:
    return {
        "id": trace.id,
        "name": trace.name,
        "version": trace.version,
        "label": trace.label,
        "experiment": trace.experiment,
        "variant": trace.variant,
        "inputs": to_bytes(json.dumps(dict(trace.inputs), ensure_ascii=False)),
        "output": to_bytes(trace.output),
        "status": trace.status,
        "reason": to_bytes(trace.reason),
        "calls": trace.calls,
        "replayed": trace.replayed,
        "prompt_tokens": trace.prompt_tokens,
        "completion_tokens": trace.completion_tokens,
        "seconds": trace.seconds,
        "user": trace.user,
        "at": trace.at,
    }


def _trace(row: Row[tuple[Any, ...]]) -> Trace:
    fields = {name: value for name, value in row._mapping.items() if name != "number"}
    fields["inputs"] = json.loads(to_text(row.inputs))
    fields["output"], fields["reason"] = to_text(row.output), to_text(row.reason)
    return Trace(**fields)
