"""Which reader a file gets, by its ending. Owns the list of formats; reads nothing itself."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from pathlib import Path

from intone.data.read_csv import CsvFile
from intone.data.read_json import JsonFile
from intone.data.read_jsonl import JsonlFile
from intone.data.read_parquet import ParquetFile
from intone.data.source import Source, unreadable
from intone.errors import DataError

_READERS: dict[str, Callable[[Path], Source]] = {
    ".csv": CsvFile,
    ".tsv": CsvFile,
    ".jsonl": JsonlFile,
    ".ndjson": JsonlFile,
    ".json": JsonFile,
    ".parquet": ParquetFile,
}


def open_source(path: Path) -> Source:
    """Return the reader for a file; DataError if it is not there or of no known format."""
    try:
        if path.is_dir():
            raise DataError(f"{path} is a folder; name the data file in it")
        if not path.exists():
            raise DataError(_missing(path))
    except OSError as error:  # a folder on the way that may not be searched
        raise unreadable(path, error) from error
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        known = ", ".join(_READERS)
        ending = f"the ending {path.suffix!r}" if path.suffix else "a file without an ending"
        raise DataError(f"{path}: {ending} is not one of those that can be read ({known})")
    return reader(path)


def _missing(path: Path) -> str:
    folder = path.parent
    if not folder.is_dir():
        return f"there is no folder {folder}, so no data file {path}"
    there = sorted(file.name for file in folder.iterdir() if file.suffix.lower() in _READERS)
    near = difflib.get_close_matches(path.name, there, n=1)
    hint = f"; did you mean {folder / near[0]}?" if near else "; check the path"
    return f"there is no data file {path}{hint}"
