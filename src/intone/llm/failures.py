"""What a server's refusal means: status, headers and error body to one of our errors.

Owns the reading of error bodies of every dialect seen (OpenAI, Anthropic, llama.cpp, vLLM,
Ollama, FastAPI) and of Retry-After. Does not decide whether to try again.

    401                                          KeyRejected
    403                                          KeyRejected
    402, 429 that says the quota is used up      KeyRejected (no later call can succeed)
    404, or a body that names the model          UnknownModel
    413, or a body that names the context        ContextOverflow
    429, 503, 529                                RateLimited, with the wait asked for
    408, 409, 425, other 5xx                     BackendError, retryable
    3xx, other 4xx, 501                          BadRequest
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from intone.errors import (
    BackendError,
    BadRequest,
    ContextOverflow,
    KeyRejected,
    RateLimited,
    UnknownModel,
)
from intone.llm.http import JsonClient, Reply

_LONGEST = 200
_OVERFLOW = re.compile(
    r"context[_ ](?:length|size|window)|maximum context|prompt is too long|"
    r"input is too long|exceeds? (?:the )?(?:model'?s )?(?:available )?context|too many tokens",
    re.IGNORECASE,
)
_NO_MODEL = re.compile(
    r"model_?[ ]?not_?[ ]?found|invalid model|unknown model|no such model|"
    r"model\b.{0,120}?\b(?:does not exist|not found|is not (?:available|supported|loaded))",
    re.IGNORECASE | re.DOTALL,
)
_PROMPT_TOKENS = (
    re.compile(r"(?:resulted in|requested|has|request) \(?(\d[\d,]*) (?:input )?tokens", re.I),
    re.compile(r"too long: (\d[\d,]*) tokens", re.I),
    re.compile(r"\((\d[\d,]*) tokens\)", re.I),
)
_CONTEXT = (
    re.compile(r"(?:context (?:length|size|window)|limit) (?:is|of) (?:only )?\(?(\d[\d,]*)", re.I),
    re.compile(r"tokens > (\d[\d,]*)", re.I),
    re.compile(r"context size \((\d[\d,]*)", re.I),
)
_QUOTA = ("insufficient_quota", "billing_hard_limit", "credit balance is too low")
_DECLINED = frozenset({"content_filter", "content_policy_violation"})
_RETRYABLE = frozenset({408, 409, 425})


@dataclass(frozen=True)
class Complaint:
    """A server's error body, whatever its dialect: what it says, about which field."""

    message: str = ""
    code: str = ""
    kind: str = ""
    param: str = ""
    numbers: Mapping[str, int] = field(default_factory=dict)

    @property
    def words(self) -> str:
        """All of it in one text, to look for telltale words."""
        return f"{self.code} {self.kind} {self.param} {self.message}"

    def __bool__(self) -> bool:
        return bool(self.message or self.code or self.kind)


def complaint(body: bytes) -> Complaint:
    """Read an error body; an empty Complaint if it is not JSON or says nothing."""
    try:
        value: Any = json.loads(body)
    except (ValueError, RecursionError):
        return Complaint()
    if isinstance(value, list) and value:
        value = value[0]
    if not isinstance(value, dict):
        return Complaint()
    inner = value.get("error") or value.get("detail") or value
    if isinstance(inner, list):  # FastAPI: [{"loc": [...], "msg": "..."}]
        parts = [part for part in inner if isinstance(part, dict)]
        named = ".".join(str(step) for part in parts[:1] for step in part.get("loc", ()))
        return Complaint("; ".join(str(part.get("msg", "")) for part in parts), param=named)
    if not isinstance(inner, dict):
        return Complaint(str(inner))
    counted = ("n_prompt_tokens", "n_ctx")
    return Complaint(
        message=_text(inner.get("message") or inner.get("msg")),
        code=_text(inner.get("code")),
        kind=_text(inner.get("type")),
        param=_text(inner.get("param")),
        numbers={name: inner[name] for name in counted if isinstance(inner.get(name), int)},
    )


def is_overflow(said: Complaint) -> bool:
    """Say whether a complaint is that the prompt does not fit the model's context."""
    return bool(_OVERFLOW.search(said.words))


def is_declined(said: Complaint) -> bool:
    """Say whether a provider's content filter declined the prompt: an answer, not a failure."""
    return said.code in _DECLINED or said.kind in _DECLINED


