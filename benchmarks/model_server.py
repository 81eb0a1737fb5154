"""An OpenAI-compatible loopback server over any Intone backend, with a cap on calls a run.

Peers and Intone ask the very same model through it, and decode alike: it serves plain text and
nothing else. What would constrain or score an answer (`response_format`, `logprobs`, tools, several
choices) is refused with a 400 that names the field, and is not counted.

    POST /runs/{run}/v1/chat/completions
    GET  /runs/{run}/v1/models

A run is opened by whoever owns the server (`ModelServer.open`), with its cap. Every request that is
taken is counted, a repeated one too. After the cap every request gets 429 `insufficient_quota`, for
good. Answers are kept in a ledger, so a benchmark that was ended goes on without asking the model
again: a request that was answered before takes no time. At a temperature above 0 the repetitions of
a request within a run are numbered, unless it brings a seed of its own, so that they differ from
each other and come out the same when the run is made again.

Owns the wire format and the counting; `quality.py` decides who asks. Run by itself it does nothing.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from intone.errors import BackendError, ContextOverflow
from intone.evaluate.ledger import Ledger, request_key
from intone.llm.backend import Backend, Feature
from intone.llm.completion import Completion
from intone.llm.messages import Message, Speaker
from intone.llm.request import Request, Sampling

_TAKEN = frozenset(
    "model messages temperature top_p max_tokens max_completion_tokens stop seed user".split()
)
_HARMLESS: Mapping[str, object] = {
    "n": 1,
    "stream": False,
    "logprobs": False,
    "frequency_penalty": 0,
    "presence_penalty": 0,
}
_SPEAKERS: Mapping[str, Speaker] = {
    "system": "system",
    "developer": "system",
    "user": "user",
    "assistant": "assistant",
}
_UNSAID_TEMPERATURE = 1.0  # what OpenAI's API takes when a request names none


class Kept:
    """A backend whose answers are kept in a ledger.

    One request is answered at a time, unless the backend names how many it answers at once.

    `fresh` counts the calls that the backend inside was asked for, `seconds` is what all calls took
    when they were made, replayed ones included: what a run would have cost by itself.
    """

    def __init__(self, backend: Backend, ledger: Ledger) -> None:
        self._backend = backend
        self._ledger = ledger
        self.concurrency: int | None = backend.concurrency or 1
        self._turn = asyncio.Semaphore(self.concurrency or 1)
        self.fresh = 0
        self.seconds = 0.0

    @property
    def identity(self) -> str:
        return self._backend.identity

    @property
    def features(self) -> frozenset[Feature]:
        return self._backend.features

    async def complete(self, request: Request) -> Completion:
        key = request_key(self.identity, request)
        async with self._turn:
            found = (await self._ledger.lookup([key])).get(key)
            if found is None:
                found = await self._backend.complete(request)
                await self._ledger.record(key, self.identity, request, found)
                self.fresh += 1
        self.seconds += found.seconds
        return found

    async def close(self) -> None:
        await self._backend.close()


@dataclass
class Run:
    """One name under which the model is asked. `cap` None: as often as one likes.

    `calls` were counted, `turned_away` came after the cap, `refused` were not taken as they were.
    `seconds` is the model's time, replayed calls included; `last` is when the last answer was given
    (`time.monotonic`).
    """

    name: str
    cap: int | None = None
    calls: int = 0
    turned_away: int = 0
    refused: int = 0
    seconds: float = 0.0
    last: float = 0.0
    draws: Counter[str] = field(default_factory=Counter)


class Refused(Exception):
    """A request that is not taken as it is; `field` is what is wrong with it."""

    def __init__(self, field: str, why: str) -> None:
        super().__init__(f"{field}: {why}")
        self.field = field


class ModelServer:
    """Answers for a backend. `max_tokens` bounds an answer that asks for no bound of its own.

    No answer is longer than `most_tokens`, whatever was asked for.
    """

    def __init__(
        self,
        backend: Backend,
        *,
        max_tokens: int = 256,
        most_tokens: int = 512,
        name: str = "model",
    ) -> None:
        self._backend = backend
        self._max_tokens = max_tokens
        self._most_tokens = most_tokens
        self._runs: dict[str, Run] = {}
        self._address = ""
        self.name = name

    def open(self, name: str, cap: int | None = None) -> Run:
        """Open a run, or open it anew: its counts begin at 0. A name is letters, digits, - _ ."""
        run = self._runs[name] = Run(name, cap)
        return run

    def url(self, run: Run) -> str:
        """Return the base URL under which a run's requests are counted."""
        return f"{self._address}/runs/{run.name}/v1"

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[ModelServer]:
        """Serve on a free loopback port."""
        app = web.Application(client_max_size=64 * 2**20)
        app.router.add_post("/runs/{run}/v1/chat/completions", self._complete)
        app.router.add_get("/runs/{run}/v1/models", self._models)
        runner = web.AppRunner(app)
        await runner.setup()
        try:
            site = web.TCPSite(runner, "127.0.0.1", 0)
            await site.start()
            host, port = runner.addresses[0][:2]
            self._address = f"http://{host}:{port}"
            yield self
        finally:
            await runner.cleanup()

    async def _models(self, asked: web.Request) -> web.Response:
        model = {"id": self.name, "object": "model", "owned_by": "intone"}
        return web.json_response({"object": "list", "data": [model]})

    async def _complete(self, asked: web.Request) -> web.Response:
        run = self._runs.get(asked.match_info["run"])
        if run is None:
            return _error(404, "not_found", "there is no run of this name", "run")
        body = await asked.read()
        try:
            request = self._read(run, body)
        except Refused as refusal:
            run.refused += 1
            return _error(400, "unsupported_parameter", str(refusal), refusal.field)
        if run.cap is not None and run.calls >= run.cap:
            run.turned_away += 1
            used = f"insufficient_quota: all {run.cap} calls of this run are used"
            return _error(429, "insufficient_quota", used)  # some clients drop the code
        run.calls += 1
        request = _numbered(run, body, request)
        try:
            completion = await self._backend.complete(request)
        except ContextOverflow as error:
            return _error(400, "context_length_exceeded", str(error), "messages")
        except BackendError as error:
            run.calls -= 1  # no answer
            return _error(503, "server_error", str(error))
        run.seconds += completion.seconds
        run.last = time.monotonic()
        return web.json_response(_answer(self.name, completion))

    def _read(self, run: Run, body: bytes) -> Request:
        try:
            form = json.loads(body)
        except ValueError as error:
            raise Refused("body", "not JSON") from error
        if not isinstance(form, dict):
            raise Refused("body", "not an object")
        for name, value in form.items():
            if name in _TAKEN or value is None or _HARMLESS.get(name, ...) == value:
                continue
            raise Refused(name, "not supported by this server, which gives plain text only")
        asked = form.get("max_tokens") or form.get("max_completion_tokens") or self._max_tokens
        temperature = form.get("temperature")
        top_p = form.get("top_p")
        stop = form.get("stop") or ()
        sampling = Sampling(
            temperature=float(_UNSAID_TEMPERATURE if temperature is None else temperature),
            max_tokens=min(int(asked), self._most_tokens),
            stop=(stop,) if isinstance(stop, str) else tuple(stop),
            top_p=None if top_p in (None, 1, 1.0) else float(top_p),
        )
        seed = form.get("seed")
        sample = int(seed) if seed is not None and sampling.temperature > 0 else 0
        return Request(_messages(form.get("messages")), sampling=sampling, sample=sample)


