"""Parts that pages are made of: headings, tables, marked texts. All text is text, never HTML."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from nicegui import ui

_STYLES = {1: "text-h5", 2: "text-h6 q-mt-md", 3: "text-subtitle1 text-weight-bold"}
BAD = "color: color-mix(in srgb, currentColor 45%, var(--q-negative))"
"""The style of what is wrong or gone: mixed with the text's colour, it reads on light and dark."""
GOOD = "color: color-mix(in srgb, currentColor 45%, var(--q-positive))"
"""The style of what is right or new."""

_TAGS = {"removed": ("del", BAD), "added": ("ins", f"{GOOD}; font-weight: bold")}


def heading(text: str, level: int) -> None:
    """Write a heading of a level, 1 to 3."""
    ui.label(text).classes(_STYLES[level]).props(f'role="heading" aria-level="{level}"')


def table(name: str, heads: Mapping[str, str], rows: Iterable[Mapping[str, Any]]) -> ui.table:
    """Write a table and return it; `heads` has each column's heading by its field."""
    columns = [
        {"name": field, "label": head, "field": field, "align": "left"}
        for field, head in heads.items()
    ]
    kept = table_rows(heads, rows)
    made = ui.table(columns=columns, rows=kept, row_key="key").classes("full-width")
    made.props(f'aria-label="{name}" dense flat bordered')
    return made


def table_rows(heads: Mapping[str, str], rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the rows of a table as it takes them."""
    return [
        {field: "" if row[field] is None else row[field] for field in heads} | {"key": at}
        for at, row in enumerate(rows)
    ]


def marked(pieces: Iterable[tuple[str, str]]) -> None:
    """Write a text whose removed and added stretches are marked."""
    with ui.element("div").style("white-space: pre-wrap; overflow-wrap: anywhere"):
        for mark, text in pieces:
            tag, style = _TAGS.get(mark, ("span", ""))
            with ui.element(tag).style(style):
                ui.label(text).style("display: inline")


@contextmanager
def grid(name: str, heads: Iterable[str]) -> Iterator[None]:
    """Begin a table whose rows are made by `grid_row`; a wide one scrolls inside itself."""
    # The label is not given as a prop's text: a quotation mark in it would end it.
    outside = ui.element("q-markup-table").props("flat bordered dense wrap-cells tabindex=0")
    outside.props["aria-label"], outside.props["role"] = name, "region"
    with outside.classes("full-width"):
        with ui.element("thead"), ui.element("tr"):
            for head in heads:
                with ui.element("th").props('scope="col"').classes("text-left"):
                    ui.label(head)
        with ui.element("tbody"):
            yield


@contextmanager
def grid_row() -> Iterator[None]:
    """Begin a row of a `grid`."""
    with ui.element("tr"):
        yield


@contextmanager
def cell(width: str = "") -> Iterator[None]:
    """Begin a cell of a `grid`; one with a least `width`, as CSS says it, breaks its words too."""
    wide = f"overflow-wrap: anywhere; min-width: {width}" if width else "overflow-wrap: break-word"
    with ui.element("td").style(f"vertical-align: top; white-space: pre-wrap; {wide}"):
        yield


def text(words: str) -> ui.label:
    """Write a text with its line breaks, which may be long."""
    return ui.label(words).style("white-space: pre-wrap; overflow-wrap: anywhere")


def refusal(error: Exception) -> str:
    """Return what an error says as a sentence of its own."""
    said = str(error)
    return said[:1].upper() + said[1:] + ("" if said.endswith((".", "!", "?", ")")) else ".")


@contextmanager
def line() -> Iterator[None]:
    """Begin a row of controls, on one height."""
    with ui.row().classes("full-width").style("align-items: center"):
        yield
