"""The page with the runs: all of them, and by its address one of them, two of them, or a new one.

Owns the list and which view an address means; the views are `run_new`, `run_live` and `run_pair`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from nicegui import ui

from intone.runs.serving import Serving
from intone.runs.tending import Listed, Tending
from intone.serve.pages import run_live, run_new, run_pair
from intone.serve.pages.parts import heading, table, table_rows

_HEADS = {
    "run": "run",
    "kind": "what",
    "prompts": "prompt",
    "started": "began (UTC)",
    "said": "state",
    "result": "what it came to",
}
_EVERY = 2.0  # seconds
_LINK = (
    '<q-td :props="props"><a class="nicegui-link" :href="`/runs?run=${props.value}`"'
    ' :aria-label="`Run ${props.value}`">{{ props.value }}</a></q-td>'
)


def show(serving: Serving) -> None:
    """Show what the address asks for."""
    request = ui.context.client.request
    asked = request.query_params if request is not None else {}
    tending, run, other = serving.tending, _number(asked.get("run")), _number(asked.get("with"))
    if "new" in asked:
        run_new.show(tending)
    elif run is None:
        _show_all(tending)
    elif other is None:
        run_live.show(tending, run)
    else:
        run_pair.show(tending, run, other)


def _number(word: str | None) -> int | None:
    return int(word) if word and word.isdecimal() and len(word) < 10 else None


def _show_all(tending: Tending) -> None:
    heading("Runs", 1)
    place = ui.column().classes("full-width items-stretch")

    async def fill() -> None:
        those, missing = await asyncio.gather(
            asyncio.to_thread(tending.runs), asyncio.to_thread(tending.missing)
        )
        with place:
            if missing is None:
                ui.link("Start a tuning", "/runs?new").classes("q-my-sm")
            else:
                ui.label(missing).classes("q-my-sm")
            if not those:
                ui.label("No runs yet.")
                return
            listed = table("All runs", _HEADS, map(_row, those))
            listed.add_slot("body-cell-run", _LINK)
            _pair_form([it.run for it in those])

        async def look() -> None:
            rows = table_rows(_HEADS, map(_row, await asyncio.to_thread(tending.runs)))
            if rows != listed.rows:
                listed.update_rows(rows)

        with place:
            ui.timer(_EVERY, look)

    ui.timer(0.0, fill, once=True)


def _row(listed: Listed) -> Mapping[str, Any]:
    return asdict(listed) | {"started": listed.started[:16].replace("T", " ")}


def _pair_form(numbers: Sequence[int]) -> None:
    if len(numbers) < 2:
        return
    heading("Compare two runs", 2)
    with ui.row().classes("items-center"):
        first = ui.select(list(numbers), value=numbers[1], label="First run")
        second = ui.select(list(numbers), value=numbers[0], label="Second run")
        for field in (first, second):
            field.style("min-width: 7rem")
        ui.button(
            "Compare",
            on_click=lambda: ui.navigate.to(f"/runs?run={first.value}&with={second.value}"),
        )
