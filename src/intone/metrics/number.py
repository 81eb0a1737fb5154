"""`number`: the last number in the answer is the target."""

from __future__ import annotations

import math

from intone.data.row import Row
from intone.errors import SettingError
from intone.llm.answers import AnswerSpec, Number
from intone.metrics.grade import Grade
from intone.metrics.quote import quote
from intone.prompt.program import Answer


class NumberGrader:
    """1 if the last number in the answer is within `tolerance` (default 1e-6, relative too).

    How a number is written does not matter: "1,000", "$1000.00" and "1000" are equal.
    """

    name = "number"
    needs_target = True

    def __init__(self, *, tolerance: float = 1e-6) -> None:
        if not tolerance >= 0:
            raise SettingError(f"task.options.tolerance is {tolerance!r}; it cannot be negative")
        self._tolerance = tolerance

    @property
    def expects(self) -> AnswerSpec:
        return Number()

    async def grade(self, answer: Answer, row: Row) -> Grade:
        read = Number().parse(answer.text)
        if read is None:
            return Grade(0.0, f"no number in {quote(answer.text)}")
        wanted = Number().parse(row.target or "")
        if wanted is None:
            return Grade(None, f"the target {quote(row.target or '')} is not a number", read)
        near = self._tolerance
        if math.isclose(float(read), float(wanted), rel_tol=near, abs_tol=near):
            return Grade(1.0, f"right: {read}", read)
        return Grade(0.0, f"{read} instead of {wanted}", read)
