"""What a Python program calls: `tune`, `run`, `compare` and their async twins.

Owns the results as objects; the work is `orders`'.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, get_args

from intone.errors import SettingError
from intone.evaluate.budget import Budget
from intone.llm.backend import Backend
from intone.prompt.prompt import Prompt
from intone.runs.blocking import wait_for
from intone.runs.orders import Kind, Order, execute
from intone.runs.project import Project
from intone.runs.running import Which
from intone.runs.spec import Spec, read_spec
from intone.runs.task import Rows
from intone.verdict.verdict import Verdict

Given = str | Path | Prompt


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


@dataclass(frozen=True)
class Result:
    """What a run came to; `form` is what `--json` prints, `folder` the project it is kept in."""

    form: Mapping[str, Any]
    folder: Path = field(default=Path(), repr=False, compare=False)
    _rows: Rows | None = field(default=None, repr=False, compare=False)

    @property
    def spent(self) -> Mapping[str, Any]:
        """Calls, tokens, money and seconds."""
        return dict(self.form["spent"])

    def to_dict(self) -> dict[str, Any]:
        """Return the result in plain values."""
        return dict(self.form)

    def report(self, path: str | Path | None = None, *, figures: str | Path | None = None) -> Path:
        """Write the run as one HTML file; return where it is.

        `path` defaults to `.intone/reports/run-N.html`; into the folder `figures`, if one is given,
        the figures go as SVG and PNG. The page shows texts of rows, those of a list that was given
        as the task's data too. Raises InputError if a file cannot be written.
        """
        from intone.runs.reporting import write_report

        page = None if path is None else Path(path)
        beside = None if figures is None else Path(figures)
        project, number = Project(self.folder), int(self.form["run"])
        return write_report(project, number, page=page, figures=beside, rows=self._rows).page


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
    model: str | Backend = "local",
    budget: Budget | None = None,
    method: str = "auto",
    seed: int = 0,
    settings: Mapping[str, Any] | None = None,
    folder: str | Path = ".",
) -> TuneResult:
    """Tune a prompt on a task; see `tune`."""
    changes = {"tune.method": method, "tune.seed": seed, **_checked(settings)}
    order = _order("tune", [prompt], task, model, budget, changes, folder)
    return TuneResult(await execute(order), *_kept(order))


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

    `prompt` is a Prompt, a prompt file or the template's text; `model` a model's name or a backend
    (a `FakeBackend`, say; it is not closed); without a `budget` 600 calls may be made. `settings`
    are any others, such as `{"model.max_tokens": 64}`; `.intone/` is kept in `folder`.
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
    order = _order("run", [prompt], task, model, budget, _checked(settings), folder)
    return RunResult(await execute(replace(order, rows=_which(rows))), *_kept(order))


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
    budget: Budget | None = None,
    rows: Which = "tuning",
    settings: Mapping[str, Any] | None = None,
    folder: str | Path = ".",
) -> CompareResult:
    """Compare prompts on the same rows; see `compare`."""
    if isinstance(prompts, str | Path | Prompt) or not isinstance(prompts, Iterable):
        raise SettingError(f"prompts is {prompts!r}; compare takes a list of them")
    order = _order("compare", prompts, task, model, budget, _checked(settings), folder)
    return CompareResult(await execute(replace(order, rows=_which(rows))), *_kept(order))


def compare(
    prompts: Sequence[Given],
    task: Task,
    *,
    model: str | Backend = "local",
    budget: Budget | None = None,
    rows: Which = "tuning",
    settings: Mapping[str, Any] | None = None,
    folder: str | Path = ".",
) -> CompareResult:
    """Compare prompts on the same rows, each with the first, with paired verdicts (Holm).

    The other arguments are those of `tune`.
    """
    return wait_for(
        lambda: acompare(
            prompts,
            task,
            model=model,
            budget=budget,
            rows=rows,
            settings=settings,
            folder=folder,
        )
    )


def _order(
    kind: Kind,
    prompts: Sequence[Given],
    task: Task,
    model: str | Backend,
    budget: Budget | None,
    settings: Mapping[str, Any],
    folder: str | Path,
) -> Order:
    if not isinstance(task, Task):
        raise SettingError(f"task is {task!r}; give intone.Task(DATA, target=COLUMN)")
    if not isinstance(budget, Budget | None):
        raise SettingError(f"budget is {budget!r}; give intone.Budget(calls=NUMBER)")
    if not isinstance(folder, str | Path):
        raise SettingError(f"folder is {folder!r}; give the path of a folder")
    for prompt in prompts:
        if not isinstance(prompt, str | Path | Prompt):
            raise SettingError(f"prompt is {prompt!r}; give an intone.Prompt, a file or a text")
    name = model
    if not isinstance(name, str):
        if not isinstance(model, Backend):
            raise SettingError(f"model is {model!r}; give a model's name or a backend")
        name = model.identity
    spec = _spec(task, name, budget, settings, Path(folder))
    given = tuple(p if isinstance(p, Prompt) else str(p) for p in prompts)
    return Order(
        kind,
        spec,
        given,
        data=None if isinstance(task.data, str | Path) else task.data,
        backend=None if isinstance(model, str) else model,
    )


def _kept(order: Order) -> tuple[Path, Rows | None]:
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


def _checked(settings: Mapping[str, Any] | None) -> Mapping[str, Any]:
    if not isinstance(settings, Mapping | None):
        raise SettingError(f'settings is {settings!r}; give a dict, as {{"model.max_tokens": 64}}')
    return settings or {}


def _which(rows: Which) -> Which:
    if rows not in get_args(Which):
        raise SettingError(f"rows is {rows!r}; it can be: {', '.join(get_args(Which))}")
    return rows


def _spec(
    task: Task, model: str, budget: Budget | None, settings: Mapping[str, Any], folder: Path
) -> Spec:
    changes: dict[str, Any] = {
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
        "model.name": model,
    }
    if budget is not None:
        changes |= {
            "budget.calls": budget.calls,
            "budget.tokens": budget.tokens,
            "budget.usd": budget.usd,
        }
    return read_spec(None, changes | dict(settings), folder, alone=True)
