"""Which HTTP client carries 256 concurrent calls best: `python benchmarks/http_client.py`.

A loopback server written straight on asyncio's protocol answers a chat completion at once, so it
is the client that is measured. Both clients send the same bytes, read the same bytes and parse
them, in one run, in turns. Prints the median calls per second of each. httpx is not among
Intone's dependencies: install it to run this.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import statistics
import time
from collections.abc import Awaitable, Callable

import aiohttp
import httpx
from instant_server import instant_server

from intone.llm.answers import Labels
from intone.llm.http import address
from intone.llm.messages import Message
from intone.llm.openai import OpenAIBackend
from intone.llm.request import Request

LABELS = Labels(("billing", "technical", "sales"))
BODY = json.dumps(
    {"model": "bench", "messages": [{"role": "user", "content": "Which team? " + "text " * 80}]}
).encode()
HEADERS = {"Authorization": "Bearer none", "Content-Type": "application/json"}

Call = Callable[[], Awaitable[bytes]]


async def rate(call: Call, calls: int, concurrent: int) -> float:
    """Return calls per second of `concurrent` loops sharing `calls` calls."""
    left = iter(range(calls))

    async def loop() -> None:
        for _ in left:
            json.loads(await call())

    started = time.perf_counter()
    await asyncio.gather(*(loop() for _ in range(concurrent)))
    return calls / (time.perf_counter() - started)


async def with_aiohttp(url: str, calls: int, concurrent: int) -> float:
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector, headers=HEADERS) as session:

        async def call() -> bytes:
            async with session.post(url, data=BODY) as reply:
                return await reply.read()

        await rate(call, concurrent, concurrent)  # connections open before the clock starts
        return await rate(call, calls, concurrent)


async def with_httpx(url: str, calls: int, concurrent: int) -> float:
    limits = httpx.Limits(max_connections=concurrent, max_keepalive_connections=concurrent)
    async with httpx.AsyncClient(limits=limits, headers=HEADERS, timeout=60) as client:

        async def call() -> bytes:
            return (await client.post(url, content=BODY)).content

        await rate(call, concurrent, concurrent)
        return await rate(call, calls, concurrent)


async def with_intone(url: str, calls: int, concurrent: int) -> float:
    backend = OpenAIBackend(address(url.removesuffix("/chat/completions")), "bench")
    numbers = itertools.count()

    async def call() -> bytes:
        message = Message("user", f"Which team? {next(numbers)} " + "text " * 80)
        await backend.complete(Request((message,), LABELS))
        return b"0"

    await rate(call, concurrent, concurrent)
    measured = await rate(call, calls, concurrent)
    await backend.close()
    return measured


def main() -> None:
    parser = argparse.ArgumentParser(description="aiohttp against httpx on a loopback server")
    parser.add_argument("--calls", type=int, default=5000)
    parser.add_argument("--concurrent", type=int, default=256)
    parser.add_argument("--rounds", type=int, default=3)
    told = parser.parse_args()

    clients = {
        f"aiohttp {aiohttp.__version__}": with_aiohttp,
        f"httpx {httpx.__version__}": with_httpx,
        "intone's backend": with_intone,
    }
    rates: dict[str, list[float]] = {name: [] for name in clients}
    with instant_server() as address_:
        url = f"{address_}/chat/completions"
        for _ in range(told.rounds):
            for name, client in clients.items():
                rates[name].append(asyncio.run(client(url, told.calls, told.concurrent)))
    print(f"{told.calls} calls, {told.concurrent} concurrent, median of {told.rounds}")
    for name, found in rates.items():
        spread = ", ".join(f"{value:,.0f}" for value in sorted(found))
        print(f"{name:<18}{statistics.median(found):>8,.0f} calls/s   ({spread})")


if __name__ == "__main__":
    main()
