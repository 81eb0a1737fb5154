"""The plan of a run: how rows and budget are shared out, known before anything is spent.

Owns the verdict's share (arms x sealed rows, at most half of the budget), the estimate of what a
run costs (a judge's call for each answer included), and the smallest gain its rows can show. Where
tokens or money are limited, the share is priced for a tuned prompt that shows demonstrations, and
no longer prompt is tried (`fits`), so that the rows promised to the verdict are judged.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from itertools import islice
from typing import Any

from intone.data.row import Row
from intone.evaluate.budget import Budget, Cost
from intone.llm.answers import AnswerSpec, Json, Labels, Number
from intone.llm.completion import Completion, Usage
from intone.llm.messages import plain_text
from intone.llm.request import Request
from intone.metrics.asks import AsksAModel
from intone.metrics.judge import SAMPLING
from intone.prompt.program import Answer, Lost, Program
from intone.runs.beside import price
from intone.runs.robust import answers_a_row, is_robust, search_versions
from intone.runs.task import Ready
from intone.tune.demonstrations import pool_size
from intone.verdict.detectable import smallest_detectable

ARMS = 3
"""The user's prompt, the best rephrasing and the winner."""
_BYTES_A_TOKEN = 4
_OVERHEAD = 12  # tokens a chat template puts around a short prompt
_JUDGE_SAYS = 60  # tokens of a reason and a score
_ANSWER_TOKENS = {"label": 4, "number": 80}
_LEAST_JUDGED = 2  # rows without which there is no interval
_SAMPLE_ROWS = 50
_WORDS_ADDED = 30  # tokens by which another wording is longer, its list of labels aside
_SHOWN = 8  # demonstrations for which there is room in a budget of tokens or money


@dataclass(frozen=True)
class Plan:
    """What a tuning will do. Counts of rows and calls; `cross_validated`: nothing is sealed.

    `calls_an_answer` is 2 where a judge grades; `judge` is then its model's name.

    `typical` is what a call of a reworded prompt costs, `verdict_tokens` and `verdict_usd` what the
    verdict does; `longest` is the most tokens that a call of a prompt may take to be tried, None
    where only calls are limited. `corrections` of the rows to tune on come from users. `vote` is
    the most members of a vote that is to be built. With the robust objective the verdict asks a row
    in so many `versions` of a prompt, and a trial of the search in `search_versions`; else both are
    0. `smallest_detectable` is None where too few rows are judged, and for macro-F1, whose power
    nobody knows beforehand.
    """

    rows: int
    tuning: int
    sealed: int
    sealed_used: int
    pool: int
    labels: int
    grader: str
    model: str
    budget: Budget
    typical: Cost
    verdict_calls: int
    verdict_tokens: int
    verdict_usd: float
    longest: int | None
    search_calls: int | None
    smallest_detectable: float | None
    cross_validated: bool
    tokens: int
    usd: float | None
    calls_an_answer: int = 1
    judge: str | None = None
    corrections: int = 0
    vote: int = 0
    versions: int = 0
    search_versions: int = 0
    metric: str = "mean"

    def to_dict(self) -> dict[str, Any]:
        """Return the plan in plain values."""
        return asdict(self)

    @property
    def no_room(self) -> bool:
        """Whether there are rows to judge on, and the budget pays for too few of them."""
        return self.cross_validated or self.sealed_used < _LEAST_JUDGED <= self.sealed

    @property
    def search_answers(self) -> int | None:
        """The answers that the search's calls pay for: a tuner counts these."""
        an_answer = self.calls_an_answer * max(1, self.search_versions)
        return None if self.search_calls is None else self.search_calls // an_answer

    @property
    def aside(self) -> Cost:
        """What is kept for the verdict, in all three currencies."""
        return Cost(self.verdict_calls, self.verdict_tokens, self.verdict_usd)


