"""Writers for tests: a good one, one that produces junk, one whose budget is spent."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field

from intone.errors import BudgetEnded
from intone.prompt import Prompt
from intone.prompt.edits import (
    drop_clarifier,
    rewrite_template,
)
from intone.prompt.prompt import Demonstration
from intone.writer.writer import Failure, Proposal, Proposals, Rejected, Scored

INSIGHT = "Think of who would have to act"
"""What only the good writer says."""


class AnyWriter(ABC):
    """Takes every request to `proposals`."""

    async def critique(
        self,
        prompt: Prompt,
        failures: Sequence[Failure],
        *,
        count: int,
        turn: int,
        rejected: Sequence[Rejected] = (),
    ) -> Proposals:
        assert failures
        return self.proposals("critique", prompt, count, turn)

    async def rephrase(
        self, prompt: Prompt, *, count: int, turn: int, scored: Sequence[Scored] = ()
    ) -> Proposals:
        assert [one.score for one in scored] == sorted(one.score for one in scored)
        return self.proposals("rephrase", prompt, count, turn)

    async def cross(self, one: Prompt, other: Prompt, *, count: int, turn: int) -> Proposals:
        return self.proposals("cross", one, count, turn)

    async def induce(
        self, prompt: Prompt, examples: Sequence[Demonstration], *, count: int, turn: int
    ) -> Proposals:
        assert examples
        return self.proposals("induce", prompt, count, turn)

    @abstractmethod
    def proposals(self, kind: str, prompt: Prompt, count: int, turn: int) -> Proposals:
        """Answer a request of any kind."""


@dataclass
class Good(AnyWriter):
    """Says what helps, in other words every time; `asked` has the kinds of its requests."""

    asked: list[str] = field(default_factory=list)

    def proposals(self, kind: str, prompt: Prompt, count: int, turn: int) -> Proposals:
        self.asked.append(kind)
        body = prompt.template.rsplit("\n\n", 1)[-1]
        texts = [f"{INSIGHT} ({turn}.{i}).\n\n{body}" for i in range(count)]
        return Proposals(tuple(Proposal((rewrite_template(text),)) for text in texts))


@dataclass
class Junk(AnyWriter):
    """Loses inputs, changes nothing, edits what is not there, or says nothing; more than asked."""

    asked: int = 0

    def proposals(self, kind: str, prompt: Prompt, count: int, turn: int) -> Proposals:
        self.asked += 1
        junk = (
            Proposal((rewrite_template("I am not able to help."),)),
            Proposal(()),
            Proposal((rewrite_template(prompt.template),)),
            Proposal((drop_clarifier("never said"),)),
        )
        return Proposals(junk * count if turn % 2 else (), {"broken": count})


class Broke(AnyWriter):
    """Has no budget left."""

    def proposals(self, kind: str, prompt: Prompt, count: int, turn: int) -> Proposals:
        raise BudgetEnded("the budget has no room for another call")
