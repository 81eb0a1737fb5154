"""Rows of one or more files, read on demand. Owns which columns are kept and where rows live.

It does not know the formats (`formats.py`) and does not part the rows (`split.py`).
"""

from __future__ import annotations

import difflib
import hashlib
import itertools
import json
import os
from array import array
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from copy import copy
from pathlib import Path
from typing import overload

from intone.data.canonical import canonical, content_id
from intone.data.formats import open_source
from intone.data.naming import names_of
from intone.data.records import Records
from intone.data.row import Row
from intone.data.source import Source
from intone.data.spool import Spool
from intone.errors import DataError

NO_TARGET = -1
"""The code of a row without a target."""
UNCODED = -2
"""The code of every target of a dataset that has more than `MOST_LABELS` different ones."""
MOST_LABELS = 1000

_BATCH_ROWS = 2048
_LISTED_COLUMNS = 20
_encode = json.JSONEncoder(ensure_ascii=False, check_circular=False).encode

AnyPath = str | os.PathLike[str]


class Dataset(Sequence[Row]):
    """The rows of a task: `len`, `[i]` and iteration in order; make one with `load` or `from_rows`.

    Memory stays nearly flat: rows are in a temporary file and a `Row` is made when it is asked
    for; 18 bytes a row remain (offset, `keys`, `codes`). It does not change once made. Read it
    from one thread only (one event loop): reads share a file position.

    - `name`: what to call it in messages; `paths`: its files, none for rows made in Python
    - `inputs`: the names, in templates, of the columns kept, in the order asked for
    - `columns`: all the file has; `names`: what each is called in templates (see `naming`)
    - `headers`: for each of `inputs` the column it is
    - `target`: the target column, None if there is none
    - `parts`: the rows that came from each file, as ranges; rows beyond them are corrections
      (see `amended`)
    - `id`: 16 hex digits over the kept columns' names and all their values, in row order; the
      same for the same rows in another format or order of columns
    - `labels`: the different targets, sorted; empty if there are more than 1,000 of them
    - `missing`: how many rows lack each input (no such key, or null), of those that some row lacks
    - `target_counts`: how many rows have each label; `untargeted`: how many have no target
    - `codes`: each row's target as a place in `labels`, or `NO_TARGET`, or `UNCODED`
    - `keys`: for each row 64 bits of a hash of its inputs, case and spacing aside, so equal keys
      mean equal inputs
    """

    def __init__(
        self,
        sources: Sequence[Source],
        *,
        inputs: Sequence[str],
        target: str | None,
        name: str,
        paths: Sequence[Path] = (),
    ) -> None:
        self.name = name
        self.paths = tuple(paths)
        self.columns = sources[0].columns
        self.names = names_of(dict.fromkeys((*self.columns, *inputs, *filter(None, [target]))))
        self.headers = {self.names[column]: column for column in inputs}
        self.inputs = tuple(self.headers)
        self.target = target
        self.untargeted = 0
        self.missing: Counter[str] = Counter()
        self.keys = array("Q")
        self.codes = array("h")
        # Kept by name so that the order of columns does not change the id or the keys.
        self._kept = tuple(sorted(self.inputs))
        self._code_of: dict[str, int] = {}
        self._overflowed = False
        self._spool = Spool()
        self._amended: dict[int, list[str | None]] = {}
        digest = hashlib.sha256(canonical([self._kept, target]).encode())
        parts = []
        try:
            for source in sources:
                start = len(self._spool)
                for lines in self._encoded(source):
                    digest.update(self._spool.extend(lines))
                parts.append(range(start, len(self._spool)))
        except BaseException:  # also an interrupt gives the temporary file back
            self._spool.close()
            raise
        self.parts = tuple(parts)
        self.id = digest.hexdigest()[:16]
        self.labels, self.target_counts = self._labelled()

    def __len__(self) -> int:
        return len(self.keys)

    @overload
    def __getitem__(self, index: int) -> Row: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Row]: ...
    def __getitem__(self, index: int | slice) -> Row | Sequence[Row]:
        if isinstance(index, slice):
            return [self[place] for place in range(*index.indices(len(self)))]
        place = index + len(self) if index < 0 else index
        if not 0 <= place < len(self):
            raise IndexError(f"there is no row {index} among {len(self)}")
        *values, target = self._amended.get(place) or json.loads(self._spool.read(place))
        kept = dict(zip(self._kept, values, strict=True))
        inputs = {name: kept[name] for name in self.inputs}
        named = "" if self.target is None else self.names[self.target]
        return Row(place, content_id([kept, target]), inputs, target, named)

    def __iter__(self) -> Iterator[Row]:
        return (self[place] for place in range(len(self)))

    def __repr__(self) -> str:
        return f"<Dataset {self.name}: {len(self)} rows, id {self.id}>"

    def place(self, index: int) -> str:
        """Return what to call a row before people: `row 7` is the seventh record of its file."""
        if index >= self.parts[-1].stop:
            return f"correction {index - self.parts[-1].stop + 1}"
        part = next(part for part in self.parts if index in part)
        which = f" of {self.paths[self.parts.index(part)]}" if len(self.paths) > 1 else ""
        return f"row {index - part.start + 1}{which}"

    @classmethod
    def from_rows(
        cls,
        records: Iterable[Mapping[str, object]],
        *,
        inputs: Sequence[str] | None = None,
        target: str | None = None,
        keep: Collection[str] | None = None,
    ) -> Dataset:
        """Make a dataset of mappings (a list of dicts, say); the arguments are those of `load`."""
        source = Records(records)
        name = "the rows"
        if not source.columns:
            raise DataError("there are no rows; give at least one mapping of columns to values")
        chosen, target = _chosen(source, name, inputs, target, keep)
        return cls([source], inputs=chosen, target=target, name=name)

    def key(self, inputs: Mapping[str, str]) -> int:
        """Return what `keys` would hold for these inputs, one for each of the names in `inputs`."""
        return _key(self._values(inputs))

    def amended(
        self, targets: Mapping[int, str], more: Sequence[tuple[Mapping[str, str], str]]
    ) -> Dataset:
        """Return these rows with other targets for some (by place), and with more rows at the end.

        `more` are inputs, by their names in templates, with a target. Places stay as they are; the
        id is another one. The rows themselves are shared: closing one dataset closes the other.
        """
        other = copy(self)
        other._amended = dict(self._amended)
        other.keys = array("Q", self.keys)
        # Of too many targets to be coded it matters only that there is one.
        written = [None if c == NO_TARGET else self.labels[c] if c >= 0 else "" for c in self.codes]
        for place, target in sorted(targets.items()):
            written[place] = target.strip()
            other._amended[place] = [*self._values(self[place].inputs), written[place]]
        for inputs, target in more:
            written.append(target.strip())
            other._amended[len(other.keys)] = [*self._values(inputs), written[-1]]
            other.keys.append(self.key(inputs))
        other.id = content_id([self.id, *other._amended.items()])
        other.untargeted, other._code_of = 0, {}
        other.codes = array("h", map(other._coded, written))
        other.labels, other.target_counts = other._labelled()
        return other

    def close(self) -> None:
        """Give the temporary file back now rather than when the dataset is forgotten."""
        self._spool.close()

    def _values(self, inputs: Mapping[str, str]) -> list[str]:
        return [inputs[name] for name in self._kept]

    def _encoded(self, source: Source) -> Iterator[list[bytes]]:
        names = [self.headers[name] for name in self._kept]
        width = len(names)
        if self.target is not None:
            names.append(self.target)
        keys, codes = self.keys, self.codes
        rows = source.rows(names)
        while batch := list(itertools.islice(rows, _BATCH_ROWS)):
            lines = []
            for values in batch:
                if None in values:
                    lacking = zip(self._kept, values, strict=False)
                    self.missing.update(name for name, value in lacking if value is None)
                record: list[str | None] = [value or "" for value in values[:width]]
                keys.append(_key(record))  # type: ignore[arg-type]
                target = values[width] if len(values) > width else None
                target = (target.strip() or None) if target else None
                codes.append(self._coded(target))
                record.append(target)
                lines.append((_encode(record) + "\n").encode())
            yield lines

    def _coded(self, target: str | None) -> int:
        if target is None:
            self.untargeted += 1
            return NO_TARGET
        if self._overflowed:
            return UNCODED
        code = self._code_of.setdefault(target, len(self._code_of))
        if code >= MOST_LABELS:
            self._overflowed = True
            self._code_of.clear()
            return UNCODED
        return code

    def _labelled(self) -> tuple[tuple[str, ...], dict[str, int]]:
        """Turn codes in order of appearance into places in the sorted labels, and count them."""
        if self._overflowed:
            self.codes = array("h", (NO_TARGET if c == NO_TARGET else UNCODED for c in self.codes))
            return (), {}
        labels = tuple(sorted(self._code_of))
        place_of = {self._code_of[label]: place for place, label in enumerate(labels)}
        place_of[NO_TARGET] = NO_TARGET
        self.codes = array("h", map(place_of.__getitem__, self.codes))
        counts = [0] * (len(labels) + 1)  # the last for NO_TARGET
        for code in self.codes:
            counts[code] += 1
        return labels, dict(zip(labels, counts, strict=False))


