"""The ledger on disk: what it keeps of a request, failures, other processes, sudden ends."""

from __future__ import annotations

import asyncio
import random
import sqlite3
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import event

from intone.errors import StoreError
from intone.evaluate.ledger import request_key
from intone.llm.answers import AnswerSpec, FreeText, Json, Labels, Number
from intone.llm.completion import Completion
from intone.llm.messages import Message
from intone.llm.request import Request, Sampling
from intone.store import Database, Registry, SqlLedger, open_database
from intone.store.laid_down import PIECE, Batch, Cutter, request_of

HERE = "fake:here"

ANSWERS: list[AnswerSpec] = [
    FreeText(),
    Number(),
    Labels(("yes", "no"), {"no": "B", "yes": "A"}),
    Json(),
    Json({"type": "object", "properties": {"b": {"type": "number"}, "a": {}}}),
]

texts = st.text(st.characters(), max_size=40).map(lambda text: text * 30)
requests = st.builds(
    Request,
    st.lists(st.builds(Message, st.sampled_from(["system", "user"]), texts), max_size=4).map(tuple),
    st.sampled_from(ANSWERS),
    st.builds(
        Sampling,
        st.sampled_from([0, 0.0, 0.7]),
        st.integers(1, 4096),
        st.lists(texts, max_size=2).map(tuple),
        st.none() | st.floats(0, 1),
    ),
    st.integers(0, 9),
)


@given(requests)
def test_a_request_reads_back_as_it_was(request: Request) -> None:
    batch = Batch()
    Cutter().add(batch, request_key(HERE, request), HERE, request, Completion(""))
    ((_, _, asked),) = batch.settings
    ((_, _, sample, head, rest, *_),) = batch.calls
    known = {name: (before, raw) for name, before, raw in batch.pieces}
    beginning = []
    while head is not None:
        head, raw = known[head]  # type: ignore[index]
        beginning.append(raw)
    again = request_of(asked, reversed(beginning), rest, sample)  # type: ignore[arg-type]
    assert again == request
    assert request_key(HERE, again) == request_key(HERE, request)


def about(number: int, beginning: str = "") -> tuple[str, Request]:
    request = Request((Message("user", f"{beginning}Ticket {number}"),))
    return request_key(HERE, request), request


def keep(database: Database, numbers: range, beginning: str = "") -> None:
    async def go() -> None:
        with SqlLedger(database) as ledger:
            asked = [about(number, beginning) for number in numbers]
            await asyncio.gather(
                *(ledger.record(key, HERE, request, Completion("x")) for key, request in asked)
            )

    asyncio.run(go())


def test_a_shared_beginning_is_kept_once(tmp_path: Path) -> None:
    beginning = "".join(f"Example {number}. " for number in range(300))
    with open_database(tmp_path / "a.db") as database:
        keep(database, range(50), beginning)
        keep(database, range(50, 60), beginning)
        with database.read() as connection:
            ask = connection.exec_driver_sql
            assert ask("SELECT count(*) FROM pieces").scalar_one() == len(beginning) // PIECE
            assert ask("SELECT max(length(rest)) FROM calls").scalar_one() < 2 * PIECE
        ledger = SqlLedger(database)
        key, request = about(57, beginning)
        kept = ledger.show(key)
        assert kept is not None and kept.request == request
        assert (kept.key, kept.identity, kept.completion.text) == (key, HERE, "x")
        assert abs((datetime.now(UTC) - kept.at).total_seconds()) < 60
        assert ledger.show("00" * 16) is None
        assert ledger.count() == 60


def test_verify_finds_what_was_tampered_with(tmp_path: Path) -> None:
    with open_database(tmp_path / "a.db") as database:
        keep(database, range(30), "word " * 200)
        ledger = SqlLedger(database)
        whole = ledger.verify()
        assert (whole.checked, whole.wrong) == (30, ())
        assert ledger.verify(every=10).checked == 3
        with database.write() as connection:
            connection.exec_driver_sql("UPDATE calls SET sample = 3 WHERE id = 7")
            connection.exec_driver_sql("UPDATE calls SET rest = x'7b' WHERE id = 9")
        with database.read() as connection:
            those = "SELECT lower(hex(key)) FROM calls WHERE id IN (7, 9) ORDER BY id"
            wrong = tuple(connection.exec_driver_sql(those).scalars())
        assert ledger.verify().wrong == wrong
        with database.write() as connection:
            connection.exec_driver_sql("UPDATE pieces SET text = upper(text)")
        assert len(ledger.verify().wrong) == 30


