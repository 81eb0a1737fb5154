"""What is said when something is wrong: one form for all of the API, never a traceback."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from intone.errors import BackendError, InputError, IntoneError, NotThere, StoreError
from intone.serve.headers import SAFE

_KINDS = {
    400: "bad_request",
    401: "unauthorized",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    408: "timeout",
    413: "too_large",
    415: "unsupported_media_type",
    421: "unknown_host",
    422: "invalid_request",
    429: "too_many_tries",
    500: "defect",
    502: "model_failed",
    503: "unavailable",
}


class Problem(Exception):
    """An answer that is not what was asked for."""

    def __init__(
        self, status: int, message: str, *, code: str | None = None, trace: str | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.trace = trace


def problem(
    status: int,
    message: str,
    *,
    code: str | None = None,
    trace: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    """Return the response that says what is wrong."""
    said: dict[str, Any] = {"message": message, "type": _KINDS.get(status, "error"), "code": code}
    if trace is not None:
        said["trace"] = trace
    return JSONResponse({"error": said}, status, headers={**SAFE, **(headers or {})})


def install(app: FastAPI) -> None:
    """Let the app say what is wrong in this form."""
    app.add_exception_handler(Problem, _problem)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _refused)
    app.add_exception_handler(IntoneError, _expected)
    app.add_exception_handler(Exception, _defect)


async def _problem(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, Problem)
    return problem(error.status, str(error), code=error.code, trace=error.trace)


async def _invalid(request: Request, error: Exception) -> JSONResponse:
    """Say the first thing that is wrong; what was sent is not repeated."""
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    place = ".".join(str(part) for part in _without_kind(first["loc"]))
    what = str(first["msg"])
    what = what[:1].lower() + what[1:]
    return problem(422, _plain(f"{place}: {what}" if place else what))


async def _refused(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    return problem(error.status_code, str(error.detail), headers=error.headers)


async def _expected(request: Request, error: Exception) -> JSONResponse:
    return problem(status_of(error), _plain(str(error)))


async def _defect(request: Request, error: Exception) -> JSONResponse:
    return problem(500, "a defect in Intone; what happened is on the server's stderr")


def status_of(error: Exception) -> int:
    """Return the HTTP status of an expected failure."""
    if isinstance(error, NotThere):
        return 404
    if isinstance(error, InputError):
        return 422
    if isinstance(error, BackendError):
        return 502
    return 503 if isinstance(error, StoreError) else 500


def _without_kind(place: Sequence[Any]) -> Sequence[Any]:
    return place[1:] if place and place[0] in ("body", "path", "query") else place


def _plain(text: str) -> str:
    """Return a text that can be sent: half a surrogate pair cannot."""
    return text.encode("utf-8", "replace").decode("utf-8")
