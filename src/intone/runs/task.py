"""A task made ready: rows, prompt, grader, metric and split, checked before anything is spent.

Owns how a spec's names become these objects and what is said about the data on the way.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from intone.data.checks import check, require_classes, require_rows, require_targets
from intone.data.dataset import Dataset, load
from intone.data.documents import Documents, read_documents
from intone.data.kind import target_kind
from intone.data.naming import identifier
from intone.data.split import Split, once_each, split, split_files, usable
from intone.errors import DataError, InputError, PromptError, SettingError
from intone.feedback.complaint import Complaint
from intone.metrics.asks import AsksAModel
from intone.metrics.grade import Grader
from intone.metrics.grading import check_targets, grader_for
from intone.metrics.metric import Metric, metric_for
from intone.prompt.files import load as load_program
from intone.prompt.library.library import Library, ours, read
from intone.prompt.program import Program
from intone.prompt.prompt import Prompt
from intone.runs.corrections import Corrected, with_corrections
from intone.runs.fitting import (
    check_inputs,
    check_kind,
    columns_used,
    filled_in,
    right_answers,
    shadowed,
    step_targets,
)
from intone.runs.rated import Rating, inputs_without, rating_columns, ratings
from intone.runs.rated import notices as of_the_judge
from intone.runs.remarks import (
    CHECKED_ROWS,
    contradicting,
    from_corrections,
    like,
    not_asked,
    of_a_tuning,
    only_sealed,
    renamed,
)
from intone.runs.spec import SPEC_NAME, Spec

Rows = Iterable[Mapping[str, object]]
LEAST_ROWS = 10
FEW_ROWS = 40
"""Under this many rows nothing is sealed."""
_NAME = re.compile(r"[^\s{}]*[\w/\\]|[.~]+")
_UNGRADED = ("run", "stress")  # what is worth doing without right answers


@dataclass(frozen=True)
class Ready:
    """A task that can be run: `prompts` in the order given, `split` of the rows.

    `rows` are those that can be graded: all, or those with a target where the grader needs one.
    `documents` are those of a tuning; empty where the spec names none. `ratings` are people's, of
    answers to some of the rows, for a judge to be held against. `library` are our entries with the
    project's own. `corrected` says which of the rows come from users' corrections.
    """

    spec: Spec
    data: Dataset
    prompts: tuple[Program, ...]
    names: tuple[str, ...]
    grader: Grader
    metric: Metric
    labels: tuple[str, ...]
    split: Split
    notices: tuple[str, ...]
    rows: Sequence[int]
    documents: Documents = field(default_factory=Documents)
    ratings: Mapping[int, Rating] = field(default_factory=dict)
    library: Library = field(default_factory=ours)
    corrected: Corrected | None = None

    @property
    def calls_an_answer(self) -> int:
        """The calls that one answer takes: a judge's comes on top of the model's."""
        return 2 if isinstance(self.grader, AsksAModel) else 1

    @property
    def prompt(self) -> Program:
        """The first prompt: the user's own, which all others are compared with."""
        return self.prompts[0]

    @property
    def sole_prompt(self) -> Prompt:
        """The first program where it is a prompt by itself. Raises InputError where it is not."""
        if not isinstance(self.prompt, Prompt):
            raise InputError(f"{self.names[0]} is made of several prompts; this needs a single one")
        return self.prompt

    @property
    def few(self) -> bool:
        """Whether there are too few rows to seal any."""
        return _crossed(self.spec, self._sealable)

    @property
    def base(self) -> Dataset:
        """The rows as they are without users' corrections; the sealed ones are the same."""
        return self.data if self.corrected is None else self.corrected.base

    @property
    def _sealable(self) -> int:
        """The number of rows that can be graded without corrections, which are never sealed."""
        if self.base is self.data:
            return len(self.rows)
        return len(usable(self.base, targeted=self.grader.needs_target))


