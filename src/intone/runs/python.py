"""What a Python program calls: `tune`, `run`, `compare` and their async twins.

Owns their arguments; what they return is `results`', the work `orders`'. `stress` is in
`python_stress`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, get_args

from intone.errors import SettingError
from intone.evaluate.budget import Budget
from intone.llm.backend import Backend
from intone.prompt.forms import AnyProgram
from intone.runs.blocking import wait_for
from intone.runs.orders import Kind, Order, execute, over_models
from intone.runs.results import CompareResult, RunResult, TuneResult
from intone.runs.running import Which
from intone.runs.spec import Spec, read_spec
from intone.runs.task import Rows

Given = str | Path | AnyProgram
"""A prompt file, a template's text, or a program."""


@dataclass(frozen=True)
class Task:
    """What a prompt is for: the rows and how answers are graded.

    `data` is a file (CSV, JSONL, JSON, Parquet) or rows (mappings of column to value). The other
    fields are those of `[task]` in `intone.toml`, with the same defaults; `documents` is a file or
    folder, or several. Raises SettingError for what cannot be rows or a list.
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
    documents: str | Path | Sequence[str | Path] | None = None
    kind: str | None = None
    corrections: bool = True

    def __post_init__(self) -> None:
        if isinstance(self.data, Mapping) or not isinstance(self.data, str | Path | Iterable):
            kind = type(self.data).__name__
            raise SettingError(f"task.data is one {kind}; give a file or a list of mappings")
        for name in ("input", "labels"):
            value = getattr(self, name)
            if isinstance(value, str) or not isinstance(value, Iterable | None):
                raise SettingError(f"task.{name} is {value!r}; give a list of texts")
        if not isinstance(self.options, Mapping):
            raise SettingError(f"task.options is {self.options!r}; give a dict")
        _paths(self.documents)


async def atune(
    prompt: Given,
    task: Task,
    *,
    model: str | Backend = "local",
    budget: Budget | None = None,
    method: str = "auto",
    seed: int = 0,
    settings: Mapping[str, Any] | None = None,
    folder: str | Path = ".",
) -> TuneResult:
    """Tune a prompt on a task; see `tune`."""
    changes = {"tune.method": method, "tune.seed": seed, **checked(settings)}
    order = order_for("tune", [prompt], task, model, budget, changes, folder)
    return TuneResult(await execute(order), *kept_in(order))


def tune(
    prompt: Given,
    task: Task,
    *,
    model: str | Backend = "local",
    budget: Budget | None = None,
    method: str = "auto",
    seed: int = 0,
    settings: Mapping[str, Any] | None = None,
    folder: str | Path = ".",
) -> TuneResult:
    """Tune a prompt on a task and judge it on sealed rows.

    `prompt` is a Prompt, Vote or Chain, a file of one, or a template's text; `model` a model's name
    or a backend (a `FakeBackend`, say; it is not closed); without a `budget` 600 calls may be made.
    `settings` are any others, such as `{"model.max_tokens": 64}`; `.intone/` is kept in `folder`.
    Raises IntoneError for every expected failure. In a running event loop, as in a notebook, the
    work is done in a thread of its own; `await atune(...)` leaves the loop free meanwhile.
    """
    return wait_for(
        lambda: atune(
            prompt,
            task,
            model=model,
            budget=budget,
            method=method,
            seed=seed,
            settings=settings,
            folder=folder,
        )
    )


async def arun(
    prompt: Given,
    task: Task,
    *,
    model: str | Backend = "local",
    budget: Budget | None = None,
    rows: Which = "tuning",
    settings: Mapping[str, Any] | None = None,
    folder: str | Path = ".",
) -> RunResult:
    """Run one prompt on the rows of a task; see `run`."""
    order = order_for("run", [prompt], task, model, budget, checked(settings), folder)
    return RunResult(await execute(replace(order, rows=checked_rows(rows))), *kept_in(order))


def run(
    prompt: Given,
    task: Task,
    *,
    model: str | Backend = "local",
    budget: Budget | None = None,
    rows: Which = "tuning",
    settings: Mapping[str, Any] | None = None,
    folder: str | Path = ".",
) -> RunResult:
    """Run one prompt on the rows of a task (the sealed ones only with `rows="sealed"` or "all").

    The other arguments are those of `tune`.
    """
    return wait_for(
        lambda: arun(
            prompt,
            task,
            model=model,
            budget=budget,
            rows=rows,
            settings=settings,
            folder=folder,
        )
    )


async def acompare(
    prompts: Sequence[Given],
    task: Task,
    *,
    model: str | Backend = "local",
    models: Sequence[str | Backend] | None = None,
    budget: Budget | None = None,
    rows: Which = "tuning",
    settings: Mapping[str, Any] | None = None,
    folder: str | Path = ".",
) -> CompareResult:
    """Compare prompts on the same rows; see `compare`."""
    if isinstance(prompts, Given) or not isinstance(prompts, Iterable):
        raise SettingError(f"prompts is {prompts!r}; compare takes a list of them")
    first = model if models is None else next(iter(_models(models)))
    order = order_for("compare", prompts, task, first, budget, checked(settings), folder)
    if models is not None:
        own = {it.identity: it for it in models if not isinstance(it, str)}
        names = [it if isinstance(it, str) else it.identity for it in models]
        order = replace(over_models(order, names), backend=None, backends=own)
    return CompareResult(await execute(replace(order, rows=checked_rows(rows))), *kept_in(order))


def compare(
    prompts: Sequence[Given],
    task: Task,
    *,
    model: str | Backend = "local",
    models: Sequence[str | Backend] | None = None,
    budget: Budget | None = None,
    rows: Which = "tuning",
    settings: Mapping[str, Any] | None = None,
    folder: str | Path = ".",
) -> CompareResult:
    """Compare prompts on the same rows, each with the first, with paired verdicts (Holm).

    `models` (names or backends) takes the place of `model`: each prompt, one will do, is answered
    by each of them, and the result has their scores, costs, and how often they agree. The other
    arguments are those of `tune`.
    """
    return wait_for(
        lambda: acompare(
            prompts,
            task,
            model=model,
            models=models,
            budget=budget,
            rows=rows,
            settings=settings,
            folder=folder,
        )
    )


def order_for(
    kind: Kind,
    prompts: Sequence[Given],
    task: Task | None,
    model: str | Backend,
    budget: Budget | None,
    settings: Mapping[str, Any],
    folder: str | Path,
) -> Order:
    """Return the order that a call in Python stands for; a feedback run needs no task.

    Raises SettingError for an argument of the wrong kind.
    """
    if not isinstance(task, Task) and not (task is None and kind == "feedback"):
        raise SettingError(f"task is {task!r}; give intone.Task(DATA, target=COLUMN)")
    if not isinstance(budget, Budget | None):
        raise SettingError(f"budget is {budget!r}; give intone.Budget(calls=NUMBER)")
    if not isinstance(folder, str | Path):
        raise SettingError(f"folder is {folder!r}; give the path of a folder")
    for prompt in prompts:
        if not isinstance(prompt, Given):
            raise SettingError(f"prompt is {prompt!r}; give an intone.Prompt, a file or a text")
    name = model
    if not isinstance(name, str):
        if not isinstance(model, Backend):
            raise SettingError(f"model is {model!r}; give a model's name or a backend")
        name = model.identity
    spec = _spec(task, name, budget, settings, Path(folder))
    given = tuple(str(p) if isinstance(p, Path) else p for p in prompts)
    return Order(
        kind,
        spec,
        given,
        data=None if task is None or isinstance(task.data, str | Path) else task.data,
        backend=None if isinstance(model, str) else model,
    )


def kept_in(order: Order) -> tuple[Path, Rows | None]:
    """Return where a run is kept, and its rows if it had its own and they can be read again."""
    rows = order.data if isinstance(order.data, Sequence) else None
    return order.project.folder, rows


def _paths(documents: object) -> tuple[str, ...] | None:
    """Return the documents as a spec names them; None if there are none."""
    if documents is None:
        return None
    several = documents if isinstance(documents, list | tuple) else [documents]
    if not all(isinstance(path, str | Path) for path in several):
        raise SettingError(f"task.documents is {documents!r}; give a path or a list of paths")
    return tuple(map(str, several))


def _models(models: Sequence[str | Backend]) -> Sequence[str | Backend]:
    if isinstance(models, str) or not isinstance(models, Sequence) or not models:
        raise SettingError(f"models is {models!r}; give a list of models' names or backends")
    for model in models:
        if not isinstance(model, str | Backend):
            raise SettingError(f"models has {model!r}; give a model's name or a backend")
    return models


def checked(settings: Mapping[str, Any] | None) -> Mapping[str, Any]:
    """Return settings. Raises SettingError for what is no dict of them."""
    if not isinstance(settings, Mapping | None):
        raise SettingError(f'settings is {settings!r}; give a dict, as {{"model.max_tokens": 64}}')
    return settings or {}


def checked_rows(rows: Which) -> Which:
    """Return which rows are meant. Raises SettingError for a name there is not."""
    if rows not in get_args(Which):
        raise SettingError(f"rows is {rows!r}; it can be: {', '.join(get_args(Which))}")
    return rows


def _spec(
    task: Task | None, model: str, budget: Budget | None, settings: Mapping[str, Any], folder: Path
) -> Spec:
    changes: dict[str, Any] = {"model.name": model}
    if task is not None:
        changes |= _task_settings(task)
    if budget is not None:
        changes |= {
            "budget.calls": budget.calls,
            "budget.tokens": budget.tokens,
            "budget.usd": budget.usd,
        }
    return read_spec(None, changes | dict(settings), folder, alone=True)


def _task_settings(task: Task) -> dict[str, Any]:
    return {
        "task.data": str(task.data) if isinstance(task.data, str | Path) else None,
        "task.sealed_data": str(task.sealed_data) if task.sealed_data is not None else None,
        "task.documents": _paths(task.documents),
        "task.kind": task.kind,
        "task.target": task.target,
        "task.input": tuple(task.input) if task.input is not None else None,
        "task.grader": task.grader,
        "task.metric": task.metric,
        "task.labels": tuple(task.labels) if task.labels is not None else None,
        "task.sealed": task.sealed,
        "task.samples": task.samples,
        "task.options": dict(task.options),
        "task.corrections": task.corrections,
    }
