"""Turns a database's complaint into one line for a person. Owns those messages only."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from intone.errors import StoreError

_WAYS_OUT = {
    "SQLITE_FULL": "the disk is full: free some space and run again; what was answered is kept",
    "SQLITE_READONLY": "it cannot be written: check the rights of the file and of its folder",
    "SQLITE_CANTOPEN": "it cannot be opened: check that its folder is there and can be written",
    "SQLITE_NOTADB": "it is not a database: move it away, or name another one",
    "SQLITE_CORRUPT": "it is damaged: move it away and begin anew, or restore a copy of it",
    "SQLITE_BUSY": "another process has been writing to it for too long: wait for it, or end it",
    "SQLITE_LOCKED": "another process has been writing to it for too long: wait for it, or end it",
    "SQLITE_IOERR": "it cannot be read or written: check the disk (its space, its limits and its "
    "health) and run again; what was answered is kept",
    "SQLITE_TOOBIG": "a text is too long for it: over 1 GB",
}


@contextmanager
def as_store_error(place: str) -> Iterator[None]:
    """Raise StoreError, naming the place, for whatever the database raises inside."""
    try:
        yield
    except (SQLAlchemyError, sqlite3.Error) as error:
        raise StoreError(explain(place, error)) from error


def explain(place: str, error: SQLAlchemyError | sqlite3.Error) -> str:
    """Return one line: the database, what is wrong with it, what to do."""
    cause: BaseException | None = error.orig if isinstance(error, DBAPIError) else error
    code = str(getattr(cause, "sqlite_errorname", ""))  # absent when the driver itself complains
    for known, way_out in _WAYS_OUT.items():
        if code.startswith(known):
            return f"database {place}: {way_out}"
    first_line = str(cause or error).partition("\n")[0]
    return f"database {place}: {first_line}"
