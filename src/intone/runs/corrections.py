"""Users' right answers as rows to tune on. Owns which rows they change and which they may not.

A correction never touches a sealed row: it would else be tuned towards what judges it. Nor does it
change labels, grader or split: these are of the data as they are without corrections.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from intone.data.dataset import NO_TARGET, Dataset
from intone.data.row import Row
from intone.data.split import Split
from intone.errors import DataError
from intone.feedback.complaint import Complaint
from intone.feedback.corrections import Correction, agree, fitting, named
from intone.metrics.grade import Grader
from intone.metrics.grading import check_targets
from intone.runs.project import Project
from intone.store.complaints import Complaints

CORRECTIONS = "corrections"
"""Where a run's record keeps the numbers of the complaints whose right answers it took."""
BASE = "base_data_id"
"""Where a run's record keeps the id of its data as they are without corrections."""

_SHOWN = 40  # characters of an answer in a notice


@dataclass(frozen=True)
class Corrected:
    """Rows with users' corrections among them, and how they come about.

    `base` are the rows without them, `count` the rows to tune on that come from them (changed or
    new), `numbers` the complaints that were looked at: from these alone it can be made again.
    """

    base: Dataset
    data: Dataset
    split: Split
    numbers: tuple[int, ...] = ()
    count: int = 0
    notices: tuple[str, ...] = ()


@dataclass(frozen=True)
class Settled:
    """What corrections come to on some rows, before any row is changed.

    `targets` are the new targets by place, `by` the complaints that say so, `more` what is asked
    of no row there is; `numbers` the complaints that were looked at.
    """

    targets: Mapping[int, str] = field(default_factory=dict)
    by: Mapping[int, tuple[int, ...]] = field(default_factory=dict)
    more: tuple[Correction, ...] = ()
    numbers: tuple[int, ...] = ()
    notices: tuple[str, ...] = ()


def read_corrections(project: Project, numbers: Sequence[int] | None) -> tuple[Complaint, ...]:
    """Return the complaints that give a right answer: those there are now, or those numbered.

    Raises StoreError.
    """
    if not project.exists or (numbers is not None and not numbers):
        return ()
    with project.open() as database:
        kept = Complaints(database)
        return kept.corrections() if numbers is None else kept.list(numbers=numbers)


def with_corrections(
    base: Dataset,
    split: Split,
    complaints: Iterable[Complaint],
    grader: Grader,
    labels: Sequence[str],
) -> Corrected:
    """Return the rows with the complaints' right answers among those to tune on.

    A row to tune on with the same inputs (case and spacing aside) gets the answer as its target;
    where there is no such row, one is added. Rows keep their places.
    """
    settled = settle(base, split, complaints, grader, labels)
    numbers, notices = settled.numbers, settled.notices
    targets, more = settled.targets, settled.more
    if not (targets or more):
        return Corrected(base, base, split, numbers, 0, notices)
    data = base.amended(targets, [(it.inputs, it.answer) for it in more])
    added = [place for place in targets if base.codes[place] == NO_TARGET]
    added += range(len(base), len(data))
    tuning = array("I", sorted({*split.tuning, *added}))
    count = len(targets) + len(more)
    return Corrected(base, data, replace(split, tuning=tuning), numbers, count, notices)


def settle(
    base: Dataset,
    split: Split,
    complaints: Iterable[Complaint],
    grader: Grader,
    labels: Sequence[str],
) -> Settled:
    """Return which targets the complaints' right answers change, and what is said of the others."""
    those = [] if base.target is None else fitting(complaints, base.inputs, base.target)
    if not those:
        return Settled()
    agreed = agree(those, base.inputs, base.key)
    gradable, ungradable = _gradable(agreed.corrections, target_reader(grader, labels))
    places = _places(base, gradable)
    judged = {base.keys[place] for place in split.sealed}
    targets: dict[int, str] = {}
    by: dict[int, tuple[int, ...]] = {}
    more: list[Correction] = []
    sealed: list[int] = []
    for correction in gradable:
        key = base.key(correction.inputs)
        if key in judged:
            sealed += correction.numbers
            continue
        if key not in places:
            more.append(correction)
        for place in places.get(key, ()):
            if base[place].target != correction.answer:
                targets[place], by[place] = correction.answer, correction.numbers
    notices = (*agreed.notices, *ungradable, *_sealed(sealed))
    numbers = tuple(it.number for it in those)
    return Settled(targets, by, tuple(more), numbers, notices)


def _places(base: Dataset, corrections: Iterable[Correction]) -> dict[int, list[int]]:
    """Return where the data have the inputs that are corrected, by their key."""
    wanted = {base.key(it.inputs) for it in corrections}
    places: dict[int, list[int]] = {}
    for place, key in enumerate(base.keys):
        if key in wanted:
            places.setdefault(key, []).append(place)
    return places


def target_reader(grader: Grader, labels: Sequence[str]) -> Callable[[Correction], str | None]:
    """Return how a right answer becomes a target; None for one that cannot be graded against."""
    known = {_folded(label): label for label in labels}

    def read(correction: Correction) -> str | None:
        if grader.name == "label":
            exact = correction.answer in labels
            return correction.answer if exact else known.get(_folded(correction.answer))
        try:
            check_targets(grader, [Row(0, "", correction.inputs, correction.answer)])
        except DataError:
            return None
        return correction.answer

    return read


def _folded(label: str) -> str:
    return " ".join(label.casefold().split())


def _gradable(
    corrections: Iterable[Correction], read: Callable[[Correction], str | None]
) -> tuple[list[Correction], list[str]]:
    """Return the corrections that can be graded against, and what to say of the others."""
    found: list[Correction] = []
    others: list[Correction] = []
    for correction in corrections:
        answer = read(correction)
        if answer is None:
            others.append(correction)
        else:
            found.append(replace(correction, answer=answer))
    if not others:
        return found, []
    numbers = sorted(number for it in others for number in it.numbers)
    answer = others[0].answer
    shown = answer if len(answer) <= _SHOWN else answer[: _SHOWN - 1] + "…"
    gives = "gives a right answer" if len(numbers) == 1 else "give right answers"
    return found, [
        f"{named(numbers)} {gives} that the task cannot have ({shown!r}, say) "
        "and no row is made of it"
    ]


def _sealed(numbers: Sequence[int]) -> list[str]:
    if not numbers:
        return []
    corrects = "corrects a sealed row" if len(numbers) == 1 else "correct sealed rows"
    return [
        f"{named(sorted(numbers))} {corrects}, which stay as they are: only a verdict sees them"
    ]
