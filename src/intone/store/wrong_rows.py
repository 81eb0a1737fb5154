"""Rows that went wrong, over the outcomes of several runs. Owns the questions, not the outcomes.

A prompt gets a row wrong where its mean score on it is below one half: 0 where answers are right
or wrong, the worse half where they are graded. What has no score counts for nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import Subquery, desc, func, select

from intone.store.database import Database
from intone.store.laid_down import to_text
from intone.store.tables import outcomes

WRONG_BELOW = 0.5
_TOGETHER = 1000  # rows of a result that are fetched at a time


@dataclass(frozen=True, slots=True)
class WrongRow:
    """A row that each of the `prompts` that answered it got wrong; the `best` mean score of one."""

    row: int
    prompts: int
    best: float


@dataclass(frozen=True, slots=True)
class GivenAnswer:
    """What prompts answered to a row, how many of them, and the mean score they got."""

    answer: str
    status: str
    prompts: int
    score: float | None


def wrong_rows(
    database: Database, runs: Sequence[int], row: int | None = None
) -> Iterator[WrongRow]:
    """Give the rows that every prompt of these runs got wrong, those that most got wrong first.

    `row` asks about one row only. Rows come as they are read: a caller may stop at any.
    """
    each = _by_prompt(runs, row)
    those = (
        select(each.c.row, func.count().label("prompts"), func.max(each.c.score).label("best"))
        .group_by(each.c.row)
        .having(func.max(each.c.score) < WRONG_BELOW)
        .order_by(desc("prompts"), each.c.row)
    )
    with database.read() as connection:
        for found in connection.execution_options(yield_per=_TOGETHER).execute(those):
            yield WrongRow(found.row, found.prompts, found.best)


def given_answers(
    database: Database, runs: Sequence[int], row: int, limit: int = 10
) -> list[GivenAnswer]:
    """Return what prompts of these runs answered to a row, the most frequent answers first."""
    table = outcomes
    of_row = (
        select(
            table.c.answer,
            table.c.status,
            func.count(func.distinct(table.c.program)).label("prompts"),
            func.avg(table.c.score).label("score"),
        )
        .where(table.c.run.in_(runs), table.c.row == row)
        .group_by(table.c.answer, table.c.status)
        .order_by(desc("prompts"), table.c.answer)
        .limit(limit)
    )
    with database.read() as connection:
        return [
            GivenAnswer(
                "" if it.answer is None else to_text(it.answer), it.status, it.prompts, it.score
            )
            for it in connection.execute(of_row)
        ]


def _by_prompt(runs: Sequence[int], row: int | None) -> Subquery:
    """Return each prompt's mean score on each row, over samples and runs."""
    table = outcomes
    wanted = select(table.c.row, table.c.program, func.avg(table.c.score).label("score"))
    wanted = wanted.where(table.c.run.in_(runs), table.c.score.is_not(None))
    if row is not None:
        wanted = wanted.where(table.c.row == row)
    return wanted.group_by(table.c.row, table.c.program).subquery()
