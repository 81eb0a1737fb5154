"""Asking a prompt by name and label, rendering it, and what prompts there are."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from intone.runs.serving import Question
from intone.serve.api.serving import Counting, Project
from intone.serve.forms import RenderBody, Rendered, RunAnswer, RunBody, Turn, UsageForm
from intone.serve.problems import Problem

router = APIRouter(prefix="/prompts", tags=["prompts"])


@router.get("")
def list_prompts(project: Project) -> dict[str, list[dict[str, Any]]]:
    """List the prompts: latest version, labels, verdict."""
    return {"prompts": project.prompts()}


@router.get("/{name}")
def list_versions(name: str, project: Project) -> dict[str, Any]:
    """List the versions of a prompt, newest first, each with its program and its verdict."""
    return {"name": name, "versions": project.versions(name)}


@router.get("/{name}/{label}")
def show_version(name: str, label: str, project: Project) -> dict[str, Any]:
    """Show one version, by its number, a label, or `latest`."""
    return project.version(name, label)


@router.post("/{name}/{label}:run")
async def run_prompt(
    name: str, label: str, body: RunBody, project: Project, counts: Counting
) -> RunAnswer:
    """Answer one question with a prompt. The answer is kept under its trace id before it is sent.

    The same question gets the same answer, from the ledger and free of charge; another `sample` is
    another draw. Where an experiment is on, `user` decides which version answers.
    """
    trace = await project.answer(Question(name, label, body.inputs, body.user, body.sample))
    counts.answer(trace.ref, trace.status, trace.prompt_tokens, trace.completion_tokens)
    if trace.status == "failed":
        raise Problem(502, f"the model did not answer: {trace.reason}", trace=trace.id)
    return RunAnswer(
        output=trace.output,
        trace=trace.id,
        version=trace.ref,
        variant=trace.variant,
        status=trace.status,
        reason=trace.reason,
        usage=UsageForm(
            calls=trace.calls,
            replayed=trace.replayed,
            prompt_tokens=trace.prompt_tokens,
            completion_tokens=trace.completion_tokens,
        ),
        seconds=trace.seconds,
    )


@router.post("/{name}/{label}:render")
async def render_prompt(name: str, label: str, body: RenderBody, project: Project) -> Rendered:
    """Return the messages that would be sent to the model. Nothing is asked and nothing is kept."""
    found, requests = project.render(Question(name, label, body.inputs, body.user))
    turns = [[Turn(**turn) for turn in messages] for messages in requests]
    return Rendered(version=found.version.ref, messages=turns[0] if turns else [], requests=turns)
