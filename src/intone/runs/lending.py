"""An open model lent to a run that has a thread and an event loop of its own.

The model stays in its loop. So a server's embedded engine is not loaded a second time, and a run's
own work (reading data, writing records) does not keep the server waiting.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from intone.llm.backend import Backend, Feature
from intone.llm.completion import Completion
from intone.llm.request import Request


class Lent:
    """A backend that another event loop is host to. Closing it closes nothing.

    `answered` is called after each call that was answered, in the loop that asked.
    """

    def __init__(
        self,
        backend: Backend,
        home: asyncio.AbstractEventLoop,
        answered: Callable[[], None] = lambda: None,
    ) -> None:
        self._backend = backend
        self._home = home
        self._answered = answered

    @property
    def identity(self) -> str:
        return self._backend.identity

    @property
    def features(self) -> frozenset[Feature]:
        return self._backend.features

    @property
    def concurrency(self) -> int | None:
        return self._backend.concurrency

    async def complete(self, request: Request) -> Completion:
        there = asyncio.run_coroutine_threadsafe(self._backend.complete(request), self._home)
        completion = await asyncio.wrap_future(there)
        self._answered()
        return completion

    async def close(self) -> None:
        return None
