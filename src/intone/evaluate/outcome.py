"""What one (program, row, sample) came to. Owns the statuses and what each scores."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from intone.llm.completion import Usage

Status = Literal["answered", "unparseable", "refused", "truncated", "failed"]
"""*unparseable*, *refused* and *truncated* are what the prompt brought about and score 0;
*failed* (infrastructure, or a grader that could not tell) is missing, never 0."""


def with_model(program: str, model: str) -> str:
    """Return what outcomes of a program are kept under where several models answer."""
    return f"{program}@{model}"


@dataclass(frozen=True, slots=True)
class Outcome:
    """One graded answer.

    `score` is in 0..1, or None where it is missing (status *failed*, or nothing to grade against).
    `answer` is what was read (label, number) or the text itself; `text` what the model wrote.
    `likelihood` is the probability that the backend gave the right label, where it gives any.
    `replayed` of its `calls` came from the ledger. `steps` are the scores of a chain's steps that
    have right answers of their own.
    """

    program: str
    row: int
    sample: int
    status: Status
    score: float | None
    reason: str
    answer: str | None = None
    text: str = ""
    usage: Usage = Usage()
    calls: int = 0
    replayed: int = 0
    seconds: float = 0.0
    choices: Mapping[str, float] = field(default_factory=dict)
    likelihood: float | None = None
    steps: Mapping[str, float] = field(default_factory=dict)

    @property
    def parsed(self) -> bool:
        """Whether the answer could be read, right or wrong."""
        return self.status == "answered"
