"""The form that starts a tuning. What it costs at most is said before it can be started."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from nicegui import ui

from intone.errors import IntoneError
from intone.runs.tending import Offer, Tending, Wanted
from intone.serve.pages.parts import heading

_WIDE = "min-width: 14rem; max-width: 100%"
_ONE = "One run at a time is at work in a server."


def show(tending: Tending) -> None:
    """Show the form, filled in with what the project's spec asks for."""
    ui.link("All runs", "/runs")
    heading("Start a tuning", 1)
    place = ui.column().classes("full-width items-stretch").style("max-width: 44rem")

    async def fill() -> None:
        missing = await asyncio.to_thread(tending.missing)
        with place:
            if missing is not None:
                ui.label(missing)
                return
            prompts, methods, usual = await asyncio.gather(
                asyncio.to_thread(tending.prompts),
                asyncio.to_thread(tending.methods),
                asyncio.to_thread(tending.defaults),
            )
            await _Form(tending, prompts, methods, usual).reckon()

    ui.timer(0.0, fill, once=True)


class _Form:
    """The fields, what they would cost, and the button."""

    def __init__(
        self, tending: Tending, prompts: Mapping[str, str], methods: Sequence[str], usual: Wanted
    ) -> None:
        self._tending, self._turn = tending, 0
        self._prompt = ui.select(dict(prompts), value=usual.prompt or "", label="Prompt")
        self._prompt.style(_WIDE)
        self._method = ui.select(list(methods), value=usual.method, label="Method")
        self._method.style(_WIDE)
        with ui.row().classes("full-width items-start"):
            self._calls = _number("Most calls", usual.calls, 1)
            self._tokens = _number("Most tokens", usual.tokens, 1)
            self._usd = _number("Most USD", usual.usd, 0)
            self._seed = _number("Seed", usual.seed, 0)
        if not tending.priced:
            self._usd.props('hint="the model\'s price is not known"').disable()
        heading("What it will cost", 2)
        self._said = ui.column().classes("full-width").style("gap: 0.25rem").props('role="status"')
        ui.label(_ONE).classes("q-mt-sm")
        self._start = ui.button("Start the tuning", on_click=self._go)
        self._start.disable()
        for field in (self._prompt, self._method, self._calls, self._tokens, self._usd, self._seed):
            field.on_value_change(self.reckon)

    @property
    def _wanted(self) -> Wanted:
        return Wanted(
            prompt=str(self._prompt.value) or None,
            method=str(self._method.value),
            calls=_whole(self._calls.value),
            tokens=_whole(self._tokens.value),
            usd=None if self._usd.value is None else float(self._usd.value),
            seed=_whole(self._seed.value) or 0,
        )

    async def reckon(self) -> None:
        """Say what the tuning would cost; it can be started only as it was reckoned last."""
        self._turn += 1
        turn, wanted = self._turn, self._wanted
        self._start.disable()
        offer: Offer | str
        try:
            offer = await asyncio.to_thread(self._tending.offer, wanted)
        except IntoneError as error:
            offer = str(error)
        if turn != self._turn:
            return  # the form has changed meanwhile
        self._said.clear()
        with self._said:
            if isinstance(offer, str):
                ui.label(offer).classes("text-weight-bold")
                return
            ui.label(offer.most).classes("text-weight-bold")
            for line in (offer.about, *offer.lines, *(f"Note: {it}" for it in offer.notices)):
                ui.label(line)
            busy = self._tending.at_work
            if busy is not None:
                ui.label(f"Run {busy} is at work: wait for it, or stop it.")
                ui.link(f"Run {busy}", f"/runs?run={busy}")
                return
        self._start.enable()

    async def _go(self) -> None:
        self._start.disable()
        try:
            number = await asyncio.to_thread(self._tending.start, self._wanted)
        except IntoneError as error:
            ui.notify(str(error), type="negative")
            await self.reckon()
            return
        ui.navigate.to(f"/runs?run={number}")


def _number(label: str, value: float | None, least: float) -> ui.number:
    field = ui.number(label, value=value, min=least).style("width: 9rem")
    return field.props("clearable debounce=400")


def _whole(value: Any) -> int | None:
    return None if value is None else int(value)
