"""The page with the prompts: latest version, labels, verdict."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nicegui import ui

from intone.runs.serving import Serving


def show(serving: Serving) -> None:
    """Show the prompts that are kept."""
    ui.label("Prompts").classes("text-h5").props('role="heading" aria-level="1"')
    prompts = serving.prompts()
    if not prompts:
        ui.label("No prompts are kept yet: intone prompts import FILE, or intone tune.")
        return
    columns = [
        {"name": name, "label": label, "field": name, "align": "left"}
        for name, label in (
            ("name", "prompt"),
            ("latest", "latest version"),
            ("labels", "labels"),
            ("verdict", "verdict"),
        )
    ]
    rows = [_row(prompt) for prompt in prompts]
    ui.table(columns=columns, rows=rows, row_key="name").classes("full-width")


def _row(prompt: Mapping[str, Any]) -> dict[str, Any]:
    labels = ", ".join(f"{label} → {number}" for label, number in prompt["labels"].items())
    verdict = prompt["verdict"]
    return {
        "name": prompt["name"],
        "latest": prompt["latest"],
        "labels": labels,
        "verdict": verdict["word"] if verdict else "",
    }
