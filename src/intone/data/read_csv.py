"""CSV and TSV files. Owns their dialect: separators, quotes, headers and what is malformed."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Mapping, Sequence
from operator import itemgetter
from pathlib import Path

from intone.data.source import text_file
from intone.errors import DataError

_SEPARATORS = (",", ";", "\t")
_NAMES = {",": "comma", ";": "semicolon", "\t": "tab"}
_LARGEST_VALUE = 64 * 1024 * 1024
"""Characters in one value; the limit keeps a forgotten quote from reading the file as one value."""


class CsvFile:
    """A CSV file in UTF-8 whose first line names the columns.

    The separator is the one of comma, semicolon and tab that parts the header into most columns
    (the comma if none does); a `.tsv` file is parted by tabs. Quoted values may hold line
    breaks. Blank lines are skipped, columns without a name cannot be used. Raises DataError for
    an empty file and for a column that is named twice.
    """

    def __init__(self, path: Path) -> None:
        # The limit is one for the whole process; it is only ever raised, so a caller who needs
        # a larger one keeps it.
        if csv.field_size_limit() < _LARGEST_VALUE:
            csv.field_size_limit(_LARGEST_VALUE)
        self._path = path
        self._separator, self._header = self._read_header()
        self.columns = tuple(name for name in self._header if name)
        twice = sorted({name for name in self.columns if self.columns.count(name) > 1})
        if twice:
            raise DataError(
                f"{path}, line 1: the column {twice[0]!r} is named twice; rename one of them"
            )

    def has(self, name: str) -> bool:
        return name in self.columns

    def rows(self, names: Sequence[str]) -> Iterator[Sequence[str | None]]:
        pick = _picker([self._header.index(name) for name in names])
        for _, values in self._lines():
            yield pick(values)

    def records(self) -> Iterator[tuple[str, Mapping[str, str | None]]]:
        for line, values in self._lines():
            named = zip(self._header, values, strict=True)
            yield f"{self._path}, line {line}", {name: value for name, value in named if name}

    def _lines(self) -> Iterator[tuple[int, list[str]]]:
        """Yield each row's values with the line it begins at."""
        width = len(self._header)
        line = 0
        with text_file(self._path) as file:
            reader = csv.reader(file, delimiter=self._separator, strict=True)
            try:
                header_passed = False
                for values in reader:
                    if len(values) == width and header_passed:
                        yield line + 1, values
                    elif values and header_passed:
                        raise self._ragged(line + 1, len(values))
                    elif values:
                        header_passed = True
                    line = reader.line_num
            except csv.Error as error:
                raise self._malformed(line + 1, error) from error

    def _read_header(self) -> tuple[str, list[str]]:
        separators = ("\t",) if self._path.suffix.lower() == ".tsv" else _SEPARATORS
        best: tuple[str, list[str]] = ("", [])
        failure = None
        for separator in separators:
            try:
                header = self._first_record(separator)
            except csv.Error as error:  # quotes that make no sense with this separator
                failure = error
                continue
            if len(header) > len(best[1]):
                best = (separator, header)
        if any(best[1]):
            return best
        if failure is not None:
            raise self._malformed(1, failure) from failure
        raise DataError(f"{self._path} is empty; its first line should name the columns")

    def _first_record(self, separator: str) -> list[str]:
        with text_file(self._path) as file:
            for values in csv.reader(file, delimiter=separator, strict=True):
                if values:
                    return [name.strip() for name in values]
        return []

    def _ragged(self, line: int, count: int) -> DataError:
        name, width = _NAMES[self._separator], len(self._header)
        have = "1 value" if count == 1 else f"{count} values"
        names = "1 column" if width == 1 else f"{width} columns"
        remedy = (
            f"put quotes around values that hold a {name}"
            if count > width
            else f"add what is missing (a {name} for each empty value)"
        )
        return DataError(
            f"{self._path}, line {line}: {have}, but the header names {names}; {remedy}"
        )

    def _malformed(self, line: int, error: csv.Error) -> DataError:
        what = "a quote that is never closed" if "unexpected end" in str(error) else str(error)
        return DataError(
            f"{self._path}, line {line}: {what}; a quote inside a quoted value is written twice"
        )


def _picker(places: list[int]) -> Callable[[list[str]], Sequence[str]]:
    if len(places) == 1:
        place = places[0]
        return lambda values: (values[place],)
    return itemgetter(*places)
