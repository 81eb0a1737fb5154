"""What is kept of prompts, runs and traces, in plain values: for the screen's JSON and the API."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from intone.report.listed import came_to
from intone.store.registry import Version
from intone.store.runs import RunRecord
from intone.store.traces import Trace


def brief(record: RunRecord) -> dict[str, Any]:
    """Return a run in a few values."""
    return {
        "run": record.number,
        "kind": record.kind,
        "state": record.state,
        "started": record.started,
        "ended": record.ended,
        "prompts": list(record.spec.get("names", ())),
        "result": came_to(record),
    }


def whole(record: RunRecord, result: Mapping[str, Any]) -> dict[str, Any]:
    """Return all that is kept of a run, with its result."""
    return {
        **brief(record),
        "spec": dict(record.spec),
        "result": result or None,
        "candidates": [dict(heat) for heat in record.candidates],
    }


def version_form(version: Version) -> dict[str, Any]:
    """Return a version with its program."""
    return asdict(version) | {"ref": version.ref, "edits": list(version.edits)}


def trace_form(trace: Trace) -> dict[str, Any]:
    """Return a trace; the user's hash is left out."""
    form = asdict(trace) | {"ref": trace.ref}
    del form["user"]
    return form
