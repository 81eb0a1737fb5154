"""Runs: numbers, states, the death of their process, outcomes, failures, openings."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from intone.errors import InputError
from intone.evaluate.metered import Failure
from intone.evaluate.outcome import Outcome
from intone.llm.completion import Usage
from intone.store import Database, RunFailures, RunOutcomes, Runs, open_database
from intone.store.alive import Process, this_process


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with open_database(tmp_path / "a.db") as opened:
        yield opened


def test_what_a_run_tells_last_takes_the_place_of_what_it_told(database: Database) -> None:
    runs = Runs(database)
    runs.create("tune", {}, "d")
    runs.create("tune", {}, "d")
    assert runs.told(1, "progress") is None
    runs.note(1, "begun")
    for calls in (1, 2, 3):
        runs.tell(1, "progress", {"calls": calls})
    runs.tell(2, "progress", {"calls": 9})
    assert [event.kind for event in runs.events(1)] == ["begun", "progress"]
    told = runs.told(1, "progress")
    assert told is not None and told.facts == {"calls": 3}
    with pytest.raises(InputError):
        runs.tell(3, "progress", {})


def test_a_run_from_beginning_to_end(database: Database) -> None:
    runs = Runs(database)
    spec = {"prompt": "p.toml", "budget": {"calls": 600}, "model": {"api_key_env": "KEY"}}
    run = runs.create("tune", spec, "d1")
    assert (run.number, run.kind, run.state, run.data_id) == (1, "tune", "running", "d1")
    assert run.spec == spec and run.summary is None and run.candidates == ()
    assert run.ended is None and datetime.fromisoformat(run.started).tzinfo is UTC
    runs.note(1, "round", {"leader": "a", "score": 0.5})
    runs.note(1, "sealed")
    runs.beat(1)
    runs.keep_candidates(1, [{"id": "a"}])
    runs.keep_candidates(1, [{"id": "a"}, {"id": "b", "parents": ["a"]}])
    runs.end(1, "done", {"score": 0.78})
    run = runs.get(1)
    assert (run.state, run.summary) == ("done", {"score": 0.78})
    assert run.ended is not None and run.candidates[1] == {"id": "b", "parents": ["a"]}
    assert [(event.kind, event.facts) for event in runs.events(1)] == [
        ("round", {"leader": "a", "score": 0.5}),
        ("sealed", {}),
    ]
    assert runs.create("compare", {}, "d2").number == 2
    assert [run.number for run in runs.newest()] == [2, 1]
    assert [run.number for run in runs.newest(limit=1)] == [2]


def test_a_run_that_is_not_there(database: Database) -> None:
    runs = Runs(database)
    with pytest.raises(InputError, match="there is no run 7; there are no runs yet"):
        runs.get(7)
    runs.create("run", {}, "d")
    for use in (runs.get, runs.beat, runs.resume):
        with pytest.raises(InputError, match="there is no run 7; the last one is 1"):
            use(7)


CREATES = (
    "import sys, time; from intone.store import Runs, open_database\n"
    "print(Runs(open_database(sys.argv[1])).create('tune', {}, 'd').number, flush=True)\n"
    "time.sleep(60)"
)


def test_a_killed_process_leaves_an_interrupted_run(database: Database) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", CREATES, database.place], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "1\n"
    runs = Runs(database)
    assert runs.get(1).state == "running"
    with pytest.raises(InputError, match=f"run 1 is under way in process {process.pid}"):
        runs.resume(1)
    process.kill()
    while runs.get(1).state == "running":  # not yet buried, but dead
        pass
    assert runs.get(1).state == "interrupted"
    process.communicate()
    assert runs.newest()[0].state == "interrupted"
    run = runs.resume(1)
    assert run.state == "interrupted"  # as it was before
    assert (runs.get(1).state, runs.get(1).pid) == ("running", os.getpid())
    runs.end(1, "stopped")
    assert runs.resume(1).state == "stopped"
    assert runs.get(1).state == "running"
    assert runs.get(1).ended is None


def test_who_is_alive() -> None:
    here, now = this_process(), datetime.now(UTC)
    long_ago = now - timedelta(hours=1)
    assert here.alive(long_ago)
    assert Process(here.host, here.pid, "").alive(long_ago)
    assert not Process(here.host, here.pid, "00000000:1").alive(now)
    assert not Process(here.host, 2**22 + 1, "").alive(now)
    assert Process("elsewhere", 1, "").alive(now)
    assert not Process("elsewhere", 1, "").alive(long_ago)


def outcome(row: int, **more: object) -> Outcome:
    facts: dict[str, object] = {"status": "answered", "score": 1.0, "reason": "equal"}
    return Outcome(program="p", row=row, sample=0, **(facts | more))  # type: ignore[arg-type]


def test_outcomes_come_back_as_they_were(database: Database) -> None:
    Runs(database).create("run", {}, "d")
    kept = RunOutcomes(database, 1)
    full = outcome(
        1,
        score=0.25,
        answer="billing",
        text="Billing \ud83d.",
        usage=Usage(10, 2, 5),
        calls=3,
        replayed=1,
        seconds=0.5,
        choices={"billing": 0.75, "other": 0.25},
    )
    failed = outcome(0, status="failed", score=None, reason="no answer within 60 s")
    kept.add([full, failed])
    kept.add([])
    assert kept.all() == [failed, full]
    again = outcome(0)
    kept.add([again, outcome(2, status="refused", score=0.0), again])
    assert [it.status for it in kept.all()] == ["answered", "answered", "refused"]
    assert kept.all("p")[0] == again
    assert kept.all("another") == []
    Runs(database).create("run", {}, "d")
    assert RunOutcomes(database, 2).all() == []


def test_failures_are_replayed_until_reopened(database: Database) -> None:
    Runs(database).create("run", {}, "d")
    failures = RunFailures(database, 1)
    asyncio.run(failures.add("ab", Failure("no answer \ud83d", 2)))
    asyncio.run(failures.add("ab", Failure("a second time")))
    asyncio.run(failures.add("cd", Failure("503")))
    assert failures.known == {"ab": ("no answer \ud83d", 2), "cd": ("503", 0)}
    assert RunFailures(database, 1).known == {"ab": ("no answer \\ud83d", 2), "cd": ("503", 0)}
    reopened = RunFailures(database, 1)
    assert reopened.reopen() == 2
    assert reopened.known == {}
    asyncio.run(reopened.add("cd", Failure("503 again")))
    # the retry was cut short here: what it did not come to is as it was
    assert RunFailures(database, 1).known == {
        "ab": ("no answer \\ud83d", 2),
        "cd": ("503 again", 0),
    }


def test_openings_are_counted_per_data_and_once_a_run(database: Database) -> None:
    runs = Runs(database)
    for _ in range(3):
        runs.create("tune", {}, "d")
    assert runs.openings("d") == 0
    assert runs.open_sealed(1, "d") == 1
    assert runs.open_sealed(2, "d") == 2
    assert runs.open_sealed(1, "d") == 1
    assert runs.open_sealed(1, "d", "final") == 3
    assert runs.open_sealed(3, "other") == 1
    assert (runs.openings("d"), runs.openings("other")) == (3, 1)
