"""What every data format offers, and how files are opened. Owns no format.

A new format is one module with a class that fulfils `Source`, and its line in `formats.py`.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Protocol, TextIO

from intone.errors import DataError

_BYTE_ORDER_MARKS = (b"\xff\xfe", b"\xfe\xff")


class Source(Protocol):
    """A table that can be read from its first row to its last."""

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns' names, in the order they are written."""

    def rows(self, names: Sequence[str]) -> Iterator[Sequence[str | None]]:
        """Yield the values of the named columns, row by row, None for a missing value.

        Raises DataError, naming the line, for a row that cannot be read.
        """

    def records(self) -> Iterator[tuple[str, Mapping[str, str | None]]]:
        """Yield every row whole, by column, with its place before people (`a.csv, line 7`).

        Where rows differ each has its own columns. Raises DataError as `rows` does.
        """

    def has(self, name: str) -> bool:
        """Whether there is such a column (where rows differ, in any row)."""


@contextlib.contextmanager
def text_file(path: Path) -> Iterator[TextIO]:
    """Open a UTF-8 file (with or without byte order mark) with its line ends as they are.

    Raises DataError where the file cannot be read or is not UTF-8, naming the line.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            yield file
    except UnicodeDecodeError as error:
        raise _not_utf8(path) from error
    except OSError as error:
        raise unreadable(path, error) from error


def unreadable(path: Path, error: OSError) -> DataError:
    """Return the error for a file the system will not let us read."""
    return DataError(
        f"cannot read {path}: {error.strerror or error}; check the path and its permissions"
    )


def _not_utf8(path: Path) -> DataError:
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            if number == 1 and line.startswith(_BYTE_ORDER_MARKS):
                return DataError(f"{path} is UTF-16, not UTF-8; save it as UTF-8")
            try:
                line.decode("utf-8")
            except UnicodeDecodeError as error:
                byte = line[error.start]
                return DataError(
                    f"{path}, line {number}: byte 0x{byte:02x} is not UTF-8; save the file as UTF-8"
                )
    return DataError(f"{path} is not UTF-8; save it as UTF-8")
