"""Cross-validation where there are too few rows to seal any.

Each fold of the rows is answered by what a search on the other folds came to, so no row judges a
prompt that was chosen on it. The whole search is repeated for every fold; outcomes that searches
share are paid once, so each can be about as large as the final one on all rows. What comes out is
exploratory: the folds' searches overlap.
"""

from __future__ import annotations

from dataclasses import dataclass, field
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
_PAID = 0.5  # the part of a later search that no earlier one has paid, before there was any
_LEAST_PAID = 0.2


@dataclass(frozen=True)
class CrossFitted:
    """Columns over the rows that were held out, each fold's by its own search's choices.

    `searches` has the calls of each fold's search, those that an earlier one had paid included.
    `spared` is how many calls of the search on all rows these are thought to have paid.
    """

    given: Column
    rephrased: Column | None
    tuned: Column
    searches: tuple[int, ...]
    spared: int


@dataclass
class Shares:
    """Shares calls out among searches that repeat much of one another.

    The first pays for all that it does, a later one for a part: half, until one was made; then the
    largest part that any has paid. All are thought to be as large as the first.
    """

    sizes: list[int] = field(default_factory=list)
    parts: list[float] = field(default_factory=list)

    def next(self, left: int | None, later: int) -> tuple[int | None, int]:
        """Return what a search may pay of `left`, and what it will be spared; `later` follow it."""
        if left is None:
            return None, 0
        paid = max(_LEAST_PAID, *self.parts) if self.parts else _PAID
        if not self.sizes:
            return max(1, round(left / (1 + paid * later))), 0
        most = max(1, left // (later + 1))
        return most, max(0, min(self.sizes[0], round(most / paid)) - most)

    def made(self, paid: int, spared: int) -> None:
        """Take in what a search paid and what it was spared."""
        if self.sizes and paid + spared:
            self.parts.append(paid / (paid + spared))
        self.sizes.append(paid + spared)


async def cross_fitted(
    kit: Kit, plan: Plan, pool: list[Row], race: list[Row], memo: Memo
) -> CrossFitted | None:
    """Return held-out results, None where the budget is too small for any.

    What is left is shared out so that every search can be as large as the final one on all rows.
    """
    each = kit.engine.calls_an_answer * kit.ready.prompt.max_calls
    folds = _folds(race, kit.purse.left.calls, each)
    given: list[Outcome] = []
    rephrased: list[Outcome] = []
    tuned: list[Outcome] = []
    rows: list[Row] = []
    shares = Shares()
    for number, fold in enumerate(folds):
        to_answer = 2 * each * sum(map(len, folds[number:]))
        share, spared = shares.next(_less(kit.purse.left.calls, to_answer), len(folds) - number)
        before = kit.purse.spent.calls
        held = {row.index for row in fold}
        rest = {row.index: row for row in race if row.index not in held}
        found = await search(
            make_tuner(kit.ready, pool, list(rest.values()), kit.writer),
            make_race(list(rest)),
            kit.engine,
            rest | {row.index: row for row in pool},
            limits=Limits(share, spared, plan.typical, fits(plan, kit.ready)),
            memo=memo,
            on_trials=kit.watcher.trying,
        )
        shares.made(kit.purse.spent.calls - before, found.spared)
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
    _, spared = shares.next(kit.purse.left.calls, 0)
    given_to, phrased_to, tuned_to = (_column(it, rows) for it in (given, rephrased, tuned))
    return CrossFitted(given_to, phrased_to, tuned_to, tuple(shares.sizes), spared)


def _less(left: int | None, calls: int) -> int | None:
    return None if left is None else max(0, left - calls)


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
