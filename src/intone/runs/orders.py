"""Orders: what to run. The one way in for the command line, Python and the web.

An order is checked, planned and executed here; `running` and `tuning` do the work.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from intone.errors import InputError, SettingError
from intone.llm.backend import Backend
from intone.llm.open import ModelSettings
from intone.prompt.forms import read_program
from intone.prompt.program import Program
from intone.runs.across import across
from intone.runs.beside import named
from intone.runs.corrections import CORRECTIONS, read_corrections
from intone.runs.feedback_apply import apply_feedback
from intone.runs.feedback_ask import Ask
from intone.runs.feedback_judge import judge_of
from intone.runs.feedback_plan import feedback_ready, plan_feedback
from intone.runs.holding import Hold
from intone.runs.kit import DOCUMENTS, LIBRARY, Begin, opened
from intone.runs.methods import WITH_DOCUMENTS, check_method, check_tunable, unused_writer
from intone.runs.plan import make_plan
from intone.runs.project import Project
from intone.runs.robust import check_robust, check_versions
from intone.runs.running import Which, compare, run
from intone.runs.spec import SPEC_NAME, ModelSpec, Spec
from intone.runs.stressing import check_subjects, plan_stress, stress
from intone.runs.task import Ready, Rows, make_ready
from intone.runs.tuning import tune
from intone.runs.voting import TOO_FEW
from intone.runs.watch import Unwatched, Watcher
from intone.store.runs import RunRecord, Runs

Kind = Literal["run", "compare", "tune", "stress", "feedback"]


@dataclass(frozen=True)
class Order:
    """One run to make.

    `prompts` are files, template texts or programs (none: the spec's own); `rows` says which rows
    are answered (but by `tune`); `data` replaces the data file; `number` takes up a run that was
    interrupted; `names` are what the prompts are known by, the tuned one is registered under the
    first (default: the file's stem); `backend` answers in place of the spec's model, and is not
    closed. `models` are those of a comparison over several (`over_models`), and `backends` answer
    in place of those of these names. `ask` is what a feedback run is to grant.
    `corrections` are the numbers of the complaints whose right answers become rows to tune on
    (None: of those there are now, unless the spec wants none). `hold` may hold the run's calls;
    `lent` are models that are open already, and stay open.
    """

    kind: Kind
    spec: Spec
    prompts: tuple[str | Program, ...] = ()
    rows: Which = "tuning"
    data: Rows | None = None
    number: int | None = None
    retry_failed: bool = False
    names: tuple[str, ...] = ()
    backend: Backend | None = None
    models: tuple[ModelSpec, ...] = ()
    backends: Mapping[str, Backend] = field(default_factory=dict)
    ask: Ask | None = None
    corrections: tuple[int, ...] | None = None
    hold: Hold | None = None
    lent: tuple[tuple[ModelSettings, Backend], ...] = ()

    @property
    def project(self) -> Project:
        """The project the run is kept in."""
        return Project(self.spec.folder)


def over_models(order: Order, names: Sequence[str]) -> Order:
    """Return a comparison over these models, in place of the spec's one.

    Each has the settings of `[model]`, its price and its key aside (`beside.named`). Raises
    SettingError for fewer than two names, one that is there twice, and a budget in money where a
    price is not known.
    """
    names = [name.strip() for name in names]
    if len(names) < 2 or not all(names):
        raise SettingError("--models takes two or more names, as in --models openai:a,openai:b")
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise SettingError(f"--models names {twice} twice; name different models")
    models = tuple(named(order.spec, name) for name in names)
    unpriced = [model.name for model in models if model.price is None]
    if order.spec.budget.usd is not None and unpriced:
        raise SettingError(
            f"a budget in usd needs every model's price, and that of {unpriced[0]} is not known; "
            "limit budget.calls or budget.tokens instead"
        )
    spec = order.spec.model_copy(update={"model": models[0]})
    return replace(order, spec=spec, models=models)


def prepare(order: Order) -> Ready:
    """Load and check everything an order needs, without opening a model; nothing is written.

    Raises InputError and its kinds, each one line, and StoreError.
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
    if order.kind == "compare" and len(prompts) < 2 and not order.models:
        raise InputError("compare needs at least two prompts, or --models with several models")
    if order.kind == "feedback":
        return feedback_ready(spec, prompts, _ask(order), order.data, order.names)
    wanted = order.corrections if spec.task.corrections else ()
    corrections = read_corrections(order.project, wanted)
    ready = make_ready(
        spec,
        prompts,
        purpose=order.kind,
        rows=order.data,
        corrections=corrections,
        names=order.names,
    )
    if order.kind == "tune":
        check_tunable(ready)
        check_versions(ready)
        if spec.tune.vote and ready.few:
            ready = replace(ready, notices=(*ready.notices, f"tune.vote is not used: {TOO_FEW}"))
        idle = unused_writer(ready, None)  # of too few calls the plan tells, and the end
        if idle is not None:
            ready = replace(ready, notices=(*ready.notices, idle))
    if ready.documents.passages and spec.tune.method not in WITH_DOCUMENTS:
        unused = f"{spec.tune.method} makes no use of task.documents; auto does"
        ready = replace(ready, notices=(*ready.notices, unused))
    if order.kind == "stress":
        check_subjects(ready)
    return ready


def plan(order: Order) -> dict[str, Any]:
    """Return the plan of a tuning, a stress test or a feedback run. Calls and writes nothing."""
    ready = prepare(order)
    if order.kind == "feedback":
        planned = plan_feedback(ready, _ask(order)).to_dict()
        return planned | {"name": ready.names[0], "notices": list(ready.notices)}
    if order.kind == "stress":
        return plan_stress(ready, order.rows)
    tuning = make_plan(ready)
    idle = unused_writer(ready, tuning.search_answers)
    notices = [*ready.notices, *([idle] if idle and idle not in ready.notices else [])]
    return tuning.to_dict() | {"notices": notices}


async def execute(order: Order, watcher: Watcher | None = None) -> dict[str, Any]:
    """Carry an order out; return its result in plain values.

    Raises IntoneError for every expected failure; what was answered until then is kept.
    """
    ready = prepare(order)
    begin = Begin(
        order.kind,
        order.rows,
        order.number,
        order.retry_failed,
        order.backend,
        {} if order.ask is None else _more(order, order.ask),
        order.models,
        order.backends,
        order.hold,
        order.lent,
    )
    if order.number is not None:
        _same_data(order, ready)
    async with opened(ready, order.project, begin, watcher or Unwatched()) as kit:
        if order.kind == "tune":
            return await tune(kit)
        if order.models:
            return await across(kit, order.rows)
        if order.kind == "feedback":
            return await apply_feedback(kit, _ask(order))
        if order.kind == "compare":
            return await compare(kit, order.rows)
        if order.kind == "stress":
            return await stress(kit, order.rows)
        return await run(kit, order.rows)


def order_of(record: RunRecord, *, retry_failed: bool = False) -> Order:
    """Return the order that carries a recorded run on. Raises InputError if it cannot be."""
    kept = record.spec
    own = [] if kept.get("from_file") or kept.get("from_complaints") else ["on rows"]
    own += ["with a backend"] if kept.get("own_backend") else []
    if own:
        raise InputError(
            f"run {record.number} was made in Python {' and '.join(own)} of its own; "
            "run that program again: what is answered is replayed"
        )
    return recorded_order(record, retry_failed=retry_failed)


def recorded_order(record: RunRecord, *, retry_failed: bool = False) -> Order:
    """Return the order of a recorded run as far as its record tells: not a program's own rows."""
    kept = record.spec
    spec = Spec.model_validate({**kept["spec"], "folder": Path(kept["folder"])})
    return Order(
        kind=kept["kind"],
        spec=spec,
        prompts=tuple(read_program(form) for form in kept["prompts"]),
        rows=kept.get("rows", "tuning"),
        number=record.number,
        retry_failed=retry_failed,
        names=tuple(kept["names"]),
        models=tuple(ModelSpec.model_validate(form) for form in kept.get("models", ())),
        ask=Ask.from_form(kept["ask"]) if "ask" in kept else None,
        corrections=tuple(kept.get(CORRECTIONS, ())),
    )


def _ask(order: Order) -> Ask:
    if order.ask is None:
        raise InputError("a feedback run needs complaints to answer (intone feedback add)")
    ask = order.ask
    return ask if ask.judge is not None else replace(ask, judge=judge_of(order.spec))


def _more(order: Order, ask: Ask) -> dict[str, Any]:
    """Return what a feedback run's record keeps besides."""
    from_complaints = order.data is None and order.spec.task.data is None
    return {"ask": ask.form(), "from_complaints": from_complaints}


def _same_data(order: Order, ready: Ready) -> None:
    with order.project.open() as database:
        record = Runs(database).get(order.number or 0)
    changed = []
    if record.data_id != ready.data.id:
        changed.append("data")
    if record.spec.get(DOCUMENTS, "") != ready.documents.id:
        changed.append("documents")
    if record.spec.get(LIBRARY, "") != ready.library.id:
        changed.append("library entries")
    if changed:
        has = "has" if changed == ["data"] else "have"
        raise InputError(
            f"the {' and '.join(changed)} of run {record.number} {has} changed since it began; "
            "start a new run (what is answered is replayed where it still fits)"
        )
