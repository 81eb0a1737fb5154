"""The rows of a project as a person looks at them and mends their labels: the door of a page.

Owns what is shown of a row, which rows every prompt gets wrong, and how a fixed label is kept: as
a right answer like those that users give (see `corrections`), by the curator, whose word is final.
The file is its owner's and is never written. Reads and writes wait for the disk: not for an event
loop.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Literal

import numpy as np
import numpy.typing as npt

from intone.data.dataset import NO_TARGET
from intone.data.row import Row
from intone.errors import InputError, SettingError
from intone.feedback.complaint import Complaint
from intone.feedback.corrections import CURATOR, Correction
from intone.runs.corrections import BASE, CORRECTIONS, Settled, settle, target_reader
from intone.runs.spec import Spec
from intone.runs.task_rows import OpenRows, TaskRows
from intone.store.complaints import Complaints
from intone.store.database import Database
from intone.store.runs import Runs
from intone.store.wrong_rows import GivenAnswer, WrongRow, given_answers, wrong_rows

Which = Literal["all", "wrong", "fixed", "unlabelled"]
"""All rows that may be looked at; those that every prompt got wrong; with another label than the
file's; without a label."""

PAGE = 20
"""Rows of a page."""
MOST_WRONG = 1000
"""Rows that every prompt got wrong which are looked at, those that most got wrong first."""
LONGEST = 20_000
"""Characters of a text that a page shows."""
_KINDS = ("run", "compare", "tune")  # their prompts are candidates; a stress test's are made worse
_MOST_RUNS = 500


@dataclass(frozen=True, slots=True)
class Overview:
    """The rows in numbers. `runs` are those on these rows, the newest first."""

    rows: int
    shown: int
    target: str | None
    labels: tuple[str, ...]
    fixed: int
    added: int
    runs: tuple[int, ...]
    notices: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Listed:
    """A row in a list. `label` is what a tuning takes, `written` what the file says.

    `wrong` is how many prompts answered the row, all of them wrong, where that was asked.
    """

    place: int
    name: str
    inputs: Mapping[str, str]
    label: str | None
    written: str | None
    wrong: int | None = None


@dataclass(frozen=True, slots=True)
class Leaf:
    """A page of a list: `total` rows are in it, these from `start` on."""

    rows: tuple[Listed, ...]
    start: int
    total: int


@dataclass(frozen=True, slots=True)
class Detail:
    """A row in full, and what prompts answered to it; `curated` if the curator's word is kept."""

    row: Listed
    answers: tuple[GivenAnswer, ...]
    curated: bool


@dataclass(frozen=True)
class _On:
    """The runs on these rows, the newest first, with the complaints whose answers they took."""

    took: Mapping[int, frozenset[int]]

    @property
    def numbers(self) -> tuple[int, ...]:
        return tuple(self.took)

    def with_(self, complaints: Sequence[int]) -> list[int]:
        """Return the runs that knew of all these complaints."""
        return [run for run, took in self.took.items() if took.issuperset(complaints)]


