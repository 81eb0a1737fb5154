"""Cross-validation where there are too few rows to seal any.

Each fold of the rows is answered by what a search on the other folds came to, so no row judges a
prompt that was chosen on it. The whole search is repeated for every fold; outcomes that searches
share are paid once. What comes out is exploratory: the folds' searches overlap.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from intone.data.row import Row
from intone.evaluate.engine import Job
from intone.evaluate.outcome import Outcome
from intone.runs.judging import Column, column
from intone.runs.methods import make_race, make_tuner
from intone.runs.plan import Plan, fits
from intone.tune.candidate import Candidate
from intone.tune.loop import Limits, Memo, search

if TYPE_CHECKING:
    from intone.runs.kit import Kit

_FOLDS = 4
_ROWS_A_FOLD = 3


@dataclass(frozen=True)
class CrossFitted:
    """Columns over the rows that were held out, each fold's by its own search's choices."""

    given: Column
    rephrased: Column | None
    tuned: Column


async def cross_fitted(
    kit: Kit, plan: Plan, pool: list[Row], race: list[Row], memo: Memo
) -> CrossFitted | None:
    """Return held-out results, None where the budget is too small for any.

    A search takes its even share of the calls that are left, the final search on all rows included.
    """
    each = kit.engine.calls_an_answer * kit.ready.prompt.max_calls
    folds = _folds(race, kit.purse.left.calls, each)
    given: list[Outcome] = []
    rephrased: list[Outcome] = []
    tuned: list[Outcome] = []
    rows: list[Row] = []
    for number, fold in enumerate(folds):
        left = kit.purse.left.calls
        even = None if left is None else left // (len(folds) - number + 1)
        share = None if even is None else max(1, even - 2 * each * len(fold))
        held = {row.index for row in fold}
        rest = {row.index: row for row in race if row.index not in held}
        found = await search(
            make_tuner(kit.ready, pool, list(rest.values()), kit.writer),
            make_race(list(rest)),
            kit.engine,
            rest | {row.index: row for row in pool},
            limits=Limits(share, plan.typical, fits(plan, kit.ready)),
            memo=memo,
            on_trials=kit.watcher.trying,
        )
        scored = [c for c in found.best if found.scores.count(c.scored_as)]
        if not scored:
            break
        winner = scored[0]
        phrased = next((c for c in scored if c.rephrasing), winner)
        for row in fold:
            triple = await _answers(kit, row, [Candidate(kit.ready.prompt), phrased, winner], memo)
            if triple is None:
                break
            rows.append(row)
            given.append(triple[0])
            rephrased.append(triple[1])
            tuned.append(triple[2])
    if len(rows) < 2:
        return None
    return CrossFitted(*(_column(outcomes, rows) for outcomes in (given, rephrased, tuned)))


def _folds(race: list[Row], calls: int | None, each: int) -> list[list[Row]]:
    """Part the rows into folds, fewer where calls are few; in the race's order, round robin.

    `each` is how many calls an answer takes.
    """
    most = min(_FOLDS, len(race) // _ROWS_A_FOLD)
    if calls is not None:
        most = min(most, max(2, calls // (4 * each * max(1, len(race)))))
    return [race[start::most] for start in range(most)] if most >= 2 else []


async def _answers(
    kit: Kit, row: Row, candidates: list[Candidate], memo: Memo
) -> list[Outcome] | None:
    """Answer one held-out row with each candidate; None where the budget ended."""
    programs = {c.id: c.program for c in candidates}
    fresh = [Job(p, row) for p in programs.values() if (p.id, row.index) not in memo]
    for outcome in await kit.engine.run(fresh):
        memo[(outcome.program, outcome.row)] = outcome
    found = [memo.get((c.id, row.index)) for c in candidates]
    return None if None in found else [outcome for outcome in found if outcome is not None]


def _column(outcomes: list[Outcome], rows: list[Row]) -> Column:
    """Return a column whose rows were answered by different programs."""
    parts = [column([o], o.program, [row]) for o, row in zip(outcomes, rows, strict=True)]
    return Column(
        tuple(p.scores[0] for p in parts),
        tuple(p.answers[0] for p in parts),
        tuple(p.parsed[0] for p in parts),
        tuple(p.targets[0] for p in parts),
    )
