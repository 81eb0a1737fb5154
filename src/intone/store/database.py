"""Opens the database. Owns the connection settings, its version, and what a transaction is.

SQLite in WAL mode: readers do not wait for the writer, and one process may write while others
read. `synchronous=NORMAL` is enough here: a commit has been handed to the operating system, so it
survives the end of this process however it comes, `kill -9` included. A power cut can take the
last commits with it (never the database itself): those calls are then made again.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import (
    URL,
    Connection,
    Engine,
    create_engine,
    event,
    inspect,
    make_url,
    select,
    text,
)
from sqlalchemy.exc import ArgumentError, NoSuchModuleError
from sqlalchemy.pool import QueuePool

from intone.errors import SettingError, StoreError
from intone.store.errors import as_store_error
from intone.store.tables import about

REVISIONS = ("0001", "0002", "0003", "0004", "0005", "0006")
"""All migrations, oldest first; the last is what this Intone works with."""

PATIENCE = 30.0
"""Seconds to wait for another process's write before giving up."""

_BEGIN = "intone_begin"


class Database:
    """An open database, up to date. Safe to use from several threads.

    `place` is its file or URL (without a password), for messages.
    """

    def __init__(self, engine: Engine, place: str) -> None:
        self.engine = engine
        self.place = place

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Give a connection; each statement sees what is committed when it starts."""
        with as_store_error(self.place), self.engine.connect() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Give a connection in a transaction that no other writer shares; commit at the end.

        The lock is taken at the start, so what is read inside is still true when it is written.
        Any exception rolls back. Raises StoreError for the database's own failures.
        """
        with as_store_error(self.place), self.engine.connect() as connection:
            connection = connection.execution_options(**{_BEGIN: "BEGIN IMMEDIATE"})
            with connection.begin():
                yield connection

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()

    def __enter__(self) -> Database:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def open_database(place: str | Path, patience: float = PATIENCE) -> Database:
    """Open (or make) the database at a path or a URL and bring it up to date.

    `patience` is how many seconds to wait for another process's write. Missing folders are made;
    a folder named `.intone` that is made here keeps itself out of git. A file that is there and
    cannot be written is opened to be read; writing to it is a StoreError.
    Raises StoreError if it is not Intone's, is of a newer Intone, or cannot be used.
    """
    url, file = _url(place), Path()
    if _is_sqlite(url):
        file = _check_file(url)
        shown = str(file)
        _make_folder(file.parent, shown)
    else:
        shown = url.render_as_string(hide_password=True)
    try:
        engine = create_engine(url, **_engine_settings(url, patience))
    except ModuleNotFoundError as error:
        raise SettingError(f"database {shown}: pip install {error.name} to use it") from error
    except (NoSuchModuleError, ArgumentError) as error:
        raise SettingError(f"unknown kind of database {url.drivername!r}: {error}") from error
    if _is_sqlite(url):
        event.listen(engine, "connect", _prepare)
        event.listen(engine, "begin", _begin)
    try:
        return _up_to_date(Database(engine, shown))
    except StoreError as error:
        if not (_is_sqlite(url) and file.is_file() and _is_locked(error)):
            raise
    return _up_to_date(Database(_reading(file, patience), shown))


def _up_to_date(database: Database) -> Database:
    try:
        _bring_up_to_date(database)
    except BaseException:  # also an interrupt leaves no connection open
        database.close()
        raise
    return database


def _is_locked(error: StoreError) -> bool:
    """Say whether the trouble is that the file, or its folder, cannot be written."""
    cause = getattr(error.__cause__, "orig", None)
    code = str(getattr(cause, "sqlite_errorname", ""))
    return code.startswith(("SQLITE_READONLY", "SQLITE_CANTOPEN"))


def _reading(file: Path, patience: float) -> Engine:
    """Return an engine that only reads.

    Without a log of changes beside it (`-wal`) nobody is at work on the file, so it is read as one
    that does not change: SQLite would else have to make files in its folder.
    """
    log = Path(f"{file}-wal")
    still = "" if log.exists() and log.stat().st_size else "&immutable=1"
    where = f"file:{quote(str(file.absolute()))}?mode=ro{still}"
    return create_engine(
        "sqlite://",
        creator=lambda: sqlite3.connect(where, uri=True, timeout=patience, check_same_thread=False),
        poolclass=QueuePool,
    )


def _url(place: str | Path) -> URL:
    if isinstance(place, str) and "://" in place:
        try:
            return make_url(place)
        except ArgumentError as error:
            raise SettingError(f"cannot read the database's URL {place!r}: {error}") from error
    return URL.create("sqlite", database=str(place))


def _check_file(url: URL) -> Path:
    if url.database in (None, "", ":memory:"):
        raise SettingError("a database in memory cannot be shared: name a file")
    return Path(str(url.database))


def _is_sqlite(url: URL) -> bool:
    return url.get_backend_name() == "sqlite"


def _engine_settings(url: URL, patience: float) -> dict[str, Any]:
    if not _is_sqlite(url):
        return {}
    return {"connect_args": {"timeout": patience, "check_same_thread": False}}


def _make_folder(folder: Path, shown: str) -> None:
    try:
        if not folder.is_dir():
            folder.mkdir(parents=True, exist_ok=True)
            if folder.name == ".intone":
                (folder / ".gitignore").write_text("*\n")
    except OSError as error:
        reason = error.strerror or error
        raise StoreError(f"database {shown}: its folder cannot be made: {reason}") from error


def _prepare(connection: sqlite3.Connection, _: object) -> None:
    connection.isolation_level = None  # transactions begin where `_begin` says, not by themselves
    execute = connection.execute
    execute("PRAGMA foreign_keys = ON")
    execute("PRAGMA synchronous = NORMAL")
    execute("PRAGMA cache_size = -32768")  # 32 MB: the index of about a million calls
    execute("PRAGMA wal_autocheckpoint = 4000")  # pages, 16 MB: few waits for the disk
    _use_wal(connection)


def _use_wal(connection: sqlite3.Connection) -> None:
    # Changing the mode needs the file for itself and does not wait as other statements do.
    (patience,) = connection.execute("PRAGMA busy_timeout").fetchone()
    give_up = time.monotonic() + patience / 1000
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            busy = str(getattr(error, "sqlite_errorname", "")).startswith("SQLITE_BUSY")
            if not busy or time.monotonic() > give_up:
                raise
            time.sleep(0.01)


def _begin(connection: Connection) -> None:
    how = connection.get_execution_options().get(_BEGIN)
    if how:
        connection.exec_driver_sql(how)


def _bring_up_to_date(database: Database) -> None:
    with database.read() as connection:
        if _revision(connection, database.place) == REVISIONS[-1]:
            return
    from intone.store.migrations.upgrade import upgrade  # Alembic is slow to import

    with database.write() as connection:
        # Another process may have done it while this one waited for the lock.
        if _revision(connection, database.place) != REVISIONS[-1]:
            upgrade(connection)


def _revision(connection: Connection, place: str) -> str | None:
    """Return the database's revision, None for an empty one; refuse what is not ours."""
    tables = set(inspect(connection).get_table_names())
    if not tables:
        return None
    if not {"alembic_version", "about"} <= tables:
        raise StoreError(f"database {place}: it is not one of Intone's: name another file")
    found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one()
    if found not in REVISIONS:
        maker = connection.execute(
            select(about.c.value).where(about.c.name == "intone")
        ).scalar_one_or_none()
        raise StoreError(
            f"database {place}: it was made by Intone {maker} (version {found} of the database), "
            f"this Intone knows {REVISIONS[-1]}: use Intone {maker} or later, or another database"
        )
    return str(found)
