"""JSON files: a list of objects. Owns where in a document the rows are."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from intone.data.records import picked, whole
from intone.data.source import text_file
from intone.errors import DataError

_LARGEST_FILE = 512 * 1024 * 1024


class JsonFile:
    """A JSON list of objects, or an object in which exactly one value is a list of objects.

    Unlike the other formats it is read whole, so files above 512 MB are refused (JSONL has no
    limit). The columns are those of all objects.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._records = self._found(self._document())
        self.columns = tuple(dict.fromkeys(name for record in self._records for name in record))

    def has(self, name: str) -> bool:
        return name in self.columns

    def rows(self, names: Sequence[str]) -> Iterator[Sequence[str | None]]:
        for number, record in enumerate(self._records, 1):
            yield picked(record, names, f"{self._path}, row {number}")

    def records(self) -> Iterator[tuple[str, Mapping[str, str | None]]]:
        for number, record in enumerate(self._records, 1):
            yield whole(record, f"{self._path}, row {number}")

    def _document(self) -> object:
        with text_file(self._path) as file:
            if self._path.stat().st_size > _LARGEST_FILE:
                raise DataError(f"{self._path} is above 512 MB; write it as JSONL instead")
            text = file.read()
        if not text.strip():
            raise DataError(f"{self._path} is empty; write a JSON list of objects")
        try:
            return json.loads(text)
        except json.JSONDecodeError as error:
            hint = "; one object a line is JSONL: name it .jsonl" if "Extra" in error.msg else ""
            raise DataError(
                f"{self._path}, line {error.lineno}, column {error.colno}: "
                f"not JSON: {error.msg}{hint}"
            ) from error
        except (ValueError, RecursionError) as error:
            raise DataError(f"{self._path}: JSON that cannot be read: {error}") from error

    def _found(self, document: object) -> Sequence[Mapping[str, object]]:
        rows = document
        if isinstance(document, dict):
            lists = {
                name: value
                for name, value in document.items()
                if isinstance(value, list) and value and all(isinstance(v, dict) for v in value)
            }
            if len(lists) > 1:
                names = ", ".join(map(repr, lists))
                raise DataError(
                    f"{self._path} holds several lists of rows ({names}); "
                    "keep the one to use, as a file of its own"
                )
            rows = next(iter(lists.values()), None)
        if not isinstance(rows, list):
            raise DataError(f"{self._path} holds no list of objects; write one object a row")
        for number, row in enumerate(rows, 1):
            if not isinstance(row, dict):
                raise DataError(f"{self._path}, row {number}: not an object")
        if not rows:
            raise DataError(f"{self._path} has no rows")
        return rows
