"""Two runs side by side: verdicts, scores, calls, cost, and the words in which prompts differ."""

from __future__ import annotations

import asyncio
from dataclasses import asdict

from nicegui import ui

from intone.errors import IntoneError
from intone.runs.tending import Tending
from intone.serve.pages.parts import heading, marked, table


def show(tending: Tending, first: int, second: int) -> None:
    """Show two runs side by side."""
    ui.link("All runs", "/runs")
    heading(f"Runs {first} and {second}", 1)
    place = ui.column().classes("full-width items-stretch")

    async def fill() -> None:
        try:
            both = await asyncio.to_thread(tending.compare, first, second)
        except IntoneError as error:
            with place:
                ui.label(str(error))
            return
        with place:
            for note in both.notes:
                ui.label(note)
            heads = {"what": "about", "first": f"run {first}", "second": f"run {second}"}
            table("The two runs", heads, map(asdict, both.facts)).props("wrap-cells")
            with ui.row():
                for number in (first, second):
                    ui.link(f"Run {number}", f"/runs?run={number}")
            heading("What differs in their prompts", 2)
            ui.label(
                f"From the prompt of run {first} (struck through) to that of run {second} "
                "(underlined); for a tuning it is the best that it found."
            ).classes("text-caption")
            for section, pieces in both.changed:
                heading(section, 3)
                marked((piece.mark, piece.text) for piece in pieces)
            if not both.changed:
                ui.label("Nothing differs.")

    ui.timer(0.0, fill, once=True)
