"""Grading by a model: the judge's calls of many answers, made together.

Owns how the questions of a grader that asks a model are put to its meter, and what grading an
answer may cost; not the words, which are the grader's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from intone.data.row import Row
from intone.evaluate.budget import NOTHING, Cost
from intone.evaluate.metered import Metered
from intone.llm.backend import Feature
from intone.llm.request import Request, Sampling
from intone.metrics.asks import AsksAModel
from intone.metrics.grade import Grade
from intone.metrics.judge import SAMPLING
from intone.prompt.program import Answer

_BYTES_A_TOKEN = 4  # of an answer that is not there yet; a longer one may not be graded at the end
_LONGEST = 50_000  # bytes of an answer that a judge can be shown


@dataclass(frozen=True, slots=True)
class Judge:
    """The model that a grader asks, and how its tokens are picked."""

    meter: Metered
    sampling: Sampling = SAMPLING

    def worst(self, grader: AsksAModel, row: Row, tokens: int) -> Cost:
        """Return about the most that grading an answer of so many tokens can cost."""
        answer = Answer("x" * max(1, min(_LONGEST, _BYTES_A_TOKEN * tokens)))
        asked = self._question(grader, answer, row)
        return self.meter.worst(asked) if isinstance(asked, Request) else NOTHING

    async def grades(
        self, grader: AsksAModel, answers: Sequence[tuple[Answer, Row]]
    ) -> list[Grade | None]:
        """Grade answers, in their order; None for those the budget has no room for."""
        asked = [self._question(grader, answer, row) for answer, row in answers]
        questions = [it for it in asked if isinstance(it, Request)]
        replies = iter(await self.meter.answer(questions))
        grades: list[Grade | None] = []
        for (answer, _), question in zip(answers, asked, strict=True):
            if isinstance(question, Grade):
                grades.append(question)
                continue
            said = next(replies)
            grades.append(None if said is None else grader.graded(said, answer))
        return grades

    def _question(self, grader: AsksAModel, answer: Answer, row: Row) -> Request | Grade:
        as_json = Feature.JSON_SCHEMA in self.meter.features
        return grader.question(answer, row, self.sampling, as_json=as_json)
