"""`mipro`: TPE over instructions x demonstration sets, on minibatches.

Source: Opsahl-Ong et al., "Optimizing Instructions and Demonstrations for Multi-Stage Language
Model Programs", EMNLP 2024 (arXiv 2406.11695), section 4.3 (MIPRO); numbers as in its
implementation MIPROv2. Candidates for the instruction and for the demonstrations are made first; a
tree-structured Parzen estimator (Optuna) then chooses combinations, each scored on a fresh
minibatch, and every few trials the combination with the best mean so far is scored in full. The
best of those scored in full is recommended.

The paper's defaults: minibatches of 35, a full evaluation every 5 trials (10 in the paper), 6 to
18 candidates of each kind, max(2 v log2 n, 1.5 n) trials for v variables and n candidates.

What differs: (1) numbers scale with the calls and the rows: a batch takes a twentieth of the calls
(4 to 35 rows), a full evaluation at most a sixth of them. (2) Instructions are the user's, the
writer's (induced from demonstrations, then rephrasings; at most half), and the library's
phrasings, which bring layout and answer format along; without a writer, or with a useless one, the
library fills all places. There is no summary of data or program and no tips. (3) Demonstrations
are balanced sets of labelled rows, not traces that a teacher got right. (4) A trial's value is the
merit (`scores.py`), or what the objective makes of it where it weighs tokens; Optuna's ten random
trials before the model is used become a third of the trials, if that is fewer. (5) Every draw of
the sampler depends on the seed and the trial's number alone.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from math import ceil, log2

from intone.data.canonical import draw
from intone.prompt.edits import set_demonstrations
from intone.prompt.prompt import Demonstration
from intone.tune.candidate import Candidate
from intone.tune.demonstrations import balanced
from intone.tune.known import on_rows
from intone.tune.material import Material
from intone.tune.proposing import Made, Proposer, from_library
from intone.tune.stepwise import Steps, Stepwise
from intone.tune.tpe import Tpe
from intone.tune.variation import changed, demonstration_sets

_BATCH = 35
_FULL_EVERY = 5
_EXAMPLES = 5
_STARTUP = 10


@dataclass(frozen=True)
class Sizes:
    """How large everything is: rows of a batch and of a full evaluation, candidates, trials."""

    batch: int
    full: int
    instructions: int
    sets: int

    @property
    def trials(self) -> int:
        """The paper's number of trials for two variables."""
        most = max(2, self.instructions, self.sets)
        return ceil(max(2 * 2 * log2(most), 1.5 * most))


def sizes(calls: int, rows: int) -> Sizes:
    """Return the sizes for so many calls and rows."""
    batch = min(rows, _between(calls // 20, 4, _BATCH))
    full = min(rows, max(batch, calls // 6))
    return Sizes(batch, full, _between(calls // 40, 3, 18), _between(calls // 60, 2, 18))


class Mipro(Stepwise):
    """MIPRO over one prompt."""

    def __init__(self, material: Material) -> None:
        super().__init__(material)
        self._proposer = Proposer(self)
        self._whole: list[str] = []  # programs scored in full

    def best(self) -> Sequence[Candidate]:
        return self.known.ranked(among=self._whole)

    def steps(self) -> Steps:
        material, known = self.material, self.known
        size = sizes(self.calls, len(material.rows))
        whole = material.indices[: size.full]
        yield [on_rows(known.given, whole)]
        instructions = yield from self._instructions(size.instructions)
        pool, names = material.pool, material.given.variables
        shown = [(), *demonstration_sets(pool, names, material.seed, size.sets - 1)]
        startup = min(_STARTUP, ceil(size.trials / 3))
        trials = _Trials(
            instructions, shown, Tpe((len(instructions), len(shown)), material.seed, startup)
        )
        trials.told((0, 0), known.worth(known.given, whole), batch=False)
        for number in range(1, size.trials + 1):
            if self.calls < size.batch + size.full:
                break
            at = trials.tpe.ask(number)
            chance = draw(material.seed, "mipro", "batch", number)
            batch = chance.sample(material.indices, size.batch)
            candidate = trials.candidate(at)
            yield [on_rows(candidate, batch)]
            trials.told(at, known.worth(candidate, batch))
            if number % _FULL_EVERY == 0:
                yield from self._in_full(trials, whole)
        yield from self._in_full(trials, whole)

    def _instructions(self, most: int) -> Made:
        """The user's prompt, what the writer comes up with, and the library's phrasings."""
        material, given = self.material, self.known.given
        found = [given]
        wanted = (most - 1) // 2
        names = material.given.variables
        examples = balanced(material.pool, _EXAMPLES, material.seed, names)
        if examples and wanted:
            found += yield from self._proposer.induced(given, examples, ceil(wanted / 2))
        if wanted >= len(found):
            found += yield from self._proposer.rephrased(given, wanted + 1 - len(found))
        found = list({candidate.id: candidate for candidate in found}.values())
        return [*found, *from_library(self, given, most - len(found), taken=found)]

    def _in_full(self, trials: _Trials, whole: Sequence[int]) -> Steps:
        """Score the combination with the best mean that was not yet scored in full."""
        at = trials.leader({self.known.given.id, *self._whole})
        if at is None:
            return
        candidate = trials.candidate(at)
        yield [on_rows(candidate, whole)]
        value = self.known.worth(candidate, whole)
        trials.told(at, value, batch=False)
        self._whole.append(candidate.id)


@dataclass
class _Trials:
    """What can be combined, and what combinations came to on their batches."""

    instructions: Sequence[Candidate]
    shown: Sequence[tuple[Demonstration, ...]]
    tpe: Tpe
    values: dict[tuple[int, ...], list[float]] = field(default_factory=dict)

    def candidate(self, at: tuple[int, ...]) -> Candidate:
        instruction, shown = self.instructions[at[0]], self.shown[at[1]]
        made = changed(instruction, (set_demonstrations(shown),)) if shown else None
        return made or instruction

    def told(self, at: tuple[int, ...], value: float | None, *, batch: bool = True) -> None:
        """Learn a value; None: nothing could be scored, which says nothing."""
        if value is None:
            return
        self.tpe.tell(at, value)
        if batch:
            self.values.setdefault(at, []).append(value)

    def leader(self, without: Collection[str]) -> tuple[int, ...] | None:
        """Return the combination with the best mean whose program is none of these."""
        rest = [at for at in self.values if self.candidate(at).id not in without]
        return max(rest, key=lambda at: sum(self.values[at]) / len(self.values[at]), default=None)


def _between(number: int, least: int, most: int) -> int:
    return max(least, min(most, number))
