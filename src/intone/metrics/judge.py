"""The grader `judge`: a model grades the answer by a rubric.

For what nothing simpler can measure. Owns the scale and what the grade is; the words and the
reading of the judge's answer are `judge_forms`', two answers side by side `judge_pairs`', and
whether a judge can be trusted `judge_agreement`'s.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from intone.data.row import Row
from intone.errors import SettingError
from intone.llm.answers import FreeText, Json
from intone.llm.backend import Feature
from intone.llm.request import Request, Sampling
from intone.metrics.asks import Asks, Said
from intone.metrics.grade import Grade
from intone.metrics.judge_forms import Case, grading, read_judgement, schema
from intone.metrics.quoting import on_one_line, quoted
from intone.prompt.program import Answer

SAMPLING = Sampling(temperature=0.0, max_tokens=320)
"""How a judge's tokens are picked unless the spec says otherwise."""
SCALE = (1, 5)
"""The levels a judge may give unless the options say otherwise."""
_MOST_LEVELS = 101


@dataclass(frozen=True)
class JudgeGrader:
    """Scores (level - lowest) / (highest - lowest), the level being the judge's.

    `rubric` says what makes an answer good; `scale` are the lowest and the highest level, whole
    numbers. The judge is shown the row's inputs, the answer and, if there is one, the target. A
    reply that cannot be read gives no score: the answer counts as missing, never as 0. An empty
    answer scores 0 without a call. `asks` is the model, where the grader is used by itself; the
    engine asks many answers' questions at once. Raises SettingError for an empty rubric or a
    scale that is none.
    """

    rubric: str
    scale: tuple[int, int] = SCALE
    asks: Asks | None = None

    def __post_init__(self) -> None:
        if not self.rubric.strip():
            raise SettingError(
                "the grader 'judge' needs a rubric: say in task.options.rubric what makes an "
                "answer good"
            )
        low, high = self.scale
        if not 0 < high - low < _MOST_LEVELS:
            raise SettingError(
                f"task.options.scale is [{low}, {high}]; give the lowest and the highest level, "
                f"with at most {_MOST_LEVELS} levels"
            )

    @property
    def name(self) -> str:
        return "judge"

    @property
    def expects(self) -> FreeText:
        return FreeText()

    @property
    def needs_target(self) -> bool:
        """False: a target is shown to the judge for reference, if there is one."""
        return False

    @property
    def binary(self) -> bool:
        """Whether the scale has two levels only."""
        return self.scale[1] - self.scale[0] == 1

    def asking(self, asks: Asks) -> JudgeGrader:
        """Return this grader with a model to ask."""
        return replace(self, asks=asks)

    async def grade(self, answer: Answer, row: Row) -> Grade:
        """Grade one answer with the grader's own model; without one there is no score."""
        if self.asks is None:
            return Grade(None, "the judge has no model to ask", _text(answer))
        as_json = Feature.JSON_SCHEMA in self.asks.features
        asked = self.question(answer, row, SAMPLING, as_json=as_json)
        if isinstance(asked, Grade):
            return asked
        (said,) = await self.asks.answer([asked])
        if said is None:
            return Grade(None, "the budget has no room for a call of the judge", _text(answer))
        return self.graded(said, answer)

    def question(
        self, answer: Answer, row: Row, sampling: Sampling, *, as_json: bool
    ) -> Request | Grade:
        text = _text(answer)
        if text is None:
            return Grade(0.0, "the answer is empty")
        case = Case(row.inputs, row.target)
        messages = grading(case, text, self.rubric, self.scale)
        kind = Json(schema("score", self.levels)) if as_json else FreeText()
        return Request(messages, kind, sampling)

    def graded(self, said: Said, answer: Answer) -> Grade:
        text, done = _text(answer), said.completion
        if done is None:
            failure = on_one_line(str(said.error))[:400]
            return Grade(None, f"the judge did not answer: {failure}", text)
        if done.finish == "length":
            return Grade(None, "the judge's answer was cut off (judge.max_tokens)", text)
        if done.finish == "refusal":
            return Grade(None, "the judge declined", text)
        judged = read_judgement(done.text, "score")
        level = None if judged is None else self._level(judged[1])
        if judged is None or level is None:
            return Grade(None, f"the judge's answer cannot be read: {quoted(done.text)}", text)
        low, high = self.scale
        why = judged[0] or "no reason given"
        return Grade((level - low) / (high - low), f"{level} of {high}: {why}", text)

    @property
    def levels(self) -> range:
        """The levels, lowest first."""
        return range(self.scale[0], self.scale[1] + 1)

    def level_of(self, score: float) -> int:
        """Return the level that a score stands for."""
        low, high = self.scale
        return low + round(score * (high - low))

    def _level(self, said: object) -> int | None:
        """Return a level as JSON gives it (4 and 4.0 are the same number), None if it is none."""
        if isinstance(said, bool) or not isinstance(said, int | float) or said not in self.levels:
            return None
        return int(said)


def _text(answer: Answer) -> str | None:
    return FreeText().parse(answer.text)
