"""Any server that speaks OpenAI's `/chat/completions`: OpenAI, vLLM, llama.cpp, Ollama and others.

Owns that wire format: the body, and what the answer's fields mean. What the server does not
take is found out by asking (`concessions`); what its refusals mean is in `failures`.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from time import perf_counter
from typing import Any

from intone.llm.answers import AnswerSpec, Json, Labels
from intone.llm.backend import Feature
from intone.llm.completion import Completion, FinishReason, Usage
from intone.llm.concessions import Concession, Concessions
from intone.llm.failures import complaint, failure, unreadable
from intone.llm.first_token import Position, distinct, probabilities
from intone.llm.http import Address, JsonClient, Key, Reply, clean, estimated_usage
from intone.llm.request import Request, Sampling

_NAMED = {
    "top_logprobs": re.compile(r"top_logprobs"),
    "logprobs": re.compile(r"(?<!top_)logprobs"),
    "response_format": re.compile(
        r"response_format|json_schema|structured output|grammar|guided", re.IGNORECASE
    ),
    "seed": re.compile(r"\bseed\b"),
    "temperature": re.compile(r"\btemperature\b"),
    "top_p": re.compile(r"\btop_p\b"),
    "stop": re.compile(r"\bstop\b"),
    "max_tokens": re.compile(r"\bmax_(?:completion_)?tokens\b"),
}
_ANY_LOGPROBS = re.compile(r"logprobs")
_OURS = frozenset({"top_logprobs", "logprobs", "response_format", "seed"})
_MOST_LIKELY, _FEWER_LIKELY = 20, 5  # OpenAI allows 20; several servers only 5
_LENGTHS = ("max_tokens", "max_completion_tokens")
_WRAPPER = 16  # tokens that {"answer": "…"} takes around a choice, generously


@dataclass(frozen=True, slots=True)
class _Draft:
    """A body but for its messages. `labels`: to read from logprobs; `wrapped`: text in JSON."""

    head: str
    sent: Mapping[Concession, re.Pattern[str]]
    seeded: bool
    labels: Labels | None
    wrapped: bool

    def body(self, request: Request) -> bytes:
        messages = json.dumps(
            [{"role": message.role, "content": message.content} for message in request.messages]
        )
        tail = f', "seed": {request.sample}' + "}" if self.seeded else "}"
        return f'{self.head}, "messages": {messages}{tail}'.encode()


class OpenAIBackend:
    """A model behind an OpenAI-compatible API.

    Answers are shaped like this, one call each:

    - Labels whose beginnings differ: plain text with `top_logprobs`; the label's probabilities
      are read from the first word (`Completion.choices`). The text is what the model wrote if it
      names a label, else the likeliest label. A server that ignores the field gives plain text.
    - Other labels, and all of them where logprobs are refused: a strict JSON schema with an
      enum, unwrapped again (if `max_tokens` has room for the wrapping).
    - Json with a schema: that schema, strict where it qualifies.
    - Whatever the server refuses with a 400 is left out from then on; in the end plain text.

    `features` says what the format has, and stays the same for the backend's life so that a
    replayed run sees what the first one saw; `refused` says what this server turned down so far.
    The seed is the request's sample number. A missing `usage` is estimated
    (`http.estimated_usage`). `timeout` is in seconds a call.
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
        headers = {"Authorization": f"Bearer {key.value}"} if key else {}
        self._client = JsonClient(where, "chat/completions", headers, key=key, timeout=timeout)
        self._model = model
        self._concurrency = concurrency
        # OpenAI's newer models take only the newer name; other servers may silently ignore it.
        self._newer_length = where.host == "api.openai.com"
        self._talk = Concessions(self._client, model, self._draft, _OURS)

    def __repr__(self) -> str:
        return f"OpenAIBackend({self.identity!r})"

    @property
    def identity(self) -> str:
        return f"{self._client.where.url}#{self._model}"

    @property
    def features(self) -> frozenset[Feature]:
        return frozenset(
            {Feature.TIMEOUT, Feature.CHAT, Feature.CHOICES, Feature.JSON_SCHEMA, Feature.SEED}
        )

    @property
    def concurrency(self) -> int | None:
        return self._concurrency

    @property
    def refused(self) -> frozenset[str]:
        """The fields this server has turned down so far, such as "logprobs"."""
        return frozenset(field for field, _ in self._talk.refused)

    async def complete(self, request: Request) -> Completion:
        started = perf_counter()
        draft, reply = await self._talk.ask(request)
        if reply.status != 200:  # the provider's filter declined the prompt
            usage = estimated_usage(request, "")
            return Completion("", "refusal", usage, seconds=perf_counter() - started)
        choice, told = self._parts(reply)
        text, finish = _text(choice)
        usage = _usage(told, request, text)
        if draft.wrapped:
            text = _unwrapped(text)
        else:
            text = clean(text, request.sampling.stop)
        positions = _positions(choice) if draft.labels else []
        chances: dict[str, float] = {}
        if draft.labels and finish != "refusal":
            chances = probabilities(draft.labels, positions)
            if chances:
                text, finish = _settled(draft.labels, chances, text, finish)
        return Completion(
            text,
            finish,
            usage,
            chances,
            sum(math.log(p.likeliest[p.token]) for p in positions) if positions else None,
            perf_counter() - started,
        )

    async def close(self) -> None:
        await self._client.close()

    def _draft(
        self, answer: AnswerSpec, sampling: Sampling, spared: frozenset[Concession]
    ) -> _Draft:
        spare = {field for field, of in spared if of is None or of == answer}
        fields: dict[str, Any] = {"model": self._model}
        sent: dict[Concession, re.Pattern[str]] = {}

        def offer(name: str, value: object, of: AnswerSpec | None = None) -> None:
            if name not in spare:
                fields[name] = value
                sent[name, of] = _NAMED[name]

        if "max_tokens" in spare:
            fields[_LENGTHS[not self._newer_length]] = sampling.max_tokens
        else:
            fields[_LENGTHS[self._newer_length]] = sampling.max_tokens
            sent["max_tokens", None] = _NAMED["max_tokens"]
        offer("temperature", sampling.temperature)
        if sampling.top_p is not None:
            offer("top_p", sampling.top_p)
        offer("seed", 0)
        seeded = fields.pop("seed", None) is not None

        labels = None
        wrapped = False
        if isinstance(answer, Labels) and distinct(answer) and "logprobs" not in spare:
            labels = answer
            offer("logprobs", True)
            offer("top_logprobs", _MOST_LIKELY)
            if "top_logprobs" in spare:
                fields["top_logprobs"] = _FEWER_LIKELY
                sent["logprobs", None] = _ANY_LOGPROBS
        elif "response_format" not in spare and (schema := _schema(answer, sampling)):
            offer("response_format", {"type": "json_schema", "json_schema": schema}, answer)
            wrapped = isinstance(answer, Labels)
        if sampling.stop and not wrapped:
            offer("stop", list(sampling.stop))
        return _Draft(json.dumps(fields)[:-1], sent, seeded, labels, wrapped)

    def _parts(self, reply: Reply) -> tuple[Mapping[str, Any], object]:
        """Return the first choice and the usage. Raises BackendError for anything else."""
        try:
            value = json.loads(reply.body)
            choice = value["choices"][0]
            if not isinstance(choice["message"], dict):
                raise TypeError
        except (ValueError, RecursionError, LookupError, TypeError):
            said = complaint(reply.body)
            if said.message and b'"error"' in reply.body:  # some gateways put errors in a 200
                status = int(said.code) if said.code.isdigit() and said.code >= "400" else 502
                again = Reply(status, reply.headers, reply.body)
                raise failure(again, self._client, self._model) from None
            raise unreadable(reply, self._client) from None
        return choice, value.get("usage")


