"""An open project, as the pages have it, for tests of their doors."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from intone.llm.backend import Backend
from intone.runs.serving import Serving
from intone.runs.spec import read_spec


@contextmanager
def opened(
    folder: Path, backend: Backend | None = None, **settings: Any
) -> Iterator[tuple[Serving, asyncio.Runner]]:
    """Open the project in a folder; settings as `task__target="team"`."""
    named = {name.replace("__", "."): value for name, value in settings.items()}
    spec = read_spec(None, {"model.name": "fake:first"} | named, folder, alone=True)
    with asyncio.Runner() as loop:
        serving = Serving.open(spec, backend=backend)
        try:
            yield serving, loop
        finally:
            loop.run(serving.close())


ON_ROWS: dict[str, Any] = {
    "task__data": "rows.jsonl",
    "task__target": "team",
    "model__name": "fake:fake.toml",
}
"""The settings of the project that `tests.runs.projects.project` writes."""
