"""One request to a model. Owns what is asked and how to sample; not who answers it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from intone.llm.answers import AnswerSpec, FreeText
from intone.llm.messages import Message


@dataclass(frozen=True, slots=True)
class Sampling:
    """How the model picks tokens. `max_tokens` bounds the answer; `stop` texts end it."""

    temperature: float = 0.0
    max_tokens: int = 256
    stop: tuple[str, ...] = ()
    top_p: float | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """What to ask: the messages, the kind of answer wanted, and the sampling.

    `sample` numbers repeated draws of the same request (0, 1, 2, …): it is part of the ledger's
    key and, where the backend has seeds, it is the seed, so each draw is its own call and repeats.
    A request without messages is a blank that a program fills (`filled`).
    """

    messages: tuple[Message, ...] = ()
    answer: AnswerSpec = FreeText()
    sampling: Sampling = Sampling()
    sample: int = 0

    def filled(self, messages: Sequence[Message], answer: AnswerSpec | None = None) -> Request:
        """Return this request with these messages (and another kind of answer, if given)."""
        return Request(tuple(messages), answer or self.answer, self.sampling, self.sample)
