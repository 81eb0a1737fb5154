"""The Ledger protocol: the record of every call, and so the cache. Owns the key.

The key is backend identity + canonical request + sample number. The room `store` keeps the ledger
on disk; `MemoryLedger` is for use without a project.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import lru_cache
from typing import Protocol

from intone.data.canonical import canonical
from intone.llm.answers import AnswerSpec, FreeText, Json, Labels, Number
from intone.llm.completion import Completion
from intone.llm.request import Request, Sampling


def request_key(identity: str, request: Request) -> str:
    """Return the ledger's key: 32 hex digits."""
    parts = [_settings(identity, request.answer, request.sampling)]
    for message in request.messages:
        content = message.content.encode("utf-8", "surrogatepass")
        parts += (f"{message.role}:{len(content)}:".encode(), content)
    parts.append(f"#{request.sample}".encode())
    return hashlib.sha256(b"".join(parts)).hexdigest()[:32]


@lru_cache(maxsize=256)
def _settings(identity: str, answer: AnswerSpec, sampling: Sampling) -> bytes:
    how = [sampling.temperature, sampling.max_tokens, list(sampling.stop), sampling.top_p]
    return canonical([identity, answer_form(answer), how]).encode("utf-8", "surrogatepass")


def answer_form(answer: AnswerSpec) -> list[object]:
    """Return an answer spec in plain values, for keys and records."""
    match answer:
        case FreeText():
            return ["text"]
        case Labels():
            return ["labels", list(answer.labels), dict(answer.codes)]
        case Number():
            return ["number"]
        case Json():
            return ["json", answer.schema]


class Ledger(Protocol):
    """Keeps every answered call.

    When `record` returns, the completion is on disk. Concurrent records may share one commit.
    """

    async def lookup(self, keys: Sequence[str]) -> dict[str, Completion]:
        """Return the completions there are for these keys."""
        ...

    async def record(
        self, key: str, identity: str, request: Request, completion: Completion
    ) -> None:
        """Keep a completion; a key that is there already keeps its first completion."""
        ...


class MemoryLedger:
    """A ledger that lasts as long as the process."""

    def __init__(self) -> None:
        self._kept: dict[str, Completion] = {}

    async def lookup(self, keys: Sequence[str]) -> dict[str, Completion]:
        return {key: self._kept[key] for key in keys if key in self._kept}

    async def record(
        self, key: str, identity: str, request: Request, completion: Completion
    ) -> None:
        self._kept.setdefault(key, completion)
