"""The grader `regex`: a pattern has to match the answer."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from intone.data.row import Row
from intone.errors import DataError, SettingError
from intone.llm.answers import FreeText
from intone.metrics.grade import Grade
from intone.metrics.quoting import quoted
from intone.prompt.program import Answer

_LONGEST = 10_000


@dataclass(frozen=True)
class RegexGrader:
    """Scores 1 if the pattern matches somewhere in the answer, else 0.

    The pattern is the row's target, or `pattern` for all rows (then no target is needed), in
    Python's syntax. `ignore_case` does what it says; with `whole` the pattern has to match the
    answer from end to end. An empty answer is unparseable. Raises SettingError for a `pattern`
    that is none.

    A pattern with a repetition inside a repetition, such as `(a+)+$`, can take exponential time
    on an answer that nearly matches, and Python cannot interrupt it: write `a+$`. Only an answer's
    first 10,000 characters are searched.
    """

    pattern: str = ""
    ignore_case: bool = False
    whole: bool = False

    def __post_init__(self) -> None:
        if self.pattern:
            wrong = _fault(self.pattern)
            if wrong:
                raise SettingError(f"task.options.pattern {self.pattern!r} is no pattern: {wrong}")

    @property
    def name(self) -> str:
        return "regex"

    @property
    def expects(self) -> FreeText:
        return FreeText()

    @property
    def needs_target(self) -> bool:
        return not self.pattern

    @property
    def binary(self) -> bool:
        return True

    def check(self, row: Row) -> None:
        """Raise DataError if the row's target is wanted as the pattern and is none."""
        if self.pattern or row.target is None:
            return
        wrong = _fault(row.target)
        if wrong:
            raise DataError(
                f"row {row.index + 1} has the target {quoted(row.target)}, which is no pattern: "
                f"{wrong}; mend the row or set task.options.pattern"
            )

    async def grade(self, answer: Answer, row: Row) -> Grade:
        read = self.expects.parse(answer.text)
        pattern = self.pattern or row.target
        if pattern is None:
            return Grade(None, "the row has no target", read)
        compiled = _compiled(pattern, re.IGNORECASE if self.ignore_case else re.NOFLAG)
        if compiled is None:
            return Grade(None, f"{quoted(pattern)} is no pattern", read)
        if read is None:
            return Grade(0.0, f"the answer is empty; wanted a match of {quoted(pattern)}")
        searched = read[:_LONGEST]
        match = compiled.fullmatch(searched) if self.whole else compiled.search(searched)
        if match is None:
            return Grade(0.0, f"{quoted(pattern)} does not match {quoted(read)}", read)
        return Grade(1.0, f"{quoted(pattern)} matches {quoted(match.group(0))}", read)


@lru_cache(maxsize=4096)
def _compiled(pattern: str, flags: re.RegexFlag) -> re.Pattern[str] | None:
    try:
        return re.compile(pattern, flags)
    except (re.error, OverflowError, RecursionError):
        return None


def _fault(pattern: str) -> str:
    try:
        re.compile(pattern)
    except (re.error, OverflowError, RecursionError) as error:
        return " ".join(str(error).split())
    return ""
