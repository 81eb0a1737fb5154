"""Graders that ask a model, and what they ask it through. Owns the protocols only.

Such a grader says what to ask and reads what comes back; making the call, paying for it and
keeping it is the business of whoever answers (the metered backend of the room `evaluate`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from intone.data.row import Row
from intone.llm.backend import Feature
from intone.llm.completion import Completion
from intone.llm.request import Request, Sampling
from intone.metrics.grade import Grade
from intone.prompt.program import Answer


class Said(Protocol):
    """What came of a request: a completion, or the error that outlived its retries."""

    @property
    def completion(self) -> Completion | None: ...

    @property
    def error(self) -> Exception | None: ...


class Asks(Protocol):
    """A model that can be asked."""

    @property
    def features(self) -> frozenset[Feature]: ...

    async def answer(self, requests: Sequence[Request]) -> Sequence[Said | None]:
        """Answer requests; None for those the budget has no room for, which are the last ones."""
        ...


@runtime_checkable
class AsksAModel(Protocol):
    """A grader that takes one call for each answer it grades."""

    def question(
        self, answer: Answer, row: Row, sampling: Sampling, *, as_json: bool
    ) -> Request | Grade:
        """Return what to ask about an answer, or its grade where nothing need be asked.

        `as_json` says that the model can be held to a JSON schema. Pure.
        """
        ...

    def graded(self, said: Said, answer: Answer) -> Grade:
        """Return the grade that a model's reply comes to; without a score if it came to none."""
        ...
