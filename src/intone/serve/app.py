"""The app: the API's routes, the pages, and the gate before them. Owns how it is put together."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import APIRouter, FastAPI

from intone import __version__
from intone.runs.serving import Serving
from intone.serve import login, problems
from intone.serve.access import Access
from intone.serve.api import chat, description, experiments, feedback, prompts, records, runs
from intone.serve.counting import Counted, Counts
from intone.serve.forms import WrongAnswer
from intone.serve.gate import Gate

_ABOUT = """Tuned prompts by name and label, feedback about their answers, runs and experiments.

Every request but the one for health needs the header `Authorization: Bearer TOKEN`."""

_FAILURES: dict[int | str, dict[str, Any]] = {
    status: {"model": WrongAnswer, "description": said}
    for status, said in {
        400: "The body cannot be read, or what it asks cannot be done",
        401: "The token is missing or wrong",
        404: "There is none of that name",
        413: "The body is too large",
        415: "The body is not JSON",
        421: "The Host header names another server",
        422: "What was sent does not fit",
        429: "Too many wrong tokens",
        502: "The model did not answer",
        503: "The project's database cannot be used at the moment",
    }.items()
}


def make_app(serving: Serving, access: Access, *, pages: bool = True) -> FastAPI:
    """Return the app that serves an open project; on shutdown it closes the project.

    The pages use what is global to a process, so that only one app of a process can have them.
    """

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        yield
        await serving.close()

    app = FastAPI(
        title="Intone",
        description=_ABOUT,
        version=__version__,
        docs_url=None,  # FastAPI's page loads its scripts from elsewhere: ours is `description`
        redoc_url=None,
        openapi_url="/api/v1/openapi.json",
        lifespan=lifespan,
    )
    app.state.serving = serving
    app.state.access = access
    app.state.counts = Counts()
    problems.install(app)
    v1 = APIRouter(prefix="/api/v1", responses=_FAILURES)
    for part in (prompts, feedback, experiments, runs, records):
        v1.include_router(part.router)
    app.include_router(v1)
    app.include_router(chat.router, prefix="/v1", responses=_FAILURES)
    app.include_router(chat.router, prefix="/api/v1", include_in_schema=False)
    app.include_router(description.router)
    app.include_router(login.router)
    if pages:
        from intone.serve.pages.frame import mount

        mount(app, serving)
    app.add_middleware(Gate, access=access)
    app.add_middleware(Counted, counts=app.state.counts)
    return app
