"""What Prometheus is told: requests, answers, tokens. Owns the names; counts are an app's own."""

from __future__ import annotations

import time

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)


class Counts:
    """The counts of one app."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        registry = self._registry
        self._requests = Counter(
            "intone_requests", "HTTP requests", ["route", "method", "status"], registry=registry
        )
        self._seconds = Histogram(
            "intone_request_seconds",
            "Time from a request to the start of its response",
            ["route"],
            buckets=_SECONDS,
            registry=registry,
        )
        self._answers = Counter(
            "intone_answers", "Answers given", ["version", "status"], registry=registry
        )
        self._tokens = Counter(
            "intone_tokens", "Tokens of models' calls", ["kind"], registry=registry
        )
        self._feedback = Counter("intone_feedback", "Feedback kept", ["kind"], registry=registry)

    def request(self, route: str, method: str, status: int, seconds: float) -> None:
        """Count a request."""
        self._requests.labels(route, method, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def answer(self, version: str, status: str, prompt_tokens: int, completion_tokens: int) -> None:
        """Count an answer of a version."""
        self._answers.labels(version, status).inc()
        self._tokens.labels("prompt").inc(prompt_tokens)
        self._tokens.labels("completion").inc(completion_tokens)

    def feedback(self, kind: str) -> None:
        """Count a user's word, or an outcome."""
        self._feedback.labels(kind).inc()

    def text(self) -> bytes:
        """Return all counts in Prometheus' text format."""
        return generate_latest(self._registry)


class Counted:
    """Counts every request by its route; what leads nowhere is one route, "other"."""

    def __init__(self, app: ASGIApp, counts: Counts) -> None:
        self._app = app
        self._counts = counts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()

        async def counted(message: Message) -> None:
            if message["type"] == "http.response.start":
                route = str(getattr(scope.get("route"), "path", "other"))
                took = time.perf_counter() - began
                method = scope["method"] if route != "other" else "ANY"
                self._counts.request(route, method, message["status"], took)
            await send(message)

        await self._app(scope, receive, counted)