def make_ready(
    spec: Spec,
    prompts: Sequence[str | Program],
    *,
    purpose: Literal["run", "compare", "tune", "stress"],
    rows: Rows | None = None,
    corrections: Sequence[Complaint] = (),
    names: Sequence[str] = (),
) -> Ready:
    """Load the data and the prompts and check that they fit each other.

    `rows` replaces the data file; `corrections` are complaints whose right answers become rows to
    tune on; `names` are what the prompts are known by (default: their files'). Raises InputError
    and its kinds, each one line.
    """
    task = spec.task
    named = read_prompts(prompts, names, spec.folder)
    programs = [program for program, _ in named]
    if rows is not None and rating_columns(task):
        rows = list(rows)  # read twice
    data = _load(spec, rows, columns_used(programs), step_targets(programs))
    filled = _filled(named, data)
    grader, labels = grader_of(spec, data, graded=purpose not in _UNGRADED)
    for program, (_, name) in zip(filled, named, strict=True):
        check_kind(program, name, grader.expects, spec.model.sampling())
    people = _ratings(spec, rows)
    targeted = _require(data, grader, purpose)
    parts = _parts(spec, data, grader, purpose)
    notices = [
        *contradicting(named),
        *not_asked(named),
        *renamed(data),
        *shadowed(filled, data),
        *(note.message for note in parts.notes),
        *only_sealed(data, labels),
        *of_the_judge(task, purpose),
    ]
    corrected = with_corrections(data, parts, corrections, grader, labels)
    data, parts = corrected.data, corrected.split
    documents = Documents()
    notices += corrected.notices
    if purpose == "tune":
        documents = read_documents([spec.path(name) for name in task.documents or ()])
        found = [*check(data, parts, right_answers(filled)), *like(grader, labels)]
        said = of_a_tuning(found, documents, data)
        notices += [message for message in said if message not in notices]
    else:
        notices += from_corrections(corrected)
    return Ready(
        spec=spec,
        data=data,
        prompts=tuple(filled),
        names=tuple(names) or _distinct([name for _, name in named]),
        grader=grader,
        metric=metric_for(task.metric),
        labels=labels,
        split=parts,
        notices=tuple(notices),
        rows=usable(data, targeted=targeted),
        documents=documents,
        ratings=people,
        library=read(spec.folder) if purpose == "tune" else ours(),
        corrected=corrected if corrected.numbers else None,
    )


def _filled(named: Sequence[tuple[Program, str]], data: Dataset) -> list[Program]:
    """Return the programs with the inputs filled in. Raises PromptError where they do not fit."""
    filled = [filled_in(program, data) for program, _ in named]
    for program, (_, name) in zip(filled, named, strict=True):
        check_inputs(program, name, data)
    return filled


def _require(data: Dataset, grader: Grader, purpose: str) -> bool:
    """Return whether only rows with a target count. Raises DataError for rows that will not do."""
    _check_targets(grader, data)
    targeted = grader.needs_target and data.target is not None
    if targeted:
        require_targets(data)
    if purpose == "tune":
        require_rows(data, LEAST_ROWS, targeted=targeted)
        if grader.needs_target:
            _has_target(data)
            require_classes(data)
    return targeted


def read_prompts(
    prompts: Sequence[str | Program], names: Sequence[str], folder: Path
) -> list[tuple[Program, str]]:
    """Return programs with their names: those given, or their own. Raises as `read_prompt`."""
    read = [read_prompt(prompt, folder) for prompt in prompts]
    given = [*names, *[""] * len(read)]
    return [(program, name or own) for (program, own), name in zip(read, given, strict=False)]


def read_prompt(prompt: str | Program, folder: Path) -> tuple[Program, str]:
    """Return a program and its name from a file's path or a template's text itself.

    A text has white space or Jinja in it, or ends in a punctuation mark: `What?` is one, `triage`
    and `What` are names. Raises PromptError for a name there is no file of.
    """
    if not isinstance(prompt, str):
        return prompt, "prompt"
    path = folder / prompt
    # A name ends as names do; a word alone is one, for a typing error must not become a prompt.
    a_name = _NAME.fullmatch(prompt) is not None
    if a_name or (len(prompt) < 1024 and "\n" not in prompt and path.is_file()):
        if not path.exists() and path.suffix != ".toml":
            raise PromptError(
                f"there is no prompt file {prompt!r}; give a .toml file or a template's text "
                f"(to ask this one word: {prompt + ' {{ input }}'!r}, with an input's name)"
            )
        return load_program(path), path.stem
    return Prompt(template=prompt), "prompt"


def read_rows(spec: Spec, programs: Sequence[Program], *, whole: bool = False) -> Dataset:
    """Read a spec's data as for these programs, or with all inputs (`whole`). Raises InputError."""
    used = None if whole else columns_used(programs)
    return _load(spec, None, used, step_targets(programs))


def split_rows(spec: Spec, data: Dataset, *, graded: bool = True) -> Split:
    """Return how a tuning with this spec parts the rows; see `grader_of` for `graded`."""
    grader, _ = grader_of(spec, data, graded=graded)
    targeted = grader.needs_target and data.target is not None
    return _split(spec, data, len(usable(data, targeted=targeted)), grader)


def _load(spec: Spec, rows: Rows | None, used: set[str] | None, targets: Sequence[str]) -> Dataset:
    """Load the rows with the columns that are used; `targets` are those of a chain's steps."""
    task = spec.task
    own = set() if task.target is None else {task.target, identifier(task.target)}
    more = [column for column in targets if column not in own]
    inputs = None if task.input is None else tuple(dict.fromkeys((*task.input, *more)))
    if rating_columns(task):
        inputs = inputs_without(task, _columns(spec, rows, rating_columns(task)))
    return _columns(spec, rows, inputs, task.target, used)


def _ratings(spec: Spec, rows: Rows | None) -> dict[int, Rating]:
    columns = rating_columns(spec.task)
    return ratings(spec.task, _columns(spec, rows, columns)) if columns else {}


