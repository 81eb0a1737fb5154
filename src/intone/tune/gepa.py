"""`gepa`: reflective rewriting with a front of prompts, each the best on some row.

Source: Agrawal et al., "GEPA: Reflective Prompt Evolution Can Outperform Reinforcement Learning",
arXiv 2507.19457 (ICLR 2026), algorithms 1 (the loop) and 2 (choosing the parent). In each step a
parent is drawn from the per-row Pareto front, weighted by the rows on which it is among the best
and without those that others dominate; it answers a minibatch of feedback rows; the writer sees
what went wrong and proposes one change; the child answers the same rows, and only if their sum
rises strictly is it scored on all Pareto rows and taken in. The best mean there is recommended.

The paper's defaults: minibatches of 3, all Pareto rows for every child that is taken in, calls of
15 to 30 times the number of Pareto rows.

What differs: (1) there are as many Pareto rows as that ratio makes of the calls (a fifteenth, 4 to
all but a third of the rows); the others are the feedback rows, and under 6 rows both are the same.
(2) One component is rewritten, the prompt, and there is no merging of lineages. (3) The writer
gives typed edits and is told which of its edits did not pay. (4) Without a writer, or with a
useless one, the child is the parent with the likeliest change from the library that was not yet
tried: another phrasing, layout or clarifier; such changes are blind to what went wrong, so it is
then a strict hill climb over the library. (5) Demonstrations are never touched. (6) It stops after
a dozen steps in a row that had nothing to mend or to propose. (7) Where the objective weighs
tokens, a child is taken in if what the objective makes of the rows rises. The front stays one of
scores: tokens are never equal, so that with them it would be the cheapest prompt alone.
"""

from __future__ import annotations

from collections.abc import Sequence

from intone.data.canonical import draw
from intone.tune.candidate import Candidate
from intone.tune.known import Known, on_rows
from intone.tune.material import Material
from intone.tune.proposing import Made, Proposer, from_library
from intone.tune.stepwise import Steps, Stepwise
from intone.writer.writer import Failure

_BATCH = 3
_SHARE = 15  # calls for each Pareto row
_LEAST_APART = 6  # rows from which feedback and Pareto rows are kept apart
_MOST_STEPS = 200
_MOST_IDLE = 12


class Gepa(Stepwise):
    """GEPA over one prompt."""

    def __init__(self, material: Material) -> None:
        super().__init__(material)
        self._proposer = Proposer(self)
        self._taken: list[Candidate] = []  # those scored on the Pareto rows

    def best(self) -> Sequence[Candidate]:
        return self.known.ranked(among=[candidate.id for candidate in self._taken])

    def steps(self) -> Steps:
        known, seed = self.known, self.material.seed
        pareto, feedback = parted(self.material.indices, self.calls)
        yield [on_rows(known.given, pareto)]
        self._taken.append(known.given)
        idle = 0
        for step in range(_MOST_STEPS):
            if idle >= _MOST_IDLE:
                return
            idle += 1
            parent = self._parent(pareto, step)
            chance = draw(seed, "gepa", "minibatch", step)
            batch = chance.sample(feedback, min(_BATCH, len(feedback)))
            if len(known.outcomes(parent, batch)) < len(batch):
                yield [on_rows(parent, batch)]
            failures = self._failures(parent, batch)
            if not failures:
                continue
            for child in (yield from self._children(parent, failures)):
                idle = 0
                yield [on_rows(child, batch)]
                if not self._rises(parent, child, batch):
                    self._proposer.reject(child, "it did no better on the rows it was to mend")
                    continue
                yield [on_rows(child, pareto)]
                self._taken.append(child)

    def _parent(self, rows: Sequence[int], step: int) -> Candidate:
        """Draw a parent from the front, weighted by the rows it wins."""
        wins = front(self.known, self._taken, rows)
        if not wins:
            return self.known.given
        chance = draw(self.material.seed, "gepa", "parent", step)
        places = sorted(wins)
        (place,) = chance.choices(places, [len(wins[place]) for place in places])
        return self._taken[place]

    def _failures(self, parent: Candidate, batch: Sequence[int]) -> list[Failure]:
        rows = {row.index: row for row in self.material.rows}
        return [
            Failure(rows[outcome.row], outcome)
            for outcome in self.known.outcomes(parent, batch)
            if outcome.score is not None and outcome.score < 1.0
        ]

    def _children(self, parent: Candidate, failures: Sequence[Failure]) -> Made:
        written = yield from self._proposer.critiqued(parent, failures, 1)
        return written or from_library(self, parent, 1)

    def _rises(self, parent: Candidate, child: Candidate, batch: Sequence[int]) -> bool:
        """Whether the child's scores on the rows both were scored on add up to more.

        What their calls took is counted as the objective has it.
        """
        before, after = (self._values(candidate, batch) for candidate in (parent, child))
        return sum(after[row] - before[row] for row in after if row in before) > 0

    def _values(self, candidate: Candidate, rows: Sequence[int]) -> dict[int, float]:
        """Return what the objective makes of a candidate's answer to each of these rows."""
        value = self.known.objective.value
        return {
            told.row: value(told.score, told.usage.prompt_tokens + told.usage.completion_tokens)
            for told in self.known.outcomes(candidate, rows)
            if told.score is not None
        }


def parted(rows: Sequence[int], calls: int) -> tuple[Sequence[int], Sequence[int]]:
    """Part the rows into Pareto rows and feedback rows."""
    if len(rows) < _LEAST_APART:
        return rows, rows
    count = min(max(4, calls // _SHARE), len(rows) - len(rows) // 3)
    return rows[:count], rows[count:]


def front(known: Known, taken: Sequence[Candidate], rows: Sequence[int]) -> dict[int, set[int]]:
    """Return, for each place of the front, the rows it wins: see `won`.

    Scores alone decide who wins a row. Of label probabilities hardly two are ever equal, so that
    with them every row would go to one candidate by noise; they tell equal means apart.
    """
    table = [_scores(known, candidate, rows) for candidate in taken]
    merits = [sum(known.merits(candidate, rows).values()) for candidate in taken]
    return won(table, rows, merits)


def _scores(known: Known, candidate: Candidate, rows: Sequence[int]) -> dict[int, float]:
    """Return a candidate's score on each of these rows that it was scored on."""
    told = known.outcomes(candidate, rows)
    return {outcome.row: outcome.score for outcome in told if outcome.score is not None}


def won(
    table: Sequence[dict[int, float]], rows: Sequence[int], merits: Sequence[float] = ()
) -> dict[int, set[int]]:
    """Return, for each place of the front, the rows on which it is among the best (algorithm 2).

    `table` has the score of each candidate on each row. A candidate is left out if on each row that
    it wins one of the others, not left out itself, is as good; the weakest are looked at first. Of
    equal means that with the lower of `merits` is the weaker, if these are given.
    """
    found: dict[int, set[int]] = {}
    for row in rows:
        top = max((scores[row] for scores in table if row in scores), default=None)
        for place, scores in enumerate(table):
            if top is not None and scores.get(row) == top:
                found.setdefault(place, set()).add(row)

    def strength(place: int) -> tuple[float, float, int]:
        mean = sum(table[place].values()) / len(table[place])
        return mean, merits[place] if merits else 0.0, -place

    for place in sorted(found, key=strength):
        others = set().union(*(found[other] for other in found if other != place))
        if len(found) > 1 and found[place] <= others:
            del found[place]
    return found
