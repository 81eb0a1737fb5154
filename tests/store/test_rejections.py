"""Rejected edits: kept by data, once a run, and with databases of before."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from intone.store import Database, Rejection, Rejections, Runs, open_database
from intone.store.database import REVISIONS

ONE = Rejection(
    run=1,
    prompt_id="a",
    tried_id="b",
    edits=({"name": "add_clarifier", "section": "clarifiers", "item": "Sei höflich."},),
    sentence="add “Sei höflich.”",
    reason="4 points worse on 20 rows",
    difference=-0.04,
    rows=20,
)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with open_database(tmp_path / "a.db") as opened:
        for _ in range(3):
            Runs(opened).create("tune", {}, "d1")
        yield opened


def test_they_come_back_as_they_were_oldest_first(database: Database) -> None:
    kept = Rejections(database)
    two = replace(ONE, tried_id="c", difference=None, rows=0)
    three = replace(ONE, run=2)
    kept.keep(2, "d1", [three])
    kept.keep(1, "d1", [ONE, two])
    assert kept.of_data("d1") == [ONE, two, three]
    assert kept.of_data("d1", limit=2) == [two, three]
    assert kept.of_data("d2") == []


def test_a_run_that_is_taken_up_replaces_its_own(database: Database) -> None:
    kept = Rejections(database)
    kept.keep(1, "d1", [ONE, replace(ONE, tried_id="c")])
    kept.keep(1, "d1", [ONE])
    assert kept.of_data("d1") == [ONE]
    kept.keep(1, "d1", [])
    assert kept.of_data("d1") == []


def test_plain_forms_are_read_back() -> None:
    assert Rejection.from_form(ONE.form()) == ONE


def test_a_database_of_before_gets_the_table(tmp_path: Path) -> None:
    place = tmp_path / "a.db"
    with open_database(place) as database:
        Runs(database).create("tune", {"seed": 1}, "d1")
    with sqlite3.connect(place) as connection:  # as the first version left it
        served = ("trace_outcomes", "traces", "experiments")
        for table in ("rejections", "complaints", "programs", *served):
            connection.execute(f"DROP TABLE {table}")
        for table in ("calls", "failures"):
            connection.execute(f"ALTER TABLE {table} DROP COLUMN broken")
        for column in ("deleted", "deleted_by"):
            connection.execute(f"ALTER TABLE versions DROP COLUMN {column}")
        connection.execute("UPDATE alembic_version SET version_num = '0001'")
    connection.close()
    with open_database(place) as database:
        assert Runs(database).get(1).spec == {"seed": 1}
        Rejections(database).keep(1, "d1", [ONE])
        assert Rejections(database).of_data("d1") == [ONE]
    with sqlite3.connect(place) as connection:
        (found,) = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    connection.close()
    assert found == REVISIONS[-1]


def test_runs_on_some_data_oldest_first(database: Database) -> None:
    runs = Runs(database)
    runs.create("run", {}, "d1")
    runs.create("tune", {}, "d2")
    assert [run.number for run in runs.of_data("tune", "d1")] == [1, 2, 3]
