"""`auto` over a chain: find the step that costs most, and change that one.

    credit     each step with right answers of its own taken as known: what the chain gains by that
               is what the step costs; a step without them is given a few other prompts, and the
               most that one of them gains is what it costs
    changes    other prompts for the step that costs most, on the same rows; after each round its
               cost is found anew, so that the next round may go to another step
    decision   the leaders and the given chain on all rows there are

Calls that an unchanged step makes are in the ledger and cost nothing again, so a change of a late
step costs that step's calls only.

Owns the order of these and what is told about a step; the changes of a step's prompt are
`variation`'s.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from math import sqrt

from intone.data.row import Row
from intone.prompt.chain import Chain
from intone.prompt.edits.programs import KnownStep, StepEdit
from intone.tune.candidate import Candidate
from intone.tune.known import on_rows, raced
from intone.tune.material import Material
from intone.tune.objective import SCORE, Objective
from intone.tune.stepwise import Stepped, Steps
from intone.tune.variation import edits_of, variants

_ROWS_PER_ROOT = 0.46
_LEAST_ROWS = 5
_TRIED_FIRST = 2  # other prompts of a step without right answers, to see what it costs
_TRIED = 4  # other prompts in a round
_DECISION_SHARE = 0.35
_FINALISTS = 3
_DECIDING_HEATS = 3
_OWN_SCORE = 0.25  # what a step's own score counts beside the chain's, among its other prompts
_NO_GAIN = 0.5  # what is left of a step's cost after a round in vain


@dataclass(frozen=True)
class ChainMaterial:
    """What there is to search with: the chain, and for each step that may change its own material.

    `rows` are those of the race, in the order in which they are met.
    """

    given: Chain
    steps: Mapping[str, Material]
    rows: Sequence[Row]
    objective: Objective = SCORE


class ChainSteps(Stepped):
    """The house method over the steps of a chain."""

    def __init__(self, material: ChainMaterial) -> None:
        super().__init__(material.given, material.objective)
        self.material = material
        self._leader = self.known.given
        self._parts = {name: Candidate(of.given) for name, of in material.steps.items()}
        self._of: dict[str, dict[str, Candidate]] = {self.known.given.id: self._parts}
        self._probes: set[str] = set()
        self._costs: dict[str, float] = {}
        self._variants: dict[str, Iterator[Candidate]] = {}

    def best(self) -> Sequence[Candidate]:
        """Return the candidates best first; measurements with known steps are none."""
        return [c for c in self.known.ranked() if c.id not in self._probes]

    def steps(self) -> Steps:
        each = max(1, self.material.given.max_calls)
        count = max(_LEAST_ROWS, round(_ROWS_PER_ROOT * sqrt(self.began / each)))
        rows = [row.index for row in self.material.rows[:count]]
        yield [on_rows(self.known.given, rows)]
        yield from self._credit(rows)
        keep = self.began * _DECISION_SHARE
        while self.calls > keep and (step := self._dearest()) is not None:
            yield from self._round(step, rows)
        yield from self._decision()

    def _credit(self, rows: Sequence[int]) -> Steps:
        """Find what each step costs."""
        for name in self.material.steps:
            yield from self._measured(name, rows)
            if name not in self._costs:
                before = self._merit(self._leader, rows)
                tried = self._others(name, _TRIED_FIRST)
                yield [on_rows(candidate, rows) for candidate in tried]
                gains = [self._merit(candidate, rows) - before for candidate in tried]
                self._costs[name] = max([0.0, *gains])
                self._follow(name, tried, rows)

    def _measured(self, name: str, rows: Sequence[int]) -> Steps:
        """Take a step as known in the leader, where there is something to know."""
        column = self.material.given.step(name).target
        lookup = {row.index: row for row in self.material.rows}
        told = [index for index in rows if column and lookup[index].right(column)]
        if not told or self.material.given.final.name == name:
            return
        change = KnownStep(name, column)
        edits = (*self._leader.edits, change)
        probe = Candidate(change.apply(self._leader.program), edits, (self._leader.id,))
        self._probes.add(probe.id)
        yield [on_rows(probe, told)]
        self._costs[name] = self._merit(probe, told) - self._merit(self._leader, told)

    def _round(self, name: str, rows: Sequence[int]) -> Steps:
        """Try other prompts for a step; the cost of every measured step is found anew on a gain."""
        tried = self._others(name, _TRIED)
        if not tried:
            self._costs.pop(name, None)
            return
        yield [on_rows(candidate, rows) for candidate in tried]
        if not self._follow(name, tried, rows):
            self._costs[name] = self._costs.get(name, 0.0) * _NO_GAIN - 1e-6
            return
        for step in list(self._costs):
            yield from self._measured(step, rows)

    def _decision(self) -> Steps:
        """Spend what is left on the leaders, the best rephrasing and the given chain."""
        for _ in range(_DECIDING_HEATS):
            ranked = self.best()
            phrased = [candidate for candidate in ranked if candidate.rephrasing][:1]
            trials = raced([*ranked[:_FINALISTS], *phrased, self.known.given], self.calls)
            if not trials or self.calls < len(trials) * self.material.given.max_calls:
                return
            yield trials

    def _dearest(self) -> str | None:
        """Return the step that costs most; among equals the first. None if all are exhausted."""
        return max(self._costs, key=lambda name: self._costs[name], default=None)

    def _others(self, name: str, count: int) -> list[Candidate]:
        """Return the leader with other prompts in a step, likely ones first."""
        if name not in self._variants:
            of = self.material.steps[name]
            shown = len(of.pool) > 0
            self._variants[name] = variants(of, self._parts[name], demonstrations=shown)
        made = (self._made(name, part) for part in self._variants[name])
        return list(islice((c for c in made if c.id not in self.known), count))

    def _made(self, name: str, part: Candidate) -> Candidate:
        """Return the leader with this prompt in a step."""
        parts = self._parts | {name: part}
        chain = self.material.given
        for step, candidate in parts.items():
            chain = chain.with_step(step, program=candidate.program)
        edits = tuple(StepEdit(step, edit) for step, c in parts.items() for edit in edits_of(c))
        changed = [candidate for candidate in parts.values() if candidate.edits]
        phrased = all(candidate.rephrasing for candidate in changed)
        made = Candidate(chain, edits, (self._leader.id,), phrased and bool(changed))
        self._of.setdefault(made.id, parts)
        return made

    def _follow(self, name: str, tried: Sequence[Candidate], rows: Sequence[int]) -> bool:
        """Make the best of these the leader if it does better; say whether it does."""
        best = max(tried, key=lambda c: self._worth(c, name, rows), default=None)
        if best is None or self._worth(best, name, rows) <= self._worth(self._leader, name, rows):
            return False
        self._leader, self._parts = best, self._of[best.id]
        self._variants.pop(name, None)  # the next ones start from it
        return True

    def _merit(self, candidate: Candidate, rows: Sequence[int]) -> float:
        merits = self.known.merits(candidate, rows).values()
        return sum(merits) / len(merits) if merits else 0.0

    def _worth(self, candidate: Candidate, name: str, rows: Sequence[int]) -> float:
        """Return a candidate's merit, and beside it the score of the step itself."""
        told = self.known.outcomes(candidate, rows)
        own = [outcome.steps[name] for outcome in told if name in outcome.steps]
        share = sum(own) / len(own) if own else 0.0
        return self._merit(candidate, rows) + _OWN_SCORE * share


def step_pool(chain: Chain, name: str, pool: Sequence[Row]) -> list[Row]:
    """Return the rows of a pool as they can be shown in a step: with its own right answers.

    Empty where the step, or one that it uses, has none; a shared passage with variables leaves it
    empty too, since demonstrations are made for the step's own variables.
    """
    step = chain.step(name)
    used = [chain.step(other) for other in sorted(chain.needs(step))]
    final = step is chain.final
    if any(not other.target for other in used) or not (final or step.target):
        return []
    if chain.program(step).variables != step.program.variables:
        return []
    found = []
    for row in pool:
        target = row.target if final else row.right(step.target)
        outputs = {other.name: row.right(other.target) for other in used}
        if target and all(outputs.values()):
            found.append(replace(row, inputs={**row.inputs, **outputs}, target=target))
    return found
