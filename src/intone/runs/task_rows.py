"""The rows of a project's task, opened once for those who look at them: the pages.

Owns which rows people may look at while prompts are written, and when the file is read again. The
sealed rows are never among them, nor rows that equal one: what judges a prompt must not be looked
at while the prompt is written.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from intone.data.dataset import Dataset
from intone.data.row import Row
from intone.data.split import Split, order
from intone.errors import InputError, SettingError
from intone.metrics.grade import Grader
from intone.runs.fitting import columns_used
from intone.runs.spec import SPEC_NAME, Spec
from intone.runs.task import grader_of, read_prompt, read_rows, split_rows

Stamp = tuple[tuple[str, int, int], ...]
"""Files by name, time of change and size: when one of them differs, they are read again."""


@dataclass(frozen=True)
class OpenRows:
    """Rows that can be looked at. Reads are one at a time, from any thread.

    `data` has every input there is; `read` is the same file with the columns that the project's
    own prompt names, as its runs read it: `split` and the ids of runs are of that. `shown` are the
    places of the rows that may be looked at, ascending, `sample` a few of them for a first try.
    """

    data: Dataset
    read: Dataset
    split: Split
    grader: Grader
    labels: tuple[str, ...]
    shown: npt.NDArray[np.int64]
    sample: tuple[int, ...]
    lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    @property
    def hidden(self) -> int:
        """How many rows are not shown."""
        return len(self.data) - len(self.shown)

    @property
    def ids(self) -> frozenset[str]:
        """The ids under which runs know these rows."""
        return frozenset((self.data.id, self.read.id))

    def may_show(self, place: int) -> bool:
        """Say whether a row may be looked at."""
        at = int(np.searchsorted(self.shown, place))
        return at < len(self.shown) and int(self.shown[at]) == place

    def after(self, place: int) -> int | None:
        """Return the place of the next row that may be looked at; after the last, the first."""
        if not len(self.shown):
            return None
        at = int(np.searchsorted(self.shown, place, side="right"))
        return int(self.shown[at % len(self.shown)])

    def row(self, place: int) -> Row:
        """Return a row by its place. Raises InputError for none there is, and for a hidden one."""
        if not 0 <= place < len(self.data):
            raise InputError(f"there is no row {place + 1}; the last one is {len(self.data)}")
        if not self.may_show(place):
            raise InputError(
                f"row {place + 1} is sealed (or equals one that is): only a verdict sees it"
            )
        with self.lock:
            return self.data[place]


class TaskRows:
    """The rows of a spec's task, read when they are first asked for and when the file changes."""

    def __init__(self, spec: Spec) -> None:
        self._spec = spec
        self._lock = threading.Lock()
        self._opened: OpenRows | None = None
        self._stamp: Stamp = ()

    @property
    def named(self) -> bool:
        """Whether the project names any rows."""
        return self._spec.task.data is not None

    def open(self, most: int = 20) -> OpenRows:
        """Return the rows; `most` is the size of the sample. May take long: not for an event loop.

        Raises InputError and its kinds, each one line, where they cannot be read.
        """
        with self._lock:
            stamp = _stamp(self._files())
            if self._opened is None or stamp != self._stamp:
                self._opened, self._stamp = _opened(self._spec, most), stamp
            return self._opened

    def _files(self) -> list[Path]:
        task, prompt = self._spec.task, self._spec.prompt
        names = [task.data, task.sealed_data]
        if prompt is not None and len(prompt) < 1024 and "\n" not in prompt:
            names.append(prompt)
        return [self._spec.path(name) for name in names if name is not None]


def _opened(spec: Spec, most: int) -> OpenRows:
    if spec.task.data is None:
        where = spec.file or SPEC_NAME
        raise SettingError(f"there are no rows to show: name a file in {where}, as task.data")
    programs = [] if spec.prompt is None else [read_prompt(spec.prompt, spec.folder)[0]]
    data = read_rows(spec, programs, whole=True)
    used = columns_used(programs) if programs else None
    same = used is None or not used & set(data.inputs) or used >= set(data.inputs)
    read = data if same else read_rows(spec, programs)
    grader, labels = grader_of(spec, data, graded=False)
    split = split_rows(spec, read, graded=False)
    sample = order(split.tuning, read, 0, "rows", limit=most)  # those that a run answers first
    return OpenRows(data, read, split, grader, labels, _shown(read, split), tuple(sample))


def _shown(read: Dataset, split: Split) -> npt.NDArray[np.int64]:
    keys = np.frombuffer(read.keys, dtype=np.uint64)
    hidden = np.isin(keys, keys[np.asarray(split.sealed, dtype=np.int64)])
    hidden[read.parts[0].stop :] = True  # a sealed file
    return np.flatnonzero(~hidden).astype(np.int64)


def _stamp(files: Sequence[Path]) -> Stamp:
    found = []
    for file in files:
        try:
            state = file.stat()
        except OSError:
            found.append((str(file), 0, 0))  # reading it says what is wrong
        else:
            found.append((str(file), state.st_mtime_ns, state.st_size))
    return tuple(found)
