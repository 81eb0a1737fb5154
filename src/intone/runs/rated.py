"""What people rated, and how far the judge agrees with them.

Owns which columns hold people's ratings, that no prompt sees them, and which answers are compared:
those of the run, or the ones that the ratings are about where the data have them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from intone.data.dataset import Dataset
from intone.data.row import Row
from intone.errors import DataError, SettingError
from intone.evaluate.outcome import Outcome
from intone.metrics.judge import SCALE, JudgeGrader
from intone.prompt.program import Answer
from intone.runs.spec import TaskSpec

if TYPE_CHECKING:
    from intone.runs.kit import Kit
    from intone.runs.task import Ready

JUDGE = "judge"


class Rating(NamedTuple):
    """A person's rating of an answer: the level, and the answer where the data have it."""

    level: int
    answer: str | None


def rating_columns(task: TaskSpec) -> tuple[str, ...]:
    """Return the columns with ratings and rated answers. Raises SettingError for half of them."""
    if task.grader != JUDGE:
        return ()
    human, rated = task.options.get("human"), task.options.get("rated")
    if human is None and rated is None:
        return ()
    if not isinstance(human, str):
        raise SettingError(
            "task.options.human must name the column of people's ratings of the answers"
        )
    if human in (task.input or ()):
        raise SettingError(
            f"task.options.human {human!r} is in task.input too; a prompt must not see it"
        )
    return (human,) if not isinstance(rated, str) else (human, rated)


def inputs_without(task: TaskSpec, columns: Dataset) -> tuple[str, ...] | None:
    """Return the inputs there are by default: all columns but the target and people's.

    `columns` is any reading of the data. None leaves task.input as it is.
    """
    if task.input is not None:
        return task.input
    hidden = {task.target, *rating_columns(task)}
    names = columns.names
    return tuple(name for name in columns.columns if not hidden & {name, names[name]})


def ratings(task: TaskSpec, columns: Dataset) -> dict[int, Rating]:
    """Return the rating of each row that has one, by the row's index.

    `columns` are the data read with `rating_columns` as inputs, in that order. Raises DataError for
    a rating that is no level of the scale.
    """
    low, high = _scale(task)
    human, *rated = columns.inputs
    found = {}
    for row in columns:
        text = row.inputs[human].strip()
        if not text:
            continue
        level = _level(text)
        if level is None or not low <= level <= high:
            raise DataError(
                f"{columns.place(row.index)} has the rating {text[:40]!r}, which is no whole "
                f"number from {low} to {high} (task.options.scale); mend it or leave it empty"
            )
        answer = row.inputs[rated[0]] if rated else None
        if answer is None or answer.strip():
            found[row.index] = Rating(level, answer)
    return found


def notices(task: TaskSpec, purpose: str) -> list[str]:
    """Return what is to be said of a judge before it is believed."""
    if task.grader != JUDGE:
        return []
    if not rating_columns(task):
        return [
            "nobody knows yet how far this judge agrees with people: rate some answers and name "
            "the column in task.options.human"
        ]
    return [] if purpose == "run" else ["how far the judge agrees with people: see intone run"]


async def judged_beforehand(kit: Kit, rows: Sequence[Row]) -> dict[int, float]:
    """Return the judge's scores of the rated answers that the data have, by the row's index.

    One call each, as far as the budget goes.
    """
    ready = kit.ready
    pairs = [
        (Answer(rating.answer), row)
        for row in rows
        if (rating := ready.ratings.get(row.index)) is not None and rating.answer is not None
    ]
    grades = await kit.engines[0].grades(pairs)
    return {
        row.index: grade.score
        for (_, row), grade in zip(pairs, grades, strict=True)
        if grade is not None and grade.score is not None
    }


def scored(outcomes: Iterable[Outcome]) -> dict[int, float]:
    """Return the scores of a run's answers, of each row's first sample, by the row's index."""
    return {
        outcome.row: outcome.score
        for outcome in outcomes
        if outcome.sample == 0 and outcome.status == "answered" and outcome.score is not None
    }


def judge_form(ready: Ready, scores: Mapping[int, float]) -> dict[str, Any] | None:
    """Return which model judges and how far its scores agree with people's ratings.

    In plain values; None where no model grades. `agreement` is None where no column is named.
    """
    grader = ready.grader
    if not isinstance(grader, JudgeGrader):
        return None
    model = ready.spec.judge or ready.spec.model
    if not rating_columns(ready.spec.task):
        return {"model": model.name, "agreement": None}
    from intone.metrics.judge_agreement import agreement

    both = sorted(ready.ratings.keys() & scores.keys())
    judged = [grader.level_of(scores[index]) for index in both]
    people = [ready.ratings[index].level for index in both]
    found = agreement(judged, people, grader.scale)
    return {"model": model.name, "agreement": found.to_dict()}


def _scale(task: TaskSpec) -> tuple[int, int]:
    low, high = task.options.get("scale", SCALE)
    return low, high


def _level(text: str) -> int | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return int(number) if number.is_integer() else None
