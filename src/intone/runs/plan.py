"""The plan of a run: how rows and budget are shared out, known before anything is spent.

Owns the verdict's share (arms x sealed rows, at most half of the budget), the estimate of what a
run costs, and the smallest gain its rows can show.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from itertools import islice
from typing import Any

from intone.evaluate.budget import Budget, Cost, Price
from intone.runs.task import Ready
from intone.tune.demonstrations import pool_size
from intone.verdict.detectable import smallest_detectable

ARMS = 3
"""The user's prompt, the best rephrasing and the winner."""
_BYTES_A_TOKEN = 4
_ANSWER_TOKENS = {"label": 4, "number": 80}
_SAMPLE_ROWS = 50


@dataclass(frozen=True)
class Plan:
    """What a tuning will do. Counts of rows and calls; `cross_validated`: nothing is sealed."""

    rows: int
    tuning: int
    sealed: int
    sealed_used: int
    pool: int
    labels: int
    grader: str
    model: str
    budget: Budget
    verdict_calls: int
    search_calls: int | None
    smallest_detectable: float | None
    cross_validated: bool
    tokens: int
    usd: float | None

    def to_dict(self) -> dict[str, Any]:
        """Return the plan in plain values."""
        return asdict(self)

    @property
    def aside(self) -> Cost:
        """What is kept for the verdict, in all three currencies."""
        share = self._verdict_share
        tokens = int((self.budget.tokens or 0) * share)
        return Cost(self.verdict_calls, tokens, (self.budget.usd or 0.0) * share)

    @property
    def _verdict_share(self) -> float:
        if not self.verdict_calls:
            return 0.0
        if self.search_calls is None:
            return 0.5
        return self.verdict_calls / max(1, self.verdict_calls + self.search_calls)


def make_plan(ready: Ready) -> Plan:
    """Share out rows and budget. Calls nothing."""
    spec, budget = ready.spec, ready.spec.budget.budget()
    typical = typical_tokens(ready)
    price = spec.model.pricing()
    calls = _calls(budget, typical, price)
    samples = spec.task.samples
    if ready.few:
        compared = len(ready.split.tuning) - pool_size(len(ready.split.tuning))
    else:
        compared = len(ready.split.sealed)
    used = compared if calls is None else min(compared, calls // 2 // (ARMS * samples))
    verdict_calls = used * ARMS * samples
    search = None if calls is None else calls - verdict_calls
    total = calls if calls is not None else verdict_calls
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
        verdict_calls=verdict_calls,
        search_calls=search,
        smallest_detectable=smallest_detectable(used) if used >= 2 else None,
        cross_validated=ready.few,
        tokens=total * typical,
        usd=_usd(total, ready, typical, price),
    )


def typical_tokens(ready: Ready) -> int:
    """Return about how many tokens a call takes: a quarter of the bytes, and the answer."""
    rows = [ready.data[i] for i in islice(ready.split.tuning, _SAMPLE_ROWS)]
    rows = rows or [ready.data[i] for i in range(min(len(ready.data), _SAMPLE_ROWS))]
    sizes = [len(ready.prompt.text(row).encode("utf-8", "replace")) for row in rows]
    return int(sum(sizes) / len(sizes) / _BYTES_A_TOKEN) + 12 + _answer_tokens(ready)


def _answer_tokens(ready: Ready) -> int:
    most = ready.spec.model.max_tokens
    return min(most, _ANSWER_TOKENS.get(ready.grader.name, most // 2))


def _calls(budget: Budget, typical: int, price: Price | None) -> int | None:
    """Return about how many calls a budget pays for; None: no limit."""
    limits = [] if budget.calls is None else [budget.calls]
    if budget.tokens is not None:
        limits.append(budget.tokens // max(1, typical))
    if budget.usd is not None and price is not None:
        each = typical * max(price.input, price.output) / 1e6
        limits.append(int(budget.usd / each) if each > 0 else 10**9)
    return min(limits) if limits else None


def _usd(calls: int, ready: Ready, typical: int, price: Price | None) -> float | None:
    if price is None:
        return None
    answer = _answer_tokens(ready)
    return calls * ((typical - answer) * price.input + answer * price.output) / 1e6
