"""What a Python program calls: `tune`, `run`, `compare` and their async twins.

Owns the results as objects; the work is `orders`'.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from intone.errors import SettingError
from intone.evaluate.budget import Budget
from intone.prompt.prompt import Prompt
from intone.runs.orders import Order, execute
from intone.runs.running import Which
from intone.runs.spec import Spec, read_spec
from intone.verdict.verdict import Verdict

Given = str | Path | Prompt


@dataclass(frozen=True)
class Task:
    """What a prompt is for: the rows and how answers are graded.

    `data` is a file (CSV, JSONL, JSON, Parquet) or rows (mappings of column to value). The other
    fields are those of `[task]` in `intone.toml`, with the same defaults.
    """

    data: str | Path | Iterable[Mapping[str, object]]
    target: str | None = None
    input: Sequence[str] | None = None
    grader: str | None = None
    metric: str = "mean"
    labels: Sequence[str] | None = None
    sealed: float = 0.3
    sealed_data: str | Path | None = None
    samples: int = 1
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Result:
    """What a run came to; `form` is what `--json` prints."""

    form: Mapping[str, Any]

    @property
    def spent(self) -> Mapping[str, Any]:
        """Calls, tokens, money and seconds."""
        return dict(self.form["spent"])

    def to_dict(self) -> dict[str, Any]:
        """Return the result in plain values."""
        return dict(self.form)


@dataclass(frozen=True)
class TuneResult(Result):
    """What a tuning came to."""

    @property
    def prompt(self) -> Prompt:
        """The prompt to use: the tuned one if it shipped, else the one that was given."""
        return Prompt.from_canonical(self.form["prompt"])

    @property
    def winner(self) -> Prompt:
        """The best prompt on the tuning rows, whether it shipped or not."""
        return Prompt.from_canonical(self.form["winner"]["prompt"])

    @property
    def verdict(self) -> Verdict | None:
        """The verdict on the sealed rows; None if there are none."""
        form = self.form["verdict"]
        return Verdict.from_dict(form) if form else None

    @property
    def shipped(self) -> bool:
        """Whether the tuned prompt replaces the one that was given."""
        return bool(self.form["shipped"])


@dataclass(frozen=True)
class RunResult(Result):
    """What one prompt came to."""

    @property
    def score(self) -> float | None:
        """The metric's value; None where nothing was graded."""
        value = self.form["score"]
        return None if value is None else float(value)

    @property
    def outcomes(self) -> Sequence[Mapping[str, Any]]:
        """One mapping a row: row, answer, score, status, reason."""
        return list(self.form["outcomes"])


@dataclass(frozen=True)
class CompareResult(Result):
    """What several prompts came to on the same rows."""

    @property
    def verdicts(self) -> Sequence[Verdict]:
        """The verdict of each further prompt against the first."""
        return [Verdict.from_dict(form) for form in self.form["verdicts"]]


async def atune(
    prompt: Given,
    task: Task,
    *,
    model: str = "local",
    budget: Budget | None = None,
    method: str = "auto",
    seed: int = 0,
    settings: Mapping[str, Any] | None = None,
    folder: str | Path = ".",
) -> TuneResult:
    """Tune a prompt on a task; see `tune`."""
    changes = {"tune.method": method, "tune.seed": seed, **(settings or {})}
    order = _order("tune", [prompt], task, model, budget, changes, folder)
    return TuneResult(await execute(order))


def tune(prompt: Given, task: Task, **options: Any) -> TuneResult:
    """Tune a prompt on a task and judge it on sealed rows.

    `prompt` is a Prompt, a prompt file or the template's text. Options: `model` ("local"),
    `budget` (a Budget; 600 calls), `method` ("auto"), `seed` (0), `settings` (any other setting,
    such as `{"model.max_tokens": 64}`) and `folder` (where `.intone/` is kept, the current one).
    Raises IntoneError for every expected failure. In a running event loop use `atune`.
    """
    return asyncio.run(atune(prompt, task, **options))


async def arun(
    prompt: Given,
    task: Task,
    *,
    model: str = "local",
    budget: Budget | None = None,
    rows: Which = "tuning",
    settings: Mapping[str, Any] | None = None,
    folder: str | Path = ".",
) -> RunResult:
    """Run one prompt on the rows of a task; see `run`."""
    order = _order("run", [prompt], task, model, budget, settings or {}, folder, rows)
    return RunResult(await execute(order))


def run(prompt: Given, task: Task, **options: Any) -> RunResult:
    """Run one prompt on the rows of a task (the sealed ones only with `rows="sealed"` or "all")."""
    return asyncio.run(arun(prompt, task, **options))


async def acompare(
    prompts: Sequence[Given],
    task: Task,
    *,
    model: str = "local",
    budget: Budget | None = None,
    rows: Which = "tuning",
    settings: Mapping[str, Any] | None = None,
    folder: str | Path = ".",
) -> CompareResult:
    """Compare prompts on the same rows; see `compare`."""
    order = _order("compare", prompts, task, model, budget, settings or {}, folder, rows)
    return CompareResult(await execute(order))


def compare(prompts: Sequence[Given], task: Task, **options: Any) -> CompareResult:
    """Compare prompts on the same rows, each with the first, with paired verdicts (Holm)."""
    return asyncio.run(acompare(prompts, task, **options))


def _order(
    kind: Any,
    prompts: Sequence[Given],
    task: Task,
    model: str,
    budget: Budget | None,
    settings: Mapping[str, Any],
    folder: str | Path,
    rows: Which = "tuning",
) -> Order:
    in_file = isinstance(task.data, str | Path)
    spec = _spec(task, model, budget, settings, Path(folder))
    given = tuple(p if isinstance(p, Prompt) else str(p) for p in prompts)
    return Order(kind, spec, given, rows, None if in_file else task.data)  # type: ignore[arg-type]


def _spec(
    task: Task, model: str, budget: Budget | None, settings: Mapping[str, Any], folder: Path
) -> Spec:
    if isinstance(task.data, Mapping):
        raise SettingError("task.data is one mapping; give a file or a list of mappings")
    changes: dict[str, Any] = {
        "task.data": str(task.data) if isinstance(task.data, str | Path) else None,
        "task.sealed_data": str(task.sealed_data) if task.sealed_data is not None else None,
        "task.target": task.target,
        "task.input": tuple(task.input) if task.input is not None else None,
        "task.grader": task.grader,
        "task.metric": task.metric,
        "task.labels": tuple(task.labels) if task.labels is not None else None,
        "task.sealed": task.sealed,
        "task.samples": task.samples,
        "task.options": dict(task.options),
        "model.name": model,
    }
    if budget is not None:
        changes |= {
            "budget.calls": budget.calls,
            "budget.tokens": budget.tokens,
            "budget.usd": budget.usd,
        }
    return read_spec(None, changes | dict(settings), folder, alone=True)
