"""An open project with complaints in its inbox, for tests of what a page does with them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from intone.feedback.complaint import Complaint
from intone.llm.backend import Backend
from intone.runs.project import Project
from intone.runs.proposing import Progress
from intone.runs.serving import Serving
from intone.runs.spec import read_spec
from intone.store.complaints import Complaints
from intone.store.registry import Registry
from tests.runs.complaints import PROMPT

T = TypeVar("T")
SHORTER = ("shorter", "")


def keep(folder: Path, *comments: str, inputs: int = 12, **more: Any) -> list[int]:
    """Keep the prompt `explain` and complaints about it, each about a topic of its own.

    `inputs` are the topics of praise, which asks for nothing: past inputs to test on.
    """
    with Project(folder).open() as database:
        version = Registry(database).save("explain", PROMPT.canonical())
        said = [*comments, *["perfect"] * inputs]
        those = [
            Complaint(
                comment,
                name="explain",
                program_id=version.program_id,
                program=version.program,
                inputs={"topic": f"topic{place:03}"},
                output=f"topic{place:03} is a long story",
                version=version.ref,
            )
            for place, comment in enumerate(said)
        ]
        kept = Complaints(database).add_many([replace(it, **more) for it in those])
        if kept[len(comments) :]:
            Complaints(database).mark(kept[len(comments) :], "declined")
        return list(kept[: len(comments)])


@asynccontextmanager
async def opened(folder: Path, backend: Backend, **settings: Any) -> AsyncIterator[Serving]:
    """Open the project for serving."""
    changes = {name.replace("__", "."): value for name, value in settings.items()}
    spec = read_spec(None, {"model.name": "fake:echo"} | changes, folder, alone=True)
    serving = Serving.open(spec, backend=backend)
    try:
        yield serving
    finally:
        await serving.close()


def with_project(
    folder: Path, backend: Backend, what: Callable[[Serving], Awaitable[T]], **settings: Any
) -> T:
    """Do something with the open project."""

    async def do() -> T:
        async with opened(folder, backend, **settings) as serving:
            return await what(serving)

    return asyncio.run(do())


async def ended(serving: Serving) -> Progress:
    """Wait for the proposal that is being made."""
    while (progress := serving.proposing.progress) is None or progress.state != "ended":
        await asyncio.sleep(0.01)
    return progress


async def propose(serving: Serving, **more: Any) -> Progress:
    """Have a proposal made for the wish for shorter answers."""
    offer = serving.proposing.offer("explain", SHORTER, "explain@1", **more)
    serving.proposing.start(offer)
    return await ended(serving)
