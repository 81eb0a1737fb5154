"""The tables of quality.py: scores, and paired intervals of differences. Calls no model.

Seeds are repetitions on the same test rows, so a row's scores are averaged over the seeds before
two methods are compared (`intone.verdict.paired`); rows are the sample, seeds add no rows. A
difference over tasks is the mean of the tasks' differences, each task counting the same.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from kept_results import Record, markdown
from quality_methods import in_text

from intone.verdict.paired import average, paired

_NORMAL = 1.959964  # the two-sided 95 % point

Scores = tuple[float | None, ...]


@dataclass(frozen=True)
class Difference:
    """After minus before, in points, with its 95 % interval."""

    points: float
    low: float
    high: float

    @property
    def word(self) -> str:
        """What the interval says."""
        return "better" if self.low > 0 else "worse" if self.high < 0 else "undecided"

    def __str__(self) -> str:
        return f"{self.points:+.1f} [{self.low:.1f}, {self.high:.1f}]"


def scores_of(record: Record) -> Scores:
    """Return the scores of a result's test rows: None where there is none."""
    return unmarked(record["rows"])


def marks_of(scores: Iterable[float | None]) -> str | list[float | None]:
    """Return scores of 0 or 1 as a text of one mark a row, any others as they are."""
    known = list(scores)
    if any(score not in (0, 1, None) for score in known):
        return [None if score is None else round(score, 6) for score in known]
    return "".join("-" if score is None else str(int(score)) for score in known)


def unmarked(marks: str | Sequence[float | None]) -> Scores:
    """Return the scores that marks stand for."""
    return tuple(None if mark in ("-", None) else float(mark) for mark in marks)


def tables(records: Sequence[Record]) -> str:
    """Return all tables in Markdown, of results of one model, cap and size of test."""
    by_method = _by_method(records)
    methods = list(by_method)
    parts = [scores_table(records)]
    texts = [method for method in methods if in_text(method)]
    for reference, others in (
        ("plain", methods),
        ("plain-text", texts),
        ("auto", methods),
        ("auto-text", texts),
    ):
        rest = [method for method in others if method != reference]
        if reference in by_method and rest:
            parts.append(against(by_method, reference, rest, turned=reference.startswith("auto")))
    return "\n\n".join(parts)


def scores_table(records: Sequence[Record]) -> str:
    """Return the mean scores over seeds, by task and method, and what the runs took."""
    by_method = _by_method(records)
    tasks = _tasks(records)
    head = ["method", *tasks, "mean", "seeds", "calls", "model minutes", "below plain"]
    lines = [head]
    for method, by_task in by_method.items():
        means = {task: _mean(map(_score, runs.values())) for task, runs in by_task.items()}
        runs = [run for of_task in by_task.values() for run in of_task.values()]
        whole = len(means) == len(tasks)
        below = significantly_below(by_method, method)
        lines.append(
            [
                method,
                *(f"{100 * means[task]:.1f}" if task in means else "" for task in tasks),
                f"{100 * _mean(means.values()):.1f}" if whole else "",
                ", ".join(map(str, sorted({run["seed"] for run in runs}))),
                f"{_mean(run['calls'] for run in runs):.0f}",
                f"{_mean(run['model_seconds'] for run in runs) / 60:.1f}",
                "" if below is None else f"{below[0]} of {below[1]}",
            ]
        )
    return markdown(lines)


def significantly_below(
    by_method: Mapping[str, Mapping[str, Mapping[int, Record]]], method: str
) -> tuple[int, int] | None:
    """Return how many single runs are significantly below the plain prompt, and of how many.

    The plain prompt is the one that is served as the method is; None if it was not run.
    """
    reference = "plain-text" if in_text(method) else "plain"
    if method == reference or reference not in by_method:
        return None
    count = below = 0
    for task, runs in by_method[method].items():
        for seed, run in runs.items():
            plain = by_method[reference].get(task, {}).get(seed)
            if plain is not None:
                found = difference([scores_of(plain)], [scores_of(run)])
                count, below = count + 1, below + (found.high < 0)
    return below, count


def against(
    by_method: Mapping[str, Mapping[str, Mapping[int, Record]]],
    reference: str,
    methods: Sequence[str],
    *,
    turned: bool,
) -> str:
    """Return the differences between a method and others, by task and over the tasks.

    They are the others' minus the reference's or, `turned`, the reference's minus the others'.
    """
    tasks = list(by_method[reference])
    title = f"{reference} minus" if turned else f"minus {reference}"
    lines = [[title, *tasks, "mean over tasks"]]
    for method in methods:
        found: dict[str, tuple[list[Scores], list[Scores]]] = {}
        for task in tasks:
            one, other = by_method[reference][task], by_method[method].get(task, {})
            seeds = sorted(one.keys() & other.keys())
            if seeds:
                pair = [scores_of(one[s]) for s in seeds], [scores_of(other[s]) for s in seeds]
                found[task] = pair[::-1] if turned else pair
        if found:
            cells = [str(difference(*found[task])) if task in found else "" for task in tasks]
            over = str(over_tasks(list(found.values()))) if len(found) > 1 else ""
            part = f" ({len(found)})" if over and len(found) < len(tasks) else ""
            lines.append([method, *cells, over + part])
    return markdown(lines)


def difference(before: Sequence[Scores], after: Sequence[Scores]) -> Difference:
    """Return the difference of two methods on one task, each with one run a seed."""
    pairs = _paired_rows(before, after)
    found = paired([old for old, _ in pairs], [new for _, new in pairs])
    return Difference(100 * found.difference, 100 * found.low, 100 * found.high)


def over_tasks(pairs: Sequence[tuple[Sequence[Scores], Sequence[Scores]]]) -> Difference:
    """Return the mean of the tasks' differences; the tasks are fixed, their rows are a sample.

    The variance of the mean of K independent means is the sum of their variances over K squared;
    with a hundred rows a task the normal interval will do.
    """
    means, variances = [], []
    for before, after in pairs:
        gains = np.array([new - old for old, new in _paired_rows(before, after)])
        means.append(float(gains.mean()))
        variances.append(float(gains.var(ddof=1)) / len(gains))
    mean = 100 * _mean(means)
    half = 100 * _NORMAL * math.sqrt(sum(variances)) / len(pairs)
    return Difference(mean, mean - half, mean + half)


def _paired_rows(before: Sequence[Scores], after: Sequence[Scores]) -> list[tuple[float, float]]:
    both = (
        (average(old), average(new))
        for old, new in zip(zip(*before, strict=True), zip(*after, strict=True), strict=True)
    )
    return [(old, new) for old, new in both if old is not None and new is not None]


def _by_method(records: Sequence[Record]) -> dict[str, dict[str, dict[int, Record]]]:
    found: dict[str, dict[str, dict[int, Record]]] = {}
    for record in records:
        of_task = found.setdefault(record["method"], {}).setdefault(record["task"], {})
        of_task[record["seed"]] = record
    return found


def _tasks(records: Sequence[Record]) -> list[str]:
    return list(dict.fromkeys(record["task"] for record in records))


def _score(record: Record) -> float:
    return float(record["score"])


def _mean(values: Iterable[float]) -> float:
    found = list(values)
    return math.fsum(found) / len(found)
