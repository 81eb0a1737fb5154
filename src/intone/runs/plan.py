"""The plan of a run: how rows and budget are shared out, known before anything is spent.

Owns the verdict's share (arms x sealed rows, at most half of the budget), the estimate of what a
run costs, and the smallest gain its rows can show. Where tokens or money are limited, the share is
priced for a tuned prompt that shows demonstrations, and no longer prompt is tried (`fits`), so
that the rows promised to the verdict are judged.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from itertools import islice
from typing import Any

from intone.data.row import Row
from intone.evaluate.budget import Budget, Cost, Price
from intone.llm.request import Request
from intone.prompt.program import Answer, Program
from intone.runs.robust import answers_a_row, is_robust
from intone.runs.task import Ready
from intone.tune.demonstrations import pool_size
from intone.verdict.detectable import smallest_detectable

ARMS = 3
"""The user's prompt, the best rephrasing and the winner."""
_BYTES_A_TOKEN = 4
_OVERHEAD = 12  # tokens a chat template puts around a short prompt
_ANSWER_TOKENS = {"label": 4, "number": 80}
_LEAST_JUDGED = 2  # rows without which there is no interval
_SAMPLE_ROWS = 50
_WORDS_ADDED = 30  # tokens by which another wording is longer, its list of labels aside
_SHOWN = 8  # demonstrations for which there is room in a budget of tokens or money


@dataclass(frozen=True)
class Plan:
    """What a tuning will do. Counts of rows and calls; `cross_validated`: nothing is sealed.

    `typical` is what a call of a reworded prompt costs, `verdict_tokens` and `verdict_usd` what the
    verdict does; `longest` is the most tokens that a call of a prompt may take to be tried, None
    where only calls are limited. `versions` is how many calls a trial of the search takes.
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
    versions: int = 1

    def to_dict(self) -> dict[str, Any]:
        """Return the plan in plain values."""
        return asdict(self)

    @property
    def aside(self) -> Cost:
        """What is kept for the verdict, in all three currencies."""
        return Cost(self.verdict_calls, self.verdict_tokens, self.verdict_usd)


def make_plan(ready: Ready) -> Plan:
    """Share out rows and budget. Calls nothing."""
    spec, budget = ready.spec, ready.spec.budget.budget()
    price = spec.model.pricing()
    samples = answers_a_row(spec)
    sizes = _sizes(ready)
    if ready.few:
        compared = len(ready.split.tuning) - pool_size(len(ready.split.tuning))
    else:
        compared = len(ready.split.sealed)
    per_token = _per_token(ready, sizes.given, price)
    tokens = _tokens(budget, per_token)
    limits = [compared]
    if budget.calls is not None:
        limits.append(budget.calls // 2 // (ARMS * samples))
    if tokens is not None:
        limits.append(max(0, tokens // 2 - sizes.headroom) // (sizes.arms * samples))
    used = min(limits) if min(limits) >= _LEAST_JUDGED else 0
    verdict_calls = used * ARMS * samples
    verdict_tokens = used * sizes.arms * samples + (sizes.headroom if used else 0)
    left = [] if budget.calls is None else [budget.calls - verdict_calls]
    if tokens is not None:
        left.append(max(0, tokens - verdict_tokens) // sizes.phrased)
    search = min(left) if left else None
    total = verdict_calls + (search or 0)
    estimate = min(total * sizes.given, tokens) if tokens is not None else total * sizes.given
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
        typical=Cost(1, sizes.phrased, sizes.phrased * (per_token or 0.0)),
        verdict_calls=verdict_calls,
        verdict_tokens=verdict_tokens,
        verdict_usd=verdict_tokens * (per_token or 0.0),
        longest=None if tokens is None else sizes.shown,
        search_calls=search,
        smallest_detectable=smallest_detectable(used) if used >= 2 else None,
        cross_validated=ready.few,
        tokens=estimate,
        usd=_usd(total, ready, sizes.given, price),
        versions=samples if is_robust(spec) else 1,
    )


def fits(plan: Plan, ready: Ready) -> Callable[[Program], bool]:
    """Return whether a program's calls are short enough for the verdict that was promised."""
    if plan.longest is None:
        return lambda program: True
    rows, blank, longest = _some_rows(ready), Request(answer=ready.grader.expects), plan.longest
    answer = _answer_tokens(ready)

    def short_enough(program: Program) -> bool:
        asked = [program.next(row, (), blank) for row in rows]
        sizes = [
            sum(_bytes(m.content) for request in step for m in request.messages)
            for step in asked
            if not isinstance(step, Answer)
        ]
        return sum(sizes) / max(1, len(sizes)) / _BYTES_A_TOKEN + _OVERHEAD + answer <= longest

    return short_enough


@dataclass(frozen=True)
class _Sizes:
    """Tokens a call takes: of the prompt as given, in other words, with demonstrations."""

    given: int
    phrased: int
    shown: int
    most_tokens: int

    @property
    def arms(self) -> int:
        """The three prompts of a verdict on one row."""
        return self.given + self.phrased + self.shown

    @property
    def headroom(self) -> int:
        """What must be left for the last call to be allowed: its worst case."""
        return _BYTES_A_TOKEN * self.shown + self.most_tokens


def _sizes(ready: Ready) -> _Sizes:
    given, rows = typical_tokens(ready), _some_rows(ready)
    inputs = sum(_bytes(text) for row in rows for text in row.inputs.values()) / max(1, len(rows))
    example = int(inputs / _BYTES_A_TOKEN) + _OVERHEAD + _answer_tokens(ready)
    phrased = given + _WORDS_ADDED + sum(map(_bytes, ready.labels)) // _BYTES_A_TOKEN
    return _Sizes(given, phrased, phrased + _SHOWN * example, ready.spec.model.max_tokens)


def _some_rows(ready: Ready) -> list[Row]:
    rows = [ready.data[i] for i in islice(ready.split.tuning, _SAMPLE_ROWS)]
    return rows or [ready.data[i] for i in range(min(len(ready.data), _SAMPLE_ROWS))]


def typical_tokens(ready: Ready) -> int:
    """Return about how many tokens a call takes: a quarter of the bytes, and the answer."""
    sizes = [_bytes(ready.prompt.text(row)) for row in _some_rows(ready)]
    mean = sum(sizes) / max(1, len(sizes))
    return int(mean / _BYTES_A_TOKEN) + _OVERHEAD + _answer_tokens(ready)


def _answer_tokens(ready: Ready) -> int:
    most = ready.spec.model.max_tokens
    return min(most, _ANSWER_TOKENS.get(ready.grader.name, most // 2))


def _tokens(budget: Budget, per_token: float | None) -> int | None:
    """Return about how many tokens a budget pays for; None: it limits calls only."""
    limits = [] if budget.tokens is None else [budget.tokens]
    if budget.usd is not None and per_token:
        limits.append(int(budget.usd / per_token))
    return min(limits) if limits else None


def _per_token(ready: Ready, typical: int, price: Price | None) -> float | None:
    """Return what a token of the prompt as given costs on average, in USD; longer ones cost less.

    The answer's tokens are the dearer ones, and their share falls as prompts grow.
    """
    usd = _usd(1, ready, typical, price)
    return None if usd is None else usd / typical


def _bytes(text: str) -> int:
    return len(text.encode("utf-8", "replace"))


def _usd(calls: int, ready: Ready, typical: int, price: Price | None) -> float | None:
    if price is None:
        return None
    answer = _answer_tokens(ready)
    return calls * ((typical - answer) * price.input + answer * price.output) / 1e6
