"""Loopback servers that speak the real wire formats, for tests of the HTTP backends."""

from __future__ import annotations

import json
import math
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Mapping
from itertools import pairwise
from types import TracebackType
from typing import Any, Self

from aiohttp import web

Body = dict[str, Any]
Planned = tuple[int, Mapping[str, str], bytes]


def planned(status: int, body: object, **headers: str) -> Planned:
    """A reply to give as it is; underscores in header names become hyphens."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return status, {name.replace("_", "-"): value for name, value in headers.items()}, raw


class Loopback(ABC):
    """Serves on a free loopback port inside the running loop; `async with`.

    `replies` are given first, in turn; then `answer` makes the reply's body. `seen` are the
    request bodies, `headers` their headers, `paths` their paths.
    """

    root = ""

    def __init__(self, answer: Callable[[Body], str] = lambda body: "billing") -> None:
        self.say = answer
        self.replies: deque[Planned] = deque()
        self.always: Planned | None = None
        self.seen: list[Body] = []
        self.headers: list[Mapping[str, str]] = []
        self.paths: list[str] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}{self.root}"

    async def __aenter__(self) -> Self:
        self._runner = web.ServerRunner(web.Server(self._handle), shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.port = int(self._runner.addresses[0][1])
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._runner.cleanup()

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        body = json.loads(await request.read())
        self.seen.append(body)
        self.headers.append(dict(request.headers))
        self.paths.append(request.path_qs)
        status, headers, raw = (
            self.replies.popleft() if self.replies else self.always or self.reply(body, request)
        )
        return web.Response(
            status=status, headers=headers, body=raw, content_type="application/json"
        )

    @abstractmethod
    def reply(self, body: Body, request: web.BaseRequest) -> Planned: ...


class OpenAIServer(Loopback):
    """`/v1/chat/completions`. `refuses` maps a field to the error's message.

    With `response_format` it answers as the schema says; with `logprobs` it gives `chances` at
    the first position (default: its answer's first four letters, with 0.9).
    """

    root = "/v1"

    def __init__(
        self,
        answer: Callable[[Body], str] = lambda body: "billing",
        *,
        refuses: Mapping[str, str] | None = None,
        chances: Mapping[str, float] | None = None,
        key: str | None = None,
        usage: Body | None = None,
        models: tuple[str, ...] = (),
    ) -> None:
        super().__init__(answer)
        self.refuses = dict(refuses or {})
        self.chances = chances
        self.key = key
        self.usage = usage
        self.models = models
        self.finish = "stop"

    def reply(self, body: Body, request: web.BaseRequest) -> Planned:
        if self.key and request.headers.get("Authorization") != f"Bearer {self.key}":
            given = request.headers.get("Authorization", "")
            return self.error(401, f"Incorrect API key provided: {given}", "invalid_api_key")
        if self.models and body["model"] not in self.models:
            message = f"The model `{body['model']}` does not exist or you do not have access to it."
            return self.error(404, message, "model_not_found")
        for name, message in self.refuses.items():
            if name in body:
                return self.error(400, message, "unsupported_parameter", name)
        text = self.say(body)
        choice: Body = {"index": 0, "finish_reason": self.finish}
        if "response_format" in body:
            assert body["response_format"]["type"] == "json_schema"
            schema = body["response_format"]["json_schema"]["schema"]
            if "answer" in schema.get("properties", {}):
                assert text in schema["properties"]["answer"]["enum"]
                text = json.dumps({"answer": text})
        choice["message"] = {"role": "assistant", "content": text, "refusal": None}
        if body.get("logprobs"):
            choice["logprobs"] = {"content": self.positions(text), "refusal": None}
        answer: Body = {"id": "c", "object": "chat.completion", "choices": [choice]}
        usage: Body = self.usage if self.usage is not None else _counted(body, text)
        if usage:
            answer["usage"] = usage
        return planned(200, answer)

    def positions(self, text: str) -> list[Body]:
        chances = self.chances or {text[:4]: 0.9, "The": 0.05}
        top = [{"token": t, "logprob": math.log(p), "bytes": None} for t, p in chances.items()]
        first = max(top, key=lambda entry: float(entry["logprob"] or 0))
        rest = text[len(str(first["token"])) :]
        last = {"token": rest, "logprob": -0.1, "top_logprobs": [], "bytes": None}
        return [{**first, "top_logprobs": top}, *([last] if rest else [])]

    @staticmethod
    def error(status: int, message: str, code: str = "", param: str | None = None) -> Planned:
        kind = "invalid_request_error"
        return planned(
            status,
            {"error": {"message": message, "type": kind, "param": param, "code": code or None}},
        )


class AnthropicServer(Loopback):
    """`/v1/messages`, with the API's own strictness about turns."""

    def __init__(
        self, answer: Callable[[Body], str] = lambda body: "billing", *, key: str | None = None
    ) -> None:
        super().__init__(answer)
        self.key = key
        self.stop_reason = "end_turn"
        self.refuses: dict[str, str] = {}

    def reply(self, body: Body, request: web.BaseRequest) -> Planned:
        if self.key and request.headers.get("x-api-key") != self.key:
            return self.error(401, "authentication_error", "invalid x-api-key")
        assert request.headers["anthropic-version"] == "2023-06-01"
        assert isinstance(body["max_tokens"], int)
        roles = [turn["role"] for turn in body["messages"]]
        if roles[:1] != ["user"] or any(a == b for a, b in pairwise(roles)):
            return self.error(400, "invalid_request_error", "messages: roles must alternate")
        for name, message in self.refuses.items():
            if name in body:
                return self.error(400, "invalid_request_error", message)
        text = self.say(body)
        usage = {
            "input_tokens": 10,
            "cache_creation_input_tokens": 20,
            "cache_read_input_tokens": 30,
            "output_tokens": max(1, len(text) // 4),
        }
        return planned(
            200,
            {
                "type": "message",
                "role": "assistant",
                "content": [{"type": "text", "text": text}],
                "stop_reason": self.stop_reason,
                "usage": usage,
            },
        )

    @staticmethod
    def error(status: int, kind: str, message: str) -> Planned:
        return planned(status, {"type": "error", "error": {"type": kind, "message": message}})


def _counted(body: Body, text: str) -> Body:
    prompt = sum(len(turn["content"]) for turn in body["messages"]) // 4 + 1
    answer = len(text) // 4 + 1
    return {
        "prompt_tokens": prompt,
        "completion_tokens": answer,
        "total_tokens": prompt + answer,
        "prompt_tokens_details": {"cached_tokens": prompt // 2},
    }