def _key(values: Sequence[str]) -> int:
    words = " \0 ".join(values).casefold().split()
    digest = hashlib.blake2b(" ".join(words).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "little")


def load(
    path: AnyPath | Sequence[AnyPath],
    *,
    inputs: Sequence[str] | None = None,
    target: str | None = None,
    keep: Collection[str] | None = None,
) -> Dataset:
    """Read a data file (CSV, TSV, JSONL, JSON, Parquet), or several as one dataset.

    `inputs` are the columns a prompt may name (default: all but the target), `target` is the
    column with the right answers, each by its header or by its name in templates; `keep` are the
    names the prompts really use: inputs that are not among them are not kept (if none is, all
    are; names that are no inputs are ignored).
    All values become text; a missing input is "", a missing or blank target None, and targets
    lose the white space around them. Raises DataError, in one line, for everything that is wrong
    with the files or the columns, and MissingExtra for Parquet without pyarrow.
    """
    several = [path] if isinstance(path, (str, os.PathLike)) else list(path)
    paths = [Path(one).expanduser() for one in several]
    if not paths:
        raise DataError("no data file is named; name at least one")
    sources = [open_source(one) for one in paths]
    chosen, target = _chosen(sources[0], str(paths[0]), inputs, target, keep)
    wanted = chosen if target is None else (*chosen, target)
    for source, one in zip(sources[1:], paths[1:], strict=True):
        _require(source, str(one), wanted)
    name = " and ".join(map(str, paths))
    dataset = Dataset(sources, inputs=chosen, target=target, name=name, paths=paths)
    for part, one in zip(dataset.parts, paths, strict=True):
        if not part:
            dataset.close()
            raise DataError(f"{one} has columns but no rows; add at least ten")
    return dataset


