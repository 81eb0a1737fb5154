"""`contains`: the target's text occurs in the answer."""

from __future__ import annotations

from intone.data.row import Row
from intone.llm.answers import AnswerSpec, FreeText
from intone.metrics.grade import Grade
from intone.metrics.quote import quote
from intone.prompt.program import Answer


class ContainsGrader:
    """1 if the target occurs anywhere in the answer, white space normalised; 0 if not.

    `case` (default False): whether upper and lower case differ.
    """

    name = "contains"
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
        wanted = self._plain(row.target or "")
        if not wanted:
            return Grade(None, "the target is empty", read)
        if wanted in self._plain(read):
            return Grade(1.0, f"contains {quote(row.target or '')}", read)
        return Grade(0.0, f"{quote(row.target or '')} is not in {quote(read)}", read)

    def _plain(self, text: str) -> str:
        words = " ".join(text.split())
        return words if self._case else words.casefold()
