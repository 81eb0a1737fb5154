"""One run: how it is going, the buttons that steer it, and what it came to."""

from __future__ import annotations

import asyncio
from base64 import b64encode
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from nicegui import ui

from intone.errors import IntoneError
from intone.runs.tending import Tending
from intone.serve.pages.parts import heading, table, table_rows

if TYPE_CHECKING:  # loaded with the first run that is looked at
    from intone.runs.following import Burnt, Chart, Leader, Progress

_EVERY = 1.0  # seconds
_CLOSE = "gap: 0.25rem"
_WRAPPED = "min-width: 16rem; white-space: normal; overflow-wrap: anywhere"
_HEADS = {
    "place": "place",
    "score": "score",
    "interval": "95 % interval",
    "rows": "rows",
    "sentence": "what it changes",
    "fate": "standing",
}


def show(tending: Tending, number: int) -> None:
    """Show a run, and go on showing it while it moves."""
    ui.link("All runs", "/runs")
    heading(f"Run {number}", 1)
    place = ui.column().classes("full-width items-stretch")

    async def fill() -> None:
        try:
            going = await asyncio.to_thread(tending.follow, number)
        except IntoneError as error:
            with place:
                ui.label(str(error))
            return
        with place:
            view = _View(tending, going)
            ui.timer(_EVERY, view.look)

    ui.timer(0.0, fill, once=True)


class _View:
    """What is on the page of a run; only what has changed is sent to the browser."""

    def __init__(self, tending: Tending, going: Progress) -> None:
        self._tending, self._number = tending, going.run
        began = going.started[:16].replace("T", " ")
        ui.label(f"{going.kind} · {going.name} · began {began} UTC")
        with ui.row().classes("items-center"):
            self._state = ui.label().classes("text-subtitle1 text-weight-bold")
            self._state.props('role="status"')
            self._elsewhere = ui.label()
        self._trouble = ui.label()
        with ui.row() as self._steering:
            self._buttons = {
                "pause": self._button("Pause", tending.pause),
                "go_on": self._button("Continue", tending.go_on),
                "stop": self._button("Stop", tending.stop),
                "resume": self._button("Resume", tending.resume),
            }
        self._about = ui.label(
            "Pause makes no new calls until Continue. Stop ends the run as Ctrl-C does: nothing "
            "is lost, and Resume goes on."
        ).classes("text-caption")
        self._result = ui.column().classes("full-width").style(_CLOSE)
        with ui.row() as self._links:
            report = f"/api/v1/runs/{going.run}/report"
            ui.link("Open the report", report, new_tab=True)
            ui.link("Download the report", f"{report}?download=true")
        self._stage, self._trying = ui.label(), ui.label()
        self._trying.style("overflow-wrap: anywhere")
        heading("Spent", 2)
        self._spent = ui.label()
        self._budget = ui.column().classes("full-width").style(f"{_CLOSE}; max-width: 34rem")
        with ui.column().classes("full-width items-stretch") as self._search:
            heading("Leaderboard", 2)
            ui.label(
                "Those that met more rows come first. Scores are on tuning rows, which also "
                "choose: expect less on new rows."
            ).classes("text-caption")
            self._leaders = table("Leaderboard", _HEADS, [])
            for column in self._leaders.columns:
                column["style"] = _WRAPPED if column["name"] == "sentence" else ""
        with ui.column().classes("full-width items-stretch") as self._drawn:
            heading("Score against calls", 2)
            self._chart = ui.element("img").style("width: 100%; max-width: 34rem; height: auto")
        self._plan = ui.column().classes("full-width q-mt-md").style(_CLOSE)
        self._shown: dict[str, Any] = {}
        self._draw(going)

    async def look(self) -> None:
        """Look at how the run is going, and show what has changed."""
        try:
            going = await asyncio.to_thread(self._tending.follow, self._number)
        except IntoneError as error:
            self._state.set_text(str(error))
            return
        self._draw(going)

    def _button(self, word: str, act: Callable[[int], object]) -> ui.button:
        async def press() -> None:
            button.disable()
            try:
                await asyncio.to_thread(act, self._number)
            except IntoneError as error:
                ui.notify(str(error), type="negative")
            button.enable()
            await self.look()

        button = ui.button(word, on_click=press)
        return button

    def _draw(self, going: Progress) -> None:
        here = self._tending.at_work == going.run
        running, paused = going.state == "running", going.paused
        self._state.set_text(going.said[:1].upper() + going.said[1:])
        elsewhere = running and not here
        _say(
            self._elsewhere,
            f"in process {going.process}, where it can be ended (Ctrl-C)" if elsewhere else "",
        )
        _say(self._trouble, going.trouble)
        shown = {
            "pause": here and running and not paused,
            "go_on": here and running and paused,
            "stop": here and running,
            "resume": going.resumable,
        }
        for name, button in self._buttons.items():
            button.set_visibility(shown[name])
        self._steering.set_visibility(any(shown.values()))
        self._about.set_visibility(any(shown.values()))
        self._links.set_visibility(self._tending.reported(going))
        _say(self._stage, going.stage)
        _say(self._trying, f"Tried now: {going.trying}" if going.trying else "")
        self._spent.set_text(going.spent or "nothing yet")
        self._lines("result", self._result, going.result)
        self._lines("plan", self._plan, going.plan)
        self._bars(going.budget)
        self._search.set_visibility(bool(going.leaders))
        rows = table_rows(_HEADS, map(_row, range(1, 1 + len(going.leaders)), going.leaders))
        if rows != self._leaders.rows:
            self._leaders.update_rows(rows)
        self._picture(going.chart)

    def _lines(self, name: str, place: ui.column, lines: tuple[str, ...]) -> None:
        if self._shown.get(name) == lines:
            return
        self._shown[name] = lines
        place.clear()
        place.set_visibility(bool(lines))
        with place:
            for line in lines:
                ui.label(line).style("overflow-wrap: anywhere")

    def _bars(self, budget: tuple[Burnt, ...]) -> None:
        if self._shown.get("budget") == budget:
            return
        self._shown["budget"] = budget
        self._budget.clear()
        with self._budget:
            for burnt in budget:
                ui.label(burnt.words)
                bar = ui.linear_progress(burnt.share, show_value=False)
                bar.props["aria-label"] = burnt.words

    def _picture(self, chart: Chart | None) -> None:
        self._drawn.set_visibility(chart is not None)
        if chart is None or self._shown.get("chart") == chart:
            return
        self._shown["chart"] = chart
        coded = b64encode(chart.picture.encode()).decode()
        # As a picture it can run nothing, whatever is written in it.
        self._chart.props["src"] = f"data:image/svg+xml;base64,{coded}"
        self._chart.props["alt"] = chart.about
        self._chart.update()


def _say(label: ui.label, words: str) -> None:
    label.set_text(words)
    label.set_visibility(bool(words))


def _row(place: int, leader: Leader) -> Mapping[str, Any]:
    known = leader.low is not None and leader.high is not None
    return {
        "place": place,
        "score": "" if leader.score is None else f"{leader.score:.2f}",
        "interval": f"{leader.low:.2f} to {leader.high:.2f}" if known else "",
        "rows": leader.rows,
        "sentence": leader.sentence,
        "fate": leader.fate,
    }
