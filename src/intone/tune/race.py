"""The race: which rows a trial gets next and which candidates are dropped.

Separate from the tuner that proposed them. All candidates of a heat meet the same rows in the same
order, so every comparison in it is paired.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, log2
from typing import Protocol

from intone.evaluate.outcome import Outcome
from intone.prompt.program import Program
from intone.tune.candidate import Trial
from intone.tune.scores import Scores

_ROWS_A_ROUND = 4


class Race(Protocol):
    """One heat after another: enter trials, run what `next` allots, record, until it is empty."""

    def enter(self, trials: Sequence[Trial], calls: int) -> None:
        """Start a heat with these trials, to be decided with at most this many calls."""
        ...

    def next(self) -> Sequence[tuple[Program, int]]:
        """Return the (program, row) pairs to answer now, grouped by program; empty: heat over."""
        ...

    def record(self, outcomes: Sequence[Outcome]) -> None:
        """Take in the outcomes of what was allotted."""
        ...

    @property
    def dropped(self) -> dict[str, int]:
        """Return at which row count each dropped candidate was dropped.

        One that was dropped in an earlier heat and entered again is alive again.
        """
        ...


class Halving:
    """Sequential halving on shared rows (Karnin, Koren and Somekh, ICML 2013, algorithm 1).

    A heat of K candidates has ceil(log2 K) rounds with an equal share of the calls each, fewer
    where a round would give less than four rows a candidate; after a round the better half stays.
    Rows are met in one fixed order. A candidate that met more rows in an earlier heat waits, at no
    cost, until the others have caught up: it is neither ranked nor dropped on fewer rows than it
    has. Trials that name their rows are not raced.
    """

    def __init__(self, rows: Sequence[int]) -> None:
        self._rows = tuple(rows)
        self._scores = Scores()
        self._met: dict[str, set[int]] = {}
        self._alive: list[Program] = []
        self._named: list[tuple[Program, int]] = []
        self._calls = 0
        self._rounds = 0
        self._depth = 0
        self._dropped: dict[str, int] = {}

    @property
    def dropped(self) -> dict[str, int]:
        return dict(self._dropped)

    def enter(self, trials: Sequence[Trial], calls: int) -> None:
        self._named = [
            (trial.candidate.program, row)
            for trial in trials
            if trial.rows is not None
            for row in trial.rows
            if row not in self._met.get(trial.candidate.id, ())
        ][:calls]
        for trial in trials:
            self._dropped.pop(trial.candidate.id, None)
        raced = {trial.candidate.id: trial.candidate.program for trial in trials if not trial.rows}
        self._alive = list(raced.values())
        self._calls = calls - len(self._named)
        count = len(self._alive)
        most = max(1, ceil(log2(count))) if count else 0
        self._rounds = min(most, max(1, self._calls // (_ROWS_A_ROUND * max(1, count))))
        self._depth = 0

    def next(self) -> Sequence[tuple[Program, int]]:
        if self._named:
            named, self._named = self._named, []
            return named
        while self._rounds > 0 and self._alive:
            allotted = self._allot(self._calls // self._rounds)
            if allotted:
                self._calls -= sum(program.max_calls for program, _ in allotted)
                return allotted
            if self._depth >= len(self._rows) or self._calls < len(self._alive):
                break  # all rows met, or too few calls for one row each
            self._rounds -= 1
        self._rounds = 0
        return ()

    def record(self, outcomes: Sequence[Outcome]) -> None:
        self._scores.add(outcomes)
        for outcome in outcomes:
            self._met.setdefault(outcome.program, set()).add(outcome.row)
        if self._rounds > 0 and self._depth and not self._named:
            self._rounds -= 1
            self._halve()

    def _allot(self, calls: int) -> list[tuple[Program, int]]:
        """Deepen all candidates together, row by row, as far as the calls reach."""
        per_program: dict[str, list[tuple[Program, int]]] = {p.id: [] for p in self._alive}
        while self._depth < len(self._rows):
            row = self._rows[self._depth]
            missing = [p for p in self._alive if row not in self._met.get(p.id, ())]
            cost = sum(program.max_calls for program in missing)
            if cost > calls:
                break
            for program in missing:
                per_program[program.id].append((program, row))
            calls -= cost
            self._depth += 1
        return [pair for pairs in per_program.values() for pair in pairs]

    def _halve(self) -> None:
        """Drop the worse half of those that have met no more than this heat's rows."""
        level = [p for p in self._alive if len(self._met.get(p.id, ())) <= self._depth]
        if self._rounds == 0 or len(level) < 2:
            return
        prefix = self._rows[: self._depth]
        merits = {p.id: self._scores.merit(p.id, prefix) or 0.0 for p in level}
        ranked = sorted(level, key=lambda program: -merits[program.id])  # stable: earlier is better
        for program in ranked[ceil(len(ranked) / 2) :]:
            self._dropped[program.id] = self._depth
            self._alive.remove(program)
