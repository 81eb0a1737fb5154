"""The judge of a feedback run: which of two answers grants a wish better.

Owns when there is one (the spec has a `[judge]`), and the rubric that a wish becomes. How a judge
is asked, in both orders, is `metrics/judge_pairs.py`'s; that it pays from the run's purse is
`beside`'s.
"""

from __future__ import annotations

from collections.abc import Sequence

from intone.feedback.wish import Wish
from intone.metrics.judge_forms import Case
from intone.metrics.judge_pairs import Pair, prefer
from intone.runs.feedback_ask import Judge, MakeJudge, Preferred
from intone.runs.feedback_ask import Pair as Answers
from intone.runs.kit import Kit
from intone.runs.spec import Spec


def judge_of(spec: Spec) -> MakeJudge | None:
    """Return what makes a spec's judge, None where it names none.

    The task's own model is not asked: a wish that only a judge can check needs one that was chosen
    for it.
    """
    return None if spec.judge is None else _judge


def rubric(wish: Wish) -> str:
    """Return what a judge is to look for."""
    return (
        f"A user of these answers wished: {wish.sentence}. "
        "The better answer is the one that grants this wish more, and still answers what was asked."
    )


def _judge(kit: Kit) -> Judge:
    asked = kit.beside.judge()

    async def judged(wish: Wish, answers: Sequence[Answers]) -> Sequence[Preferred]:
        pairs = [Pair(Case(row.inputs), after, before) for row, before, after in answers]
        found = await prefer(asked.meter, rubric(wish), pairs, asked.sampling)
        return [(one.score, " / ".join(one.reasons)) for one in found]

    return judged
