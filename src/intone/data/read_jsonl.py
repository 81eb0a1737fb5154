"""JSONL files: one JSON object a line. Owns what a malformed line is."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from intone.data.records import columns_of, picked, whole
from intone.data.source import text_file
from intone.errors import DataError


class JsonlFile:
    """One JSON object a line, in UTF-8; blank lines are skipped.

    The columns are the names in the first 1,000 objects (`has` looks through the whole file
    before it says no); an object that lacks a column has no value there.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self.columns = columns_of(record for _, record in self._objects())
        if not self.columns:
            raise DataError(f"{path} is empty; write one JSON object a line")

    def has(self, name: str) -> bool:
        return name in self.columns or any(name in record for _, record in self._objects())

    def rows(self, names: Sequence[str]) -> Iterator[Sequence[str | None]]:
        for number, record in self._objects():
            yield picked(record, names, f"{self._path}, line {number}")

    def records(self) -> Iterator[tuple[str, Mapping[str, str | None]]]:
        for number, record in self._objects():
            yield whole(record, f"{self._path}, line {number}")

    def _objects(self) -> Iterator[tuple[int, Mapping[str, object]]]:
        with text_file(self._path) as file:
            for number, line in enumerate(file, 1):
                if line.isspace():
                    continue
                yield number, self._object(number, line)

    def _object(self, number: int, line: str) -> Mapping[str, object]:
        where = f"{self._path}, line {number}"
        try:
            value = json.loads(line)
        except json.JSONDecodeError as error:
            raise DataError(f"{where}, column {error.colno}: not JSON: {error.msg}") from error
        except (ValueError, RecursionError) as error:
            raise DataError(f"{where}: JSON that cannot be read: {error}") from error
        if not isinstance(value, dict):
            raise DataError(f'{where}: not an object; write each row as {{"column": value}}')
        return value