def test_a_full_disk_is_one_line_and_nothing_acknowledged_is_lost(tmp_path: Path) -> None:
    place = tmp_path / "a.db"
    with open_database(place) as database:
        keep(database, range(10))
    acknowledged: list[str] = []

    async def fill(database: Database) -> None:
        with SqlLedger(database) as ledger:
            for number in range(10, 10_000):
                request = Request((Message("user", f"{number} " + "filler " * 500),))
                key = request_key(HERE, request)
                await ledger.record(key, HERE, request, Completion("x"))
                acknowledged.append(key)

    with open_database(place) as database:
        _limit(database, 100)
        with pytest.raises(StoreError) as caught:
            asyncio.run(fill(database))
    assert str(caught.value) == (
        f"database {place}: the disk is full: "
        "free some space and run again; what was answered is kept"
    )
    assert acknowledged
    with open_database(place) as database, SqlLedger(database) as ledger:
        assert len(asyncio.run(ledger.lookup(acknowledged))) == len(acknowledged)
        assert ledger.count() == 10 + len(acknowledged)
        assert ledger.verify().wrong == ()


def _limit(database: Database, pages: int) -> None:
    def connected(connection: sqlite3.Connection, _: object) -> None:
        connection.execute(f"PRAGMA max_page_count = {pages}")

    event.listen(database.engine, "connect", connected)
    database.close()  # so that every connection from here on is a new one


def test_after_a_failed_commit_shared_pieces_are_written_again(tmp_path: Path) -> None:
    async def go(database: Database) -> None:
        with SqlLedger(database) as ledger:
            with database.write() as connection:
                connection.exec_driver_sql("ALTER TABLE calls RENAME TO away")
            key, request = about(1, "word " * 200)
            with pytest.raises(StoreError, match="no such table"):
                await ledger.record(key, HERE, request, Completion("x"))
            with database.write() as connection:
                connection.exec_driver_sql("ALTER TABLE away RENAME TO calls")
            await ledger.record(key, HERE, request, Completion("x"))
            assert ledger.verify().wrong == ()
            assert ledger.count() == 1

    with open_database(tmp_path / "a.db") as database:
        asyncio.run(go(database))


def test_giving_up_waiting_does_not_disturb_the_others(tmp_path: Path) -> None:
    async def go(database: Database) -> int:
        with SqlLedger(database) as ledger:
            tasks = [asyncio.create_task(ledger.record(*_call(number))) for number in range(40)]
            await asyncio.sleep(0)
            for task in tasks[::2]:
                task.cancel()
            done = await asyncio.gather(*tasks, return_exceptions=True)
            return sum(result is None for result in done)

    with open_database(tmp_path / "a.db") as database:
        assert asyncio.run(go(database)) >= 20
        assert SqlLedger(database).count() == 40


def _call(number: int) -> tuple[str, str, Request, Completion]:
    key, request = about(number)
    return key, HERE, request, Completion("x")


WRITER = """
import asyncio, sys
from intone.evaluate.ledger import request_key
from intone.llm.completion import Completion
from intone.llm.messages import Message
from intone.llm.request import Request
from intone.store import Registry, SqlLedger, open_database

async def main(place, who, most):
    numbers = iter(range(most))
    with open_database(place) as database, SqlLedger(database) as ledger:
        async def worker():
            for number in numbers:
                request = Request((Message("user", "shared " * 100 + f"{who} {number}"),))
                key = request_key("fake:here", request)
                assert not await ledger.lookup([key])
                await ledger.record(key, "fake:here", request, Completion("x"))
                print(key, flush=True)
                if number % 50 == 0:
                    Registry(database).save("triage", {"who": who, "number": number})
        await asyncio.gather(*(worker() for _ in range(16)))

asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
"""


def writer(place: Path, who: str, most: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, str(place), who, str(most)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_two_processes_at_once(tmp_path: Path) -> None:
    place = tmp_path / "a.db"
    those = [writer(place, who, 1000) for who in ("first", "second")]
    said = [process.communicate() for process in those]
    assert [complaint for _, complaint in said] == ["", ""]
    keys = "".join(out for out, _ in said).split()
    with open_database(place) as database, SqlLedger(database) as ledger:
        assert len(asyncio.run(ledger.lookup(keys))) == 2000
        assert ledger.verify().wrong == ()
        saved = Registry(database).versions("triage")
        assert [version.number for version in saved] == list(range(40, 0, -1))


def test_what_was_acknowledged_outlives_kill_9(tmp_path: Path) -> None:
    place = tmp_path / "a.db"
    open_database(place).close()
    moments = random.Random(2)
    for attempt in range(5):
        process = writer(place, f"attempt {attempt}", 1_000_000)
        assert process.stdout is not None
        first = process.stdout.readline()  # it is at work
        time.sleep(moments.uniform(0.0, 0.3))
        process.kill()
        rest, complaint = process.communicate()
        assert process.returncode == -9 and complaint == ""
        whole = [line for line in (first + rest).splitlines(keepends=True) if line.endswith("\n")]
        keys = [line.strip() for line in whole]
        with open_database(place) as database, SqlLedger(database) as ledger:
            assert len(asyncio.run(ledger.lookup(keys))) == len(keys)
            assert ledger.verify().wrong == ()
            with database.read() as connection:
                assert connection.exec_driver_sql("PRAGMA integrity_check").scalar_one() == "ok"
