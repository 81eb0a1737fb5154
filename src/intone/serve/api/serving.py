"""What every route has at hand: the open project, and the counts."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from intone.runs.serving import Serving
from intone.serve.counting import Counts


async def _serving(request: Request) -> Serving:
    serving: Serving = request.app.state.serving
    return serving


async def _counts(request: Request) -> Counts:
    counts: Counts = request.app.state.counts
    return counts


Project = Annotated[Serving, Depends(_serving)]
Counting = Annotated[Counts, Depends(_counts)]