def failure(reply: Reply, client: JsonClient, model: str) -> BackendError:
    """Return the error that a reply stands for. `model` is the model's name, for the message."""
    said = complaint(reply.body)
    host, status = client.where.host, reply.status
    if status == 401:
        return KeyRejected(_rejected(client))
    if status == 402 or (status in (400, 403, 429) and any(q in said.words for q in _QUOTA)):
        return KeyRejected(f"the account at {host} has no credit left: {quoted(said, client)}")
    if status == 403:
        return KeyRejected(f"{host} does not allow this key or model: {quoted(said, client)}")
    if status in (429, 503, 529):
        wait = retry_after(reply.headers)
        asked = f"; it asks to wait {wait:g} s" if wait is not None else ""
        return RateLimited(
            f"{host} is taking no more calls now ({status}){asked}", retry_after=wait
        )
    if status == 413 or (400 <= status < 500 and is_overflow(said)):
        return _overflow(said)
    if status == 404 or (400 <= status < 500 and _NO_MODEL.search(said.words)):
        told = f": {quoted(said, client)}" if said else "; check the address's path too"
        return UnknownModel(f"{host} does not know the model {model!r}{told}")
    if 300 <= status < 400:
        return BadRequest(f"{host} redirects ({status}); give the address it redirects to")
    if status in _RETRYABLE or (status >= 500 and status != 501):
        if is_overflow(said):
            return _overflow(said)
        return BackendError(
            f"{host} failed ({status}): {quoted(said, client)}",
            retryable=True,
            retry_after=retry_after(reply.headers),
        )
    return BadRequest(f"{host} refuses the request ({status}): {quoted(said, client)}")


def unreadable(reply: Reply, client: JsonClient) -> BackendError:
    """Return the error for a 200 that is not the JSON it should be."""
    start = reply.body[:200].lstrip().lower()
    what = "a web page" if start.startswith((b"<!doctype", b"<html")) else "no valid answer"
    size = f"{len(reply.body)} bytes" if reply.body else "an empty body"
    return BackendError(
        f"{client.where.host} sent {what} ({size}) where JSON was expected; check the address",
        retryable=True,
        broke_off=True,
    )


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds a server asks to wait: retry-after-ms, or seconds, or an HTTP date.

    RFC 9110 section 10.2.3 has the last two; the first is OpenAI's. None if it says nothing
    that can be read.
    """
    wait = _number(headers.get("retry-after-ms"))
    if wait is not None:
        return wait / 1000
    told = headers.get("Retry-After") or headers.get("retry-after")
    wait = _number(told)
    if wait is not None or not told:
        return wait
    try:
        when = parsedate_to_datetime(told)
    except ValueError:
        return None
    when = when if when.tzinfo else when.replace(tzinfo=UTC)
    return max(0.0, (when - datetime.now(UTC)).total_seconds())


def _number(text: str | None) -> float | None:
    try:
        value = float(text) if text else math.nan
    except ValueError:
        return None
    return max(0.0, value) if math.isfinite(value) else None


def _rejected(client: JsonClient) -> str:
    host = client.where.host
    if client.key is None:
        return (
            f"{host} wants a key (401); put it in an environment variable and name that in "
            "model.api_key_env"
        )
    return f"{host} does not accept the key in {client.key.variable} (401); check the variable"


def _overflow(said: Complaint) -> ContextOverflow:
    have = said.numbers.get("n_prompt_tokens") or _first(_PROMPT_TOKENS, said.message)
    room = said.numbers.get("n_ctx") or _first(_CONTEXT, said.message)
    return ContextOverflow(have, room)


def _first(patterns: tuple[re.Pattern[str], ...], text: str) -> int | None:
    for pattern in patterns:
        if found := pattern.search(text):
            return int(found.group(1).replace(",", ""))
    return None


def quoted(said: Complaint, client: JsonClient) -> str:
    """Return the server's words as one short line without the key."""
    line = " ".join((said.message or said.code or said.kind or "it does not say why").split())
    line = client.redacted(line)
    line = "".join(letter for letter in line if letter.isprintable())
    return line if len(line) <= _LONGEST else line[: _LONGEST - 1] + "…"


def _text(value: object) -> str:
    return "" if value is None else str(value)
