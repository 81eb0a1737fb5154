"""A run at work in this process, in a thread and an event loop of its own.

Owns its beginning, its hold and its end, so that a server's own loop never waits for a run. What a
run does is `orders`'.
"""

from __future__ import annotations

import asyncio
import threading
from contextlib import suppress
from dataclasses import replace

from intone.errors import InputError, IntoneError
from intone.runs.holding import Hold
from intone.runs.orders import Order, execute
from intone.runs.watch import Unwatched

_PATIENCE = 30.0  # seconds that a run gets to end when it is told to


class AtWork(Unwatched):
    """A run in a thread. `start` sets it to work."""

    def __init__(self, order: Order) -> None:
        self._hold = Hold()
        self._order = replace(order, hold=self._hold)
        self._number = order.number
        self._error: IntoneError | None = None
        self._begun, self._ended = threading.Event(), threading.Event()
        self._is_begun = False
        self._lock = threading.Lock()
        self._task: tuple[asyncio.AbstractEventLoop, asyncio.Task[None]] | None = None
        self._stopped = False

    def start(self) -> int:
        """Start the run, or take it up; return its number when it is recorded as under way.

        Raises the IntoneError that kept it from beginning.
        """
        threading.Thread(target=self._work, name="intone-run", daemon=True).start()
        self._begun.wait()
        if not self._is_begun or self._number is None:
            raise self._error or InputError("the run did not begin; see the server's stderr")
        return self._number

    @property
    def number(self) -> int | None:
        """The run's number; None for a new one that is not yet recorded."""
        return self._number

    @property
    def over(self) -> bool:
        """Whether it has ended, in whatever way."""
        return self._ended.is_set()

    @property
    def paused(self) -> bool:
        """Whether its new calls are held."""
        return self._hold.on and not self.over

    def pause(self) -> None:
        """Make no new calls until `go_on`; calls under way come to their end."""
        self._hold.hold()

    def go_on(self) -> None:
        """Make calls again."""
        self._hold.let_go()

    def stop(self) -> bool:
        """End it as Ctrl-C does, and wait; return whether it has ended."""
        with self._lock:
            self._stopped = True
            if self._task is not None:
                loop, task = self._task
                with suppress(RuntimeError):  # the loop is closed: it has just ended
                    loop.call_soon_threadsafe(task.cancel)
        return self.wait()

    def wait(self) -> bool:
        """Wait until it has ended, half a minute at most; return whether it has."""
        return self._ended.wait(_PATIENCE)

    def begun(self, number: int) -> None:
        self._number, self._is_begun = number, True
        self._begun.set()

    def _work(self) -> None:
        try:
            asyncio.run(self._stoppable())
        except IntoneError as error:
            self._error = error
        except asyncio.CancelledError:
            pass  # the run's record says so
        finally:
            self._ended.set()
            self._begun.set()

    async def _stoppable(self) -> None:
        task = asyncio.current_task()
        assert task is not None
        with self._lock:
            if self._stopped:
                return
            self._task = (asyncio.get_running_loop(), task)
        await execute(self._order, self)
