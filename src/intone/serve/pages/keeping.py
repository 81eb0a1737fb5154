"""The windows of the playground: what a variant sends, and saving it as a version.

A label moves only after a question of its own, which shows the evidence.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from nicegui import ui

from intone.runs.labelling import LONGEST
from intone.runs.playground import Saved
from intone.runs.serving import Serving
from intone.serve.pages.parts import heading, prose
from intone.serve.pages.prompts import AUTHOR, ask
from intone.serve.pages.variant import Editor
from intone.serve.pages.waiting import in_thread


def show_sent(place: ui.element, editor: Editor, messages: Sequence[tuple[str, str]]) -> None:
    """Open a window with the messages of a variant's call, as roles and texts."""
    with place:
        dialog = ui.dialog().props('aria-label="What is sent"')
    with dialog, ui.card().style("width: 44rem; max-width: 95vw"):
        heading(f"What {editor.name} sends for this row", 2)
        for role, content in messages:
            heading(role, 3)
            prose(content[:LONGEST])
        ui.button("Close", on_click=dialog.close).props("flat autofocus")
    dialog.on("hide", dialog.delete)
    dialog.open()


def ask_to_save(
    serving: Serving,
    place: ui.element,
    editor: Editor,
    name: str,
    saved: Callable[[Editor, Saved], object],
) -> None:
    """Open a window that asks for a name, and for a label if one is to move.

    `saved` is told of the version.
    """
    with place:
        dialog = ui.dialog().props('aria-label="Save a version"')

    async def keep() -> None:
        named, to = str(given.value or "").strip(), str(label.value or "").strip()
        kept = await in_thread(
            place,
            lambda: serving.playground.save(named, editor.draft.prompt(), editor.source, AUTHOR),
        )
        if kept is None:
            return
        dialog.close()
        with place:
            said = f"It is {kept.ref} now." if kept.new else f"{kept.ref} has the same content."
            ui.notify(said, type="positive")
            saved(editor, kept)
            if to:
                _ask_to_move(serving, kept, to)

    with dialog, ui.card().style("width: 30rem; max-width: 95vw"):
        heading(f"Save {editor.name} as a version", 2)
        given = ui.input("Name", value=name).classes("full-width")
        label = ui.input("Label to move to it, if any").classes("full-width")
        prose("A label moves only after another question, which shows what speaks for it.")
        with ui.row():
            ui.button("Cancel", on_click=dialog.close).props("flat")
            ui.button("Save", on_click=keep)
    dialog.on("hide", dialog.delete)
    dialog.open()


def _ask_to_move(serving: Serving, kept: Saved, label: str) -> None:
    curating, number = serving.curating, str(kept.number)
    ask(
        f"Move {kept.name}@{label} to version {number}?",
        lambda: curating.evidence(kept.name, number),
        "Move the label",
        lambda: curating.promote(kept.name, label, number, AUTHOR),
        lambda: None,
    )
