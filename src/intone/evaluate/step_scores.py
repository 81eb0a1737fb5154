"""The scores of a chain's steps, where a column holds their right answers.

Owns which grader a step has: the one of its kind of answer (label, number, json, exact). What the
chain's own answer scores is the engine's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

from intone.data.row import Row
from intone.llm.answers import AnswerSpec, Json, Labels, Number
from intone.metrics.exact import ExactGrader
from intone.metrics.grade import Grader
from intone.metrics.json_fields import JsonGrader
from intone.metrics.label import LabelGrader
from intone.metrics.number import NumberGrader
from intone.prompt.program import Answer, StepAnswer


async def step_scores(steps: Sequence[StepAnswer], row: Row) -> dict[str, float]:
    """Return the scores of the steps that have a target on this row, by the step's name."""
    found = {}
    for step in steps:
        target = row.right(step.target) if step.target else ""
        if not target:
            continue
        grade = await grader_of(step.spec).grade(Answer(step.text), replace(row, target=target))
        if grade.score is not None:
            found[step.step] = grade.score
    return found


@lru_cache(maxsize=256)
def grader_of(spec: AnswerSpec) -> Grader:
    """Return the grader of a step's kind of answer."""
    match spec:
        case Labels():
            return LabelGrader(spec.labels)
        case Number():
            return NumberGrader()
        case Json():
            return JsonGrader()
    return ExactGrader()
