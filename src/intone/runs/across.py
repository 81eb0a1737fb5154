"""`compare` over several models: the same prompts on the same rows, each with every model.

Owns the order in which the models answer, what they are compared by (score, cost, how often they
give the same answer), and which prompt does best with the model that suits it least.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from intone.data.row import Row
from intone.errors import BudgetEnded, InputError
from intone.evaluate.engine import Job
from intone.evaluate.outcome import Outcome
from intone.llm.completion import Usage
from intone.metrics.comparing import comparable
from intone.metrics.mean import Mean
from intone.metrics.metric import Estimate
from intone.prompt.program import Program
from intone.runs.chosen import chosen_on, flattery
from intone.runs.judging import Column, column, judge_columns, on_shared_rows
from intone.runs.kit import Kit
from intone.runs.rated import judge_form
from intone.runs.refusing import refuse_silence
from intone.runs.running import Which, chosen_rows, count_opening, end, score
from intone.runs.spec import ModelSpec
from intone.verdict.several import judge_several
from intone.verdict.verdict import Terms, Verdict

_LEAST_ROWS = 2
_EQUAL = 1e-9  # scores that differ by less are the same sum in another order


@dataclass(frozen=True)
class _Cell:
    """What one prompt came to with one model."""

    prompt: Program
    name: str
    model: ModelSpec
    outcomes: tuple[Outcome, ...]
    column: Column

    def form(self, shared: Column, kit: Kit) -> dict[str, Any]:
        """Return its line of the table; its score is that of the rows that all have in common."""
        estimate = score(kit.ready.metric, shared)
        usage = sum((outcome.usage for outcome in self.outcomes), Usage())
        price = self.model.pricing()
        return {
            "prompt": self.name,
            "model": self.model.name,
            "score": estimate.value if estimate else None,
            "low": estimate.low if estimate else None,
            "high": estimate.high if estimate else None,
            "n": estimate.n if estimate else 0,
            "statuses": dict(sorted(Counter(o.status for o in self.outcomes).items())),
            "calls": sum(outcome.calls for outcome in self.outcomes),
            "tokens": usage.prompt_tokens + usage.completion_tokens,
            "usd": round(price.of(usage), 6) if price else None,
        }


async def across(kit: Kit, which: Which) -> dict[str, Any]:
    """Answer the rows with every prompt and every model; return the result in plain values.

    Raises BudgetEnded if the budget ends before two rows are answered by all.
    """
    ready, models = kit.ready, kit.models
    if len({prompt.id for prompt in ready.prompts}) < len(ready.prompts):
        raise InputError("two of the prompts are the same; compare different ones")
    rows, there = chosen_rows(ready, which)
    shown = [row for row in rows if any(prompt.shows(row) for prompt in ready.prompts)]
    if len(ready.prompts) == 1:  # of several, chosen_rows has left these out already
        rows, there = [row for row in rows if row not in shown], there - len(shown)
    arms = len(ready.prompts) * len(models) * ready.spec.task.samples
    _enough(kit, _room(kit, len(rows)))
    rows = rows[: _most_rows(kit, arms, len(rows))]
    opened = count_opening(kit, which)
    kit.watcher.stage("compare", len(rows) * arms * ready.calls_an_answer)
    chosen = chosen_on(ready, rows, kit.runs)
    told = flattery(ready, chosen, what="the comparison", sealed=which == "sealed")
    by_model, whole = await _answers(kit, rows)
    _enough(kit, whole)
    rows = rows[:whole]
    for outcomes in by_model:
        refuse_silence(outcomes)
    cells = _cells(kit, by_model, rows)
    shared = on_shared_rows([cell.column for cell in cells])
    lines = [cell.form(answers, kit) for cell, answers in zip(cells, shared, strict=True)]
    judge = judge_form(ready, {})
    result = {
        "run": kit.number,
        "model": models[0].name,
        "models": [model.name for model in models],
        "grader": ready.grader.name,
        "metric": ready.metric.name,
        "judge": judge["model"] if judge else None,
        "rows": which,
        "opened": opened,
        "reached": whole,
        "prompts": [
            {"name": name, "prompt_id": prompt.id, "chosen_by": chosen.get(prompt.id)}
            for name, prompt in zip(ready.names, ready.prompts, strict=True)
        ],
        "cells": lines,
        "agreement": _agreement(cells),
        "verdicts": _verdicts(kit, cells, opened),
        **worst_cases(lines),
        "asked": there * arms,
        "statuses": dict(sorted(kit.statuses.items())),
        "spent": kit.spent(),
        "notices": [*ready.notices, *told],
    }
    end(kit, result, done=whole == there)
    return result


def worst_cases(cells: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """Return each prompt's worst score over the models, and the prompt whose worst is best.

    `cells` have a prompt, a model and a score. The maximin rule (Wald, Statistical Decision
    Functions, 1950): for whoever does not know yet which model will answer. `best_worst` is None
    where there is one prompt only, and where several are equally good in their worst case: then
    `equal_worst` names those.
    """
    worst: dict[str, dict[str, Any]] = {}
    for cell in cells:
        line = {name: cell[name] for name in ("prompt", "model", "score")}
        known = worst.setdefault(cell["prompt"], line)
        if _value(line) < _value(known):
            worst[cell["prompt"]] = line
    top = max(map(_value, worst.values()))
    best = [name for name, line in worst.items() if top - _value(line) < _EQUAL]
    if len(worst) == 1 or top < 0:  # nothing to choose from, or nothing to choose by
        best = []
    return {
        "worst": list(worst.values()),
        "best_worst": best[0] if len(best) == 1 else None,
        "equal_worst": best if len(best) > 1 else [],
    }


def same_answers(one: Column, other: Column) -> Estimate:
    """Return on what share of the rows two columns have the same answer, with its interval.

    Labels and numbers are compared as they were read, texts with case and white space aside. An
    answer that cannot be read is like no other; rows on which one of the two failed are left out.
    """
    same: list[float | None] = []
    for a, b, scored_a, scored_b in zip(
        one.answers, other.answers, one.scores, other.scores, strict=True
    ):
        if (a is None and scored_a is None) or (b is None and scored_b is None):
            same.append(None)
            continue
        alike = a is not None and b is not None and _plain(a) == _plain(b)
        same.append(float(alike))
    return Mean().of(same)


def _plain(answer: str) -> str:
    return comparable(answer, case_sensitive=False)


def _value(line: dict[str, Any]) -> float:
    return -1.0 if line["score"] is None else float(line["score"])


def _most_rows(kit: Kit, arms: int, there: int) -> int:
    """Return how many rows the calls of the budget can reach, were every answer one call."""
    calls = kit.purse.left.calls
    return there if calls is None else min(there, calls // (arms * kit.ready.calls_an_answer))


def _room(kit: Kit, there: int) -> int:
    """Return for how many rows the calls are enough with every model, whatever a row takes."""
    ready, calls = kit.ready, kit.purse.left.calls
    if calls is None:
        return there
    judging = ready.calls_an_answer - 1
    with_one = sum(prompt.max_calls + judging for prompt in ready.prompts)
    return min(there, calls // (len(kit.models) * ready.spec.task.samples * with_one))


def _enough(kit: Kit, rows: int) -> None:
    if rows < _LEAST_ROWS:
        raise BudgetEnded(
            "the budget has no room for two rows answered by every prompt with every model; "
            f"raise {kit.purse.short_of}"
        )


async def _answers(kit: Kit, rows: Sequence[Row]) -> tuple[list[list[Outcome]], int]:
    """Return each model's outcomes, and how many rows all of them answered.

    One model after the other, because what one has reserved is not there for the next: on as many
    rows as are sure to fit, then on as many more as the calls that votes and chains did not need
    pay for. Where tokens or money are limited only a few rows at a time, so that a budget that
    ends early leaves rows that every model answered.
    """
    prompts, samples = kit.ready.prompts, kit.ready.spec.task.samples
    left, each = kit.purse.left, len(prompts) * samples
    limited = left.tokens is not None or left.usd is not None
    most = kit.ready.spec.model.concurrency if limited else max(1, len(rows))
    found: list[list[Outcome]] = [[] for _ in kit.engines]
    whole = 0
    while step := _room(kit, min(most, len(rows) - whole)):
        now = rows[whole : whole + step]
        for engine, outcomes in zip(kit.engines, found, strict=True):
            asked = (Job(p, row, n) for row in now for p in prompts for n in range(samples))
            answered = await engine.run(asked)
            now = now[: len(answered) // each]
            outcomes += answered
        whole += len(now)
        if len(now) < step:
            break
    return found, whole


def _cells(kit: Kit, by_model: Sequence[Sequence[Outcome]], rows: Sequence[Row]) -> list[_Cell]:
    """Return the cells, prompt by prompt, on the rows that all answered."""
    ready, kept = kit.ready, {row.index for row in rows}
    cells = []
    for name, prompt in zip(ready.names, ready.prompts, strict=True):
        for model, outcomes in zip(kit.models, by_model, strict=True):
            own = tuple(o for o in outcomes if o.program == prompt.id and o.row in kept)
            cells.append(_Cell(prompt, name, model, own, column(own, prompt.id, rows)))
    return cells


def _agreement(cells: Sequence[_Cell]) -> list[dict[str, Any]]:
    """Return how often each two models give the same answer to the same prompt."""
    found = []
    for one, other in combinations(cells, 2):
        if one.prompt.id != other.prompt.id:
            continue
        share = same_answers(one.column, other.column)
        found.append(
            {
                "prompt": one.name,
                "models": [one.model.name, other.model.name],
                "share": share.value if share.n else None,
                "low": share.low,
                "high": share.high,
                "n": share.n,
            }
        )
    return found


def _verdicts(kit: Kit, cells: Sequence[_Cell], opened: int | None) -> list[dict[str, Any]]:
    """Return the verdict of each further model against the first, where there is one prompt."""
    if len(kit.ready.prompts) > 1:
        return []
    first, *others = cells

    def against_first(other: _Cell) -> Callable[[float], Verdict]:
        return lambda level: judge_columns(
            kit.ready.metric, first.column, other.column, Terms(opened=opened, level=level)
        )

    verdicts = judge_several([against_first(other) for other in others])
    return [
        {"model": other.model.name, **verdict.to_dict()}
        for other, verdict in zip(others, verdicts, strict=True)
    ]
