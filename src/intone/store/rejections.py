"""Edits that a writer proposed and that did not pay. Owns those records, over all runs.

They are kept by the hash of the data, so that a later run on the same data is told of them. What a
run is told is put into its own record when it is created (`Runs`), so that resuming it is exact.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, delete, insert, select

from intone.store.database import Database
from intone.store.tables import rejections


@dataclass(frozen=True)
class Rejection:
    """A proposal that was tried on a prompt and not kept.

    `edits` are in plain values; `difference` is the mean change of the score on the `rows` that
    both prompts were scored on, None where there is none. `run` is the run that tried it.
    """

    run: int
    prompt_id: str
    tried_id: str
    edits: tuple[Mapping[str, Any], ...]
    sentence: str
    reason: str
    difference: float | None
    rows: int

    def form(self) -> dict[str, Any]:
        """Return it in plain values; `from_form` reads them back."""
        return {
            "run": self.run,
            "prompt_id": self.prompt_id,
            "tried_id": self.tried_id,
            "edits": [dict(edit) for edit in self.edits],
            "sentence": self.sentence,
            "reason": self.reason,
            "difference": self.difference,
            "rows": self.rows,
        }

    @classmethod
    def from_form(cls, form: Mapping[str, Any]) -> Rejection:
        """Return the rejection of a plain form."""
        return cls(**{**form, "edits": tuple(form["edits"])})


class Rejections:
    """The rejected edits of a project."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def keep(self, run: int, data_id: str, those: Sequence[Rejection]) -> None:
        """Keep the rejections of a run, in place of what was kept of it before."""
        rows = [
            {
                **rejection.form(),
                "run": run,
                "edits": json.dumps(rejection.form()["edits"]),
                "data_id": data_id,
                "place": place,
            }
            for place, rejection in enumerate(those)
        ]
        with self._database.write() as connection:
            connection.execute(delete(rejections).where(rejections.c.run == run))
            if rows:
                connection.execute(insert(rejections), rows)

    def of_data(self, data_id: str, limit: int = 40) -> list[Rejection]:
        """Return the newest rejections on some data, oldest first."""
        newest = (
            select(rejections)
            .where(rejections.c.data_id == data_id)
            .order_by(rejections.c.run.desc(), rejections.c.place.desc())
            .limit(limit)
        )
        with self._database.read() as connection:
            return [_from_row(row) for row in connection.execute(newest)][::-1]


def _from_row(row: Row[tuple[Any, ...]]) -> Rejection:
    return Rejection(
        run=row.run,
        prompt_id=row.prompt_id,
        tried_id=row.tried_id,
        edits=tuple(json.loads(row.edits)),
        sentence=row.sentence,
        reason=row.reason,
        difference=row.difference,
        rows=row.rows,
    )
