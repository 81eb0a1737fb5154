"""The Writer protocol: a model that proposes changes of a prompt.

Owns what is asked of a writer and what comes back. How a model is asked and its answers are read is
in the other files of this room; which proposal is tried, kept or dropped is the tuners'.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from intone.data.row import Row
from intone.evaluate.outcome import Outcome
from intone.prompt.edits import Edit
from intone.prompt.prompt import Demonstration, Prompt


@dataclass(frozen=True)
class Failure:
    """A row that a prompt got wrong, and what came of it."""

    row: Row
    outcome: Outcome


@dataclass(frozen=True)
class Rejected:
    """A proposal that was tried before and did not pay, in words, and why."""

    sentence: str
    reason: str


@dataclass(frozen=True)
class Scored:
    """A prompt that was tried before, and the mean score (0..1) it came to."""

    prompt: Prompt
    score: float


@dataclass(frozen=True)
class Proposal:
    """Edits to be applied together to the prompt they were proposed for; `why` is the writer's."""

    edits: tuple[Edit, ...]
    why: str = ""


@dataclass(frozen=True)
class Proposals:
    """What a writer came up with, and how many of its answers were dropped, by reason."""

    proposals: tuple[Proposal, ...] = ()
    dropped: Mapping[str, int] = field(default_factory=dict)


class Writer(Protocol):
    """Proposes changes. Every call is paid from the run's budget and kept in its ledger.

    `count` is how many proposals are wanted at the most; fewer come back where answers are broken,
    cut off, copies of rows, or no change. `turn` numbers the requests of a run, so that the same
    question asked again is another draw and a resumed run gets the same answers. All methods raise
    BudgetEnded where the budget has no room for another call.
    """

    async def critique(
        self,
        prompt: Prompt,
        failures: Sequence[Failure],
        *,
        count: int,
        turn: int,
        rejected: Sequence[Rejected] = (),
    ) -> Proposals:
        """Say why these rows went wrong, and which changes would mend them."""
        ...

    async def rephrase(
        self, prompt: Prompt, *, count: int, turn: int, scored: Sequence[Scored] = ()
    ) -> Proposals:
        """Ask the same in other words, meaning kept.

        With `scored`, prompts tried before in ascending order, the words are to do better than all
        of these.
        """
        ...

    async def cross(self, one: Prompt, other: Prompt, *, count: int, turn: int) -> Proposals:
        """Join what is good in two prompts; the edits are to the first."""
        ...

    async def induce(
        self, prompt: Prompt, examples: Sequence[Demonstration], *, count: int, turn: int
    ) -> Proposals:
        """Work out the instruction from worked examples."""
        ...
