"""How many calls run at once: halves when the server asks for less, grows back call by call.

Owns concurrency and pauses (additive increase, multiplicative decrease); not retries.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sized


class Limiter:
    """Lets at most `limit` of the workers 0..`most`-1 work, and none during a pause."""

    def __init__(self, most: int) -> None:
        self.most = max(1, most)
        self.limit = float(self.most)
        self._resume_at = 0.0
        self._grown = asyncio.Event()

    async def turn(self, worker: int, queue: Sized) -> bool:
        """Wait until this worker may make a call; False when the queue is empty."""
        while queue:
            wait = self._resume_at - time.monotonic() if self._resume_at else 0.0
            if wait > 0:
                await asyncio.sleep(wait)
            elif worker >= max(1, int(self.limit)):
                self._grown.clear()
                await self._grown.wait()
            else:
                return True
        self._grown.set()  # others that wait for a place find the queue empty too
        return False

    def succeeded(self) -> None:
        """Allow a little more."""
        if self.limit < self.most:
            before = int(self.limit)
            self.limit = min(float(self.most), self.limit + 1.0 / self.limit)
            if int(self.limit) > before:
                self._grown.set()

    def pressed(self, pause: float) -> None:
        """Allow half as much, and nothing for `pause` seconds.

        Several calls refused by one wave of pressure count once.
        """
        now = time.monotonic()
        if now >= self._resume_at:
            self.limit = max(1.0, self.limit / 2)
        self._resume_at = max(self._resume_at, now + pause)
