"""Runs and traces, to look at; health and counts, for machines."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.responses import Response

from intone import __version__
from intone.serve.api.serving import Counting, Project
from intone.serve.forms import Number, Word

router = APIRouter()

Limit = Annotated[int, Query(ge=1, le=1000)]


@router.get("/runs", tags=["runs"])
def list_runs(project: Project, limit: Limit = 20) -> dict[str, list[dict[str, Any]]]:
    """List the runs, newest first."""
    return {"runs": project.runs(limit)}


@router.get("/runs/{number}", tags=["runs"])
def show_run(number: Number, project: Project) -> dict[str, Any]:
    """Show all that is kept of a run."""
    return project.run(number)


@router.get("/traces", tags=["traces"])
def list_traces(
    project: Project, limit: Limit = 20, name: Word | None = None
) -> dict[str, list[dict[str, Any]]]:
    """List the latest answers that were given, newest first."""
    return {"traces": project.traces(limit, name)}


@router.get("/traces/{trace}", tags=["traces"])
def show_trace(trace: str, project: Project) -> dict[str, Any]:
    """Show an answer that was given, with its inputs."""
    return project.trace(trace)


@router.get("/health", tags=["machines"])
async def tell_health() -> dict[str, str]:
    """Say that the server is up. The only route that needs no token."""
    return {"status": "ok", "version": __version__}


@router.get("/metrics", tags=["machines"], response_class=Response)
async def tell_counts(counts: Counting) -> Response:
    """Return the counts in Prometheus' text format."""
    return Response(counts.text(), media_type="text/plain; version=0.0.4; charset=utf-8")
