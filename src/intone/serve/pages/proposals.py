"""Proposals as parts of a page: what speaks for a change, accepting, declining, undoing."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from nicegui import ui

from intone.errors import IntoneError
from intone.runs.deciding import Applied, Measured, Output, Proposal
from intone.runs.serving import Serving
from intone.serve.pages.parts import heading, marked, moment, prose, question, refused, table
from intone.serve.pages.prompts import AUTHOR

Again = Callable[[], Awaitable[None]]
_HEADS = {
    "name": "check",
    "before": "before",
    "after": "after",
    "change": "change [interval]",
    "chance": "chance",
    "inputs": "inputs",
}


def show_proposal(serving: Serving, it: Proposal, again: Again) -> None:
    """Show a proposal with its evidence, and the buttons that decide it."""
    with ui.card().classes("full-width"):
        heading(f"Proposed: {it.sentence}", 2)
        with ui.row().classes("items-center text-caption"):
            ui.label(f"run {it.run}, for {_numbered(it.answers)}")
            moment(it.at)
        for section, pieces in it.sections:
            heading(section, 3)
            marked((piece.mark, piece.text) for piece in pieces)
        heading("Before and after", 3)
        table(f"Checks of run {it.run}", _HEADS, map(_measured, it.checks))
        prose(it.task[:1].upper() + it.task[1:])
        if it.tokens:
            ui.label(f"Tokens a call: {it.tokens}")
        ui.label(f"Spent on this proposal: {it.spent}")
        for note in it.notes:
            prose(f"Note: {note}")
        _outputs(it.outputs)
        _deciding(serving, it, again)


def _deciding(serving: Serving, it: Proposal, again: Again) -> None:
    ticks = {}
    if it.doubts:
        heading("To be decided", 3)
        ui.label("Each has to be ticked before the change can be accepted.")
    for doubt in it.doubts:
        ticks[doubt] = ui.checkbox(f"I accept this. {doubt.why}")

    async def accept() -> None:
        ticked = {
            doubt.what
            for doubt in it.doubts
            if all(box.value for other, box in ticks.items() if other.what == doubt.what)
        }
        if version := await _do(lambda: serving.deciding.accept(it.run, ticked, AUTHOR)):
            ui.notify(f"{version} is {it.target} now.", type="positive")
            await again()

    async def decline() -> None:
        def put_aside() -> str:
            serving.deciding.decline(it.run, AUTHOR)
            return "declined"

        if await _do(put_aside):
            ui.notify("The change is declined; its complaints stay open.")
            await again()

    def ask() -> None:
        lines = ["The prompt stays as it is, and the complaints stay open."]
        question("Decline this change?", lines, "Decline", decline, name="Decline a change")

    with ui.row():
        ui.button(f"Accept: a new version at {it.target}", on_click=accept)
        ui.button("Decline this change …", on_click=ask).props("outline")


def show_applied(serving: Serving, those: Sequence[Applied], again: Again) -> None:
    """Show the changes that were accepted and are in use, each with its way back."""
    if not those:
        return
    heading("Accepted changes in use", 2)
    for it in those:
        with ui.row().classes("items-center"):
            answered = f"answers {_numbered(it.answers)}"
            prose(f"{it.version} ({it.label}): {it.sentence}; {answered}")
            moment(it.at)
            _undoing(serving, it, again)


def _undoing(serving: Serving, it: Applied, again: Again) -> None:
    async def undo() -> None:
        if at := await _do(lambda: serving.deciding.undo(it.run, AUTHOR)):
            ui.notify(f"{it.label} is {at} again.", type="positive")
            await again()

    def ask() -> None:
        lines = [f"{it.label} goes back to where it was; the complaints are open again."]
        question(f"Undo {it.version}?", lines, "Undo", undo, name="Undo a change")

    button = ui.button("Undo …", on_click=ask).props("outline")
    button.props["aria-label"] = f"Undo {it.version} …"


async def _do(act: Callable[[], str]) -> str:
    """Do something that may be refused; return what it returns, "" if it was."""
    try:
        return await asyncio.to_thread(act)
    except IntoneError as error:
        refused(error)
        return ""


def _numbered(complaints: Sequence[int]) -> str:
    noun = "complaint" if len(complaints) == 1 else "complaints"
    return f"{noun} {', '.join(map(str, complaints))}"


def _measured(check: Measured) -> dict[str, str | int]:
    return {
        "name": check.name,
        "before": check.before,
        "after": check.after,
        "change": check.change,
        "chance": check.chance,
        "inputs": check.inputs,
    }


def _outputs(outputs: Sequence[Output]) -> None:
    if not outputs:
        return
    heading("Answers side by side", 3)
    for output in outputs:
        for name, text in output.asked:
            prose(f"{name}: {text}").classes("text-weight-bold")
        with ui.element("div").classes("beside full-width"):
            for title, pieces in (("before", output.before), ("after", output.after)):
                with ui.element("div"):
                    ui.label(title).classes("text-caption")
                    marked((piece.mark, piece.text) for piece in pieces)