def _text(choice: Mapping[str, Any]) -> tuple[str, FinishReason]:
    message = choice["message"]
    refusal = message.get("refusal")
    if isinstance(refusal, str) and refusal:
        return refusal, "refusal"
    content = message.get("content")
    if isinstance(content, list):  # parts: text among thoughts or images
        texts = (part.get("text") for part in content if isinstance(part, dict))
        content = "".join(text for text in texts if isinstance(text, str))
    text = content if isinstance(content, str) else ""
    reason = choice.get("finish_reason")
    if reason == "content_filter":
        return text, "refusal"
    return text, "length" if reason == "length" else "stop"


def _usage(told: object, request: Request, text: str) -> Usage:
    told = told if isinstance(told, dict) else {}
    prompt, answer = told.get("prompt_tokens"), told.get("completion_tokens")
    if not (isinstance(prompt, int) and prompt > 0 and isinstance(answer, int)):
        return estimated_usage(request, text)
    details = told.get("prompt_tokens_details")
    cached = details.get("cached_tokens") if isinstance(details, dict) else 0
    return Usage(prompt, answer, cached if isinstance(cached, int) else 0)


def _positions(choice: Mapping[str, Any]) -> list[Position]:
    """Return the answer's positions; none if the server gave no logprobs of this shape."""
    try:
        content = (choice.get("logprobs") or {}).get("content") or []
        return [
            Position(
                part["token"],
                {top["token"]: math.exp(top["logprob"]) for top in part.get("top_logprobs") or []}
                | {part["token"]: math.exp(part["logprob"])},
            )
            for part in content
        ]
    except (AttributeError, LookupError, TypeError, OverflowError):
        return []


def _settled(
    spec: Labels, chances: Mapping[str, float], text: str, finish: FinishReason
) -> tuple[str, FinishReason]:
    """Return the text and finish of a label that the first word has settled."""
    likeliest = max(spec.labels, key=lambda label: chances[label])
    written = spec.parse(text)
    if written is None or (finish == "length" and written == likeliest):
        return spec.codes.get(likeliest, likeliest), "stop"
    return text, finish


def _schema(answer: AnswerSpec, sampling: Sampling) -> dict[str, Any] | None:
    if isinstance(answer, Labels):
        longest = max((len(choice.encode()) for choice in answer.choices), default=0)
        if not longest or sampling.max_tokens < longest + _WRAPPER:
            return None
        one_of = {"type": "string", "enum": list(answer.choices)}
        wrapper = {
            "type": "object",
            "properties": {"answer": one_of},
            "required": ["answer"],
            "additionalProperties": False,
        }
        return {"name": "answer", "strict": True, "schema": wrapper}
    if isinstance(answer, Json) and answer.schema:
        schema = dict(answer.schema)
        return {"name": "answer", "strict": _strict(schema), "schema": schema}
    return None


def _strict(schema: object) -> bool:
    """Say whether OpenAI's strict mode takes a schema: closed objects, every property required."""
    if isinstance(schema, list):
        return all(_strict(part) for part in schema)
    if not isinstance(schema, dict):
        return True
    if schema.get("type") == "object":
        properties = schema.get("properties", {})
        if schema.get("additionalProperties") is not False:
            return False
        if set(properties) != set(schema.get("required", ())):
            return False
    return all(_strict(part) for part in schema.values())


def _unwrapped(text: str) -> str:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return clean(text)
    inner = value.get("answer") if isinstance(value, dict) else None
    return clean(inner if isinstance(inner, str) else text)
