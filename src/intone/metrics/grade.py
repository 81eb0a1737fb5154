"""The Grader protocol and the grade it gives. One answer; aggregates are the metrics'."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from intone.data.row import Row
from intone.llm.answers import AnswerSpec
from intone.prompt.program import Answer


@dataclass(frozen=True, slots=True)
class Grade:
    """A score in 0..1, or None where the grader cannot tell; always with a reason.

    `parsed` is the answer as it was read (the label, the number), None if it could not be read:
    an unread answer is *unparseable* and scores 0, because the prompt brought it about.
    """

    score: float | None
    reason: str
    parsed: str | None = None


class Grader(Protocol):
    """Judges one answer."""

    @property
    def name(self) -> str: ...

    @property
    def expects(self) -> AnswerSpec:
        """The kind of answer it can read: shapes the request."""
        ...

    @property
    def needs_target(self) -> bool: ...

    @property
    def binary(self) -> bool:
        """Whether its scores are 0 or 1 and nothing in between."""
        ...

    async def grade(self, answer: Answer, row: Row) -> Grade:
        """Grade the answer. Never raises for a bad answer: that is a grade with its reason."""
        ...
