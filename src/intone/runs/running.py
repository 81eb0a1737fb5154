"""`run`: one prompt on the data. `compare`: several, paired on the same rows.

Owns which rows are answered and how outcomes become scores and verdicts.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any, Literal

from intone.data.row import Row
from intone.data.split import order
from intone.errors import BudgetEnded, InputError, SettingError
from intone.evaluate.engine import Job
from intone.evaluate.outcome import Outcome
from intone.metrics.metric import Estimate, Metric
from intone.prompt.program import Program
from intone.runs.chosen import chosen_on, flattery
from intone.runs.judging import Column, column, judge_columns, on_shared_rows
from intone.runs.kit import Kit
from intone.runs.rated import judge_form, judged_beforehand, scored
from intone.runs.refusing import refuse_overflow, refuse_silence
from intone.runs.task import Ready
from intone.tune.loop import arms_in_row_order
from intone.verdict.several import judge_several
from intone.verdict.verdict import Terms, Verdict

Which = Literal["tuning", "sealed", "all"]


def chosen_rows(ready: Ready, which: Which) -> tuple[list[Row], int]:
    """Return the rows to answer, in a fixed order, and how many rows there are to answer.

    Where the calls of the budget are fewer, only as many rows are read as they pay for. Rows that
    a prompt shows are not compared. `run` and `compare` use the rows that are not sealed unless
    told otherwise. Raises SettingError where nothing is sealed and sealed rows are asked for.
    """
    if which == "all":
        indices: Sequence[int] = ready.rows
    elif which == "sealed":
        indices = ready.split.sealed
        if not indices:
            raise SettingError("no rows are sealed: there are under 40, or task.sealed is 0")
    else:
        indices = ready.split.tuning
    calls = ready.spec.budget.budget().calls
    budget = None if calls is None else max(1, calls // ready.calls_an_answer)
    rows = [ready.data[i] for i in order(indices, ready.data, 0, "rows", limit=budget)]
    if len(ready.prompts) == 1:
        return rows, len(indices)
    kept = [row for row in rows if not any(prompt.shows(row) for prompt in ready.prompts)]
    return kept, len(indices) - (len(rows) - len(kept))


async def run(kit: Kit, which: Which) -> dict[str, Any]:
    """Answer the rows with one prompt; return the result in plain values."""
    ready = kit.ready
    rows, there = chosen_rows(ready, which)
    opened = count_opening(kit, which)
    samples = ready.spec.task.samples
    asked = there * samples
    kit.watcher.stage("run", len(rows) * samples * ready.calls_an_answer)
    chosen = chosen_on(ready, rows, kit.runs)
    told = flattery(ready, chosen, what="its score", sealed=which == "sealed")
    beforehand = await judged_beforehand(kit, rows)
    jobs = [Job(ready.prompt, row, sample) for row in rows for sample in range(samples)]
    outcomes = await kit.answer(jobs)
    if not outcomes:
        raise BudgetEnded(
            f"the budget ended before a single row was answered{_calls_of_a_row(ready)}; "
            f"raise {kit.purse.short_of}"
        )
    refuse_overflow(outcomes)
    refuse_silence(outcomes)
    estimate = score(ready.metric, column(outcomes, ready.prompt.id, rows))
    result: dict[str, Any] = {
        "run": kit.number,
        "prompt": ready.prompt.canonical(),
        "prompt_id": ready.prompt.id,
        "name": ready.names[0],
        "model": ready.spec.model.name,
        "grader": ready.grader.name,
        "metric": ready.metric.name,
        "rows": which,
        "opened": opened,
        "score": estimate.value if estimate else None,
        "low": estimate.low if estimate else None,
        "high": estimate.high if estimate else None,
        "n": estimate.n if estimate else 0,
        "asked": asked,
        "statuses": dict(sorted(kit.statuses.items())),
        "spent": kit.spent(),
        "notices": [*ready.notices, *told],
        "chosen_by": chosen.get(ready.prompt.id),
        "judge": judge_form(ready, beforehand or scored(outcomes)),
        "calls_a_row": calls_a_row(outcomes, ready.prompt.id),
        "steps": step_means(outcomes),
    }
    end(kit, result, done=len(outcomes) == asked)
    in_order = sorted(outcomes, key=lambda outcome: (outcome.row, outcome.sample))
    return result | {"outcomes": [plain_outcome(outcome) for outcome in in_order]}


async def compare(kit: Kit, which: Which) -> dict[str, Any]:
    """Answer the rows with every prompt; return paired verdicts against the first."""
    ready = kit.ready
    if len({prompt.id for prompt in ready.prompts}) < len(ready.prompts):
        raise InputError("two of the prompts are the same; compare different ones")
    rows, there = chosen_rows(ready, which)
    opened = count_opening(kit, which)
    samples = ready.spec.task.samples
    asked = there * samples * len(ready.prompts)
    kit.watcher.stage("compare", len(rows) * samples * len(ready.prompts) * ready.calls_an_answer)
    chosen = chosen_on(ready, rows, kit.runs)
    told = flattery(ready, chosen, what="the comparison", sealed=which == "sealed")
    programs: list[Program] = list(ready.prompts)
    jobs = [
        Job(job.program, job.row, sample)
        for job in arms_in_row_order(programs, rows)
        for sample in range(samples)
    ]
    outcomes = await kit.answer(jobs)
    rows = rows[: len(outcomes) // (len(programs) * samples)]
    if len(rows) < 2:
        raise BudgetEnded(
            "the budget ended before two rows were answered by every prompt"
            f"{_calls_of_a_row(ready)}; raise {kit.purse.short_of}"
        )
    refuse_overflow([o for o in outcomes if o.program == ready.prompt.id])
    refuse_silence(outcomes)
    columns = [column(outcomes, program.id, rows) for program in programs]

    def against_first(other: Column) -> Callable[[float], Verdict]:
        return lambda level: judge_columns(
            ready.metric, columns[0], other, Terms(opened=opened, level=level)
        )

    verdicts = judge_several([against_first(other) for other in columns[1:]])
    arms = []
    shared = on_shared_rows(columns)
    for name, prompt, answers in zip(ready.names, ready.prompts, shared, strict=True):
        scored = arm(name, prompt, score(ready.metric, answers))
        calls = calls_a_row(outcomes, prompt.id)
        arms.append(scored | {"chosen_by": chosen.get(prompt.id), "calls_a_row": calls})
    result = {
        "run": kit.number,
        "model": ready.spec.model.name,
        "grader": ready.grader.name,
        "metric": ready.metric.name,
        "rows": which,
        "opened": opened,
        "prompts": arms,
        "verdicts": [
            {"prompt": name, **verdict.to_dict()}
            for name, verdict in zip(ready.names[1:], verdicts, strict=True)
        ],
        "asked": asked,
        "statuses": dict(sorted(kit.statuses.items())),
        "spent": kit.spent(),
        "notices": [*ready.notices, *told],
    }
    end(kit, result, done=len(outcomes) == asked)
    return result


def _calls_of_a_row(ready: Ready) -> str:
    """Return how many calls a row takes, in brackets; nothing where it is one."""
    judged = ready.calls_an_answer - 1
    most = sum(program.max_calls + judged for program in ready.prompts)
    return f" (a row takes up to {most} calls)" if most > 1 else ""


def calls_a_row(outcomes: Sequence[Outcome], program: str) -> float | None:
    """Return how many calls an answer of a program took on average; None without answers."""
    calls = [outcome.calls for outcome in outcomes if outcome.program == program]
    return round(sum(calls) / len(calls), 2) if calls else None


def step_means(outcomes: Sequence[Outcome]) -> dict[str, dict[str, float]]:
    """Return the mean score of each step that has right answers of its own, and on how many."""
    found: dict[str, list[float]] = {}
    for outcome in outcomes:
        for step, value in outcome.steps.items():
            found.setdefault(step, []).append(value)
    return {
        step: {"score": sum(scores) / len(scores), "n": len(scores)}
        for step, scores in found.items()
    }


def arm(name: str, program: Program, estimate: Estimate | None) -> dict[str, Any]:
    """Return one prompt's line of a comparison."""
    return {
        "name": name,
        "prompt_id": program.id,
        "score": estimate.value if estimate else None,
        "low": estimate.low if estimate else None,
        "high": estimate.high if estimate else None,
        "n": estimate.n if estimate else 0,
    }


def score(metric: Metric, answers: Column) -> Estimate | None:
    """Return a prompt's score with its interval; None where nothing was graded."""
    if all(value is None for value in answers.scores):
        return None
    return metric.of(answers.scores, answers.targets, answers.answers)


def end(kit: Kit, result: dict[str, Any], *, done: bool) -> None:
    """Record the end of a run with its result."""
    kit.flush()
    kit.runs.end(kit.number, "done" if done else "stopped", result)


def plain_outcome(outcome: Outcome) -> dict[str, Any]:
    """Return an outcome as `run --json` prints it."""
    form = asdict(outcome)
    keep = ["row", "sample", "answer", "score", "status", "reason", "text", "choices", "calls"]
    if outcome.steps:
        keep.append("steps")
    return {name: form[name] for name in keep}


def count_opening(kit: Kit, which: Which) -> int | None:
    """Count that somebody looks at the sealed rows; None if nobody does."""
    if which == "tuning" or not kit.ready.split.sealed:
        return None
    return kit.runs.open_sealed(kit.number, kit.ready.base.id, "verdict")
