"""Complaints that came through the API, as they came. Owns keeping them, and nothing else."""

from __future__ import annotations

import json
import time
from dataclasses import asdict

from sqlalchemy import insert, select

from intone.feedback.complaint import Complaint
from intone.store.database import Database
from intone.store.laid_down import to_bytes, to_text
from intone.store.tables import trace_feedback


class TraceFeedback:
    """The complaints of a project's users."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, complaint: Complaint) -> int:
        """Keep a complaint and return its number; it is on disk when this returns."""
        form = to_bytes(json.dumps(asdict(complaint), ensure_ascii=False))
        with self._database.write() as connection:
            kept = connection.execute(insert(trace_feedback).values(complaint=form, at=time.time()))
            return int((kept.inserted_primary_key or (0,))[0])

    def all(self) -> list[Complaint]:
        """Return the complaints, oldest first."""
        with self._database.read() as connection:
            rows = connection.execute(select(trace_feedback).order_by(trace_feedback.c.number))
            return [
                Complaint(**{**json.loads(to_text(row.complaint)), "number": row.number})
                for row in rows
            ]
