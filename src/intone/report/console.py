"""Where screens are printed. Owns the difference between a terminal and a file.

A terminal gets colours and lines that end at words. A file or a pipe gets plain text: no colours,
no boxes, every line whole; tables keep to 80 columns.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TextIO, TypeAlias

from rich.console import Console
from rich.table import Table
from rich.text import Text

Part: TypeAlias = Text | Table
"""A line or a table of a screen."""

_WIDTH = 80


def console_for(file: TextIO) -> Console:
    """Return a console that writes to this file, plain unless it is a terminal."""
    terminal = file.isatty()
    return Console(
        file=file,
        force_terminal=terminal,
        width=None if terminal else _WIDTH,
        highlight=False,
        markup=False,
        emoji=False,
        legacy_windows=False,
    )


def show(console: Console, parts: Iterable[Part]) -> None:
    """Print a screen."""
    for part in parts:
        if console.is_terminal:
            console.print(part)
        elif isinstance(part, Text):
            console.file.write(part.plain.rstrip() + "\n")
        else:
            with console.capture() as capture:
                console.print(part)
            rows = capture.get().splitlines()
            console.file.write("".join(row.rstrip() + "\n" for row in rows))


def line(*pieces: str | tuple[str, str] | Text) -> Text:
    """Return a line put together from texts, or (text, style) pairs."""
    return Text.assemble(*pieces)


def blank() -> Text:
    """Return an empty line."""
    return Text("")


def columns(*styles: str, gap: int = 3) -> Table:
    """Return a table without lines; a column is "right", "fold" or "" (left)."""
    table = Table.grid(padding=(0, gap, 0, 0))
    for style in styles:
        right = "right" in style
        table.add_column(
            justify="right" if right else "left",
            no_wrap="fold" not in style,
            overflow="fold",
            ratio=None,
        )
    return table
