"""Parts that pages are made of: headings, tables, times, marked texts, questions.

All text is text, never HTML.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from nicegui import ui

from intone.errors import IntoneError

_STYLES = {1: "text-h5", 2: "text-h6 q-mt-md", 3: "text-subtitle1 text-weight-bold"}
BAD = "color: var(--removed)"
"""The style of what is wrong or gone; it reads on light and dark."""
GOOD = "color: var(--added)"
"""The style of what is right or new."""

_TAGS = {"removed": ("del", "removed"), "added": ("ins", "added")}
_LOCAL = "toLocaleString('en-GB', {dateStyle: 'medium', timeStyle: 'short'})"
_TIME_CELL = (
    '<q-td :props="props"><time v-if="props.value" :datetime="props.value">'
    "{{ new Date(props.value)." + _LOCAL + " }}</time></q-td>"
)

STYLE = """
:root { --added: #0b5e28; --added-ground: #dff3e4; --removed: #9b1020; --removed-ground: #fbe4e6; }
body { --q-primary: #1d5d93 !important; }
body.body--dark {
  --q-primary: #9cc7ee !important;
  --added: #8fe0a8; --added-ground: #143d22; --removed: #ffb0b6; --removed-ground: #4d1820;
}
@layer base { body.body--dark .q-btn.bg-primary { color: #0d1c2a !important; } }
.added { color: var(--added); background: var(--added-ground); font-weight: bold; }
.removed { color: var(--removed); background: var(--removed-ground); }
.good { color: var(--added); }
.bad { color: var(--removed); }
.wide { overflow-x: auto; }
.wide .q-table__middle { overflow: visible; }
.wide .q-table__card { min-width: max-content; }
.wide td { white-space: normal; max-width: 60ch; }
.prose { white-space: pre-wrap; overflow-wrap: anywhere; }
.quote { border-left: 3px solid; padding-left: .6rem; }
.beside { display: grid; gap: 1rem;
  grid-template-columns: repeat(auto-fit, minmax(min(100%, 18rem), 1fr)); }
.q-dialog__backdrop { z-index: 0; }
.q-dialog__inner { z-index: 1; }
a:focus-visible, button:focus-visible, [tabindex]:focus-visible {
  outline: 3px solid currentColor; outline-offset: 2px; }
"""
"""What all pages look alike in: colours that can be read in light and dark, a visible focus.

The web framework's rules are in layers, of whose important rules those of the first layer win.
"""


def heading(text: str, level: int) -> None:
    """Write a heading of a level, 1 to 3."""
    ui.label(text).classes(_STYLES[level]).props(f'role="heading" aria-level="{level}"')


def table(
    name: str,
    heads: Mapping[str, str],
    rows: Iterable[Mapping[str, Any]],
    times: Collection[str] = (),
) -> ui.table:
    """Write a table and return it; `heads` has each column's heading by its field.

    The fields in `times` hold times (ISO 8601), which are shown in the reader's own time zone.
    """
    columns = [
        {"name": field, "label": head, "field": field, "align": "left"}
        for field, head in heads.items()
    ]
    kept = table_rows(heads, rows)
    # The region is what scrolls sideways on a phone, and the keyboard can reach it.
    with ui.element("div").classes("wide full-width") as region:
        made = ui.table(columns=columns, rows=kept, row_key="key").props("dense flat bordered")
    region.props["role"], region.props["tabindex"], region.props["aria-label"] = "region", 0, name
    made.add_slot("no-data", '<span class="q-pa-sm">None yet.</span>')
    for field in times:
        made.add_slot(f"body-cell-{field}", _TIME_CELL)
    return made


def table_rows(heads: Mapping[str, str], rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the rows of a table as it takes them."""
    return [
        {field: "" if row[field] is None else row[field] for field in heads} | {"key": at}
        for at, row in enumerate(rows)
    ]


def moment(at: str) -> None:
    """Write a time (UTC, ISO 8601) in the reader's own time zone; what is no time, as it is."""
    try:
        read = datetime.fromisoformat(at)
    except ValueError:
        ui.label(at)
        return
    # Written anew: what goes into a template must be a time and nothing else.
    iso = (read if read.tzinfo else read.replace(tzinfo=UTC)).astimezone(UTC).isoformat()
    with ui.element("time").props(f'datetime="{iso}"') as made:
        made.add_slot("default", f"<span>{{{{ new Date('{iso}').{_LOCAL} }}}}</span>")


def marked(pieces: Iterable[tuple[str, str]]) -> None:
    """Write a text whose removed and added stretches are marked."""
    with ui.element("div").classes("prose"):
        for mark, text in pieces:
            tag, style = _TAGS.get(mark, ("span", ""))
            with ui.element(tag).classes(style):
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


def refusal(error: Exception) -> str:
    """Return what an error says as a sentence of its own."""
    said = str(error)
    return said[:1].upper() + said[1:] + ("" if said.endswith((".", "!", "?", ")")) else ".")


@contextmanager
def line() -> Iterator[None]:
    """Begin a row of controls, on one height."""
    with ui.row().classes("full-width").style("align-items: center"):
        yield


def prose(text: str) -> ui.label:
    """Write a text with its lines as they are; long words break."""
    return ui.label(text).classes("prose")


def refused(error: IntoneError) -> None:
    """Show that something was not done, and why, in one line."""
    ui.notify(str(error), type="negative", multi_line=True, timeout=10_000, close_button="Close")


def dialog_of_page(name: str) -> ui.dialog:
    """Return a dialog that belongs to the page: it stays when the part that asks is drawn anew.

    It is gone once it is closed. `name` is what it is called for those who do not see it.
    """
    with ui.context.client.content:
        dialog = ui.dialog().props(f'aria-label="{name}"')
    dialog.on("hide", dialog.delete)
    return dialog


def question(
    about: str, lines: Iterable[str], word: str, act: Callable[[], Any], *, name: str
) -> None:
    """Ask before something is done; `act` is done (or awaited) when the button `word` is pressed.

    `name` is what the dialog is called for those who do not see it.
    """
    page = ui.context.client.content

    async def go() -> None:
        dialog.close()
        with page:  # what takes long ends when the dialog is gone, and has something to tell then
            done = act()
            if done is not None:
                await done

    with dialog_of_page(name) as dialog, ui.card():
        heading(about, 2)
        for line in lines:
            prose(line)
        with ui.row():
            ui.button("Cancel", on_click=dialog.close).props("flat autofocus")
            ui.button(word, on_click=go)
    dialog.open()