def _numbered(run: Run, body: bytes, request: Request) -> Request:
    """Return the request as the next draw of its kind in this run, if it is one that is drawn."""
    if request.sampling.temperature == 0 or json.loads(body).get("seed") is not None:
        return request
    key = request_key("", request)
    draw = run.draws[key]
    run.draws[key] += 1
    return Request(request.messages, request.answer, request.sampling, draw)


def _messages(given: object) -> tuple[Message, ...]:
    if not isinstance(given, list) or not given:
        raise Refused("messages", "at least one is needed")
    found = []
    for message in given:
        role = message.get("role") if isinstance(message, dict) else None
        speaker = _SPEAKERS.get(str(role))
        if speaker is None:
            raise Refused("messages", "every one needs a role: system, user or assistant")
        found.append(Message(speaker, _text(message.get("content"))))
    return tuple(found)


def _text(content: object) -> str:
    if isinstance(content, str):
        return content
    parts = content if isinstance(content, list) else []
    texts = [part.get("text") for part in parts if isinstance(part, dict)]
    if not texts or not all(isinstance(text, str) for text in texts):
        raise Refused("messages", "a content must be text")
    return "\n".join(map(str, texts))


def _answer(model: str, completion: Completion) -> dict[str, Any]:
    usage = completion.usage
    finish = "length" if completion.finish == "length" else "stop"
    message = {"role": "assistant", "content": completion.text}
    return {
        "id": "chatcmpl-0",
        "object": "chat.completion",
        "created": 0,
        "model": model,
        "choices": [{"index": 0, "message": message, "finish_reason": finish}],
        "usage": {
            "prompt_tokens": usage.prompt_tokens,
            "completion_tokens": usage.completion_tokens,
            "total_tokens": usage.prompt_tokens + usage.completion_tokens,
        },
    }


def _error(status: int, code: str, message: str, param: str | None = None) -> web.Response:
    error = {"message": message, "type": code, "code": code, "param": param}
    return web.json_response({"error": error}, status=status)
