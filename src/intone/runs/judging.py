"""From outcomes to verdicts: one column of values a prompt, paired by row.

Owns the averaging of samples and which test a metric is judged by.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass

from intone.data.row import Row
from intone.evaluate.outcome import Outcome
from intone.metrics.metric import Metric
from intone.verdict.classes import judge_macro_f1
from intone.verdict.verdict import Terms, Verdict, judge


@dataclass(frozen=True)
class Column:
    """One prompt's results over rows: scores (samples averaged), answers read, whether parsed."""

    scores: tuple[float | None, ...]
    answers: tuple[str | None, ...]
    parsed: tuple[bool, ...]
    targets: tuple[str | None, ...]


def column(outcomes: Iterable[Outcome], program: str, rows: Sequence[Row]) -> Column:
    """Return a program's column over these rows, in their order."""
    by_row: dict[int, list[Outcome]] = {}
    for outcome in outcomes:
        if outcome.program == program:
            by_row.setdefault(outcome.row, []).append(outcome)
    scores: list[float | None] = []
    answers: list[str | None] = []
    parsed: list[bool] = []
    for row in rows:
        found = by_row.get(row.index, [])
        known = [outcome.score for outcome in found if outcome.score is not None]
        scores.append(sum(known) / len(known) if known else None)
        read = [outcome for outcome in found if outcome.parsed]
        answers.append(read[0].answer if read else None)
        parsed.append(bool(found) and len(read) == len(found))
    return Column(tuple(scores), tuple(answers), tuple(parsed), tuple(row.target for row in rows))


def on_shared_rows(columns: Sequence[Column]) -> list[Column]:
    """Return the columns on the rows where every one has a score, as a verdict pairs them.

    Scores that stand beside a difference are then of the same rows. Where there is no such row
    the columns come back as they are.
    """
    shared = [
        place
        for place, scores in enumerate(zip(*(c.scores for c in columns), strict=True))
        if None not in scores
    ]
    if not shared:
        return list(columns)
    return [
        Column(
            tuple(c.scores[i] for i in shared),
            tuple(c.answers[i] for i in shared),
            tuple(c.parsed[i] for i in shared),
            tuple(c.targets[i] for i in shared),
        )
        for c in columns
    ]


def judge_columns(
    metric: Metric, before: Column, after: Column, terms: Terms | None = None
) -> Verdict:
    """Judge two prompts on the same rows by the test that belongs to the metric."""
    told = asdict(terms or Terms())
    if metric.name != "macro_f1":
        return judge(before.scores, after.scores, before.parsed, after.parsed, **told)
    missing = [a is None or b is None for a, b in zip(before.scores, after.scores, strict=True)]
    targets = [target or "" for target in before.targets]
    return judge_macro_f1(targets, before.answers, after.answers, missing, **told)
