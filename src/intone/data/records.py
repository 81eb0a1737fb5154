"""Rows that are mappings: what JSON, JSONL and Python lists of dicts have in common.

Owns the choice of columns where every row may have its own.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence

from intone.data.cells import as_text
from intone.errors import DataError

_PEEKED = 1000


def columns_of(records: Iterable[Mapping[str, object]]) -> tuple[str, ...]:
    """Return the names that occur in the first 1,000 records, in the order they first occur."""
    names: dict[str, None] = {}
    for record in itertools.islice(records, _PEEKED):
        names.update(dict.fromkeys(record))
    return tuple(names)


def picked(record: Mapping[str, object], names: Sequence[str], where: str) -> list[str | None]:
    """Return the record's values as text, None for a name it lacks."""
    values = []
    for name in names:
        try:
            values.append(as_text(record.get(name)))
        except DataError as error:
            raise DataError(f"{where}, column {name!r}: {error}") from error
    return values


def whole(record: Mapping[str, object], where: str) -> tuple[str, Mapping[str, str | None]]:
    """Return where a record stands, and all its values as text."""
    names = tuple(record)
    return where, dict(zip(names, picked(record, names, where), strict=True))


class Records:
    """Mappings made in Python; they are read once, in order.

    The columns are those of the first 1,000 mappings; a mapping that lacks one of them has no
    value there. `DataError` names the row (from 1) that is not a mapping with text keys.
    """

    def __init__(self, records: Iterable[Mapping[str, object]]) -> None:
        rest = self._checked(records)
        first = list(itertools.islice(rest, _PEEKED))
        self.columns = columns_of(first)
        self._records = itertools.chain(first, rest)

    def has(self, name: str) -> bool:
        return name in self.columns

    def rows(self, names: Sequence[str]) -> Iterator[Sequence[str | None]]:
        for number, record in enumerate(self._records, 1):
            yield picked(record, names, f"row {number}")

    def records(self) -> Iterator[tuple[str, Mapping[str, str | None]]]:
        for number, record in enumerate(self._records, 1):
            yield whole(record, f"row {number}")

    def _checked(self, records: Iterable[object]) -> Iterator[Mapping[str, object]]:
        for number, record in enumerate(records, 1):
            if not isinstance(record, Mapping) or not all(isinstance(key, str) for key in record):
                raise DataError(
                    f"row {number} is not a mapping with text keys; "
                    'write each row as {"column": value}'
                )
            yield record
