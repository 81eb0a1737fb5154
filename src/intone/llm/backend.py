"""The Backend protocol: something that completes a request.

A backend makes exactly one call per `complete` and no retries: retries, budget, concurrency and
the ledger belong to `evaluate`.
"""

from __future__ import annotations

from enum import Enum
from typing import Protocol, runtime_checkable

from intone.llm.completion import Completion
from intone.llm.request import Request


class Feature(Enum):
    """What a backend can do beyond plain text."""

    CHAT = "chat"  # has a chat template; without it messages are flattened to plain text
    CHOICES = "choices"  # gives the probabilities of labels
    GRAMMAR = "grammar"  # can force the answer to be one of the labels
    JSON_SCHEMA = "json_schema"  # can force the answer to fit a JSON schema
    LOGPROBS = "logprobs"  # gives the answer's log-probability
    SEED = "seed"  # a seeded sample repeats
    TIMEOUT = "timeout"  # gives up by itself after its call's timeout


@runtime_checkable
class Backend(Protocol):
    """Completes requests.

    `identity` names the engine or URL, the model and (for local weights) their hash: it is part
    of the ledger's key, so it must change when the answers may. `concurrency` is the most calls
    it serves at once, None if it sets no limit.
    """

    @property
    def identity(self) -> str: ...

    @property
    def features(self) -> frozenset[Feature]: ...

    @property
    def concurrency(self) -> int | None: ...

    async def complete(self, request: Request) -> Completion:
        """Answer one request. Raises BackendError, and nothing else, if there is no answer."""
        ...

    async def close(self) -> None:
        """Let go of connections, threads and memory. A closed backend is not used again."""
        ...
