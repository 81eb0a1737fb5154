"""What the API costs: 50 clients at once against `:run` on the fake model, and one at a time.

    python benchmarks/serve_load.py [SECONDS] [CLIENTS]

Starts `intone serve` as a process of its own and asks it different questions for so many seconds.
Then it asks one question after the other, through the API and through the engine alone (with the
same ledger on disk): the difference is the overhead. At the end every answer that was acknowledged
is looked for among the traces. Client and server share the machine.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import aiohttp
import psutil

from intone.data.row import Row
from intone.evaluate.budget import Budget, Purse
from intone.evaluate.engine import Engine, Job
from intone.evaluate.metered import Metered
from intone.llm.fake import FakeBackend, last_message
from intone.metrics.ungraded import Ungraded
from intone.prompt.prompt import Prompt
from intone.runs.project import Project
from intone.store.ledger import SqlLedger
from intone.store.registry import Registry
from intone.store.traces import Traces

PROMPT = Prompt("Which team should handle this ticket?\n\n{{ body }}")
PATH = "/api/v1/prompts/triage/live:run"
ALONE = 300  # questions one after the other
_COMMAND = "import sys; from intone.cli.main import main; sys.exit(main(sys.argv[1:]))"


def start(folder: Path) -> tuple[subprocess.Popen[str], str, str]:
    """Start a server; return it, its address, and its token."""
    with Project(folder).open() as database:
        Registry(database).save("triage", PROMPT.canonical())
        Registry(database).label("triage", "live")
    arguments = ["serve", "--port", "0", "--json", "--model", "fake:echo"]
    process = subprocess.Popen(
        [sys.executable, "-c", _COMMAND, *arguments], cwd=folder, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    text = ""
    for line in process.stdout:
        text += line
        if line == "}\n":
            break
    form = json.loads(text)
    return process, form["url"], form["login"].partition("token=")[2]


async def load(
    session: aiohttp.ClientSession, seconds: float, clients: int
) -> tuple[list[float], list[str], int]:
    """Ask from many clients at once; return the times, the traces, and how many failed."""
    times: list[float] = []
    traces: list[str] = []
    failed = 0
    until = time.perf_counter() + seconds

    async def client(number: int) -> None:
        nonlocal failed
        asked = 0
        while time.perf_counter() < until:
            asked += 1
            began = time.perf_counter()
            body = {"inputs": {"body": f"ticket {asked} of {number}"}, "user": f"u{number}"}
            async with session.post(PATH, json=body) as response:
                answer = await response.json()
                if response.status == 200:
                    times.append(time.perf_counter() - began)
                    traces.append(answer["trace"])
                else:
                    failed += 1

    await asyncio.gather(*(client(number) for number in range(clients)))
    return times, traces, failed


async def alone(ask: Callable[[str], Awaitable[object]]) -> float:
    """Return the median seconds of a question, one after the other."""
    times = []
    for number in range(ALONE):
        began = time.perf_counter()
        await ask(f"alone {number}")
        times.append(time.perf_counter() - began)
    return statistics.median(times)


async def by_engine(folder: Path) -> float:
    """Return the median seconds of a question asked of the engine itself."""
    with Project(folder).open() as database, SqlLedger(database) as ledger:
        metered = Metered(FakeBackend(last_message), ledger, Purse(Budget()))
        engine = Engine(metered, Ungraded())
        return await alone(lambda text: engine.run([Job(PROMPT, Row(0, text, {"body": text}))]))


async def measure(
    folder: Path, server: tuple[subprocess.Popen[str], str, str], seconds: float, clients: int
) -> list[str]:
    """Measure, print, and return the traces that were acknowledged."""
    process, url, token = server
    used = psutil.Process(process.pid).cpu_times
    headers = {"authorization": f"Bearer {token}"}
    connector = aiohttp.TCPConnector(limit=clients)
    async with aiohttp.ClientSession(url, headers=headers, connector=connector) as session:
        before = used()
        times, traces, failed = await load(session, seconds, clients)
        after = used()

        async def ask(text: str) -> None:
            async with session.post(PATH, json={"inputs": {"body": text}}) as response:
                traces.append((await response.json())["trace"])

        through = await alone(ask)
    cuts = statistics.quantiles(times, n=100)
    print(f"{clients} clients for {seconds:g} s: {len(times) / seconds:.0f} requests/s, ", end="")
    print(f"p50 {1e3 * cuts[49]:.1f} ms, p99 {1e3 * cuts[98]:.1f} ms, {failed} errors")
    spent = after.user + after.system - before.user - before.system
    print(f"the server took {1e3 * spent / len(times):.2f} ms of processor time a request")
    engine = await by_engine(folder)
    print(
        f"one at a time: p50 {1e3 * through:.2f} ms, the engine alone {1e3 * engine:.2f} ms, ",
        end="",
    )
    print(f"so the API adds {1e3 * (through - engine):.2f} ms")
    return traces


def main() -> None:
    """Start, measure, stop, and look for every trace."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 30.0
    clients = int(sys.argv[2]) if len(sys.argv) > 2 else 50
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        server = start(folder)
        try:
            traces = asyncio.run(measure(folder, server, seconds, clients))
        finally:
            server[0].terminate()
            server[0].wait()
        with Project(folder).open() as database:
            kept = {trace.id for trace in Traces(database).newest(10_000_000)}
        print(f"{len(traces)} answers were acknowledged, {len(set(traces) - kept)} traces are lost")


if __name__ == "__main__":
    main()
