"""The editor of one variant of a prompt: a field for each section, clarifiers as switches.

Owns how a visitor's typing becomes a draft; it asks no model and keeps nothing.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from nicegui import ui

from intone.errors import IntoneError
from intone.runs.drafting import BETWEEN, LAYOUTS, Draft
from intone.runs.playground import Source
from intone.serve.pages.parts import heading, prose, refusal

_SHORT = 90  # characters of a demonstration's input


@dataclass(frozen=True)
class Around:
    """What an editor needs of its page.

    `load` returns the draft of a source, `row` the row that is filled in; `changed` is told of
    every change, and `save`, `sent` and `remove` are buttons.
    """

    library: Sequence[Any]
    load: Callable[[str], Awaitable[Draft | None]]
    row: Callable[[], Awaitable[Any]]
    changed: Callable[[], object]
    save: Callable[[Editor], Any]
    sent: Callable[[Editor], Any]
    remove: Callable[[Editor], Any]


class Editor:
    """One variant as it is edited: its `name` on the page, its `draft`, the `source` it is from."""

    def __init__(self, name: str, draft: Draft, source: str | None, around: Around) -> None:
        self.name = name
        self.draft = draft
        self.source = source
        self._around = around

    def show(self, sources: Sequence[Source], *, alone: bool) -> None:
        """Write the editor, its fields in a group with the variant's name."""
        with (
            ui.card().classes("full-width").props(f'role="group" aria-label="Variant {self.name}"')
        ):
            heading(f"Variant {self.name}", 2)
            self._starting(sources)
            self._fields = ui.column().classes("full-width")
            with self._fields:
                self._sections()
            with ui.row():
                ui.button("Save …", on_click=lambda: self._around.save(self)).props("outline")
                ui.button("What is sent", on_click=lambda: self._around.sent(self)).props("flat")
                if not alone:
                    ui.button("Remove", on_click=lambda: self._around.remove(self)).props("flat")

    def offer(self, sources: Sequence[Source]) -> None:
        """Show other prompts to start from, after one was saved."""
        titles = _titles(sources)
        self._source.set_options(titles, value=self.source if self.source in titles else None)

    def kept(self, ref: str) -> None:
        """Take note that what is written is a version now."""
        self.source, self.draft = ref, Draft.of(self.draft.prompt())

    def _starting(self, sources: Sequence[Source]) -> None:
        titles = _titles(sources)
        known = self.source if self.source in titles else None
        self._source = ui.select(titles, value=known, label="Start from").classes("full-width")

        async def chosen(event: Any) -> None:
            ref = event.value
            if ref is None or ref == self.source:
                return
            if self._edited() and not await _sure(f"Replace what is written in {self.name}?"):
                self._source.set_value(self.source)
                return
            draft = await self._around.load(ref)
            if draft is not None:
                self.draft, self.source = draft, ref
                self._again()

        self._source.on_value_change(chosen)

    def _edited(self) -> bool:
        base = self.draft.base
        return self.draft != (Draft() if base is None else Draft.of(base))

    def _again(self) -> None:
        self._fields.clear()
        with self._fields:
            self._sections()
        self._around.changed()

    def _put(self, **sections: Any) -> None:
        self.draft = replace(self.draft, **sections)
        self._around.changed()

    def _sections(self) -> None:
        draft = self.draft
        self._field("Role", "role", draft.role)
        self._field("Template", "template", draft.template)
        hint = f"Passages are parted by a line of {BETWEEN}"
        self._field("Context", "context", draft.context, hint)
        self._field("Output format", "output_format", draft.output_format)
        ui.select(
            list(LAYOUTS),
            value=draft.layout,
            label="Layout",
            on_change=lambda event: self._put(layout=event.value),
        ).style("min-width: 8rem")
        self._clarifiers()
        self._demonstrations()

    def _field(self, label: str, section: str, value: str, hint: str = "") -> None:
        field = ui.textarea(
            label, value=value, on_change=lambda event: self._put(**{section: event.value or ""})
        )
        field.props("autogrow debounce=300 dense").classes("full-width")
        if hint:
            field.props(f'hint="{hint}"')

    def _clarifiers(self) -> None:
        library = self._around.library
        own = ui.textarea("Clarifiers of your own, one a line", value=self.draft.own(library))
        own.props("autogrow debounce=300 dense").classes("full-width")

        def wrote(event: Any) -> None:
            self.draft = self.draft.with_own(event.value or "", library)
            self._around.changed()

        own.on_value_change(wrote)
        on = sum(self.draft.strength(entry) is not None for entry in library)
        switches = ui.expansion(_counted(on)).classes("full-width")

        def opened(event: Any) -> None:  # there are many, so they are made when they are wanted
            if event.value and not switches.default_slot.children:
                with switches, ui.column().classes("full-width").style("gap: 0"):
                    for entry in library:
                        _switch(self, entry, lambda: self._switched(switches))

        switches.on_value_change(opened)

    def _switched(self, switches: ui.expansion) -> None:
        on = sum(self.draft.strength(entry) is not None for entry in self._around.library)
        switches.set_text(_counted(on))
        self._around.changed()

    def _demonstrations(self) -> None:
        place = ui.column().classes("full-width q-gutter-none")

        def listed() -> None:
            place.clear()
            with place:
                for at, shown in enumerate(self.draft.demonstrations):
                    said = "; ".join(f"{name}: {value}" for name, value in shown.inputs.items())
                    prose(said if len(said) <= _SHORT else said[: _SHORT - 1] + "…")
                    with ui.row().classes("items-center full-width no-wrap"):
                        output = ui.input(f"Output of demonstration {at + 1}", value=shown.output)
                        output.props("dense debounce=300").classes("col")
                        output.on_value_change(lambda event, at=at: answer(at, event.value or ""))
                        drop = ui.button(icon="close", on_click=lambda at=at: without(at))
                        drop.props("flat dense round")
                        drop.props["aria-label"] = f"Remove demonstration {at + 1}"
                ui.button("Add the row as a demonstration", on_click=add).props("flat no-caps")

        def answer(at: int, output: str) -> None:
            self.draft = self.draft.answering(at, output)
            self._around.changed()

        def without(at: int) -> None:
            self.draft = self.draft.without(at)
            listed()
            self._around.changed()

        async def add() -> None:
            row = await self._around.row()
            if row is None:
                return
            try:
                self.draft = self.draft.showing(row)
            except IntoneError as error:
                ui.notify(refusal(error), type="negative", multi_line=True)
                return
            listed()
            self._around.changed()

        listed()