def _chosen(
    source: Source,
    name: str,
    inputs: Sequence[str] | None,
    target: str | None,
    keep: Collection[str] | None,
) -> tuple[tuple[str, ...], str | None]:
    """Return the input columns to keep and the target, checked to be there."""
    if isinstance(inputs, str):
        inputs = [inputs]
    if target is not None:
        target = _column(source, target)
        _require(source, name, [target])
    if inputs is None:
        chosen = tuple(column for column in source.columns if column != target)
        if not chosen:
            raise DataError(f"{name} has no column but the target {target!r}; add an input")
    else:
        chosen = tuple(dict.fromkeys(_column(source, given) for given in inputs))
        if not chosen:
            raise DataError("no input column is named; name at least one, or leave input out")
        _require(source, name, chosen)
        if target in chosen:
            raise DataError(
                f"the column {target!r} is both input and target; take it out of the inputs"
            )
    names = names_of(dict.fromkeys((*source.columns, *chosen)))
    used = tuple(column for column in chosen if keep is not None and names[column] in keep)
    return used or chosen, target


def _column(source: Source, given: str) -> str:
    """Return the column that is meant by its header or by its name in templates."""
    if given in source.columns:
        return given
    columns = (column for column, name in names_of(source.columns).items() if name == given)
    return next(columns, given)


def _require(source: Source, name: str, columns: Sequence[str]) -> None:
    for column in columns:
        if source.has(column):
            continue
        there = source.columns
        lower = {known.casefold(): known for known in there}
        near = difflib.get_close_matches(column.casefold(), lower, n=1)
        hint = f"did you mean {lower[near[0]]!r}? It" if near else "it"
        listed = ", ".join(" ".join(known.split()) for known in there[:_LISTED_COLUMNS])
        more = f" and {len(there) - _LISTED_COLUMNS} more" if len(there) > _LISTED_COLUMNS else ""
        raise DataError(f"{name} has no column {column!r}; {hint} has: {listed}{more}")
