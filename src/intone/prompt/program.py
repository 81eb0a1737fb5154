"""The Program protocol: whatever turns a row into an answer.

A prompt, a vote of programs, or a chain of steps. A program is pure: it sees the row and the
completions so far and says what to ask next, or what the answer is. The engine does the asking.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias

from intone.data.row import Row
from intone.errors import IntoneError
from intone.llm.answers import AnswerSpec
from intone.llm.completion import Completion, FinishReason
from intone.llm.request import Request


@dataclass(frozen=True, slots=True)
class StepAnswer:
    """What a step of a chain came to, and the kind of answer it was to be.

    `text` is what was read of its answer, "" where that could not be read. `target` names the
    column with the right answer, "" where there is none.
    """

    step: str
    text: str
    spec: AnswerSpec
    target: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a program came to for one row.

    `text` is the answer as the program gives it; `finish` is the worst of the completions it
    rests on; `choices` are label probabilities where there are any; `step` names the chain's step
    at which it ended early (None: it went through): the answer of that step cannot be read, so
    that there is nothing to grade. `steps` are what a chain's inner steps came to.
    """

    text: str
    finish: FinishReason = "stop"
    choices: Mapping[str, float] = field(default_factory=dict)
    step: str | None = None
    steps: tuple[StepAnswer, ...] = ()


@dataclass(frozen=True, slots=True)
class Lost:
    """A call that failed for good, in the place of its completion; or what a program came to by it.

    `step` names the chain's step whose call it was. A step whose output is known is lost where its
    column has none.
    """

    error: IntoneError
    step: str | None = None


Got: TypeAlias = Completion | Lost
"""What came of a request."""


class Program(Protocol):
    """Turns rows into answers. Immutable; equal programs have equal ids."""

    @property
    def id(self) -> str:
        """The hash of the canonical form."""
        ...

    @property
    def max_calls(self) -> int:
        """The most calls one row can cost."""
        ...

    @property
    def variables(self) -> frozenset[str]:
        """The inputs a row must have."""
        ...

    def next(
        self, row: Row, done: Sequence[Got], blank: Request
    ) -> Sequence[Request] | Answer | Lost:
        """Return the requests to make now, or the answer, or the lost call that it hangs on.

        `done` holds what came of all requests returned so far, in order; a program that can do
        without a lost call goes on. `blank` carries the kind of answer, the sampling and the sample
        number; the program fills in messages (and may ask for another kind of answer in the middle
        of a chain). Requests returned together may run at the same time. A program may answer
        before all it could ask is asked.
        """
        ...

    def shows(self, row: Row) -> bool:
        """Say whether the row is one of the demonstrations of every row: then it tells nothing."""
        ...

    def canonical(self) -> dict[str, object]:
        """Return the canonical form: plain values from which the program can be made again."""
        ...