def make_plan(ready: Ready) -> Plan:
    """Share out rows and budget. Calls nothing."""
    spec, budget = ready.spec, ready.spec.budget.budget()
    samples = answers_a_row(ready)
    sizes = _sizes(ready)
    if ready.few:
        compared = len(ready.split.tuning) - pool_size(len(ready.split.tuning))
    else:
        compared = len(ready.split.sealed)
    per_token = _per_token(ready, sizes)
    tokens = _tokens(budget, per_token)
    limits = [compared]
    each = sizes.calls * samples  # calls on a row of the verdict
    if budget.calls is not None:
        limits.append(budget.calls // 2 // each)
    if tokens is not None:
        limits.append(max(0, tokens // 2 - sizes.headroom) // (sizes.arms * samples))
    used = min(limits) if min(limits) >= _LEAST_JUDGED else 0
    verdict_calls = used * each
    verdict_tokens = used * sizes.arms * samples + (sizes.headroom if used else 0)
    left = [] if budget.calls is None else [budget.calls - verdict_calls]
    if tokens is not None:
        answers = max(0, tokens - verdict_tokens) // sizes.rephrased
        left.append(answers * sizes.answer_calls)
    search = min(left) if left else None
    answers = (verdict_calls + (search or 0)) // sizes.answer_calls
    estimate = answers * sizes.answered
    typical = sizes.rephrased // sizes.answer_calls
    return Plan(
        rows=len(ready.rows),
        tuning=len(ready.split.tuning),
        sealed=len(ready.split.sealed),
        sealed_used=0 if ready.few else used,
        pool=pool_size(len(ready.split.tuning)),
        labels=len(ready.labels),
        grader=ready.grader.name,
        model=spec.model.name,
        budget=budget,
        typical=Cost(1, typical, typical * (per_token or 0.0)),
        verdict_calls=verdict_calls,
        verdict_tokens=verdict_tokens,
        verdict_usd=verdict_tokens * (per_token or 0.0),
        longest=None if tokens is None else sizes.shown,
        search_calls=search,
        smallest_detectable=_smallest_detectable(ready, used),
        cross_validated=ready.few,
        tokens=estimate if tokens is None else min(estimate, tokens),
        usd=_usd(answers, ready, sizes),
        calls_an_answer=ready.calls_an_answer,
        judge=(spec.judge or spec.model).name if sizes.judges else None,
        corrections=ready.corrected.count if ready.corrected else 0,
        vote=sizes.vote,
        versions=samples if is_robust(spec) else 0,
        search_versions=search_versions(ready, search) if is_robust(spec) else 0,
        metric=ready.metric.name,
    )


def _smallest_detectable(ready: Ready, rows: int) -> float | None:
    """Return the smallest gain that a verdict on so many rows can show, by the test it will use."""
    if ready.metric.name != "mean":
        return None
    whole = ready.grader.binary and not _averaged(ready)
    return smallest_detectable(rows, "binary" if whole else "graded")


def _averaged(ready: Ready) -> bool:
    """Say whether a row's value in the verdict is the mean of several answers that may differ."""
    if ready.few or answers_a_row(ready) < 2:
        return False
    return is_robust(ready.spec) or ready.spec.model.temperature > 0


def fits(plan: Plan, ready: Ready) -> Callable[[Program], bool]:
    """Return whether a program's calls are short enough for the verdict that was promised."""
    if plan.longest is None:
        return lambda program: True
    rows, blank, longest = _some_rows(ready), Request(answer=ready.grader.expects), plan.longest
    answer = _answer_tokens(ready)

    def short_enough(program: Program) -> bool:
        asked = [program.next(row, (), blank) for row in rows]
        sizes = [
            sum(_bytes(message.content) for message in request.messages)
            for step in asked
            if not isinstance(step, Answer | Lost)
            for request in step
        ]
        return sum(sizes) / max(1, len(sizes)) / _BYTES_A_TOKEN + _OVERHEAD + answer <= longest

    return short_enough


@dataclass(frozen=True)
class _Sizes:
    """Tokens a call takes: of the prompt as given, in other words, with demonstrations.

    `each` is how many calls an answer takes at most; `vote` how many the vote does that is wanted
    beside the three prompts. `judged` is what a judge's call takes on top of each answer,
    `judge_says` of it its answer.
    """

    given: int
    phrased: int
    shown: int
    most_tokens: int
    each: int = 1
    vote: int = 0
    judged: int = 0
    judge_says: int = 0

    @property
    def judges(self) -> int:
        """The calls a judge makes for an answer."""
        return int(self.judged > 0)

    @property
    def answer_calls(self) -> int:
        """The most calls an answer takes, the judge's included."""
        return self.each + self.judges

    @property
    def calls(self) -> int:
        """The calls of a verdict on one row."""
        return ARMS * self.answer_calls + (self.vote + self.judges if self.vote else 0)

    @property
    def arms(self) -> int:
        """The tokens of the three prompts of a verdict on one row, and of a vote."""
        answers = (self.given + self.phrased + self.shown) * self.each + self.shown * self.vote
        return answers + (ARMS + (self.vote > 0)) * self.judged

    @property
    def answered(self) -> int:
        """The tokens of an answer of the prompt as given, the judge's included."""
        return self.given * self.each + self.judged

    @property
    def rephrased(self) -> int:
        """The tokens of an answer of a reworded prompt, the judge's included."""
        return self.phrased * self.each + self.judged

    @property
    def headroom(self) -> int:
        """What must be left for the last call to be allowed: its worst case."""
        answer = _BYTES_A_TOKEN * self.shown + self.most_tokens
        return answer + _BYTES_A_TOKEN * self.judged


def _sizes(ready: Ready) -> _Sizes:
    given, rows = typical_tokens(ready), _some_rows(ready)
    inputs = sum(_bytes(text) for row in rows for text in row.inputs.values()) / max(1, len(rows))
    example = int(inputs / _BYTES_A_TOKEN) + _OVERHEAD + _answer_tokens(ready)
    phrased = given + _WORDS_ADDED + sum(map(_bytes, ready.labels)) // _BYTES_A_TOKEN
    shown, most = phrased + _SHOWN * example, ready.spec.model.max_tokens
    each, vote = ready.prompt.max_calls, 0 if ready.few else ready.spec.tune.vote
    grader = ready.grader
    if not isinstance(grader, AsksAModel):
        return _Sizes(given, phrased, shown, most, each, vote)
    sampling = ready.spec.judge.sampling() if ready.spec.judge else SAMPLING
    says = min(sampling.max_tokens, _JUDGE_SAYS)
    answer = Answer("x" * _BYTES_A_TOKEN * _answer_tokens(ready))
    asked = [grader.question(answer, row, sampling, as_json=True) for row in rows]
    read = [_bytes(m.content) for it in asked if isinstance(it, Request) for m in it.messages]
    judged = sum(read) // max(1, len(rows)) // _BYTES_A_TOKEN + _OVERHEAD + says
    return _Sizes(given, phrased, shown, most, each, vote, judged, says)


def _some_rows(ready: Ready) -> list[Row]:
    rows = [ready.data[i] for i in islice(ready.split.tuning, _SAMPLE_ROWS)]
    return rows or [ready.data[i] for i in range(min(len(ready.data), _SAMPLE_ROWS))]


def typical_tokens(ready: Ready) -> int:
    """Return about how many tokens a call takes: a quarter of the bytes, and the answer."""
    blank = Request(answer=ready.grader.expects, sampling=ready.spec.model.sampling())
    sizes = [size for row in _some_rows(ready) for size in _asked(ready.prompt, row, blank)]
    mean = sum(sizes) / max(1, len(sizes))
    return int(mean / _BYTES_A_TOKEN) + _OVERHEAD + _answer_tokens(ready)


def _asked(program: Program, row: Row, blank: Request) -> list[int]:
    """Return the bytes of each request about a row, were the model to answer something short."""
    sizes: list[int] = []
    done: list[Completion] = []
    while len(done) < program.max_calls:
        step = program.next(row, done, blank)
        if isinstance(step, Answer | Lost):
            break
        sizes += [_bytes(plain_text(request.messages)) for request in step]
        done += [Completion(_something(request.answer)) for request in step]
    return sizes


def _something(spec: AnswerSpec) -> str:
    """Return an answer of this kind."""
    if isinstance(spec, Labels):
        return spec.choices[0]
    return {Number: "1", Json: "{}"}.get(type(spec), "some text of a few words or more")


def _answer_tokens(ready: Ready) -> int:
    most = ready.spec.model.max_tokens
    return min(most, _ANSWER_TOKENS.get(ready.grader.name, most // 2))


def _tokens(budget: Budget, per_token: float | None) -> int | None:
    """Return about how many tokens a budget pays for; None: it limits calls only."""
    limits = [] if budget.tokens is None else [budget.tokens]
    if budget.usd is not None and per_token:
        limits.append(int(budget.usd / per_token))
    return min(limits) if limits else None


def _per_token(ready: Ready, sizes: _Sizes) -> float | None:
    """Return what a token of the prompt as given costs on average, in USD; longer ones cost less.

    The answer's tokens are the dearer ones, and their share falls as prompts grow. A judge's are
    among them, at its own price.
    """
    usd = _usd(1, ready, sizes)
    return None if usd is None else usd / sizes.answered


def _bytes(text: str) -> int:
    return len(text.encode("utf-8", "replace"))


def _usd(answers: int, ready: Ready, sizes: _Sizes) -> float | None:
    """Return about what answers of the prompt as given cost; None where no price is known."""
    own = ready.spec.model.pricing()
    if own is None:
        return None
    says = _answer_tokens(ready)
    usd = sizes.each * own.of(Usage(sizes.given - says, says))
    if sizes.judged:
        of_judge = price(ready.spec, "judge") or own
        usd += of_judge.of(Usage(sizes.judged - sizes.judge_says, sizes.judge_says))
    return answers * usd
