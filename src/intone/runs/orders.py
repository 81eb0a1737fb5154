"""Orders: what to run. The one way in for the command line, Python and the web.

An order is checked, planned and executed here; `running` and `tuning` do the work.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from intone.errors import InputError, SettingError
from intone.llm.backend import Backend
from intone.prompt.prompt import Prompt
from intone.runs.kit import DOCUMENTS, Begin, opened
from intone.runs.methods import WITH_DOCUMENTS, check_method
from intone.runs.plan import make_plan
from intone.runs.project import Project
from intone.runs.robust import check_robust
from intone.runs.running import Which, compare, run
from intone.runs.spec import SPEC_NAME, Spec
from intone.runs.stressing import check_subjects, plan_stress, stress
from intone.runs.task import Ready, Rows, make_ready
from intone.runs.tuning import tune
from intone.runs.watch import Unwatched, Watcher
from intone.store.runs import RunRecord, Runs

Kind = Literal["run", "compare", "tune", "stress"]


@dataclass(frozen=True)
class Order:
    """One run to make.

    `prompts` are files, template texts or prompts (none: the spec's own); `rows` says which rows
    are answered (but by `tune`); `data` replaces the data file; `number` takes up a run that was
    interrupted; `names` are what the prompts are known by, the tuned one is registered under the
    first (default: the file's stem); `backend` answers in place of the spec's model, and is not
    closed.
    """

    kind: Kind
    spec: Spec
    prompts: tuple[str | Prompt, ...] = ()
    rows: Which = "tuning"
    data: Rows | None = None
    number: int | None = None
    retry_failed: bool = False
    names: tuple[str, ...] = ()
    backend: Backend | None = None

    @property
    def project(self) -> Project:
        """The project the run is kept in."""
        return Project(self.spec.folder)


def prepare(order: Order) -> Ready:
    """Load and check everything an order needs, without opening a model or a database.

    Raises InputError and its kinds, each one line.
    """
    spec = order.spec
    check_method(spec.tune.method, spec.tune.objective)
    if order.kind == "tune":
        check_robust(spec)
    prompts = order.prompts
    if not prompts:
        if spec.prompt is None:
            where = spec.file or SPEC_NAME
            raise SettingError(
                f"no prompt is named; set prompt in {where} or give --prompt FILE-OR-TEXT"
            )
        prompts = (spec.prompt,)
    if order.kind == "compare" and len(prompts) < 2:
        raise InputError("compare needs at least two prompts")
    ready = make_ready(spec, prompts, purpose=order.kind, rows=order.data)
    if ready.documents.passages and spec.tune.method not in WITH_DOCUMENTS:
        unused = f"{spec.tune.method} makes no use of task.documents; auto does"
        ready = replace(ready, notices=(*ready.notices, unused))
    ready = replace(ready, names=order.names) if order.names else ready
    if order.kind == "stress":
        check_subjects(ready)
    return ready


def plan(order: Order) -> dict[str, Any]:
    """Return the plan of a tuning or a stress test. Calls nothing and writes nothing."""
    ready = prepare(order)
    if order.kind == "stress":
        return plan_stress(ready, order.rows)
    return make_plan(ready).to_dict() | {"notices": list(ready.notices)}


async def execute(order: Order, watcher: Watcher | None = None) -> dict[str, Any]:
    """Carry an order out; return its result in plain values.

    Raises IntoneError for every expected failure; what was answered until then is kept.
    """
    ready = prepare(order)
    begin = Begin(order.kind, order.rows, order.number, order.retry_failed, order.backend)
    if order.number is not None:
        _same_data(order, ready)
    async with opened(ready, order.project, begin, watcher or Unwatched()) as kit:
        if order.kind == "tune":
            return await tune(kit)
        if order.kind == "compare":
            return await compare(kit, order.rows)
        if order.kind == "stress":
            return await stress(kit, order.rows)
        return await run(kit, order.rows)


def order_of(record: RunRecord, *, retry_failed: bool = False) -> Order:
    """Return the order that carries a recorded run on. Raises InputError if it cannot be."""
    kept = record.spec
    own = [] if kept.get("from_file") else ["on rows"]
    own += ["with a backend"] if kept.get("own_backend") else []
    if own:
        raise InputError(
            f"run {record.number} was made in Python {' and '.join(own)} of its own; "
            "run that program again: what is answered is replayed"
        )
    spec = Spec.model_validate({**kept["spec"], "folder": Path(kept["folder"])})
    return Order(
        kind=kept["kind"],
        spec=spec,
        prompts=tuple(Prompt.from_canonical(form) for form in kept["prompts"]),
        rows=kept.get("rows", "tuning"),
        number=record.number,
        retry_failed=retry_failed,
        names=tuple(kept["names"]),
    )


def _same_data(order: Order, ready: Ready) -> None:
    with order.project.open() as database:
        record = Runs(database).get(order.number or 0)
    changed = []
    if record.data_id != ready.data.id:
        changed.append("data")
    if record.spec.get(DOCUMENTS, "") != ready.documents.id:
        changed.append("documents")
    if changed:
        has = "has" if changed == ["data"] else "have"
        raise InputError(
            f"the {' and '.join(changed)} of run {record.number} {has} changed since it began; "
            "start a new run (what is answered is replayed where it still fits)"
        )
