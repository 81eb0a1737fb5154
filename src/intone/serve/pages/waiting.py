"""Slow work for a visitor: done in a thread, so that nobody else waits.

Owns what becomes of a refusal, and of a visitor who left meanwhile.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

from nicegui import ui

from intone.errors import IntoneError
from intone.serve.pages.parts import BAD, prose, refusal

T = TypeVar("T")


async def in_thread(place: ui.element, work: Callable[[], T]) -> T | None:
    """Do something in a thread; return what it returns.

    None where it was refused, which a line on the page says, and where the visitor has left.
    """
    client = place.client
    try:
        found = await asyncio.to_thread(work)
    except IntoneError as error:
        if not client.is_deleted:
            with place:
                ui.notify(refusal(error), type="negative", multi_line=True, timeout=8000)
        return None
    return None if client.is_deleted else found


def refused(place: ui.element, error: IntoneError) -> None:
    """Write what was refused in the place of what would have stood there."""
    if place.client.is_deleted:
        return
    place.clear()
    with place:
        prose(refusal(error)).props('role="alert"').style(BAD)
