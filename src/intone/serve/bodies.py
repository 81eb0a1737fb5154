"""Reading a request's body, bounded in size and time, before anything else sees it."""

from __future__ import annotations

import asyncio

from starlette.types import Message, Receive

MOST_BYTES = 2 * 1024 * 1024
"""The largest body that is taken."""

_PATIENCE = 30.0  # seconds for a body to come in


class TooLarge(Exception):
    """The body is larger than allowed."""


class TooSlow(Exception):
    """The body did not come in time."""


async def read_body(receive: Receive, announced: str | None) -> Receive:
    """Read the body and return a `receive` that gives it again.

    `announced` is the Content-Length header. Raises TooLarge or TooSlow.
    """
    if announced is not None and announced.isdecimal() and int(announced[:20]) > MOST_BYTES:
        raise TooLarge
    try:
        async with asyncio.timeout(_PATIENCE):
            body = await _whole(receive)
    except TimeoutError:
        raise TooSlow from None
    given = False

    async def again() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again


async def _whole(receive: Receive) -> bytes:
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] != "http.request":  # the other side went away
            return b"".join(parts)
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > MOST_BYTES:
            raise TooLarge
        if not message.get("more_body", False):
            return b"".join(parts)