def _columns(
    spec: Spec,
    rows: Rows | None,
    inputs: Sequence[str] | None,
    target: str | None = None,
    used: set[str] | None = None,
) -> Dataset:
    """Read columns of the data, those `used` of the inputs if any of them is."""
    task = spec.task
    if rows is not None:
        return Dataset.from_rows(rows, inputs=inputs, target=target, keep=used)
    if task.data is None:
        where = spec.file or SPEC_NAME
        raise SettingError(f"no data is named; set task.data in {where} or give --data FILE")
    paths = [spec.path(task.data)]
    if task.sealed_data is not None:
        paths.append(spec.path(task.sealed_data))
    return load(paths, inputs=inputs, target=target, keep=used)


def grader_of(spec: Spec, data: Dataset, *, graded: bool = True) -> tuple[Grader, tuple[str, ...]]:
    """Return what grades a spec's answers, and the labels. Raises SettingError.

    `graded` False needs nothing to grade against.
    """
    task = spec.task
    name = task.grader
    if data.target is None and task.metric == "macro_f1":
        raise SettingError("task.metric macro_f1 needs right answers; set task.target")
    if name is None and not graded and data.target is None and task.labels is None:
        name = "exact"
    if name is None:
        if data.target is None and task.labels is None:
            raise SettingError(
                "nothing says what a right answer is; set task.target (--target COLUMN) "
                "to the column that has it, or task.grader to one that needs no target"
            )
        name = "label" if task.labels is not None else target_kind(data)
    labels = task.labels or (data.labels if name == "label" else ())
    if name == "label":
        _all_known(data, labels)
        if not labels:
            raise SettingError(
                f"{data.name} has too many different targets for labels; "
                'set task.grader = "exact" or name the labels in task.labels'
            )
    return grader_for(name, labels, task.options, folder=spec.folder), tuple(labels)


def _all_known(data: Dataset, labels: Sequence[str]) -> None:
    """Raise SettingError for the first row whose target is none of the labels."""
    unknown = [place for place, label in enumerate(data.labels) if label not in labels]
    if not unknown:
        return
    index = min(data.codes.index(code) for code in unknown)
    target = data.labels[data.codes[index]]
    near = difflib.get_close_matches(target, labels, 1, 0.5)
    meant = f" (did you mean {near[0]!r}?)" if near else ""
    some = ", ".join(labels[:8]) + (", …" if len(labels) > 8 else "")
    raise SettingError(
        f"{data.place(index)} has the target {target!r}, which is not in task.labels "
        f"({some}); add it there or mend the row{meant}"
    )


def _check_targets(grader: Grader, data: Dataset) -> None:
    """Raise DataError for the first target that cannot be graded against, of those looked at."""
    for part in data.parts:
        looked_at = part[: max(0, CHECKED_ROWS - part.start)]
        # Numbered as in their own file, which is what a person can look up.
        rows = (replace(data[i], index=i - part.start) for i in looked_at)
        try:
            check_targets(grader, rows)
        except DataError as error:
            if len(data.paths) < 2:
                raise
            raise DataError(f"{data.paths[data.parts.index(part)]}: {error}") from None


def _has_target(data: Dataset) -> None:
    if data.target is None:
        raise SettingError(
            "tuning needs right answers to tune on; set task.target (--target COLUMN), "
            f"one of: {', '.join(data.columns)}"
        )


def _crossed(spec: Spec, rows: int) -> bool:
    """Whether a tuning on so many rows that can be graded is cross-validated."""
    return rows < FEW_ROWS and spec.task.sealed_data is None


def _parts(spec: Spec, data: Dataset, grader: Grader, purpose: str) -> Split:
    """Part the rows; equal ones are used once where a tuning is cross-validated."""
    targeted = grader.needs_target and data.target is not None
    count = len(usable(data, targeted=targeted))
    parts = _split(spec, data, count, grader)
    return _distinct_rows(data, parts) if purpose == "tune" and _crossed(spec, count) else parts


def _split(spec: Spec, data: Dataset, rows: int, grader: Grader) -> Split:
    task = spec.task
    targeted = grader.needs_target and data.target is not None
    if task.sealed_data is not None:
        return split_files(data, targeted=targeted)
    ungraded = grader.needs_target and data.target is None
    share = 0.0 if ungraded or rows < FEW_ROWS else task.sealed
    return split(data, share, spec.tune.seed, targeted=targeted)


def _distinct_rows(data: Dataset, parts: Split) -> Split:
    """Leave out rows that repeat another one's inputs. Raises DataError if too few are left."""
    once = once_each(data, parts)
    if len(once.tuning) < LEAST_ROWS <= len(parts.tuning):
        raise DataError(
            f"{data.name} has {len(parts.tuning)} rows, of which only {len(once.tuning)} differ in "
            f"their inputs; at least {LEAST_ROWS} are needed, add some"
        )
    return once


def _distinct(names: Sequence[str]) -> tuple[str, ...]:
    """Number names that occur several times."""
    seen: dict[str, int] = {}
    out = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        out.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return tuple(out)
