"""Carrying an order out from the command line: progress, and a clean stop when told to end."""

from __future__ import annotations

import asyncio
import signal
from types import FrameType
from typing import Any

from intone.cli.progress import Progress
from intone.cli.session import Session
from intone.runs.orders import Order, execute


def carry_out(order: Order, session: Session) -> dict[str, Any]:
    """Execute an order and return its result. SIGTERM stops it as Ctrl-C does.

    Raises KeyboardInterrupt then: what was answered is kept, and `main` says how to go on.
    """
    with Progress(session) as progress:
        try:
            return asyncio.run(_stoppable(order, progress))
        except asyncio.CancelledError:
            raise KeyboardInterrupt from None


async def _stoppable(order: Order, progress: Progress) -> dict[str, Any]:
    """Execute an order; SIGTERM cancels it.

    Not by way of SIGINT: that one is ignored in a process a script has put in the background.
    """
    loop, task = asyncio.get_running_loop(), asyncio.current_task()

    def stop(number: int, frame: FrameType | None) -> None:
        if task is not None:
            loop.call_soon_threadsafe(task.cancel)

    before = signal.signal(signal.SIGTERM, stop)
    try:
        return await execute(order, progress)
    finally:
        signal.signal(signal.SIGTERM, before)