class Labelling:
    """The rows of an open project and their labels."""

    def __init__(self, spec: Spec, database: Database, rows: TaskRows) -> None:
        self._spec = spec
        self._database = database
        self._rows = rows
        self._complaints = Complaints(database)

    def overview(self) -> Overview:
        """Return the rows in numbers. Raises InputError where there are none, or unreadable."""
        rows = self._rows.open()
        settled = self._settled(rows)
        return Overview(
            rows=len(rows.data),
            shown=len(rows.shown),
            target=rows.data.target,
            labels=rows.labels,
            fixed=len(settled.targets),
            added=len(settled.more),
            runs=self._on(rows).numbers,
            notices=settled.notices,
        )

    def leaf(self, which: Which, start: int = 0, count: int = PAGE) -> Leaf:
        """Return a page of the rows. Raises InputError."""
        rows = self._rows.open()
        settled = self._settled(rows)
        if which == "wrong":
            wrong = list(islice(self._wrong(rows, settled), MOST_WRONG))
            some = wrong[start : start + count]
            found = tuple(_listed(rows, settled, it.row, it.prompts) for it in some)
            return Leaf(found, start, len(wrong))
        places = _places(rows, settled, which)
        some_places = places[start : start + count]
        found = tuple(_listed(rows, settled, int(place)) for place in some_places)
        return Leaf(found, start, len(places))

    def page_of(self, number: int, count: int = PAGE) -> int:
        """Return where the page of all rows begins that has a row, by its number from 1.

        Raises InputError for a row there is none of, and for a sealed one.
        """
        rows = self._rows.open()
        rows.row(number - 1)
        return int(np.searchsorted(rows.shown, number - 1)) // count * count

    def detail(self, place: int) -> Detail:
        """Return a row in full. Raises InputError for one that may not be looked at."""
        rows = self._rows.open()
        row, settled = rows.row(place), self._settled(rows)
        on = self._on(rows).numbers
        answers = given_answers(self._database, on, place) if on else []
        curated = bool(self._curated(rows, row))
        listed = _listed(rows, settled, place, longest=LONGEST)
        return Detail(listed, tuple(answers), curated)

    def fix(self, place: int, answer: str) -> int:
        """Keep another label for a row; return the number it is kept under.

        Rows with the same inputs get it too. Later runs take it (`task.corrections`), and their
        records say so. Raises InputError for a label that cannot be, and for a sealed row.
        """
        rows = self._rows.open()
        row = rows.row(place)
        if rows.data.target is None:
            raise SettingError("the rows have no labels to fix: name their column as task.target")
        read = target_reader(rows.grader, rows.labels)
        label = read(Correction(row.inputs, answer.strip(), ()))
        if not answer.strip() or label is None:
            raise InputError(f"the label is {answer.strip()!r}; {_wanted(rows)}")
        return self._complaints.add(
            Complaint(
                f"the label of {rows.data.place(place)} was fixed",
                inputs=row.inputs,
                answer=label,
                who=CURATOR,
                state="applied",
                target=rows.data.target,
            )
        ).number

    def unfix(self, place: int) -> list[int]:
        """Take the curator's word about a row back; return the numbers it was kept under.

        Raises InputError where there is none.
        """
        rows = self._rows.open()
        numbers = self._curated(rows, rows.row(place))
        if not numbers:
            raise InputError(f"the label of {rows.data.place(place)} was not fixed here")
        self._complaints.mark(numbers, "declined")
        return numbers

    def _settled(self, rows: OpenRows) -> Settled:
        if not self._spec.task.corrections:
            return Settled(notices=("task.corrections is false: fixed labels are not used",))
        those = self._complaints.corrections()
        with rows.lock:
            return settle(rows.read, rows.split, those, rows.grader, rows.labels)

    def _curated(self, rows: OpenRows, row: Row) -> list[int]:
        """Return the complaints by which the curator gave rows with these inputs a label."""
        key, names = rows.data.key(row.inputs), rows.data.inputs
        return [
            it.number
            for it in self._complaints.corrections()
            if it.who == CURATOR
            and it.inputs.keys() >= set(names)
            and rows.data.key({name: it.inputs[name] for name in names}) == key
        ]

    def _on(self, rows: OpenRows) -> _On:
        took = {}
        for run in Runs(self._database).begun(_KINDS, _MOST_RUNS):
            if run.spec.get(BASE, run.data_id) in rows.ids:
                took[run.number] = frozenset(run.spec.get(CORRECTIONS, ()))
        return _On(took)

    def _wrong(self, rows: OpenRows, settled: Settled) -> Iterator[WrongRow]:
        """Give the rows that may be looked at and that every prompt got wrong.

        Of a row with a label of its own only runs that knew that label count.
        """
        on = self._on(rows)
        for place, numbers in settled.by.items():
            knew = on.with_(numbers)
            if knew and rows.may_show(place):
                yield from wrong_rows(self._database, knew, place)
        if on.numbers:
            for found in wrong_rows(self._database, on.numbers):
                if found.row not in settled.by and rows.may_show(found.row):
                    yield found


def _places(rows: OpenRows, settled: Settled, which: Which) -> npt.NDArray[np.int64]:
    if which == "fixed":
        fixed = [place for place in sorted(settled.targets) if rows.may_show(place)]
        return np.array(fixed, dtype=np.int64)
    if which == "unlabelled":
        lacking: npt.NDArray[np.bool_] = np.equal(rows.data.codes, NO_TARGET)
        lacking[np.array(list(settled.targets), dtype=np.int64)] = False
        return np.asarray(rows.shown[lacking[rows.shown]])
    return rows.shown


def _listed(
    rows: OpenRows, settled: Settled, place: int, wrong: int | None = None, *, longest: int = 160
) -> Listed:
    row = rows.row(place)
    return Listed(
        place=place,
        name=rows.data.place(place),
        inputs={name: _shortened(text, longest) for name, text in row.inputs.items()},
        label=settled.targets.get(place, row.target),
        written=row.target,
        wrong=wrong,
    )


def _shortened(text: str, longest: int) -> str:
    cut = len(text) - longest
    return text if cut <= 0 else f"{text[:longest]} … (and {cut:,} characters more)"


def _wanted(rows: OpenRows) -> str:
    """Return what a label of the task can be."""
    if rows.labels:
        some = ", ".join(rows.labels[:8]) + (", …" if len(rows.labels) > 8 else "")
        return f"it can be one of: {some} (task.labels can name others)"
    return f"the grader {rows.grader.name} needs one that it can grade against"
