"""Candidates and trials: what a tuner proposes. Owns the values only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from intone.prompt.edits import Edit
from intone.prompt.edits.programs import KnownStep, StepEdit, VoteOf
from intone.prompt.program import Program

Change: TypeAlias = Edit | StepEdit | KnownStep | VoteOf
"""What may make one program of another."""


@dataclass(frozen=True)
class Candidate:
    """A program with its parents and the edits that made it from the first of them.

    `rephrasing` says that only its wording differs from the user's prompt: no demonstrations and
    nothing learnt from the rows. The best of these is the baseline that a gain has to beat.
    `refit_of` names the candidate whose learning from rows was done again on all of them: this one
    has no outcomes of its own and is ranked as that one.
    """

    program: Program
    edits: tuple[Change, ...] = ()
    parents: tuple[str, ...] = ()
    rephrasing: bool = False
    refit_of: str = ""

    @property
    def scored_as(self) -> str:
        """The id of the program whose outcomes speak for this one."""
        return self.refit_of or self.id

    @property
    def id(self) -> str:
        """The program's id."""
        return self.program.id

    @property
    def sentence(self) -> str:
        """What was changed, in words."""
        return ", ".join(edit.sentence for edit in self.edits) or "as given"


@dataclass(frozen=True)
class Trial:
    """Score this candidate.

    On the `rows` it names (indices; methods whose paper fixes minibatches), or, as usual, on the
    rows the race allots. `calls` is what the trial is worth: the race spends at most the sum over
    the trials asked for together. None: whatever the race thinks right.
    """

    candidate: Candidate
    rows: tuple[int, ...] | None = None
    calls: int | None = None
