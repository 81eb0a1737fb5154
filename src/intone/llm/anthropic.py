"""Anthropic's `/v1/messages`. Owns that wire format: the body, and what the answer's fields mean.

Every answer is plain text: the format has no log-probabilities, so labels and JSON are parsed
from the text. What its refusals mean is in `failures`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Any

from intone.llm.answers import AnswerSpec
from intone.llm.backend import Feature
from intone.llm.completion import Completion, FinishReason, Usage
from intone.llm.concessions import Concession, Concessions
from intone.llm.failures import unreadable
from intone.llm.http import Address, JsonClient, Key, Reply, clean, estimated_usage
from intone.llm.messages import Message
from intone.llm.request import Request, Sampling

_VERSION = "2023-06-01"
_NAMED = {
    "temperature": re.compile(r"\btemperature\b"),
    "top_p": re.compile(r"\btop_p\b"),
    "stop_sequences": re.compile(r"\bstop_sequences\b"),
}
_FINISH: dict[object, FinishReason] = {
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "refusal": "refusal",
}


@dataclass(frozen=True, slots=True)
class _Draft:
    """A body but for its messages."""

    head: str
    sent: Mapping[Concession, re.Pattern[str]]

    def body(self, request: Request) -> bytes:
        system, turns = _turns(request.messages)
        told = f', "system": {json.dumps(system)}' if system else ""
        return f'{self.head}{told}, "messages": {json.dumps(turns)}}}'.encode()


class AnthropicBackend:
    """A model behind Anthropic's Messages API.

    System messages go into `system`, marked for the prompt cache (what is the same for all rows
    is there); turns of one speaker in a row become one turn. The API has no seed, so another
    sample is another draw but does not repeat. A sampling setting that the model does not take
    is left out after its first refusal, and `refused` says so. `timeout` is in seconds a call.
    """

    def __init__(
        self,
        where: Address,
        model: str,
        *,
        key: Key | None = None,
        timeout: float = 60.0,
        concurrency: int | None = 8,
    ) -> None:
        headers = {"anthropic-version": _VERSION}
        if key:
            headers["x-api-key"] = key.value
        path = "messages" if where.url.endswith("/v1") else "v1/messages"
        self._client = JsonClient(where, path, headers, key=key, timeout=timeout)
        self._model = model
        self._concurrency = concurrency
        self._talk = Concessions(self._client, model, self._draft, frozenset())

    def __repr__(self) -> str:
        return f"AnthropicBackend({self.identity!r})"

    @property
    def identity(self) -> str:
        return f"{self._client.where.url}#{self._model}"

    @property
    def features(self) -> frozenset[Feature]:
        return frozenset({Feature.TIMEOUT, Feature.CHAT})

    @property
    def concurrency(self) -> int | None:
        return self._concurrency

    @property
    def refused(self) -> frozenset[str]:
        """The fields this model has turned down so far, such as "temperature"."""
        return frozenset(field for field, _ in self._talk.refused)

    async def complete(self, request: Request) -> Completion:
        started = perf_counter()
        _, reply = await self._talk.ask(request)
        if reply.status != 200:
            usage = estimated_usage(request, "")
            return Completion("", "refusal", usage, seconds=perf_counter() - started)
        value = self._message(reply)
        parts = value["content"]
        text = "".join(
            part["text"]
            for part in parts
            if isinstance(part, dict) and isinstance(part.get("text"), str)
        )
        return Completion(
            clean(text, request.sampling.stop),
            _FINISH.get(value.get("stop_reason"), "stop"),
            _usage(value.get("usage"), request, text),
            seconds=perf_counter() - started,
        )

    async def close(self) -> None:
        await self._client.close()

    def _draft(
        self, answer: AnswerSpec, sampling: Sampling, spared: frozenset[Concession]
    ) -> _Draft:
        spare = {field for field, _ in spared}
        wanted: dict[str, Any] = {"temperature": sampling.temperature}
        if sampling.top_p is not None:
            wanted["top_p"] = sampling.top_p
        # The API refuses stop texts of white space only; the text is cut at them here instead.
        if stop := [mark for mark in sampling.stop if mark.strip()]:
            wanted["stop_sequences"] = stop
        offered = {name: value for name, value in wanted.items() if name not in spare}
        fields = {"model": self._model, "max_tokens": sampling.max_tokens, **offered}
        return _Draft(json.dumps(fields)[:-1], {(name, None): _NAMED[name] for name in offered})

    def _message(self, reply: Reply) -> dict[str, Any]:
        try:
            value = json.loads(reply.body)
            if isinstance(value, dict) and isinstance(value["content"], list):
                return value
        except (ValueError, RecursionError, LookupError):
            pass
        raise unreadable(reply, self._client)


def _turns(messages: Sequence[Message]) -> tuple[list[dict[str, Any]], list[dict[str, str]]]:
    """Return the system blocks and the alternating turns. Empty messages are left out."""
    system = "\n\n".join(m.content for m in messages if m.role == "system" and m.content.strip())
    turns: list[dict[str, str]] = []
    for message in messages:
        if message.role == "system" or not message.content.strip():
            continue
        if turns and turns[-1]["role"] == message.role:
            turns[-1]["content"] += "\n\n" + message.content
        else:
            turns.append({"role": message.role, "content": message.content})
    if turns and turns[-1]["role"] == "assistant":
        turns[-1]["content"] = turns[-1]["content"].rstrip()  # the API refuses trailing space
    blocks: list[dict[str, Any]] = []
    if system:
        blocks = [{"type": "text", "text": system, "cache_control": {"type": "ephemeral"}}]
    return blocks, turns


def _usage(told: object, request: Request, text: str) -> Usage:
    """Return the usage; the prompt is what was computed, written to the cache and read from it."""
    told = told if isinstance(told, dict) else {}

    def count(name: str) -> int:
        value = told.get(name)
        return value if isinstance(value, int) else 0

    cached = count("cache_read_input_tokens")
    prompt = count("input_tokens") + count("cache_creation_input_tokens") + cached
    if not prompt or not isinstance(told.get("output_tokens"), int):
        return estimated_usage(request, text)
    return Usage(prompt, count("output_tokens"), cached)
