"""From a wish to a proposal: what it would take is said first, then a task that can be stopped.

Owns the question before the calls, and the place where the task's progress is shown.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Literal

from nicegui import ui

from intone.errors import IntoneError
from intone.runs.hearing import Key
from intone.runs.proposing import Offer, Progress
from intone.runs.serving import Serving
from intone.serve.pages.parts import dialog_of_page, heading, prose, refused

_LOOK = 0.3  # seconds between two looks at how far a proposal is


async def offering(
    serving: Serving, name: str, key: Key, conflict: Literal["leave", "majority"]
) -> None:
    """Ask whether a proposal is to be made, and from which prompt; say what it takes at most."""
    dialog = dialog_of_page("Propose a change")
    bases = await asyncio.to_thread(serving.proposing.bases, name)
    titles = {basis.ref: basis.title for basis in bases}
    if not titles:
        dialog.delete()
        ui.notify(
            f"{name or 'this prompt'} is not kept, so there is nothing to change: "
            "intone prompts import FILE",
            type="negative",
        )
        return
    with dialog, ui.card():
        heading("Propose a change", 2)
        chosen = ui.select(titles, value=bases[0].ref, label="Change").classes("full-width")
        told = ui.column().classes("full-width")
        with ui.row():
            ui.button("Cancel", on_click=dialog.close).props("flat autofocus")
            go = ui.button("Make the proposal")
            go.disable()
    offer: Offer | None = None

    async def tell(trusted: bool = False) -> None:
        nonlocal offer
        offer = None
        go.disable()
        ref = str(chosen.value)
        try:
            offer = await asyncio.to_thread(
                serving.proposing.offer, name, key, ref, conflict=conflict, trusted=trusted
            )
        except IntoneError as error:
            told.clear()
            with told:
                prose(str(error)).classes("bad")
            return
        told.clear()
        with told:
            _told(offer)
            if offer.doubt and offer.skipped:
                ui.button("I have read these words: try them", on_click=lambda: tell(True))
        if not offer.skipped:
            go.enable()

    def start() -> None:
        if offer is None:
            return
        dialog.close()
        try:
            serving.proposing.start(offer)
        except IntoneError as error:
            refused(error)

    go.on_click(start)
    chosen.on_value_change(lambda: tell())
    dialog.open()
    await tell()


def _told(offer: Offer) -> None:
    prose(f"The wish: {offer.sentence}")
    if offer.skipped:
        if offer.doubt:
            prose(f"It names these words: “{offer.words}”. {offer.doubt}")
        prose(f"Not tried: {offer.skipped}")
    else:
        asks = f"This asks {offer.model} at most {offer.calls:,} times."
        prose(asks).classes("text-weight-bold")
        ui.label("Tried, the weakest first, until one works:")
        with ui.element("ol").classes("q-my-none"):
            for tried in offer.tries:
                with ui.element("li"):
                    prose(tried)
        score = f"; the task's score on {offer.rows:,} rows" if offer.rows else ""
        prose(f"Checked on {offer.replays:,} past inputs: {offer.check}{score}")
    for notice in offer.notices:
        prose(f"Note: {notice}")


def watching(serving: Serving, ended: Callable[[], Awaitable[None]]) -> None:
    """Show how far the proposal is that is being made, on every page that is open."""
    named = 'aria-label="The proposal that is being made" tabindex=-1'
    with ui.element("section").props(named) as place:
        said = ui.label().props("role=status")
        count = ui.label()
        bar = ui.linear_progress(0.0, show_value=False)
        bar.props('aria-label="Calls made, of the most there may be"')
        stop = ui.button("Stop", on_click=serving.proposing.stop).props("outline")
    place.classes("full-width q-my-md")
    shown: Progress | None = serving.proposing.progress

    def draw(progress: Progress) -> None:
        running = progress.state == "running"
        place.set_visibility(True)
        count.set_visibility(progress.state != "ended")
        bar.set_visibility(progress.state != "ended")
        stop.set_visibility(running)
        what = f"“{progress.sentence}” ({progress.name})"
        if progress.state == "ended":
            said.set_text(f"{what}: {progress.said}")
            said.classes("good" if progress.good else "bad", remove="bad good")
            return
        said.classes(remove="bad good")
        word = "A proposal is being made" if running else "It is being stopped"
        said.set_text(f"{word} for {what}")
        stage = f" ({progress.stage})" if progress.stage else ""
        count.set_text(f"{progress.calls:,} of at most {progress.most:,} calls{stage}")
        bar.set_value(min(1.0, progress.calls / max(1, progress.most)))

    async def look() -> None:
        nonlocal shown
        progress, before = serving.proposing.progress, shown
        if progress is None or progress == before:
            return
        shown = progress
        draw(progress)
        if before is None or progress.sentence != before.sentence or before.state == "ended":
            ui.run_javascript(f"getHtmlElement({place.id}).focus()")  # it may be out of sight
        if progress.state == "ended":  # also one that began and ended since the last look
            await ended()

    place.set_visibility(False)
    if shown is not None and shown.state != "ended":
        draw(shown)
    ui.timer(_LOOK, look)
