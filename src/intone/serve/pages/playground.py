"""The page to try prompts on: up to three variants side by side, on one row or on many.

Nothing is asked before the button is pressed, beside which stands how many calls that takes at
most. A try is no run: it moves no label, opens no sealed row, and is no verdict.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import partial
from typing import Any

from nicegui import background_tasks, ui

from intone.errors import IntoneError
from intone.runs.drafting import Draft, Piece, sections_differing
from intone.runs.labelling import LONGEST
from intone.runs.playground import MOST_VARIANTS, NAMES, Playground, Saved, Source, Task
from intone.runs.serving import Serving
from intone.runs.tried import differences
from intone.serve.pages.in_place import InPlace, Part
from intone.serve.pages.keeping import ask_to_save, show_sent
from intone.serve.pages.parts import heading, line, marked, prose, refusal
from intone.serve.pages.results import results
from intone.serve.pages.variant import Around, Editor
from intone.serve.pages.waiting import in_thread, refused

_FIRST = Draft(template="Answer this.\n\n{{ text }}")
"""What stands in the first variant where there is no prompt to start from."""


def show(serving: Serving) -> None:
    """Show the playground."""
    heading("Playground", 1)
    _Page(serving).begin()


class _Page:
    """What one visitor tries."""

    def __init__(self, serving: Serving) -> None:
        self._serving = serving
        self._door: Playground = serving.playground
        self._task: Task | None = None
        self._sources: list[Source] = []
        self._editors: list[Editor] = []
        self._inputs: dict[str, str] = {}
        self._row: int | None = None
        self._label: str | None = None
        self._shown_names: list[str] = []
        self._filled_times = 0
        self._compared = 0

    def begin(self) -> None:
        self._place = ui.column().classes("full-width")
        with self._place:
            ui.label("Reading the rows …").props('role="status"')
        ui.timer(0.01, self._open, once=True)

    async def _open(self) -> None:
        said = ""
        try:
            self._task = await asyncio.to_thread(self._door.task)
        except IntoneError as error:
            said = f"{refusal(error)} Inputs are written by hand until then."
            self._task = self._door.without_rows()
        try:
            library, first, draft = await asyncio.to_thread(self._begun, self._task)
        except IntoneError as error:
            refused(self._place, error)
            return
        if self._place.client.is_deleted:
            return
        self._around = Around(
            library, self._load, self._filled, self._changed, self._save, self._sent, self._remove
        )
        self._editors = [Editor(NAMES[0], draft, first, self._around)]
        self._place.clear()
        with self._place:
            if said:
                prose(said).props('role="alert"')
            self._layout()
        await self._fill(self._first_row())

    def _begun(self, task: Task) -> tuple[Sequence[Any], str | None, Draft]:
        """Return the library's clarifiers, and the prompt to start from, with what it is of."""
        self._sources = self._door.sources()
        first = self._sources[0].ref if self._sources else None
        draft = Draft.of(self._door.prompt(first)) if first else _FIRST
        return self._door.clarifiers(task), first, draft

    def _layout(self) -> None:
        self._about = ui.column().classes("full-width q-gutter-none")
        self._rows()
        self._variants = (
            ui.element("div")
            .classes("full-width")
            .style(
                "display: grid; gap: 1rem; align-items: start; "
                "grid-template-columns: repeat(auto-fit, minmax(min(100%, 19rem), 1fr))"
            )
        )
        self._show_variants()
        self._more = ui.button("Add a variant", on_click=self._add).props("outline")
        self._differences = ui.column().classes("full-width q-gutter-none")
        self._running()
        self._results = ui.column().classes("full-width")

    def _rows(self) -> None:
        heading("The row", 2)
        rows = self._task.rows if self._task else None
        if rows is None:
            prose("There are no rows (task.data in intone.toml names a file): write the inputs.")
        else:
            hidden = f"; {rows.hidden:,} sealed rows are not offered" if rows.hidden else ""
            prose(f"{len(rows.shown):,} rows can be tried{hidden}.")
            with line():
                number = ui.number("Row", min=1, precision=0).style("width: 7rem")

                async def fill() -> None:
                    if number.value is not None:
                        await self._fill(int(number.value) - 1)

                number.on("keydown.enter", fill)
                ui.button("Fill from the row", on_click=fill).props("outline")
                ui.button("Next row", on_click=self._next).props("outline")
            self._number = number
        self._fields = InPlace()

    def _first_row(self) -> int | None:
        rows = self._task.rows if self._task else None
        if rows is None or not len(rows.shown):
            return None
        return rows.sample[0] if rows.sample else int(rows.shown[0])

    async def _fill(self, place: int | None) -> None:
        """Fill the inputs from a row; None: leave them to be written."""
        if place is not None:
            task = self._task
            row = await in_thread(self._place, lambda: task.row(place) if task else None)
            if row is None:
                return
            self._inputs = dict(row.inputs)
            self._row, self._label = place, row.target
            self._number.set_value(place + 1)
        self._filled_times += 1
        self._changed()

    async def _next(self) -> None:
        rows = self._task.rows if self._task else None
        if rows is not None:
            await self._fill(rows.after(-1 if self._row is None else self._row))

    def _named(self) -> list[str]:
        """Return the inputs that any variant names; all there are, where one names none."""
        there = [] if self._task is None or self._task.rows is None else self._task.rows.data.inputs
        found: set[str] = set()
        for editor in self._editors:
            try:
                names = editor.draft.prompt().variables
            except IntoneError:  # it is being written: what was asked for last stays
                found.update(self._shown_names)
                continue
            found |= names or set(there)
        return [*(name for name in there if name in found), *sorted(found - set(there))]

    def _changed(self) -> None:
        """Show what follows from the drafts: inputs, differences, how many calls."""
        names = self._shown_names = self._named()
        turn = self._filled_times
        parts = [Part(("input", name), turn, partial(self._field, name)) for name in names]
        if self._label is not None:
            said = f"Right answer: {self._label}"
            parts.append(Part("right", said, partial(prose, said)))
        self._fields.show(parts)
        self._count()
        self._compared += 1
        background_tasks.create(self._compare(self._compared), name="compare drafts")

    def _field(self, name: str) -> None:
        value = self._inputs.get(name, "")
        field = ui.textarea(name, value=value[:LONGEST]).props("autogrow debounce=300 dense")
        field.classes("full-width").style("max-height: 40vh; overflow: auto")
        if len(value) > LONGEST:
            field.props("readonly")
            field.props["hint"] = (
                f"The first {LONGEST:,} of {len(value):,} characters; all are sent"
            )
            return

        def wrote(event: Any) -> None:
            self._inputs[name] = event.value or ""

        field.on_value_change(wrote)

    async def _compare(self, turn: int) -> None:
        """Show what differs between the drafts; `turn` is the newest, or something changed since.

        Long prompts take long to compare.
        """
        found = await asyncio.to_thread(_differing, [(it.name, it.draft) for it in self._editors])
        if turn != self._compared or self._place.client.is_deleted:
            return
        self._differences.clear()
        with self._differences:
            if found:
                heading("What differs in the prompts", 2)
            for title, changed in found:
                heading(title, 3)
                if isinstance(changed, IntoneError):
                    prose(refusal(changed))
                    continue
                for section, pieces in changed:
                    ui.label(section).classes("text-caption")
                    marked(pieces)
                if not changed:
                    ui.label("Nothing differs.")

    def _running(self) -> None:
        heading("Try", 2)
        task = self._task
        many = len(task.rows.sample) if task and task.rows else 0
        choices = {"one": "this row"} | ({"many": f"{many} rows"} if many > 1 else {})
        with line():
            self._how = ui.radio(choices, value="one", on_change=lambda: self._count())
            self._how.props('inline aria-label="Rows to answer"')
            self._go = ui.button("Run", on_click=self._run)
        self._calls = ui.label("").props('role="status"')

    def _count(self) -> None:
        if self._task is None:
            return
        rows = 1
        if self._how.value == "many" and self._task.rows is not None:
            rows = len(self._task.rows.sample)
        most = self._door.most_calls(len(self._editors), rows, self._task)
        calls = "1 call" if most == 1 else f"{most} calls"
        self._calls.set_text(f"Asks for at most {calls} to {self._door.model}.")

    async def _run(self) -> None:
        """Try the variants; the button is off meanwhile."""
        self._go.disable()
        try:
            await self._tried()
        finally:
            if not self._place.client.is_deleted:
                self._go.enable()
                self._count()

    async def _tried(self) -> None:
        many = self._how.value == "many"
        try:
            prompts = [editor.draft.prompt() for editor in self._editors]
            task = self._task = await self._now()
            rows = await asyncio.to_thread(
                lambda: task.sample if many else [task.by_hand(self._given(), self._row)]
            )
            asked = len(prompts) * len(rows)
            found = await self._door.try_out(prompts, rows, task, partial(self._seen, asked))
        except IntoneError as error:
            refused(self._results, error)
            return
        pieces = await asyncio.to_thread(differences, found)
        if self._place.client.is_deleted:
            return  # what was answered is in the ledger
        self._results.clear()
        with self._results:
            results(found, pieces, NAMES[: len(prompts)])

    async def _now(self) -> Task:
        """Return the task as it is now: the file, or a label, may have changed."""
        if self._task is not None and self._task.rows is None:
            return self._task
        return await asyncio.to_thread(self._door.task)

    def _given(self) -> dict[str, str]:
        return {name: self._inputs.get(name, "") for name in self._named()}

    def _seen(self, asked: int, answered: int) -> None:
        if not self._place.client.is_deleted:
            self._calls.set_text(f"{answered} of {asked} answered …")

    def _show_variants(self) -> None:
        self._variants.clear()
        with self._variants:
            for editor in self._editors:
                editor.show(self._sources, alone=len(self._editors) == 1)

    def _add(self) -> None:
        """Put a copy of the last variant beside it."""
        last = self._editors[-1]
        name = NAMES[len(self._editors)]
        self._editors.append(Editor(name, last.draft, last.source, self._around))
        self._rearranged()

    def _remove(self, editor: Editor) -> None:
        self._editors.remove(editor)
        for name, left in zip(NAMES, self._editors, strict=False):
            left.name = name
        self._rearranged()

    def _rearranged(self) -> None:
        self._show_variants()
        self._more.set_visibility(len(self._editors) < MOST_VARIANTS)
        self._changed()

    async def _load(self, ref: str) -> Draft | None:
        return await in_thread(self._place, lambda: Draft.of(self._door.prompt(ref)))

    async def _filled(self) -> Any:
        """Return the row that is filled in, with what was changed by hand."""
        task = self._task
        return await in_thread(
            self._place, lambda: task.by_hand(self._given(), self._row) if task else None
        )

    async def _sent(self, editor: Editor) -> None:
        row, task = await self._filled(), self._task
        if row is None or task is None:
            return
        messages = await in_thread(
            self._place, lambda: self._door.messages(editor.draft.prompt(), row, task)
        )
        if messages is not None:
            show_sent(self._place, editor, messages)

    def _save(self, editor: Editor) -> None:
        known = {source.ref: source.name for source in self._sources}
        name = known.get(editor.source or "", "")
        ask_to_save(self._serving, self._place, editor, name, self._saved)

    def _saved(self, editor: Editor, saved: Saved) -> None:
        self._sources = self._door.sources()
        editor.kept(saved.ref)
        for each in self._editors:
            each.offer(self._sources)


def _differing(
    drafts: Sequence[tuple[str, Draft]],
) -> list[tuple[str, list[tuple[str, list[Piece]]] | IntoneError]]:
    """Return what each draft but the first has otherwise, or why that cannot be told."""
    found: list[tuple[str, list[tuple[str, list[Piece]]] | IntoneError]] = []
    for name, draft in drafts[1:]:
        title = f"{drafts[0][0]} → {name}"
        try:
            changed = sections_differing(drafts[0][1].prompt(), draft.prompt())
        except IntoneError as error:
            found.append((title, error))
        else:
            found.append((title, changed))
    return found
