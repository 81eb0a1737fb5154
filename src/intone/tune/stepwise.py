"""Tuners written as one run of steps, so that a method reads like its paper's algorithm.

Owns how steps become asks. A step is a heat (trials) or a question to the writer; the method's
generator goes on when the heat is over or the question answered. No state is kept but the
generator's: a resumed run replays the same steps.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Generator, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from intone.errors import BudgetEnded
from intone.evaluate.budget import Budget
from intone.evaluate.outcome import Outcome
from intone.prompt.program import Program
from intone.tune.candidate import Candidate, Trial
from intone.tune.known import Known, raced
from intone.tune.material import Material
from intone.tune.objective import Objective
from intone.writer.writer import Proposals

_FINALISTS = 3


@dataclass(frozen=True)
class Question:
    """Something for the writer, to be awaited; the answer is None where the budget ended."""

    asked: Awaitable[Proposals]


Steps: TypeAlias = Generator[Sequence[Trial] | Question, Proposals | None, None]


class Stepped(ABC):
    """A tuner whose `steps` yield heats and questions until it is finished.

    `calls` is what was left when the tuner was last asked; a heat is cut to what that pays for.
    `began` is what was left in the beginning.
    """

    def __init__(self, given: Program, objective: Objective) -> None:
        self.known = Known(given, objective)
        self.calls = 0
        self.began = 0
        self._steps: Steps | None = None

    @abstractmethod
    def steps(self) -> Steps:
        """Yield one heat after another; the first has the user's prompt in it."""

    async def ask(self, left: Budget) -> Sequence[Trial]:
        self.calls = left.calls or 0
        if self.calls <= 0:
            return ()
        if self._steps is None:
            self.began = self.calls
            self._steps = self.steps()
        answer: Proposals | None = None
        while True:
            try:
                step = self._steps.send(answer)
            except StopIteration:
                return ()
            answer = None
            if isinstance(step, Question):
                answer = await _answered(step)
            elif trials := _within(step, self.calls):
                self.known.add(trial.candidate for trial in trials)
                return trials

    def tell(self, outcomes: Sequence[Outcome]) -> None:
        self.known.tell(outcomes)

    def best(self) -> Sequence[Candidate]:
        return self.known.ranked()

    def finalists(self) -> Sequence[Trial]:
        """Return the last heat of a method whose rows the race allots: leaders and the given one.

        All calls that are left go to it, so that the choice does not rest on a few rows.
        """
        ranked = self.known.ranked()
        phrased = [candidate for candidate in ranked if candidate.rephrasing][:1]
        return raced([*ranked[:_FINALISTS], *phrased, self.known.given], self.calls)


class Stepwise(Stepped):
    """A stepped tuner over one prompt."""

    def __init__(self, material: Material) -> None:
        super().__init__(material.given, material.objective)
        self.material = material


async def _answered(question: Question) -> Proposals | None:
    try:
        return await question.asked
    except BudgetEnded:
        return None


def _within(trials: Sequence[Trial], calls: int) -> list[Trial]:
    """Return trials that are worth no more than these calls, the first ones whole."""
    kept: list[Trial] = []
    for trial in trials:
        worth = min(calls, trial.calls or 0)
        if worth <= 0:
            continue
        rows = trial.rows and trial.rows[: worth // trial.candidate.program.max_calls]
        kept.append(replace(trial, calls=worth, rows=rows))
        calls -= worth
    return kept
