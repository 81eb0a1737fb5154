"""The grader `number`: the last number of the answer has to be the target."""

from __future__ import annotations

import math
from dataclasses import dataclass

from intone.data.row import Row
from intone.errors import DataError, SettingError
from intone.llm.answers import Number
from intone.metrics.grade import Grade
from intone.metrics.quoting import quoted
from intone.prompt.program import Answer

_ROUNDING = 1e-9  # of a value: what writing a float out and reading it again may lose


@dataclass(frozen=True)
class NumberGrader:
    """Scores 1 if the last number in the answer is the target, else 0.

    "1,000", "1000" and "$1000.0" are the same number. `tolerance` is how far the answer may be off
    in the target's unit, `relative` as a share of the target; the wider of the two counts. An
    answer without a number is unparseable. Raises SettingError for a negative tolerance.
    """

    tolerance: float = 1e-6
    relative: float = 0.0

    def __post_init__(self) -> None:
        for option in ("tolerance", "relative"):
            value = getattr(self, option)
            if not (math.isfinite(value) and value >= 0):
                raise SettingError(f"task.options.{option} is {value}; give a number of 0 or more")

    @property
    def name(self) -> str:
        return "number"

    @property
    def expects(self) -> Number:
        return Number()

    @property
    def needs_target(self) -> bool:
        return True

    @property
    def binary(self) -> bool:
        return True

    def check(self, row: Row) -> None:
        """Raise DataError if the row's target has no number."""
        if row.target is not None and self.expects.parse(row.target) is None:
            raise DataError(
                f"row {row.index + 1} has the target {quoted(row.target)}, which is no number; "
                'mend the row or set task.grader = "exact"'
            )

    async def grade(self, answer: Answer, row: Row) -> Grade:
        read = self.expects.parse(answer.text)
        if row.target is None:
            return Grade(None, "the row has no target", read)
        wanted = self.expects.parse(row.target)
        if wanted is None:
            return Grade(None, f"the row's target {quoted(row.target)} is no number", read)
        if read is None and not answer.text.strip():
            return Grade(0.0, f"the answer is empty; wanted {quoted(wanted)}")
        if read is None:
            return Grade(0.0, f"no number in {quoted(answer.text)}; wanted {quoted(wanted)}")
        if self._same(read, wanted):
            return Grade(1.0, f"read {quoted(read)}, wanted {quoted(wanted)}: right", read)
        return Grade(0.0, f"read {quoted(read)}, wanted {quoted(wanted)}", read)

    def _same(self, read: str, wanted: str) -> bool:
        if read == wanted:
            return True
        a, b = float(read), float(wanted)
        if not (math.isfinite(a) and math.isfinite(b)):
            return False
        return abs(a - b) <= max(self.tolerance, max(self.relative, _ROUNDING) * abs(b))
