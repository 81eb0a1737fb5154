"""The race there is: heats in rounds on shared rows. Owns rows and calls, not the rules.

Rows are met in one fixed order. A candidate that met more rows in an earlier heat waits, at no
cost, until the others have caught up: it is neither ranked nor dropped on fewer rows than it has.
Trials that name their rows get these rows first and are not raced. Candidates are ranked by merit
(see `scores.py`) after a round, among equals the one entered first.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil

from intone.evaluate.outcome import Outcome
from intone.prompt.program import Program
from intone.tune.candidate import Trial
from intone.tune.races.rules import DropRule, Field, Round, ShareRule
from intone.tune.scores import Scores

_LOOK = 4  # rows between two looks of a drop rule, at least
_LOOK_SHARE = 8  # later looks are an eighth of the rows met apart: they cost time, not validity


class Rounds:
    """Races candidates in the rounds of a share rule, with or without a drop rule.

    With a drop rule, a round is met a few rows at a time and the rule is asked in between. What
    dropped candidates do not use goes to the others of the heat; when only one is left of several,
    the heat ends and its calls stay with the tuner for the next one.
    """

    def __init__(
        self, rows: Sequence[int], shares: ShareRule, drops: DropRule | None = None
    ) -> None:
        self._rows = tuple(rows)
        self._shares = shares
        self._drops = drops
        self._scores = Scores()
        self._met: dict[str, set[int]] = {}
        self._seen: frozenset[int] = frozenset()  # rows anybody had met before this heat
        self._entered: tuple[str, ...] = ()
        self._alive: list[Program] = []
        self._named: list[tuple[Program, int]] = []
        self._rounds: list[Round] = []
        self._calls = 0
        self._share: int | None = None  # calls left of the round under way
        self._depth = 0
        self._racing = False  # what was allotted last belongs to a round
        self._dropped: dict[str, int] = {}

    @property
    def dropped(self) -> dict[str, int]:
        return dict(self._dropped)

    def enter(self, trials: Sequence[Trial], calls: int) -> None:
        self._seen = frozenset(row for rows in self._met.values() for row in rows)
        for trial in trials:
            self._dropped.pop(trial.candidate.id, None)
        self._calls = calls
        self._named = self._affordable(trials)
        raced = {t.candidate.id: t.candidate.program for t in trials if t.rows is None}
        self._entered = tuple(raced)
        self._alive = list(raced.values())
        self._rounds = list(self._shares.rounds(len(raced), self._calls))
        self._share = None
        self._depth = 0
        self._racing = False

    def next(self) -> Sequence[tuple[Program, int]]:
        self._racing = False
        if self._named:
            named, self._named = self._named, []
            return named
        while self._rounds and self._alive:
            if self._share is None:
                weights = [one.weight for one in self._rounds]
                self._share = self._calls * weights[0] // max(1, sum(weights))
            allotted = self._allot()
            if allotted:
                self._racing = True
                return allotted
            if self._depth >= len(self._rows) or self._calls < len(self._alive):
                break  # all rows met, or too few calls for one row each
            self._rounds.pop(0)
            self._share = None
        self._rounds = []
        return ()

    def record(self, outcomes: Sequence[Outcome]) -> None:
        self._scores.add(outcomes)
        for outcome in outcomes:
            self._met.setdefault(outcome.program, set()).add(outcome.row)
        if not self._racing:
            return
        self._racing = False
        if self._drops is not None:
            self._drop_behind(self._drops)
        if self._rounds and not self._room():
            self._end_round()

    def _affordable(self, trials: Sequence[Trial]) -> list[tuple[Program, int]]:
        """Return the named pairs that are not yet answered, as far as the calls reach."""
        named: list[tuple[Program, int]] = []
        for trial in trials:
            program = trial.candidate.program
            for row in dict.fromkeys(trial.rows or ()):
                if row in self._met.get(program.id, ()) or (program, row) in named:
                    continue
                if program.max_calls > self._calls:
                    return named
                self._calls -= program.max_calls
                named.append((program, row))
        return named

    def _missing(self) -> list[Program]:
        """Return who has not met the row at the depth reached."""
        row = self._rows[self._depth]
        return [p for p in self._alive if row not in self._met.get(p.id, ())]

    def _room(self) -> bool:
        """Say whether the round under way reaches another row."""
        if self._depth >= len(self._rows):
            return False
        return sum(p.max_calls for p in self._missing()) <= (self._share or 0)

    def _allot(self) -> list[tuple[Program, int]]:
        """Deepen all candidates together, row by row, as far as the round reaches."""
        pairs: dict[str, list[tuple[Program, int]]] = {p.id: [] for p in self._alive}
        asked, look = 0, max(_LOOK, self._depth // _LOOK_SHARE)  # in rows that anybody is asked for
        while self._room() and (self._drops is None or asked < look):
            row, missing = self._rows[self._depth], self._missing()
            for program in missing:
                pairs[program.id].append((program, row))
            cost = sum(program.max_calls for program in missing)
            self._share = (self._share or 0) - cost
            self._calls -= cost
            self._depth += 1
            asked += bool(missing)
        return [pair for of_one in pairs.values() for pair in of_one]

    def _level(self) -> list[Program]:
        """Return those who have met no more rows than this heat has come to."""
        return [p for p in self._alive if len(self._met.get(p.id, ())) <= self._depth]

    def _drop_behind(self, rule: DropRule) -> None:
        met = self._rows[: self._depth]
        field = Field(
            self._entered,
            tuple(p.id for p in self._alive),
            tuple(p.id for p in self._level()),
            met,
            tuple(row for row in met if row not in self._seen),
            self._scores,
        )
        self._drop(rule.behind(field))
        if len(self._alive) == 1 < len(self._entered):
            self._rounds = []  # decided: the rest of the calls is for another heat

    def _end_round(self) -> None:
        """Drop those whom the round did not leave in, and go on to the next."""
        done = self._rounds.pop(0)
        self._share = None
        level = self._level()
        if not self._rounds or len(level) < 2:
            return
        prefix = self._rows[: self._depth]
        merits = {p.id: self._scores.merit(p.id, prefix) or 0.0 for p in level}
        ranked = sorted(level, key=lambda program: -merits[program.id])  # stable: earlier is better
        self._drop([program.id for program in ranked[ceil(len(ranked) * done.stays) :]])

    def _drop(self, programs: Sequence[str]) -> None:
        for program in programs:
            self._dropped[program] = self._depth
        self._alive = [p for p in self._alive if p.id not in programs]
