"""Waiting for async work from code that is not async, in a running event loop too."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

T = TypeVar("T")


def wait_for(work: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Do async work and return its result.

    Where an event loop is running already, as in a notebook, the work gets a loop and a thread of
    its own; the running loop stands still meanwhile. An interrupt stops the work cleanly.
    """
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(work())
    stop: list[Callable[[], object]] = []

    async def stoppable() -> T:
        loop, task = asyncio.get_running_loop(), asyncio.current_task()
        if task is not None:
            cancel = task.cancel
            stop.append(lambda: loop.call_soon_threadsafe(cancel))
        return await work()

    with ThreadPoolExecutor(1, thread_name_prefix="intone") as pool:
        future = pool.submit(lambda: asyncio.run(stoppable()))
        try:
            return future.result()
        except KeyboardInterrupt:
            for cancelling in stop:
                cancelling()
            raise
