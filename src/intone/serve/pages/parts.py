"""Parts that pages are made of: headings, tables, marked texts. All text is text, never HTML."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from nicegui import ui

_STYLES = {1: "text-h5", 2: "text-h6 q-mt-md", 3: "text-subtitle1 text-weight-bold"}
_TAGS = {  # the text keeps its colour, so that it can be read in dark mode too
    "removed": ("del", "background: rgb(220 60 50 / 0.25); text-decoration: line-through"),
    "added": ("ins", "background: rgb(40 160 90 / 0.3); text-decoration: underline"),
}


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
