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
import multiprocessing
import statistics
import time
from collections.abc import Awaitable, Callable
from multiprocessing.connection import Connection

import aiohttp
import httpx

from intone.llm.answers import Labels
from intone.llm.http import address
from intone.llm.messages import Message
from intone.llm.openai import OpenAIBackend
from intone.llm.request import Request

LABELS = Labels(("billing", "technical", "sales"))
ANSWER = json.dumps(
    {
        "id": "c-1",
        "object": "chat.completion",
        "model": "bench",
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": "billing"},
                "finish_reason": "stop",
            }
        ],
        "usage": {"prompt_tokens": 120, "completion_tokens": 2, "total_tokens": 122},
    }
).encode()
REPLY = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
    b"Content-Length: " + str(len(ANSWER)).encode() + b"\r\n\r\n" + ANSWER
)
BODY = json.dumps(
    {"model": "bench", "messages": [{"role": "user", "content": "Which team? " + "text " * 80}]}
).encode()
HEADERS = {"Authorization": "Bearer none", "Content-Type": "application/json"}

Call = Callable[[], Awaitable[bytes]]


class InstantServer(asyncio.Protocol):
    """Answers every request on a kept-alive connection with the same bytes."""

    def __init__(self) -> None:
        self._held = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        held = self._held + data
        while (end := held.find(b"\r\n\r\n")) >= 0:
            head = held[:end].lower()
            at = head.find(b"content-length:")
            length = int(head[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
            if len(held) < end + 4 + length:
                break
            held = held[end + 4 + length :]
            assert isinstance(self._transport, asyncio.WriteTransport)
            self._transport.write(REPLY)
        self._held = held


def serve(ready: Connection) -> None:
    """Serve on a free loopback port until killed; sends the port through `ready`."""

    async def forever() -> None:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(InstantServer, "127.0.0.1", 0, backlog=1024)
        ready.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(forever())


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

    mine, theirs = multiprocessing.Pipe()
    server = multiprocessing.Process(target=serve, args=(theirs,), daemon=True)
    server.start()
    url = f"http://127.0.0.1:{mine.recv()}/v1/chat/completions"
    clients = {
        f"aiohttp {aiohttp.__version__}": with_aiohttp,
        f"httpx {httpx.__version__}": with_httpx,
        "intone's backend": with_intone,
    }
    rates: dict[str, list[float]] = {name: [] for name in clients}
    for _ in range(told.rounds):
        for name, client in clients.items():
            rates[name].append(asyncio.run(client(url, told.calls, told.concurrent)))
    server.terminate()
    server.join()
    print(f"{told.calls} calls, {told.concurrent} concurrent, median of {told.rounds}")
    for name, found in rates.items():
        spread = ", ".join(f"{value:,.0f}" for value in sorted(found))
        print(f"{name:<18}{statistics.median(found):>8,.0f} calls/s   ({spread})")


if __name__ == "__main__":
    main()
