"""Holding a run: its new calls wait until they are let go. Owns the waiting, across threads."""

from __future__ import annotations

import asyncio
import threading


class Hold:
    """Holds the calls of a run that is in another thread. What is under way is not touched."""

    def __init__(self) -> None:
        self._on = False
        self._lock = threading.Lock()
        self._waiting: list[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = []

    @property
    def on(self) -> bool:
        """Whether new calls wait."""
        return self._on

    def hold(self) -> None:
        """Let new calls wait from now on."""
        self._on = True

    def let_go(self) -> None:
        """Let those that wait, and all that come, go on."""
        with self._lock:
            self._on = False
            for loop, event in self._waiting:
                loop.call_soon_threadsafe(event.set)
            self._waiting.clear()

    async def passed(self) -> None:
        """Return when a call may be made."""
        while self._on:
            mine = asyncio.get_running_loop(), asyncio.Event()
            with self._lock:
                if not self._on:
                    return
                self._waiting.append(mine)
            try:
                await mine[1].wait()
            finally:
                with self._lock:
                    if mine in self._waiting:
                        self._waiting.remove(mine)
