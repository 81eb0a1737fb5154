"""Parquet files, through pyarrow (the extra `parquet`). Owns the batches in which they are read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from intone.data.cells import as_text
from intone.data.source import unreadable
from intone.errors import DataError, MissingExtra

_BATCH_ROWS = 4096


class ParquetFile:
    """A Parquet file; only the columns that are asked for are decoded, a batch at a time."""

    def __init__(self, path: Path) -> None:
        try:
            import pyarrow
            import pyarrow.parquet
        except ImportError as error:
            raise MissingExtra("reading Parquet", "parquet") from error
        self._path = path
        self._failures = (pyarrow.ArrowException, ValueError)
        self._open = pyarrow.parquet.ParquetFile
        try:
            with self._open(path) as file:
                self.columns = tuple(str(name) for name in file.schema_arrow.names)
        except self._failures as error:
            raise self._malformed(error) from error
        except OSError as error:
            raise unreadable(path, error) from error

    def has(self, name: str) -> bool:
        return name in self.columns

    def rows(self, names: Sequence[str]) -> Iterator[Sequence[str | None]]:
        number = 0
        try:
            with self._open(self._path) as file:
                for batch in file.iter_batches(batch_size=_BATCH_ROWS, columns=list(names)):
                    columns = [batch.column(name).to_pylist() for name in names]
                    for values in zip(*columns, strict=True):
                        number += 1
                        yield self._as_texts(number, names, values)
        except self._failures as error:
            raise self._malformed(error) from error
        except OSError as error:
            raise unreadable(self._path, error) from error

    def records(self) -> Iterator[tuple[str, Mapping[str, str | None]]]:
        for number, values in enumerate(self.rows(self.columns), 1):
            yield f"{self._path}, row {number}", dict(zip(self.columns, values, strict=True))

    def _as_texts(
        self, number: int, names: Sequence[str], values: Sequence[object]
    ) -> list[str | None]:
        texts = []
        for name, value in zip(names, values, strict=True):
            try:
                texts.append(as_text(value))
            except DataError as error:
                where = f"{self._path}, row {number}, column {name!r}"
                raise DataError(f"{where}: {error}") from error
        return texts

    def _malformed(self, error: Exception) -> DataError:
        first_line = (str(error).splitlines() or ["unknown reason"])[0]
        return DataError(f"{self._path} is not a Parquet file that can be read: {first_line}")
