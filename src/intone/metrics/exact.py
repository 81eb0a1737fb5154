"""`exact`: the answer is the target, word for word."""

from __future__ import annotations

from intone.data.row import Row
from intone.llm.answers import AnswerSpec, FreeText
from intone.metrics.grade import Grade
from intone.metrics.quote import quote
from intone.prompt.program import Answer


class ExactGrader:
    """1 if the answer equals the target; white space is normalised, case counts if told so.

    `case` (default False): whether upper and lower case differ.
    """

    name = "exact"
    needs_target = True

    def __init__(self, *, case: bool = False) -> None:
        self._case = case

    @property
    def expects(self) -> AnswerSpec:
        return FreeText()

    async def grade(self, answer: Answer, row: Row) -> Grade:
        read = FreeText().parse(answer.text)
        if read is None:
            return Grade(0.0, "the answer is empty")
        if self._plain(read) == self._plain(row.target or ""):
            return Grade(1.0, "equal to the target", read)
        return Grade(0.0, f"{quote(read)} instead of {quote(row.target or '')}", read)

    def _plain(self, text: str) -> str:
        words = " ".join(text.split())
        return words if self._case else words.casefold()
