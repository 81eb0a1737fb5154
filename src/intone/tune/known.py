"""What a method knows: the candidates it asked for and how they did.

Owns who counts as the best. Which candidates there are is the methods' business.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from math import sqrt
from statistics import fmean, stdev
from typing import TypeAlias

from intone.evaluate.outcome import Outcome
from intone.prompt.program import Program
from intone.tune.candidate import Candidate, Trial
from intone.tune.objective import SCORE, Objective
from intone.tune.scores import Scores, merit

_LEAST_GAPS = 2
_BEYOND_CHANCE = 3.0  # standard errors

Traits: TypeAlias = Callable[[Program], Collection[str]]
"""Gives what a program has in common with others, by name."""


class Known:
    """Candidates in the order in which they were asked for, the user's prompt first."""

    def __init__(self, given: Program, objective: Objective = SCORE) -> None:
        self.given = Candidate(given)
        self.objective = objective
        self.scores = Scores()
        self._candidates: dict[str, Candidate] = {given.id: self.given}
        self._outcomes: dict[tuple[str, int], Outcome] = {}

    def __contains__(self, program: str) -> bool:
        return program in self._candidates

    def __iter__(self) -> Iterator[Candidate]:
        return iter(self._candidates.values())

    def add(self, candidates: Iterable[Candidate]) -> None:
        """Take candidates in; one that is known keeps its first origin."""
        for candidate in candidates:
            self._candidates.setdefault(candidate.id, candidate)

    def tell(self, outcomes: Sequence[Outcome]) -> None:
        """Take outcomes in, also of candidates nobody asked for."""
        self.scores.add(outcomes)
        for outcome in outcomes:
            self._outcomes[(outcome.program, outcome.row)] = outcome

    def outcomes(self, candidate: Candidate, rows: Iterable[int]) -> list[Outcome]:
        """Return a candidate's outcomes on these rows, those it has."""
        found = (self._outcomes.get((candidate.id, row)) for row in rows)
        return [outcome for outcome in found if outcome is not None]

    def merits(self, candidate: Candidate, rows: Iterable[int]) -> dict[int, float]:
        """Return a candidate's merit on each of these rows that it was scored on."""
        worth = {outcome.row: merit(outcome) for outcome in self.outcomes(candidate, rows)}
        return {row: value for row, value in worth.items() if value is not None}

    def worth(self, candidate: Candidate, rows: Sequence[int] | None = None) -> float | None:
        """Return a candidate's mean merit on these rows (default: all it has met), or None.

        Where the objective weighs tokens, what the candidate's calls take is weighed in.
        """
        mean = self.scores.merit(candidate.id, rows)
        return mean if mean is None else self._weighed(candidate.id, mean)

    def close(self, candidate: Candidate, leader: Candidate, rows: Iterable[int]) -> bool:
        """Say whether chance may be why a candidate is behind the leader on these rows.

        Only where the leader's answers are right or wrong, without probabilities. As it is the
        luckiest of many, only three standard errors of the paired difference, on the rows that both
        have met, are more than chance.
        """
        told = self.outcomes(leader, rows)
        if any(outcome.likelihood is not None for outcome in told):
            return False
        best = self.merits(leader, [outcome.row for outcome in told])
        own = self.merits(candidate, best)
        gaps = [best[row] - own[row] for row in own]
        if len(gaps) < _LEAST_GAPS:
            return True
        return fmean(gaps) < _BEYOND_CHANCE * stdev(gaps) / sqrt(len(gaps))

    def strengths(self, traits: Traits | None = None) -> dict[str, float]:
        """Return the strengths of all candidates (see `scores.py`), pooled by traits if given.

        Where the objective weighs tokens, what a candidate's calls take is weighed in.
        """
        named = None
        if traits is not None:
            named = {known.id: traits(known.program) for known in self._candidates.values()}
        return {
            program: self._weighed(program, strength)
            for program, strength in self.scores.strengths(named).items()
        }

    def _weighed(self, program: str, strength: float) -> float:
        """Return a strength as it is, or as the objective values it where that weighs tokens."""
        if not self.objective.tokens:
            return strength
        return self.objective.value(strength, self.scores.tokens(program))

    def ranked(
        self, among: Collection[str] | None = None, strengths: Mapping[str, float] | None = None
    ) -> list[Candidate]:
        """Return all candidates, best first by strength (by default the plain ones).

        Those of `among` come first, by default those that met at least half as many rows as anybody
        did; the user's prompt is always one of these, so that what comes before it is at least as
        strong. Among equals the one asked for first leads.
        """
        strengths = self.strengths() if strengths is None else strengths
        never = min(strengths.values(), default=0.0) - 1.0
        if among is None:
            counts = {program: self.scores.count(program) for program in self._candidates}
            most = max(counts.values())
            among = {program for program, count in counts.items() if 2 * count >= max(1, most)}

        def place(candidate: Candidate) -> tuple[bool, float]:
            tried = candidate.id in among or candidate.id == self.given.id
            return not tried, -round(strengths.get(candidate.id, never), 9)

        return sorted(self._candidates.values(), key=place)


def raced(candidates: Sequence[Candidate], calls: float) -> list[Trial]:
    """Return trials that share these calls, the race to allot the rows; equal ones count once."""
    distinct = list({candidate.id: candidate for candidate in candidates}.values())
    each, more = divmod(int(calls), max(1, len(distinct)))
    return [Trial(c, calls=each + (place < more)) for place, c in enumerate(distinct)]


def on_rows(candidate: Candidate, rows: Iterable[int]) -> Trial:
    """Return the trial of a candidate on these very rows."""
    named = tuple(dict.fromkeys(rows))
    return Trial(candidate, named, len(named) * candidate.program.max_calls)
