"""The page with what users said: by wish, with proposals to decide and complaints to close.

Owns the order of the page and when it is drawn anew. The complaints themselves are `wishes`' to
show; making a proposal is `offering`'s, deciding one `proposals`', a new complaint `complaining`'s.
"""

from __future__ import annotations

import asyncio
from functools import partial

from nicegui import ui
from nicegui.events import ValueChangeEventArguments

from intone.errors import IntoneError
from intone.runs.serving import Serving
from intone.serve.pages.complaining import complaint_form
from intone.serve.pages.in_place import InPlace, Part
from intone.serve.pages.offering import watching
from intone.serve.pages.parts import heading, prose
from intone.serve.pages.proposals import show_applied, show_proposal
from intone.serve.pages.wishes import View, heard_parts

_NOTHING = (
    "Nothing was said yet. What users say comes through the API (POST /api/v1/feedback), by "
    "intone feedback add, or from the form above."
)


def show(serving: Serving) -> None:
    """Show the complaints about one prompt, and what can be done about them."""
    heading("Feedback", 1)
    _Page(serving)


class _Page:
    """The page as one reader has it before them: which prompt, and where its parts are."""

    def __init__(self, serving: Serving) -> None:
        self._serving = serving
        self._names: dict[str, int] = {}
        self._name = ""
        complaint_form(serving, self.load)
        self._chosen = ui.select({}, label="Prompt", on_change=self._choose)
        self._chosen.classes("full-width q-mt-md").set_visibility(False)
        watching(serving, self.load)
        self._body = InPlace()
        self._readings = 0
        ui.timer(0.0, self.load, once=True)

    async def load(self) -> None:
        """Read anew what there is, and draw what has changed."""
        self._names = await asyncio.to_thread(self._serving.hearing.names)
        self._chosen.set_visibility(bool(self._names))
        if not self._names:
            self._body.show([Part("nothing", _NOTHING, partial(ui.label, _NOTHING))])
            return
        if self._name not in self._names:
            self._name = next(iter(self._names))
        titles = {
            name: f"{name or 'no prompt named'} ({count} open)"
            for name, count in self._names.items()
        }
        self._chosen.set_options(titles, value=self._name)
        await self._draw()

    async def _choose(self, event: ValueChangeEventArguments[str]) -> None:
        if event.value in self._names and event.value != self._name:
            self._name = str(event.value)
            await self._draw()

    async def _draw(self) -> None:
        self._readings += 1
        mine = self._readings
        try:
            parts = await asyncio.to_thread(self._parts, self._name)
        except IntoneError as error:
            said = str(error)
            parts = [Part("error", said, lambda: _wrong(said))]
        if mine == self._readings:  # else one that began later has read more
            self._body.show(parts)

    def _parts(self, name: str) -> list[Part]:
        """Return what is shown of a prompt. It waits for the disk."""
        serving, again = self._serving, self.load
        proposals = [
            Part((name, "proposal", it.run), it, partial(show_proposal, serving, it, again))
            for it in serving.deciding.waiting(name)
        ]
        heard = heard_parts(View(serving, name, again), serving.hearing.heard(name))
        applied = serving.deciding.applied(name)
        accepted = Part(
            (name, "applied"), tuple(applied), partial(show_applied, serving, applied, again)
        )
        return [*proposals, *heard, accepted]


def _wrong(said: str) -> None:
    prose(said).classes("bad")
