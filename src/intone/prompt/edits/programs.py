"""Changes of programs of several prompts: inside a step, a step taken as known, a vote for one.

Owns how each is told and kept; edits of a single prompt are `edit`'s and `items`'.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from intone.errors import PromptError
from intone.prompt.chain import Chain
from intone.prompt.edits.edit import Edit
from intone.prompt.program import Program
from intone.prompt.prompt import Prompt
from intone.prompt.vote import Vote


@dataclass(frozen=True)
class StepEdit:
    """An edit of the prompt in one step of a chain."""

    step: str
    edit: Edit

    @property
    def section(self) -> str:
        """The section of the chain that it changes, such as `steps.team.template`."""
        return f"steps.{self.step}.{self.edit.section}"

    @property
    def sentence(self) -> str:
        """What it does, in words."""
        return f"{self.step}: {self.edit.sentence}"

    def apply(self, program: Program) -> Chain:
        """Return the edited chain. Raises PromptError where it does not fit."""
        chain = _chain(program, self.sentence)
        prompt = chain.step(self.step).program
        if not isinstance(prompt, Prompt):
            raise PromptError(f"the edit {self.sentence!r} does not fit: the step is no prompt")
        return chain.with_step(self.step, program=self.edit.apply(prompt))

    def form(self) -> dict[str, object]:
        """Return the edit in plain values."""
        own = {"step": self.step, "section": self.section, "sentence": self.sentence}
        return self.edit.form() | own


@dataclass(frozen=True)
class KnownStep:
    """Take a step's output from the column with its right answers, to see what the step costs.

    A program changed like this is a measurement, never a recommendation.
    """

    step: str
    column: str

    @property
    def section(self) -> str:
        """The section of the chain that it changes."""
        return f"steps.{self.step}.known"

    @property
    def sentence(self) -> str:
        """What it does, in words."""
        return f"{self.step}: always right (from the column {self.column})"

    def apply(self, program: Program) -> Chain:
        """Return the chain that does not ask the step. Raises PromptError where it does not fit."""
        return _chain(program, self.sentence).with_step(self.step, known=self.column)

    def form(self) -> dict[str, object]:
        """Return the change in plain values."""
        own: dict[str, object] = {"name": "known_step", "section": self.section}
        return own | {"sentence": self.sentence, "step": self.step, "column": self.column}


@dataclass(frozen=True)
class VoteOf:
    """Ask several prompts in one's place; `told` says how each member came about."""

    vote: Vote
    told: Sequence[str]

    @property
    def section(self) -> str:
        """The section that it changes."""
        return "members"

    @property
    def sentence(self) -> str:
        """What it does, in words."""
        members = "; ".join(f"{place}. {said}" for place, said in enumerate(self.told, start=1))
        weighted = " weighted" if self.vote.weights else ""
        return f"a{weighted} vote of {len(self.vote.members)} by {self.vote.by}: {members}"

    def apply(self, program: Program) -> Vote:
        """Return the vote, whatever it replaces."""
        return self.vote

    def form(self) -> dict[str, object]:
        """Return the change in plain values."""
        own: dict[str, object] = {"name": "vote_of", "section": self.section}
        return own | {"sentence": self.sentence, "vote": self.vote.canonical()}


def _chain(program: Program, sentence: str) -> Chain:
    if not isinstance(program, Chain):
        raise PromptError(f"the edit {sentence!r} does not fit: there are no steps")
    return program
