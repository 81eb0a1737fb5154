"""The page with the rows: a page of them at a time, which ones go wrong, and fixing a label.

Sealed rows are not on it. What is slow (reading the file, the outcomes of runs) is done in a
thread, and the page says that it is.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, cast

from nicegui import ui

from intone.errors import IntoneError
from intone.runs.labelling import (
    MOST_WRONG,
    PAGE,
    Detail,
    Labelling,
    Leaf,
    Listed,
    Overview,
    Which,
)
from intone.runs.serving import Serving
from intone.serve.pages.parts import cell, grid, grid_row, heading, line, prose
from intone.serve.pages.waiting import in_thread, refused

_SHOWN: dict[Which, str] = {
    "all": "all rows",
    "wrong": "rows that every prompt gets wrong",
    "fixed": "rows with a fixed label",
    "unlabelled": "rows without a label",
}
_EMPTY: dict[Which, str] = {
    "all": "There is no row that may be looked at.",
    "wrong": "No row is wrong for every prompt.",
    "fixed": "No label was fixed.",
    "unlabelled": "Every row has a label.",
}
_INPUTS = 3  # inputs that a list shows; the others are in the row's own window


def show(serving: Serving) -> None:
    """Show the rows of the project's task."""
    heading("Data", 1)
    _Rows(serving.labelling).begin()


class _Rows:
    """What one visitor looks at."""

    def __init__(self, labelling: Labelling) -> None:
        self._labelling = labelling
        self._overview: Overview | None = None
        self._which: Which = "all"
        self._start = 0

    def begin(self) -> None:
        self._place = ui.column().classes("full-width")
        with self._place:
            ui.label("Reading the rows …").props('role="status"')
        ui.timer(0.01, self._open, once=True)

    async def _open(self) -> None:
        try:
            self._overview = await asyncio.to_thread(self._labelling.overview)
        except IntoneError as error:
            refused(self._place, error)
            return
        if self._place.client.is_deleted:
            return
        self._place.clear()
        with self._place:
            self._about = ui.column().classes("full-width q-gutter-none")
            self._controls()
            self._list = ui.column().classes("full-width")
        await self._turn()

    def _controls(self) -> None:
        with line():
            self._choice = ui.select(
                cast(dict[str, str], _SHOWN), value=self._which, label="Show"
            ).style("min-width: 15rem")
            self._choice.on_value_change(self._choose)
            number = ui.number("Row", min=1, precision=0).style("width: 7rem")

            async def go() -> None:
                await self._go(number.value)

            number.on("keydown.enter", go)
            ui.button("Go to the row", on_click=go).props("outline")

    async def _choose(self, event: Any) -> None:
        self._which, self._start = event.value, 0
        await self._turn()

    async def _go(self, number: float | None) -> None:
        if number is None:
            return
        start = await in_thread(self._place, lambda: self._labelling.page_of(int(number), PAGE))
        if start is None:
            return
        self._start = start
        if self._which == "all":
            await self._turn()
        else:
            self._which = "all"
            self._choice.set_value("all")  # which turns to the beginning
            self._start = start
            await self._turn()

    async def _turn(self) -> None:
        """Show the page of rows that is chosen, and the numbers above it."""
        which, start = self._which, self._start
        leaf = await in_thread(self._place, lambda: self._labelling.leaf(which, start))
        told = await in_thread(self._place, self._labelling.overview)
        if leaf is None or told is None or (which, start) != (self._which, self._start):
            return  # something else was chosen meanwhile
        self._overview = told
        self._about.clear()
        with self._about:
            _about(told)
        self._list.clear()
        with self._list:
            self._listing(leaf)

    def _listing(self, leaf: Leaf) -> None:
        assert self._overview is not None
        if self._which == "wrong":
            prose(_wrong_explained(self._overview, leaf))
        if not leaf.rows:
            prose(_EMPTY[self._which])
            return
        names = list(leaf.rows[0].inputs)[:_INPUTS]
        target = self._overview.target
        heads = ["row", *names, *([target] if target else [])]
        heads += ["prompts, all wrong"] if self._which == "wrong" else []
        with grid("Rows", [*heads, "open"]):
            for row in leaf.rows:
                with grid_row():
                    self._row(row, names, target is not None)
        last = leaf.start + len(leaf.rows)
        with line():
            back = ui.button("Previous", on_click=lambda: self._move(-PAGE)).props("outline")
            back.set_enabled(leaf.start > 0)
            onward = ui.button("Next", on_click=lambda: self._move(PAGE)).props("outline")
            onward.set_enabled(last < leaf.total)
            said = f"{leaf.start + 1:,} to {last:,} of {leaf.total:,}"
            ui.label(said).props('role="status"')

    def _row(self, row: Listed, names: list[str], labelled: bool) -> None:
        with cell("4.5rem"):
            ui.label(row.name)
        for name in names:
            with cell("10rem"):
                ui.label(row.inputs[name])
        if labelled:
            with cell():
                ui.label(_label(row))
        if row.wrong is not None:
            with cell():
                ui.label(str(row.wrong))
        with cell():
            button = ui.button("Open", on_click=lambda: self._look(row.place))
            button.props("flat dense no-caps").props["aria-label"] = f"Open {row.name}"

    async def _move(self, by: int) -> None:
        self._start = max(0, self._start + by)
        await self._turn()

    async def _look(self, place: int) -> None:
        detail = await in_thread(self._place, lambda: self._labelling.detail(place))
        if detail is not None and self._overview is not None:
            with self._place:
                _window(detail, self._overview, self._fix, self._unfix)

    async def _fix(self, place: int, answer: str) -> bool:
        number = await in_thread(self._place, lambda: self._labelling.fix(place, answer))
        if number is None:
            return False
        ui.notify(
            f"The label is fixed (kept as feedback {number}); the next tuning takes it.",
            type="positive",
        )
        await self._turn()
        return True

    async def _unfix(self, place: int) -> bool:
        if await in_thread(self._place, lambda: self._labelling.unfix(place)) is None:
            return False
        ui.notify("The fix is taken back.", type="positive")
        await self._turn()
        return True


