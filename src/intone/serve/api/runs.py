"""Runs, to start, to steer and to follow."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.responses import HTMLResponse

from intone.serve.api.serving import Project
from intone.serve.forms import Number, RunState, TuneBody
from intone.serve.headers import REPORT

router = APIRouter(prefix="/runs", tags=["runs"])


@router.post("", status_code=201)
def start_tuning(body: TuneBody, project: Project) -> RunState:
    """Start a tuning of the project's data. One run at a time is at work in a server.

    What is left out is as the project's spec has it.
    """
    wanted = project.tending.wanted(body.model_dump(exclude_unset=True))
    return _state(project, project.tending.start(wanted))


@router.get("/{number}/progress")
def tell_progress(number: Number, project: Project) -> dict[str, Any]:
    """Tell how a run is going, whichever process does it: stage, budget, leaderboard."""
    form = asdict(project.tending.follow(number))
    del form["chart"]
    return form


@router.post("/{number}:pause")
def pause_run(number: Number, project: Project) -> RunState:
    """Make no new calls for a run that is at work here; those under way come to their end."""
    project.tending.pause(number)
    return _state(project, number)


@router.post("/{number}:continue")
def continue_run(number: Number, project: Project) -> RunState:
    """Let a paused run make calls again."""
    project.tending.go_on(number)
    return _state(project, number)


@router.post("/{number}:stop")
def stop_run(number: Number, project: Project) -> RunState:
    """Interrupt a run that is at work here. Nothing is lost; `resume` goes on."""
    project.tending.stop(number)
    return _state(project, number)


@router.post("/{number}:resume")
def resume_run(number: Number, project: Project) -> RunState:
    """Take up a run that did not come to its end: what is answered is replayed."""
    return _state(project, project.tending.resume(number))


@router.get("/{number}/report", response_class=HTMLResponse)
def write_report(
    number: Number,
    project: Project,
    download: Annotated[bool, Query(description="As a file to keep.")] = False,
) -> HTMLResponse:
    """Return a run's report: one HTML page that needs nothing beside itself, and no script."""
    headers = {"content-security-policy": REPORT}
    if download:
        headers["content-disposition"] = f'attachment; filename="run-{number}.html"'
    return HTMLResponse(project.tending.report(number), headers=headers)


def _state(project: Project, number: int) -> RunState:
    going = project.tending.follow(number)
    return RunState(run=number, state=going.state, paused=going.paused)
