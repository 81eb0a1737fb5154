"""Parts that pages are made of: headings, tables, marked texts. All text is text, never HTML."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from nicegui import ui

_STYLES = {1: "text-h5", 2: "text-h6 q-mt-md", 3: "text-subtitle1 text-weight-bold"}
_TAGS = {"removed": ("del", "text-negative"), "added": ("ins", "text-positive text-weight-bold")}


def heading(text: str, level: int) -> None:
    """Write a heading of a level, 1 to 3."""
    ui.label(text).classes(_STYLES[level]).props(f'role="heading" aria-level="{level}"')


def table(name: str, heads: Mapping[str, str], rows: Iterable[Mapping[str, Any]]) -> None:
    """Write a table; `heads` has each column's heading by its field."""
    columns = [
        {"name": field, "label": head, "field": field, "align": "left"}
        for field, head in heads.items()
    ]
    kept = [
        {field: "" if row[field] is None else row[field] for field in heads} | {"key": at}
        for at, row in enumerate(rows)
    ]
    made = ui.table(columns=columns, rows=kept, row_key="key").classes("full-width")
    made.props(f'aria-label="{name}" dense flat bordered')


def marked(pieces: Iterable[tuple[str, str]]) -> None:
    """Write a text whose removed and added stretches are marked."""
    with ui.element("div").style("white-space: pre-wrap; overflow-wrap: anywhere"):
        for mark, text in pieces:
            tag, style = _TAGS.get(mark, ("span", ""))
            with ui.element(tag).classes(style):
                ui.label(text).style("display: inline")
