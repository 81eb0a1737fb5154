"""The engine against a bare aiohttp loop, on an instant local server, 64 calls at once.

Both send the same bytes to the same server in one run, in turns. The engine renders a prompt,
reserves the budget, looks up and writes the ledger (SQLite), retries if need be, and grades every
answer; the bare loop posts and parses. Prints calls per second of each, the share the engine
reaches, and its memory over 100,000 calls.

    python benchmarks/engine.py [--calls 6000] [--rounds 5] [--memory-calls 100000]
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import aiohttp
import psutil
from instant_server import instant_server

from intone.data.row import Row
from intone.evaluate.budget import Budget, Purse
from intone.evaluate.engine import Engine, Job
from intone.evaluate.metered import Metered
from intone.llm.open import ModelSettings, open_backend
from intone.llm.request import Sampling
from intone.metrics.grading import grader_for
from intone.prompt.prompt import Prompt
from intone.store.database import open_database
from intone.store.ledger import SqlLedger

LABELS = ("billing", "technical", "sales")
PROMPT = Prompt("Which team?\n\n{{ body }}", clarifiers=["Answer with the team's name only."])


def jobs(count: int, salt: int) -> Iterator[Job]:
    """Give jobs on rows that are all different."""
    for index in range(count):
        body = f"ticket {salt}-{index} " + "text " * 80
        yield Job(PROMPT, Row(index, str(index), {"body": body}, "billing"))


async def bare(url: str, calls: int, concurrent: int) -> float:
    """Return the calls per second of a bare aiohttp loop."""
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector) as session:
        left = iter(range(calls))

        async def loop() -> None:
            for number in left:
                text = f"ticket {number} " + "text " * 80
                body = {"model": "bench", "messages": [{"role": "user", "content": text}]}
                async with session.post(f"{url}/chat/completions", json=body) as reply:
                    json.loads(await reply.read())

        began = time.perf_counter()
        await asyncio.gather(*(loop() for _ in range(concurrent)))
        return calls / (time.perf_counter() - began)


async def engine(url: str, calls: int, concurrent: int, folder: Path, salt: int) -> float:
    """Return the calls per second of the engine, ledger and grading included."""
    backend = open_backend(ModelSettings(f"{url}#bench", concurrency=concurrent))
    with open_database(folder / "bench.db") as database, SqlLedger(database) as ledger:
        metered = Metered(backend, ledger, Purse(Budget(calls=calls)), concurrency=concurrent)
        one = Engine(metered, grader_for("label", LABELS), Sampling(max_tokens=16))
        began = time.perf_counter()
        right = 0.0
        async for outcome in one.stream(jobs(calls, salt)):
            right += outcome.score or 0.0
        seconds = time.perf_counter() - began
        assert right == calls, f"{right} of {calls} answered right"
        await metered.close()
    return calls / seconds


def memory() -> float:
    """Return this process's resident memory in MB."""
    return float(psutil.Process().memory_info().rss) / 1e6


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--calls", type=int, default=6000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--concurrent", type=int, default=64)
    parser.add_argument("--memory-calls", type=int, default=100_000)
    told = parser.parse_args()
    plain: list[float] = []
    ours: list[float] = []
    with instant_server() as url, tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for round_ in range(told.rounds):
            plain.append(asyncio.run(bare(url, told.calls, told.concurrent)))
            ours.append(asyncio.run(engine(url, told.calls, told.concurrent, folder, round_)))
        ratios = [mine / other for mine, other in zip(ours, plain, strict=True)]
        print(f"{told.calls} calls, {told.concurrent} at once, median of {told.rounds}")
        print(f"bare aiohttp loop {statistics.median(plain):8,.0f} calls/s")
        print(f"engine            {statistics.median(ours):8,.0f} calls/s")
        print(f"share             {statistics.median(ratios):8.0%}   (aim: at least 40 %)")
        marks = []
        share = told.memory_calls // 5
        for part in range(5):
            asyncio.run(engine(url, share, told.concurrent, folder, 1000 + part))
            marks.append(f"{(part + 1) * share:,}: {memory():.0f} MB")
        print(f"memory after calls  {', '.join(marks)}")


if __name__ == "__main__":
    main()
