"""Traces, what they were worth, and experiments: kept whole, in groups, and found again."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intone.errors import InputError, NotThere, StoreError
from intone.store import Database, open_database
from intone.store.experiments import Experiment, Experiments
from intone.store.group_commit import GroupCommit
from intone.store.traces import Trace, Traces, hashed_user, new_trace_id, user_secret

ONE = Trace("t1", "triage", 2, "live", {"body": "Größe \ud83d"}, "half \ud83d", "answered", at=5.0)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with open_database(tmp_path / "a.db") as opened:
        yield opened


def keep(database: Database, *those: Trace) -> Traces:
    traces = Traces(database)

    async def add() -> None:
        await asyncio.gather(*(traces.add(trace) for trace in those))

    asyncio.run(add())
    traces.close()
    return traces


def test_they_come_back_as_they_were_newest_first(database: Database) -> None:
    Experiments(database).start(Experiment(0, "p", "live", 1, 2))
    two = replace(ONE, id="t2", name="other", user="u", experiment=1, variant="b", seconds=0.5)
    traces = keep(database, ONE, two)
    assert traces.get("t1") == ONE and traces.get("t2") == two
    assert traces.newest(1) == [two] and traces.newest(name="triage") == [ONE]
    assert traces.count() == 2 and ONE.ref == "triage@2"
    with pytest.raises(NotThere, match="no trace 'x'"):
        traces.get("x")
    with pytest.raises(NotThere):
        traces.worth("x", 1.0, "rating")


def test_many_at_once_share_few_transactions(database: Database) -> None:
    groups: list[int] = []

    def write(group: Sequence[int]) -> None:
        groups.append(len(group))

    async def add(writing: GroupCommit[int]) -> None:
        await asyncio.gather(*(writing.add(number) for number in range(500)))

    writing = GroupCommit(write, "test")
    asyncio.run(add(writing))
    writing.close()
    assert sum(groups) == 500 and len(groups) < 250
    traces = keep(database, *(replace(ONE, id=f"t{number}") for number in range(300)))
    assert traces.count() == 300


def test_whoever_waits_is_told_that_it_failed(database: Database) -> None:
    with pytest.raises(StoreError):
        keep(database, replace(ONE, id="same"), replace(ONE, id="same"))
    assert keep(database, ONE).count() == 1  # and the next one is kept


def test_a_users_first_worth_counts_in_the_order_of_arrival(database: Database) -> None:
    number = Experiments(database).start(Experiment(0, "p", "live", 1, 2)).number
    of_it = replace(ONE, experiment=number)
    a = replace(of_it, id="a", user="ann", variant="a")
    again = replace(of_it, id="again", user="ann", variant="a")
    b = replace(of_it, id="b", user=None, variant="b")
    c = replace(of_it, id="c", user=None, variant="b")
    traces = keep(database, a, again, b, c, replace(ONE, id="outside"))
    for trace, value in (("c", 0.5), ("again", 1.0), ("a", 0.0), ("b", 0.25), ("outside", 1.0)):
        traces.worth(trace, value, "application")
    assert traces.worths(number) == [("b", 0.5), ("a", 1.0), ("b", 0.25)]


def test_users_are_hashed_with_a_secret_of_the_database(tmp_path: Path) -> None:
    with open_database(tmp_path / "a.db") as one, open_database(tmp_path / "b.db") as other:
        assert user_secret(one) == user_secret(one) != user_secret(other)
        assert hashed_user(user_secret(one), "ann") != hashed_user(user_secret(other), "ann")


@given(st.text(), st.text())
def test_users_are_told_apart(one: str, other: str) -> None:
    secret = b"s" * 32
    assert (hashed_user(secret, one) == hashed_user(secret, other)) is (one == other)


def test_ids_are_not_guessed() -> None:
    assert len({new_trace_id() for _ in range(100)}) == 100 and len(new_trace_id()) == 32


def test_one_experiment_runs_on_a_label(database: Database) -> None:
    those = Experiments(database)
    before = those.stamp()
    first = those.start(Experiment(0, "p", "live", 1, 2, promote=True))
    assert first.promote and first.state == "running" and those.stamp() != before
    with pytest.raises(InputError, match="experiment 1 is running on p@live"):
        those.start(Experiment(0, "p", "live", 1, 3))
    assert those.start(Experiment(0, "p", "beta", 1, 3)).number == 2
    running = those.stamp()
    assert those.end(1, "stopped").ended and those.stamp() != running
    with pytest.raises(InputError, match="it was stopped"):
        those.end(1, "promoted")
    with pytest.raises(NotThere, match="no experiment 7"):
        those.end(7, "stopped")
    assert [it.number for it in those.running()] == [2] and len(those.all()) == 2