def _about(told: Overview) -> None:
    hidden = told.rows - told.shown
    said = f"{told.rows:,} rows."
    if hidden:
        said += (
            f" {hidden:,} of them are sealed, or equal one that is: only a verdict sees them, so "
            "they are not shown here."
        )
    prose(said)
    if told.target is None:
        prose("The rows have no labels: name their column as task.target.")
    if told.fixed:
        rows = "1 row has" if told.fixed == 1 else f"{told.fixed:,} rows have"
        prose(f"{rows} another label than the file, which stays as it is.")
    if told.added:
        rows = "1 row more comes" if told.added == 1 else f"{told.added:,} rows more come"
        prose(f"{rows} from users' right answers (intone feedback list).")
    for notice in told.notices:
        prose(notice)


def _wrong_explained(told: Overview, leaf: Leaf) -> str:
    if not told.runs:
        return "There is no run on these rows yet: intone run, compare and tune make one."
    some = ", ".join(map(str, told.runs[:10])) + (" and more" if len(told.runs) > 10 else "")
    which = f"run {some}" if len(told.runs) == 1 else f"runs {some}"
    said = (
        f"Rows on which every prompt that answered them in {which} scored below 0.5 on average, "
        "those that most prompts answered first. Of a fixed row only later runs count."
    )
    return f"{said} The first {MOST_WRONG:,} are listed." if leaf.total >= MOST_WRONG else said


def _label(row: Listed) -> str:
    label = "none" if row.label is None else row.label
    if row.label == row.written:
        return label
    return f"{label} (in the file: {'none' if row.written is None else row.written})"


def _window(
    detail: Detail,
    told: Overview,
    fix: Callable[[int, str], Any],
    unfix: Callable[[int], Any],
) -> None:
    """Open a window on one row: its inputs, its label, what prompts answered, a fix."""
    row = detail.row
    dialog = ui.dialog()
    dialog.props["aria-label"] = row.name
    with dialog, ui.card().style("width: 44rem; max-width: 95vw"):
        heading(row.name.capitalize(), 2)
        for name, value in row.inputs.items():
            heading(name, 3)
            with ui.element("div").style("max-height: 40vh; overflow: auto").props("tabindex=0"):
                prose(value)
        heading(told.target or "label", 3)
        prose(_label(row))
        if detail.answers:
            heading("What prompts answered", 3)
            with grid("Answers", ["answer", "prompts", "score"]):
                for given in detail.answers:
                    with grid_row():
                        shown = given.answer if given.status == "answered" else given.status
                        score = "none" if given.score is None else f"{given.score:.2f}"
                        for value in (shown, str(given.prompts), score):
                            with cell():
                                ui.label(value)
        if told.target is not None:
            _fixing(detail, told, dialog, fix, unfix)
        with ui.row().classes("full-width justify-end"):
            ui.button("Close", on_click=dialog.close).props("flat")
    dialog.on("hide", dialog.delete)
    dialog.open()


def _fixing(
    detail: Detail,
    told: Overview,
    dialog: ui.dialog,
    fix: Callable[[int, str], Any],
    unfix: Callable[[int], Any],
) -> None:
    row = detail.row
    field: Any
    if told.labels:
        known = row.label if row.label in told.labels else None
        field = ui.select(list(told.labels), value=known, label="Right label", with_input=True)
    else:
        field = ui.textarea("Right label", value=row.label or "").props("autogrow")
    field.classes("full-width")

    async def go() -> None:
        if await fix(row.place, str(field.value or "")):
            dialog.close()

    async def back() -> None:
        if await unfix(row.place):
            dialog.close()

    with ui.row():
        ui.button("Fix the label", on_click=go)
        if detail.curated:
            ui.button("Take the fix back", on_click=back).props("outline")
