"""No grader: for answers that are given to somebody, not scored."""

from __future__ import annotations

from dataclasses import dataclass

from intone.data.row import Row
from intone.llm.answers import AnswerSpec, FreeText
from intone.metrics.grade import Grade
from intone.prompt.program import Answer


@dataclass(frozen=True)
class Ungraded:
    """Reads answers of a kind and scores none."""

    expects: AnswerSpec = FreeText()
    name: str = "ungraded"
    needs_target: bool = True  # and rows that are asked have none, so that nothing is graded
    binary: bool = False

    async def grade(self, answer: Answer, row: Row) -> Grade:
        return Grade(None, "answers are not graded here", self.expects.parse(answer.text))
