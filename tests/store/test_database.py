"""Opening: fresh, again, at once from several processes, and all that can be wrong with it."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine

import intone.store.migrations
from intone.errors import SettingError, StoreError
from intone.store import Runs, open_database
from intone.store.database import REVISIONS
from intone.store.migrations.upgrade import upgrade
from intone.store.tables import metadata


def test_a_fresh_one_is_made_with_its_folder(tmp_path: Path) -> None:
    place = tmp_path / "project" / ".intone" / "intone.db"
    with open_database(place) as database:
        assert Runs(database).newest() == []
    assert (place.parent / ".gitignore").read_text() == "*\n"
    with open_database(f"sqlite:///{place}") as database:
        assert Runs(database).newest() == []


def test_the_settings_are_on(tmp_path: Path) -> None:
    with open_database(tmp_path / "a.db") as database, database.read() as connection:
        ask = connection.exec_driver_sql
        assert ask("PRAGMA journal_mode").scalar_one() == "wal"
        assert ask("PRAGMA synchronous").scalar_one() == 1
        assert ask("PRAGMA foreign_keys").scalar_one() == 1
        assert ask("PRAGMA busy_timeout").scalar_one() >= 10_000


def test_migrations_make_the_tables_as_they_are(tmp_path: Path) -> None:
    with open_database(tmp_path / "a.db") as database, database.read() as connection:
        context = MigrationContext.configure(connection)
        assert compare_metadata(context, metadata) == []
        assert context.get_current_revision() == REVISIONS[-1]


def test_every_migration_is_known() -> None:
    (folder,) = intone.store.migrations.__path__
    chain = [script.revision for script in ScriptDirectory(folder).walk_revisions()]
    assert tuple(reversed(chain)) == REVISIONS


@pytest.mark.parametrize("revision", REVISIONS[:-1])
def test_a_database_of_every_version_before_is_brought_up_to_date(
    tmp_path: Path, revision: str
) -> None:
    place = tmp_path / "a.db"
    engine = create_engine(f"sqlite:///{place}")
    with engine.begin() as connection:
        upgrade(connection, revision)
        assert MigrationContext.configure(connection).get_current_revision() == revision
    engine.dispose()
    with open_database(place) as database, database.read() as connection:
        context = MigrationContext.configure(connection)
        assert context.get_current_revision() == REVISIONS[-1]
        assert compare_metadata(context, metadata) == []


def test_opening_again_is_fast_and_without_alembic(tmp_path: Path) -> None:
    place = tmp_path / "a.db"
    open_database(place).close()
    script = (
        "import sys, time; from intone.store import open_database\n"
        "start = time.process_time(); open_database(sys.argv[1])\n"
        "print('alembic' in sys.modules, time.process_time() - start)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(place)], capture_output=True, text=True, check=True
    )
    alembic, took = done.stdout.split()
    assert alembic == "False"
    assert float(took) < 0.1


def test_several_processes_may_make_it_at_once(tmp_path: Path) -> None:
    script = (
        "import sys, time; from intone.store import open_database, Runs\n"
        "time.sleep(max(0, float(sys.argv[2]) - time.time()))\n"
        "Runs(open_database(sys.argv[1])).create('run', {}, 'data')"
    )
    place, start = str(tmp_path / "new" / "a.db"), str(time.time() + 1.5)
    those = [
        subprocess.Popen(
            [sys.executable, "-c", script, place, start], stderr=subprocess.PIPE, text=True
        )
        for _ in range(4)
    ]
    complaints = [process.communicate()[1] for process in those]
    assert complaints == [""] * 4
    with open_database(place) as database:
        assert [run.number for run in Runs(database).newest()] == [4, 3, 2, 1]


def refused(place: Path | str) -> str:
    with pytest.raises(StoreError) as caught:
        open_database(place)
    message = str(caught.value)
    assert "\n" not in message
    assert str(place) in message
    return message


def test_one_of_a_newer_intone(tmp_path: Path) -> None:
    place = tmp_path / "a.db"
    open_database(place).close()
    with sqlite3.connect(place) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '0099'")
        connection.execute("UPDATE about SET value = '7.1.0' WHERE name = 'intone'")
    connection.close()
    message = refused(place)
    assert "use Intone 7.1.0 or later" in message
    assert "0099" in message and REVISIONS[-1] in message


def test_one_that_is_not_a_database(tmp_path: Path) -> None:
    place = tmp_path / "a.db"
    place.write_text("id,text\n" * 1000)
    assert "not a database" in refused(place)
    assert place.read_text() == "id,text\n" * 1000


def test_one_of_somebody_else(tmp_path: Path) -> None:
    place = tmp_path / "a.db"
    with sqlite3.connect(place) as connection:
        connection.execute("CREATE TABLE photos (id INTEGER)")
    connection.close()
    assert "not one of Intone's" in refused(place)


def test_a_place_that_cannot_be(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert "folder cannot be made" in refused(tmp_path / "file" / "a.db")
    assert "cannot be opened" in refused(tmp_path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    assert "cannot be opened" in refused(tmp_path / "a.db")
    tmp_path.chmod(0o700)


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with open_database(tmp_path / "a.db") as database:
        with pytest.raises(StoreError, match=r"a\.db: it cannot be written"):
            with database.write() as connection:
                connection.exec_driver_sql("PRAGMA query_only = ON")
                connection.exec_driver_sql("DELETE FROM runs")


@pytest.fixture
def locked() -> Iterator[Path]:
    """A database with a run in it, in a folder where nothing can be written, even by root."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "a folder?#%"
        folder.mkdir()
        with open_database(folder / "a.db") as database:
            Runs(database).create("tune", {}, "data")
        (folder / "a.db").chmod(0o444)
        folder.chmod(0o555)
        Path(name).chmod(0o755)
        user = os.geteuid()
        if user == 0:
            os.seteuid(65534)
        try:
            yield folder / "a.db"
        finally:
            os.seteuid(user)
            folder.chmod(0o755)


def test_one_that_cannot_be_written_can_be_read(locked: Path) -> None:
    with open_database(locked) as database:
        assert [record.kind for record in Runs(database).newest()] == ["tune"]
        with pytest.raises(StoreError, match=r"a\.db: it cannot be written"):
            Runs(database).create("tune", {}, "data")


def test_another_writer_for_too_long(tmp_path: Path) -> None:
    with open_database(tmp_path / "a.db") as database, database.write():
        with open_database(tmp_path / "a.db", patience=0.05) as other:
            with pytest.raises(StoreError, match="another process has been writing"):
                Runs(other).create("run", {}, "data")


def test_an_exception_undoes_all_of_a_transaction(tmp_path: Path) -> None:
    with open_database(tmp_path / "a.db") as database:
        with pytest.raises(KeyError), database.write() as connection:
            connection.exec_driver_sql("INSERT INTO about VALUES ('a', 'b')")
            raise KeyError
        with database.read() as connection:
            names = connection.exec_driver_sql("SELECT name FROM about").scalars().all()
        assert names == ["intone"]


def test_urls_that_cannot_be_used() -> None:
    for url in ("sqlite://", "nosuchbase://here/there", "postgresql+nosuchdriver://here/x"):
        with pytest.raises(SettingError):
            open_database(url)
