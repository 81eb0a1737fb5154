"""`label`: the answer names the target's label. Reading a label out of text is `llm.answers`'."""

from __future__ import annotations

from collections.abc import Sequence

from intone.data.row import Row
from intone.errors import SettingError
from intone.llm.answers import AnswerSpec, Labels
from intone.metrics.grade import Grade
from intone.metrics.quote import quote
from intone.prompt.program import Answer


class LabelGrader:
    """1 for the row's label, 0 for another one; unread if the text names none or several.

    Raises SettingError for fewer than two labels, or labels that differ in nothing but case.
    """

    name = "label"
    needs_target = True

    def __init__(self, labels: Sequence[str]) -> None:
        if len(labels) < 2:
            raise SettingError("the grader label needs at least two labels; set task.labels")
        self._spec = Labels(tuple(labels))

    @property
    def expects(self) -> AnswerSpec:
        return self._spec

    async def grade(self, answer: Answer, row: Row) -> Grade:
        read = self._spec.parse(answer.text)
        if read is None:
            return Grade(0.0, f"no label can be read from {quote(answer.text)}")
        if row.target not in self._spec.labels:
            return Grade(
                None, f"the target {quote(row.target or '')} is not one of the labels", read
            )
        if read == row.target:
            return Grade(1.0, f"right: {read}", read)
        return Grade(0.0, f"{read} instead of {row.target}", read)
