"""A task made ready: rows, prompt, grader, metric and split, checked before anything is spent.

Owns how a spec's names become these objects and what is said about the data on the way.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from intone.data.checks import check, require_classes, require_rows
from intone.data.dataset import Dataset, load
from intone.data.kind import target_kind
from intone.data.split import Split, split, split_files
from intone.errors import PromptError, SettingError
from intone.metrics.grade import Grader
from intone.metrics.grading import check_targets, grader_for
from intone.metrics.metric import Metric, metric_for
from intone.prompt.phrasings import with_inputs
from intone.prompt.prompt import Prompt
from intone.prompt.template import unknown_variable
from intone.runs.spec import SPEC_NAME, Spec

Rows = Iterable[Mapping[str, object]]
LEAST_ROWS = 10
FEW_ROWS = 40
"""Under this many rows nothing is sealed."""
_CHECKED_ROWS = 5000  # targets looked at before anything is spent; the rest are graded as they come


@dataclass(frozen=True)
class Ready:
    """A task that can be run: `prompts` in the order given, `split` of the rows."""

    spec: Spec
    data: Dataset
    prompts: tuple[Prompt, ...]
    names: tuple[str, ...]
    grader: Grader
    metric: Metric
    labels: tuple[str, ...]
    split: Split
    notices: tuple[str, ...]

    @property
    def prompt(self) -> Prompt:
        """The first prompt: the user's own, which all others are compared with."""
        return self.prompts[0]

    @property
    def few(self) -> bool:
        """Whether there are too few rows to seal any."""
        return len(self.data) < FEW_ROWS and self.spec.task.sealed_data is None


def make_ready(
    spec: Spec,
    prompts: Sequence[str | Prompt],
    *,
    purpose: Literal["run", "compare", "tune"],
    rows: Rows | None = None,
) -> Ready:
    """Load the data and the prompts and check that they fit each other.

    `rows` replaces the data file. Raises InputError and its kinds, each one line.
    """
    task = spec.task
    named = [read_prompt(prompt, spec.folder) for prompt in prompts]
    used: set[str] | None = set().union(*(prompt.variables for prompt, _ in named))
    if any(not prompt.variables for prompt, _ in named):
        used = None  # a prompt that names no input gets them all
    data = _load(spec, rows, used)
    filled = [with_inputs(prompt, data.inputs) for prompt, _ in named]
    for prompt, (_, name) in zip(filled, named, strict=True):
        _fits(prompt, name, data)
    grader, labels = _grader(spec, data)
    check_targets(grader, (data[i] for i in range(min(len(data), _CHECKED_ROWS))))
    if purpose == "tune":
        require_rows(data, LEAST_ROWS)
        if grader.needs_target:
            _has_target(data)
            require_classes(data)
    parts = _split(spec, data, purpose)
    notices = [*(note.message for note in parts.notes)]
    if purpose == "tune":
        notices += [n.message for n in check(data, parts) if n.message not in notices]
    names = _distinct([name for _, name in named])
    metric = metric_for(task.metric)
    return Ready(spec, data, tuple(filled), names, grader, metric, labels, parts, tuple(notices))


def read_prompt(prompt: str | Prompt, folder: Path) -> tuple[Prompt, str]:
    """Return a prompt and its name from a file's path or the template's text itself."""
    if isinstance(prompt, Prompt):
        return prompt, "prompt"
    looks_like_text = "\n" in prompt or "{{" in prompt or " " in prompt
    path = folder / prompt
    if not looks_like_text or (len(prompt) < 1024 and "\n" not in prompt and path.is_file()):
        if not path.exists() and path.suffix != ".toml":
            raise PromptError(
                f"there is no prompt file {prompt!r}; give a .toml file or the template's text"
            )
        return Prompt.load(path), path.stem
    return Prompt(template=prompt), "prompt"


def read_rows(spec: Spec, used: set[str] | None) -> Dataset:
    """Read a spec's data file; `used` are the columns that prompts name. Raises InputError."""
    return _load(spec, None, used)


def split_rows(spec: Spec, data: Dataset) -> Split:
    """Return how a tuning with this spec parts the rows."""
    return _split(spec, data, "tune")


def _load(spec: Spec, rows: Rows | None, used: set[str] | None) -> Dataset:
    task = spec.task
    if rows is not None:
        return Dataset.from_rows(rows, inputs=task.input, target=task.target, keep=used)
    if task.data is None:
        where = spec.file or SPEC_NAME
        raise SettingError(f"no data is named; set task.data in {where} or give --data FILE")
    paths = [spec.path(task.data)]
    if task.sealed_data is not None:
        paths.append(spec.path(task.sealed_data))
    return load(paths, inputs=task.input, target=task.target, keep=used)


def _fits(prompt: Prompt, name: str, data: Dataset) -> None:
    known = frozenset(data.inputs) | (frozenset(data.columns) - {data.target})
    missing = sorted(prompt.variables - known)
    if data.target in missing:
        raise PromptError(
            f"{name}: the template names {{{{ {data.target} }}}}, which is the target; "
            "a prompt must not see the right answer"
        )
    if missing:
        raise PromptError(f"{name}: {unknown_variable(missing[0], known)}")
    hidden = sorted(prompt.variables - set(data.inputs))
    if hidden:
        raise PromptError(
            f"{name}: the template names {{{{ {hidden[0]} }}}}, which task.input leaves out; "
            f"task.input is: {', '.join(data.inputs)}"
        )


def _grader(spec: Spec, data: Dataset) -> tuple[Grader, tuple[str, ...]]:
    task = spec.task
    name = task.grader
    if data.target is None and task.metric == "macro_f1":
        raise SettingError("task.metric macro_f1 needs right answers; set task.target")
    if name is None:
        if data.target is None and task.labels is None:
            raise SettingError(
                "nothing says what a right answer is; set task.target (--target COLUMN) "
                "to the column that has it, or task.grader to one that needs no target"
            )
        name = "label" if task.labels is not None else target_kind(data)
    labels = task.labels or (data.labels if name == "label" else ())
    if name == "label":
        unknown = [label for label in data.labels if label not in labels]
        if unknown:
            raise SettingError(
                f"the data has the target {unknown[0]!r}, which is not in task.labels "
                f"({', '.join(labels)}); add it or mend the row"
            )
        if not labels:
            raise SettingError(
                f"{data.name} has too many different targets for labels; "
                'set task.grader = "exact" or name the labels in task.labels'
            )
    return grader_for(name, labels, task.options, folder=spec.folder), tuple(labels)


def _has_target(data: Dataset) -> None:
    if data.target is None:
        raise SettingError(
            "tuning needs right answers to tune on; set task.target (--target COLUMN), "
            f"one of: {', '.join(data.columns)}"
        )


def _split(spec: Spec, data: Dataset, purpose: str) -> Split:
    task = spec.task
    if task.sealed_data is not None:
        return split_files(data)
    if task.target is None or len(data) < FEW_ROWS:
        return split(data, 0.0, spec.tune.seed)
    return split(data, task.sealed, spec.tune.seed)


def _distinct(names: Sequence[str]) -> tuple[str, ...]:
    """Number names that occur several times."""
    seen: dict[str, int] = {}
    out = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        out.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return tuple(out)
