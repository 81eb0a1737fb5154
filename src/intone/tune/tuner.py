"""The Tuner protocol: proposes candidates and learns from their outcomes.

A tuner neither calls the task's model for answers nor stores anything, and it does not decide
which rows a candidate gets or when it is dropped: that is the race's.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from intone.evaluate.budget import Budget
from intone.evaluate.outcome import Outcome
from intone.tune.candidate import Candidate, Trial


class Tuner(Protocol):
    """Ask for trials, tell the outcomes, best so far."""

    async def ask(self, left: Budget) -> Sequence[Trial]:
        """Return the next trials, empty when finished. `left.calls` is always a number.

        May use the writer, whose calls are paid from the same budget.
        """
        ...

    def tell(self, outcomes: Sequence[Outcome]) -> None:
        """Learn from outcomes, in row order. No I/O.

        Outcomes of candidates that this tuner did not ask for are accepted: warm starts and
        replays take this way.
        """
        ...

    def best(self) -> Sequence[Candidate]:
        """Return the candidates seen so far, best first; the first is the recommendation."""
        ...
