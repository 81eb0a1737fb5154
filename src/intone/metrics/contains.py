"""The grader `contains`: the target has to occur in the answer."""

from __future__ import annotations

import re
from dataclasses import dataclass

from intone.data.row import Row
from intone.errors import DataError
from intone.llm.answers import FreeText
from intone.metrics.comparing import comparable
from intone.metrics.grade import Grade
from intone.metrics.quoting import quoted
from intone.prompt.program import Answer


@dataclass(frozen=True)
class ContainsGrader:
    """Scores 1 if the target occurs anywhere in the answer, else 0.

    White space and, unless `case_sensitive`, upper and lower case make no difference. With
    `whole_words` a target "cat" is not found in "category"; leave it off for scripts written
    without spaces. An empty answer is unparseable.
    """

    case_sensitive: bool = False
    whole_words: bool = False

    @property
    def name(self) -> str:
        return "contains"

    @property
    def expects(self) -> FreeText:
        return FreeText()

    @property
    def needs_target(self) -> bool:
        return True

    @property
    def binary(self) -> bool:
        return True

    def check(self, row: Row) -> None:
        """Raise DataError if the row's target is empty: every answer contains it."""
        if row.target is not None and not row.target.strip():
            raise DataError(
                f"row {row.index + 1} has an empty target, which every answer contains; "
                "mend the row"
            )

    async def grade(self, answer: Answer, row: Row) -> Grade:
        read = self.expects.parse(answer.text)
        if row.target is None:
            return Grade(None, "the row has no target", read)
        wanted = comparable(row.target, case_sensitive=self.case_sensitive)
        if not wanted:
            return Grade(None, "the row's target is empty: every answer contains it", read)
        if read is None:
            return Grade(0.0, f"the answer is empty; wanted {quoted(row.target)} in it")
        found = comparable(read, case_sensitive=self.case_sensitive)
        if wanted in found and (not self.whole_words or _as_words(wanted, found)):
            return Grade(1.0, f"{quoted(row.target)} occurs in the answer", read)
        return Grade(0.0, f"{quoted(row.target)} does not occur in {quoted(read)}", read)


def _as_words(wanted: str, found: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(wanted)}(?!\w)", found) is not None
