"""The page with the prompts: versions, labels, verdicts, differences; moving labels.

A label moves only after a question that shows what speaks for the version it would go to.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from nicegui import ui

from intone.errors import IntoneError
from intone.runs.serving import Serving
from intone.serve.pages.parts import heading, marked, table

AUTHOR = "web page"
"""Who moved a label, when it was moved here."""

_WIDE = "min-width: 7rem"


def show(serving: Serving) -> None:
    """Show the prompts that are kept, and one of them in full."""
    heading("Prompts", 1)
    prompts = serving.prompts()
    if not prompts:
        ui.label("No prompts are kept yet: intone prompts import FILE, or intone tune.")
        return
    names = [prompt["name"] for prompt in prompts]

    @ui.refreshable
    def overview() -> None:
        heads = {"name": "prompt", "latest": "latest version", "labels": "labels"}
        rows = (_row(serving, prompt) for prompt in serving.prompts())
        table("All prompts", heads | {"verdict": "verdict"}, rows)

    @ui.refreshable
    def detail() -> None:
        _detail(serving, str(chosen.value), refresh)

    def refresh() -> None:
        overview.refresh()
        detail.refresh()

    overview()
    chosen = ui.select(names, value=names[0], label="Prompt", on_change=lambda: detail.refresh())
    chosen.classes("full-width q-mt-md")
    detail()


def _detail(serving: Serving, name: str, refresh: Callable[[], None]) -> None:
    history = serving.curating.history(name)
    numbers = [version["number"] for version in reversed(serving.versions(name))]
    heads = {"number": "version", "created": "made", "author": "by", "parent": "from"}
    heading(f"Versions of {name}", 2)
    table(
        "Versions",
        heads | {"verdict": "verdict"},
        (_version(serving, it) for it in serving.versions(name)),
        times=["created"],
    )
    _labels(serving, name, numbers, refresh)
    _differences(serving, name, numbers)
    heading("History of the labels", 2)
    heads = {"label": "label", "from": "from", "to": "to", "author": "by", "at": "when"}
    table("Moves of labels", heads, map(_move, reversed(history["moves"])), times=["at"])


def _labels(
    serving: Serving, name: str, numbers: Sequence[int], refresh: Callable[[], None]
) -> None:
    heading("Labels", 2)
    curating = serving.curating
    with ui.row().classes("items-center full-width"):
        label = ui.input("Label", value="production")
        version = ui.select(list(numbers), value=numbers[-1], label="Version").style(_WIDE)

        def promote() -> None:
            to, which = str(label.value), str(version.value)
            ask(
                f"Move {name}@{to} to version {which}?",
                lambda: curating.evidence(name, which),
                "Promote",
                lambda: curating.promote(name, to, which, AUTHOR),
                refresh,
            )

        ui.button("Promote …", on_click=promote)
    for held, back in curating.ways_back(name).items():

        def roll_back(held: str = held, back: int = back) -> None:
            ask(
                f"Roll {name}@{held} back to version {back}?",
                lambda: curating.evidence(name, str(back)),
                "Roll back",
                lambda: curating.roll_back(name, held, AUTHOR),
                refresh,
            )

        ui.button(f"Roll {held} back to version {back} …", on_click=roll_back).props("outline")


def ask(
    question: str,
    evidence: Callable[[], str],
    word: str,
    act: Callable[[], int],
    refresh: Callable[[], None],
) -> None:
    """Ask before a label moves; a refusal is shown and changes nothing."""

    def go() -> None:
        dialog.close()
        try:
            number = act()
        except IntoneError as error:
            ui.notify(str(error), type="negative")
            return
        ui.notify(f"It is at version {number} now.", type="positive")
        refresh()

    try:
        said = evidence()
    except IntoneError as error:
        ui.notify(str(error), type="negative")
        return
    with ui.dialog().props('aria-label="Move a label"') as dialog, ui.card():
        heading(question, 2)
        ui.label(said)
        with ui.row():
            ui.button("Cancel", on_click=dialog.close).props("flat autofocus")
            ui.button(word, on_click=go)
    dialog.open()


def _differences(serving: Serving, name: str, numbers: Sequence[int]) -> None:
    if len(numbers) < 2:
        return
    heading("What differs", 2)
    with ui.row():
        before = ui.select(list(numbers), value=numbers[-2], label="Before").style(_WIDE)
        after = ui.select(list(numbers), value=numbers[-1], label="After").style(_WIDE)

    @ui.refreshable
    def difference() -> None:
        pair = (str(before.value), str(after.value))
        changed = serving.curating.differences(name, *pair)
        for section, pieces in changed:
            heading(section, 3)
            marked((piece.mark, piece.text) for piece in pieces)
        if not changed:
            ui.label("Nothing differs.")

    difference()
    before.on_value_change(lambda: difference.refresh())
    after.on_value_change(lambda: difference.refresh())


def _row(serving: Serving, prompt: Mapping[str, Any]) -> dict[str, Any]:
    labels = ", ".join(f"{label} → {number}" for label, number in prompt["labels"].items())
    return {
        "name": prompt["name"],
        "latest": prompt["latest"],
        "labels": labels,
        "verdict": serving.curating.in_short(prompt["verdict"]),
    }


def _move(move: Mapping[str, Any]) -> dict[str, Any]:
    return {**move, "to": f"{move['to']} (rolled back)" if move["back"] else move["to"]}


def _version(serving: Serving, version: Mapping[str, Any]) -> dict[str, Any]:
    verdict = version["verdict"]
    return {
        "number": version["number"],
        "created": version["created"],
        "author": version["author"],
        "parent": version["parent"] or "",
        "verdict": serving.curating.evidence(version["name"], str(version["number"]))
        if verdict
        else "none",
    }