def _switch(editor: Editor, entry: Any, changed: Callable[[], object]) -> None:
    """Write a clarifier's switch, and its wordings where it has several strengths."""
    strength = editor.draft.strength(entry)
    said = f"{entry.name.replace('-', ' ')}: {entry.strengths[0]}"
    switch = ui.switch(said, value=strength is not None)
    wordings = dict(enumerate(entry.strengths))
    choice = ui.select(
        wordings, value=strength or 0, label=f"{entry.name.replace('-', ' ')}: strength"
    )
    choice.props("dense").classes("full-width").bind_visibility_from(switch, "value")

    def put() -> None:
        wanted = int(choice.value or 0) if switch.value else None
        editor.draft = editor.draft.switched(entry, wanted)
        changed()

    switch.on_value_change(put)
    choice.on_value_change(put)


async def _sure(question: str) -> bool:
    """Ask before something that was written is replaced."""
    with ui.dialog().props('aria-label="Replace"') as dialog, ui.card():
        heading(question, 2)
        with ui.row():
            ui.button("Cancel", on_click=lambda: dialog.submit(False)).props("flat autofocus")
            ui.button("Replace", on_click=lambda: dialog.submit(True))
    return bool(await dialog)


def _titles(sources: Sequence[Source]) -> dict[str, str]:
    return {source.ref: source.title for source in sources}


def _counted(on: int) -> str:
    return f"Clarifiers from the library ({on} on)" if on else "Clarifiers from the library"
