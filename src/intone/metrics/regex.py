"""`regex`: the answer matches a pattern."""

from __future__ import annotations

import re
from functools import lru_cache

from intone.data.row import Row
from intone.errors import SettingError
from intone.llm.answers import AnswerSpec, FreeText
from intone.metrics.grade import Grade
from intone.metrics.quote import quote
from intone.prompt.program import Answer

_LONGEST = 10_000  # characters of an answer that are searched: a pattern may take very long


class RegexGrader:
    """1 if the pattern is found in the answer (its first 10,000 characters), 0 if not.

    `pattern` is one pattern for all rows; without it each row's target is its pattern. Python's
    syntax. Raises SettingError for a pattern that cannot be compiled.
    """

    name = "regex"

    def __init__(self, *, pattern: str | None = None) -> None:
        self._pattern = pattern
        if pattern is not None:
            try:
                _compiled(pattern)
            except re.error as error:
                raise SettingError(
                    f"task.options.pattern {pattern!r} is not a regular expression: {error}"
                ) from None

    @property
    def needs_target(self) -> bool:
        return self._pattern is None

    @property
    def expects(self) -> AnswerSpec:
        return FreeText()

    async def grade(self, answer: Answer, row: Row) -> Grade:
        read = FreeText().parse(answer.text)
        if read is None:
            return Grade(0.0, "the answer is empty")
        pattern = self._pattern if self._pattern is not None else row.target or ""
        try:
            found = _compiled(pattern).search(read[:_LONGEST])
        except re.error as error:
            return Grade(None, f"the target {quote(pattern)} is not a pattern: {error}", read)
        if found:
            return Grade(1.0, f"{quote(pattern)} matches {quote(found.group(0))}", read)
        return Grade(0.0, f"{quote(pattern)} is not found in {quote(read)}", read)


@lru_cache(maxsize=1024)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)
