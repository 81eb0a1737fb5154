"""The Race protocol: which rows a trial gets next and which candidates are dropped.

Separate from the tuner that proposed them. All candidates of a heat meet the same rows in the same
order, so every comparison in it is paired. The races there are live in `races/`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from intone.evaluate.outcome import Outcome
from intone.prompt.program import Program
from intone.tune.candidate import Trial


class Race(Protocol):
    """One heat after another: enter trials, run what `next` allots, record, until it is empty."""

    def enter(self, trials: Sequence[Trial], calls: int) -> None:
        """Start a heat with these trials, to be decided with at most this many calls."""
        ...

    def next(self) -> Sequence[tuple[Program, int]]:
        """Return the (program, row) pairs to answer now, grouped by program; empty: heat over.

        Over all of a heat, the pairs' programs' `max_calls` add up to no more than its calls.
        """
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
