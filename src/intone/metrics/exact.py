"""The grader `exact`: the answer has to be the target, word for word."""

from __future__ import annotations

from dataclasses import dataclass

from intone.data.row import Row
from intone.llm.answers import FreeText
from intone.metrics.comparing import comparable
from intone.metrics.grade import Grade
from intone.metrics.quoting import quoted
from intone.prompt.program import Answer


@dataclass(frozen=True)
class ExactGrader:
    """Scores 1 if answer and target are the same text, else 0.

    White space and, unless `case_sensitive`, upper and lower case make no difference; punctuation
    does. An empty answer is unparseable.
    """

    case_sensitive: bool = False

    @property
    def name(self) -> str:
        return "exact"

    @property
    def expects(self) -> FreeText:
        return FreeText()

    @property
    def needs_target(self) -> bool:
        return True

    @property
    def binary(self) -> bool:
        return True

    async def grade(self, answer: Answer, row: Row) -> Grade:
        read = self.expects.parse(answer.text)
        if row.target is None:
            return Grade(None, "the row has no target", read)
        if read is None:
            return Grade(0.0, f"the answer is empty; wanted {quoted(row.target)}")
        found = comparable(read, case_sensitive=self.case_sensitive)
        if found == comparable(row.target, case_sensitive=self.case_sensitive):
            return Grade(1.0, f"read {quoted(read)}, as wanted", read)
        return Grade(0.0, f"read {quoted(read)}, wanted {quoted(row.target)}", read)
