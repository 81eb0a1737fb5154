"""What users say of answers, and what answers turned out to be worth."""

from __future__ import annotations

from fastapi import APIRouter

from intone.runs.serving import Remark
from intone.serve.api.serving import Counting, Project
from intone.serve.forms import FeedbackBody, Kept, OutcomeBody

router = APIRouter(tags=["feedback"])


@router.post("/feedback", status_code=201)
async def give_feedback(body: FeedbackBody, project: Project, counts: Counting) -> Kept:
    """Keep a user's word about an answer. It is on disk when this is answered.

    A rating is also the answer's outcome, where an experiment is on.
    """
    await project.remark(Remark(body.trace, body.comment, body.rating, body.answer, body.who))
    counts.feedback("feedback")
    return Kept(trace=body.trace)


@router.post("/outcomes", status_code=201)
async def give_outcome(body: OutcomeBody, project: Project, counts: Counting) -> Kept:
    """Keep what an answer turned out to be worth. It is on disk when this is answered.

    Of one user's outcomes in an experiment the first one counts.
    """
    await project.worth(body.trace, body.value)
    counts.feedback("outcome")
    return Kept(trace=body.trace)
