"""What a model answered. Owns the value only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

FinishReason = Literal["stop", "length", "refusal"]


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one call. `cached_tokens` of the prompt were read from a prompt cache."""

    prompt_tokens: int = 0
    completion_tokens: int = 0
    cached_tokens: int = 0

    def __add__(self, other: Usage) -> Usage:
        return Usage(
            self.prompt_tokens + other.prompt_tokens,
            self.completion_tokens + other.completion_tokens,
            self.cached_tokens + other.cached_tokens,
        )


@dataclass(frozen=True, slots=True)
class Completion:
    """One answered call.

    `finish` tells a whole answer (`stop`) from one cut by `max_tokens` (`length`) and one the
    model or its provider declined (`refusal`). `choices` gives, where the backend can tell, each
    label's probability (they sum to 1 over the labels). `logprob` is the
    log-probability of the answer's tokens where known. `seconds` is the time the call took.
    `broken` attempts at it broke off before this one: counted where calls are metered, not by
    backends.
    """

    text: str
    finish: FinishReason = "stop"
    usage: Usage = Usage()
    choices: Mapping[str, float] = field(default_factory=dict)
    logprob: float | None = None
    seconds: float = 0.0
    broken: int = 0
