"""What the ledger costs: calls recorded and looked up a second, bytes a call on disk.

    python benchmarks/ledger.py [CALLS]

Records from 64 tasks at once, each waiting until its call is on disk (group commit), for a prompt
with a beginning of 4.2 KB that all requests share (it ends in the middle of a piece, the average
case) and a ticket of their own. The second line adds
0.1 ms of other work to each call, as an engine has.
"""

from __future__ import annotations

import asyncio
import os
import random
import sys
import tempfile
import time
from pathlib import Path

from intone.evaluate.ledger import request_key
from intone.llm.answers import Labels
from intone.llm.completion import Completion, Usage
from intone.llm.messages import Message
from intone.llm.request import Request
from intone.store import SqlLedger, open_database

TASKS = 64
IDENTITY = "http://127.0.0.1:8000/v1#qwen2.5-1.5b-instruct"
LABELS = Labels(("billing", "technical", "shipping", "account", "sales", "other"))
ANSWER = Completion("billing", usage=Usage(1100, 2), seconds=0.25)

_WORDS = random.Random(0).choices(
    "the my order was charged login fails today again".split(), k=4000
)


def words(count: int, start: int) -> str:
    """Return so many words, different ones for each start."""
    draw = random.Random(start)
    return " ".join(draw.choice(_WORDS) for _ in range(count))


BEGINNING = words(1000, -1)[:4214]


def tickets(count: int, first: int) -> list[tuple[str, Request]]:
    """Return requests with their keys."""
    asked = []
    for number in range(first, first + count):
        text = f"{BEGINNING}\n\nSubject: {words(6, number)}\n{words(40, number)}"
        request = Request((Message("user", text),), LABELS)
        asked.append((request_key(IDENTITY, request), request))
    return asked


async def record(ledger: SqlLedger, asked: list[tuple[str, Request]], work: float) -> None:
    """Record all of them from 64 tasks and print how fast that was."""
    left = iter(asked)

    async def task() -> None:
        for key, request in left:
            await asyncio.sleep(0)
            until = time.perf_counter() + work
            while time.perf_counter() < until:
                pass
            await ledger.record(key, IDENTITY, request, ANSWER)

    start, cpu = time.perf_counter(), time.process_time()
    await asyncio.gather(*(task() for _ in range(TASKS)))
    took, used = time.perf_counter() - start, time.process_time() - cpu
    each = used / len(asked) * 1e6
    what = f"record, {TASKS} tasks, {work * 1000:g} ms of work a call"
    print(f"{what:45} {len(asked) / took:9,.0f} /s   {each:4.0f} µs of CPU a call")


async def look_up(ledger: SqlLedger, keys: list[str], at_once: int) -> None:
    """Look all keys up, so many at a time, and print how fast that was."""
    start = time.perf_counter()
    for first in range(0, len(keys), at_once):
        found = await ledger.lookup(keys[first : first + at_once])
        assert len(found) == len(keys[first : first + at_once])
    took = time.perf_counter() - start
    print(f"{f'look up, {at_once} a time':45} {len(keys) / took:9,.0f} /s")


async def main(count: int, place: Path) -> None:
    with open_database(place) as database, SqlLedger(database) as ledger:
        plain, busy = tickets(count, 0), tickets(count, count)
        await record(ledger, plain, 0.0)
        await record(ledger, busy, 0.0001)
        keys = [key for key, _ in plain + busy]
        random.Random(0).shuffle(keys)
        await look_up(ledger, keys, len(keys))
        await look_up(ledger, keys[:5000], 1)
        start = time.perf_counter()
        checked = ledger.verify()
        assert not checked.wrong
        print(f"{'verify':45} {checked.checked / (time.perf_counter() - start):9,.0f} /s")
    start = time.perf_counter()
    open_database(place).close()
    print(f"{'open an up-to-date database':45} {(time.perf_counter() - start) * 1000:9.1f} ms")
    asked = sum(len(m.content) for _, request in plain + busy for m in request.messages)
    size = os.path.getsize(place) / len(keys)
    print(f"{'on disk':45} {size:9.0f} bytes a call, for {asked / len(keys):.0f} bytes asked")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(main(int(sys.argv[1]) if sys.argv[1:] else 20_000, Path(folder) / "ledger.db"))
