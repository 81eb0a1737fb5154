"""What each row of a run came to, and which of its calls failed for good. Owns those records.

Both are there to be shown and to be replayed: scores are computed from outcomes elsewhere.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Row, bindparam, delete, insert, select

from intone.evaluate.metered import Failure
from intone.evaluate.outcome import Outcome
from intone.llm.completion import Usage
from intone.store.database import Database
from intone.store.laid_down import choices_text, to_bytes, to_text
from intone.store.tables import failures, outcomes

_KEY = ("run", "program", "row", "sample")
_SAME = delete(outcomes).where(*(outcomes.c[name] == bindparam(f"its_{name}") for name in _KEY))

_OF_ROW = (  # made once: files of feedback ask for thousands of rows
    select(outcomes)
    .where(*(outcomes.c[name] == bindparam(f"its_{name}") for name in _KEY[:3]))
    .order_by(outcomes.c.sample)
)


class RunOutcomes:
    """The outcomes of one run: one for each program, row and sample."""

    def __init__(self, database: Database, run: int) -> None:
        self._database = database
        self._run = run

    def add(self, those: Sequence[Outcome]) -> None:
        """Keep outcomes, all or none; one that is there already is replaced."""
        if not those:
            return
        rows = {(it.program, it.row, it.sample): _to_row(self._run, it) for it in those}
        same = [{f"its_{name}": row[name] for name in _KEY} for row in rows.values()]
        with self._database.write() as connection:
            connection.execute(_SAME, same)
            connection.execute(insert(outcomes), list(rows.values()))

    def all(self, program: str | None = None) -> list[Outcome]:
        """Return the run's outcomes (of one program), by program, row and sample."""
        table = outcomes
        wanted = select(table).where(table.c.run == self._run)
        if program is not None:
            wanted = wanted.where(table.c.program == program)
        with self._database.read() as connection:
            in_order = wanted.order_by(table.c.program, table.c.row, table.c.sample)
            return [_from_row(row) for row in connection.execute(in_order)]

    def of_row(self, program: str, row: int) -> list[Outcome]:
        """Return what a program came to on one row, by sample."""
        this = {"its_run": self._run, "its_program": program, "its_row": row}
        with self._database.read() as connection:
            return [_from_row(one) for one in connection.execute(_OF_ROW, this)]

    def rows(self, program: str, limit: int) -> list[int]:
        """Return the first rows that a program answered, in order, at most `limit`."""
        those = select(outcomes.c.row).distinct()
        those = those.where(outcomes.c.run == self._run, outcomes.c.program == program)
        with self._database.read() as connection:
            in_order = those.order_by(outcomes.c.row).limit(limit)
            return list(connection.execute(in_order).scalars())


class RunFailures:
    """The calls of one run that outlived their retries, by the ledger's key.

    A run that is resumed fails them again without making them, so that it decides the same;
    `reopen` lets them be made again (`--retry-failed`). One that then succeeds is in the ledger,
    which comes first; one that was not made again before the retry was cut short stays as it was.
    """

    def __init__(self, database: Database, run: int) -> None:
        self._database = database
        self._run = run
        with database.read() as connection:
            of_run = select(failures).where(failures.c.run == run)
            rows = connection.execute(of_run)
            self._known = {row.key: Failure(row.reason, row.broken) for row in rows}

    @property
    def known(self) -> Mapping[str, Failure]:
        """The failures recorded so far, by key."""
        return self._known

    async def add(self, key: str, failure: Failure) -> None:
        """Record a failure; it is on disk when this returns."""
        if key not in self._known:
            await asyncio.to_thread(self._write, key, failure)
            self._known[key] = failure

    def _write(self, key: str, failure: Failure) -> None:
        readable = failure.reason.encode("utf-8", "backslashreplace").decode()
        with self._database.write() as connection:
            row = {"run": self._run, "key": key, "reason": readable, "broken": failure.broken}
            same = delete(failures).where(failures.c.run == self._run, failures.c.key == key)
            connection.execute(same)
            connection.execute(insert(failures).values(row))

    def reopen(self) -> int:
        """Let a resume make the failed calls again; return how many there are."""
        reopened = len(self._known)
        self._known.clear()
        return reopened


def _to_row(run: int, outcome: Outcome) -> dict[str, object]:
    usage = outcome.usage
    return {
        "run": run,
        "program": outcome.program,
        "row": outcome.row,
        "sample": outcome.sample,
        "status": outcome.status,
        "score": outcome.score,
        "reason": to_bytes(outcome.reason),
        "answer": None if outcome.answer is None else to_bytes(outcome.answer),
        "text": to_bytes(outcome.text),
        "prompt_tokens": usage.prompt_tokens,
        "completion_tokens": usage.completion_tokens,
        "cached_tokens": usage.cached_tokens,
        "calls": outcome.calls,
        "replayed": outcome.replayed,
        "seconds": outcome.seconds,
        "choices": choices_text(outcome.choices),
    }


def _from_row(row: Row[tuple[Any, ...]]) -> Outcome:
    return Outcome(
        program=row.program,
        row=row.row,
        sample=row.sample,
        status=row.status,
        score=row.score,
        reason=to_text(row.reason),
        answer=None if row.answer is None else to_text(row.answer),
        text=to_text(row.text),
        usage=Usage(row.prompt_tokens, row.completion_tokens, row.cached_tokens),
        calls=row.calls,
        replayed=row.replayed,
        seconds=row.seconds,
        choices=json.loads(row.choices) if row.choices else {},
    )
