"""Group commit: what several tasks hand in is written in one transaction, and waited for.

One thread takes all that has come in while it was busy, writes it together, and only then lets
those who handed it in go on. If the writing fails, none of them does. Owns the thread and the
queue; what is written is the owner's.
"""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

T = TypeVar("T")
Write = Callable[[Sequence[T]], None]
_Waiting = tuple[T, "asyncio.Future[None]"]

_MOST_AT_ONCE = 1024  # items in one transaction


class GroupCommit(Generic[T]):
    """Writes items in groups. `write` is called from a thread of its own, one group at a time."""

    def __init__(self, write: Write[T], name: str) -> None:
        self._write = write
        self._name = name
        self._queue: queue.SimpleQueue[_Waiting[T] | None] = queue.SimpleQueue()
        self._writer: threading.Thread | None = None
        self._starting = threading.Lock()

    async def add(self, item: T) -> None:
        """Hand an item in and wait until it is written. Raises what the writing raised."""
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        if self._writer is None:
            self._start()
        self._queue.put((item, waiter))
        await waiter

    def close(self) -> None:
        """Write what is still queued and stop; a later `add` starts again."""
        with self._starting:
            writer, self._writer = self._writer, None
            if writer is not None:
                self._queue.put(None)
                writer.join()

    def _start(self) -> None:
        with self._starting:
            if self._writer is None:
                self._writer = threading.Thread(target=self._write_all, name=self._name)
                self._writer.daemon = True  # whoever waits for a commit keeps the process alive
                self._writer.start()

    def _write_all(self) -> None:
        """Write what is queued, group after group, until None comes."""
        waiting, going_on = self._queue, True
        while going_on:
            taken = waiting.get()
            group: list[_Waiting[T]] = []
            while taken is not None:
                group.append(taken)
                if len(group) == _MOST_AT_ONCE or waiting.empty():
                    break
                taken = waiting.get()
            going_on = taken is not None
            if group:
                _settle([waiter for _, waiter in group], self._error_of([it for it, _ in group]))

    def _error_of(self, items: Sequence[T]) -> BaseException | None:
        """Write a group; return what went wrong, None if all is on disk."""
        try:
            self._write(items)
        except BaseException as error:  # noqa: BLE001 - it is raised where the items came from
            return error
        return None


def _settle(waiting: Sequence[asyncio.Future[None]], error: BaseException | None) -> None:
    """Wake those who wait: one message to each event loop."""
    waiters: dict[asyncio.AbstractEventLoop, list[asyncio.Future[None]]] = {}
    for waiter in waiting:
        waiters.setdefault(waiter.get_loop(), []).append(waiter)
    for loop, those in waiters.items():
        try:
            loop.call_soon_threadsafe(_wake, those, error)
        except RuntimeError:  # the loop is closed: nobody waits any more
            continue


def _wake(waiters: Sequence[asyncio.Future[None]], error: BaseException | None) -> None:
    for waiter in waiters:
        if waiter.done():  # cancelled
            continue
        if error is None:
            waiter.set_result(None)
        else:
            waiter.set_exception(error)
