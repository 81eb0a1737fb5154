"""A/B: two versions behind one label."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from intone.serve.api.serving import Project
from intone.serve.forms import ExperimentBody, Number

router = APIRouter(prefix="/experiments", tags=["experiments"])


@router.get("")
def list_experiments(project: Project) -> dict[str, list[dict[str, Any]]]:
    """List the experiments, newest first, with what each shows so far."""
    return {"experiments": project.experiments.all()}


@router.post("", status_code=201)
def start_experiment(body: ExperimentBody, project: Project) -> dict[str, Any]:
    """Let a share of the users of a label have another version."""
    return project.experiments.start(
        body.name,
        body.label,
        body.version,
        share=body.share,
        alpha=body.alpha,
        promote=body.promote,
        author="api",
    )


@router.get("/{number}")
def show_experiment(number: Number, project: Project) -> dict[str, Any]:
    """Show an experiment and what it shows so far."""
    return project.experiments.get(number)


@router.post("/{number}:stop")
def stop_experiment(number: Number, project: Project) -> dict[str, Any]:
    """End an experiment at once: everybody gets what the label is at."""
    return project.experiments.stop(number)


@router.post("/{number}:promote")
def promote_challenger(number: Number, project: Project) -> dict[str, Any]:
    """End an experiment and give the challenger the label."""
    return project.experiments.promote(number, "api")
