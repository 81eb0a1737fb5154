"""Rows that every prompt got wrong, over several runs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from intone.evaluate.outcome import Outcome
from intone.store.database import Database, open_database
from intone.store.outcomes import RunOutcomes
from intone.store.runs import Runs
from intone.store.wrong_rows import GivenAnswer, WrongRow, given_answers, wrong_rows


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with open_database(tmp_path / "intone.db") as it:
        yield it


def keep(database: Database, *those: tuple[str, int, float | None, str]) -> int:
    """Keep a run with these outcomes (program, row, score, answer); return its number."""
    run = Runs(database).create("run", {}, "data").number
    outcomes: Sequence[Outcome] = [
        Outcome(program, row, at, "failed" if score is None else "answered", score, "", answer)
        for at, (program, row, score, answer) in enumerate(those)
    ]
    RunOutcomes(database, run).add(outcomes)
    return run


def test_a_row_is_wrong_where_no_prompt_of_any_of_the_runs_got_it_right(database: Database) -> None:
    first = keep(
        database,
        ("a", 1, 0.0, "x"),
        ("b", 1, 0.0, "y"),
        ("a", 2, 0.0, "x"),
        ("b", 2, 1.0, "z"),
        ("a", 3, None, ""),
        ("a", 4, 0.4, "x"),
    )
    second = keep(database, ("c", 1, 0.0, "x"), ("a", 1, 0.0, "x"), ("c", 4, 0.5, "x"))
    both = [first, second]
    assert list(wrong_rows(database, both)) == [WrongRow(1, 3, 0.0)]
    assert list(wrong_rows(database, [first])) == [WrongRow(1, 2, 0.0), WrongRow(4, 1, 0.4)]
    assert list(wrong_rows(database, both, 2)) == list(wrong_rows(database, [])) == []
    assert list(wrong_rows(database, both, 1)) == [WrongRow(1, 3, 0.0)]


def test_samples_of_a_prompt_are_averaged(database: Database) -> None:
    run = keep(database, ("a", 1, 1.0, "x"), ("a", 1, 0.0, "y"), ("a", 2, 1.0, "x"))
    assert list(wrong_rows(database, [run])) == []
    more = keep(database, ("a", 1, 0.0, "y"), ("a", 2, 0.0, "x"))
    assert [it.row for it in wrong_rows(database, [run, more])] == [1]


def test_the_answers_to_a_row_are_counted_by_prompts(database: Database) -> None:
    run = keep(database, ("a", 1, 0.0, "x"), ("b", 1, 0.0, "x"), ("c", 1, 1.0, "y"))
    again = keep(database, ("a", 1, 0.0, "x"), ("d", 1, None, ""))
    assert given_answers(database, [run, again], 1) == [
        GivenAnswer("x", "answered", 2, 0.0),
        GivenAnswer("", "failed", 1, None),
        GivenAnswer("y", "answered", 1, 1.0),
    ]
    assert len(given_answers(database, [run, again], 1, limit=1)) == 1
    assert given_answers(database, [run], 7) == []
