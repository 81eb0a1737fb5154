"""What a run needs, opened together and closed together. Owns the wiring of rooms.

The database, the ledger, the model behind its meter, and the engine: made from a spec here and
nowhere else. A run that ends badly leaves its record saying so.
"""

from __future__ import annotations

import asyncio
import json
import platform
import time
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from importlib.metadata import version
from typing import Any

from intone.errors import BudgetEnded, IntoneError
from intone.evaluate.budget import Price, Purse
from intone.evaluate.engine import Answering, Engine, Job
from intone.evaluate.metered import Metered
from intone.evaluate.outcome import Outcome, with_model
from intone.llm.backend import Backend
from intone.llm.open import ModelSettings, public_name
from intone.metrics.asks import AsksAModel
from intone.runs.beside import Beside, Pool, settings_of
from intone.runs.corrections import BASE, CORRECTIONS
from intone.runs.holding import Hold
from intone.runs.project import Project
from intone.runs.spec import ModelSpec
from intone.runs.task import Ready
from intone.runs.telling import Telling
from intone.runs.watch import Watcher
from intone.runs.writing import RECALLED, Writing, recalled, rejected, snapshot
from intone.store.database import Database
from intone.store.ledger import SqlLedger
from intone.store.outcomes import RunFailures, RunOutcomes
from intone.store.registry import Registry
from intone.store.rejections import Rejections
from intone.store.runs import Ending, RunRecord, Runs
from intone.tune.loop import Memo
from intone.writer.model_writer import ModelWriter

DOCUMENTS = "documents"
"""Where a run's record keeps the hash of its documents' passages, if it has any."""
LIBRARY = "library"
"""Where it keeps the hash of the library, if the project has entries of its own."""
BEGUN = "begun"
"""The event of a run that is begun or taken up, with the versions it is made with."""
_FLUSH = 500  # outcomes written together


def made_with() -> dict[str, str]:
    """Return the versions of Intone and of Python that are at work."""
    return {"intone": version("intone"), "python": platform.python_version()}


@dataclass
class Kit:
    """A run under way.

    `engines` are those of the models of a comparison, one for any other run; `engine` is what
    answers a run's jobs: the first of them, or something around it.
    """

    ready: Ready
    number: int
    models: tuple[ModelSpec, ...]
    engines: tuple[Engine, ...]
    engine: Answering
    purse: Purse
    runs: Runs
    registry: Registry
    watcher: Watcher
    writing: Writing
    beside: Beside
    _rejections: Rejections
    _outcomes: RunOutcomes
    _began: float = field(default_factory=time.monotonic)
    _pending: list[Outcome] = field(default_factory=list)
    statuses: dict[str, int] = field(default_factory=dict)

    def saw(self, outcome: Outcome) -> None:
        """Take note of an outcome: count it, show it, and keep it with the run."""
        self.statuses[outcome.status] = self.statuses.get(outcome.status, 0) + 1
        self._pending.append(outcome)
        if len(self._pending) >= _FLUSH:
            self.flush()
        self.watcher.outcome(outcome, self.purse.spent)

    def flush(self) -> None:
        """Write the outcomes that are not yet on disk with the run."""
        pending, self._pending = self._pending, []
        self._outcomes.add(pending)

    async def answer(self, jobs: Iterable[Job]) -> list[Outcome]:
        """Answer jobs; fewer outcomes than jobs mean that the budget ended."""
        return await self.engine.run(jobs)

    def writer(self) -> ModelWriter:
        """Return a writer for one search. The first one opens its model: see `Writing.writer`."""
        return self.writing.writer()

    def keep_rejections(self, memo: Memo) -> None:
        """Remember which of the writers' proposals did not pay, for later runs on the same data.

        Called once at the end: a run that is killed before leaves the next one as it was.
        """
        offers = self.writing.offers
        if offers:
            those = rejected(self.number, offers, memo)
            self._rejections.keep(self.number, self.ready.data.id, those)

    def spent(self) -> dict[str, Any]:
        """Return what the run has spent, in plain values."""
        spent = self.purse.spent
        return {
            "calls": spent.calls,
            "replayed": spent.replayed,
            "prompt_tokens": spent.prompt_tokens,
            "completion_tokens": spent.completion_tokens,
            "usd": round(spent.usd, 6),
            "broken": spent.broken,
            "broken_tokens": spent.broken_tokens,
            "seconds": round(time.monotonic() - self._began, 1),
        }

    def unanswered(self) -> int:
        """Return how many rows failed for good."""
        return self.statuses.get("failed", 0)


@dataclass(frozen=True)
class Begin:
    """How to begin: a new run of this `kind` on these `rows`, or run `number` again.

    A `backend` that is handed in answers in place of the spec's model, and stays open. `models` are
    those of a comparison over several, the spec's first; `backends` answer in place of those of
    these names. `more` is what else the record of a new run keeps. `hold` may hold the run's calls;
    `lent` are models that are open already, and stay open.
    """

    kind: str
    rows: str = "tuning"
    number: int | None = None
    retry_failed: bool = False
    backend: Backend | None = None
    more: Mapping[str, Any] = field(default_factory=dict)
    models: tuple[ModelSpec, ...] = ()
    backends: Mapping[str, Backend] = field(default_factory=dict)
    hold: Hold | None = None
    lent: Sequence[tuple[ModelSettings, Backend]] = ()

    @property
    def own_backend(self) -> bool:
        """Whether a backend was handed in: such a run cannot be resumed by its record."""
        return self.backend is not None or bool(self.backends)


@asynccontextmanager
async def opened(
    ready: Ready, project: Project, begin: Begin, watcher: Watcher
) -> AsyncIterator[Kit]:
    """Open everything a run needs; on leaving, close it and record how the run ended.

    The body is to call `Runs.end` when it is done; any exception is recorded with its state.
    """
    purse = Purse(ready.spec.budget.budget(), ready.spec.model.pricing())
    pool = Pool(begin.lent)
    models = begin.models or (ready.spec.model,)
    backends = [_backend(model, begin, pool, ready) for model in models]
    with project.open() as database:
        runs = Runs(database)
        record = _begin(database, runs, ready, begin)
        number = record.number
        runs.note(number, BEGUN, made_with())
        given = dict(zip((it.id for it in ready.prompts), ready.names, strict=False))
        telling = Telling(watcher, runs, number, purse, given, begin.hold)
        telling.begun(number)
        failures = RunFailures(database, number)
        if begin.retry_failed:
            failures.reopen()
        once = begin.kind == "tune"
        with SqlLedger(database) as ledger:
            pairs = list(zip(models, backends, strict=True))
            meters = [_meter(*pair, ledger, purse, failures, once) for pair in pairs]
            for meter in meters:
                meter.gate = telling
            beside = Beside(ready.spec, pool, meters[0], ledger, failures)
            told = recalled(record.spec.get(RECALLED, ()))
            engines = _engines(ready, models, meters, beside, once=once)
            kit = Kit(
                ready,
                number,
                models,
                engines,
                engines[0],
                purse,
                runs,
                Registry(database),
                telling,
                Writing(ready, lambda: beside.meter("writer"), told),
                beside,
                Rejections(database),
                RunOutcomes(database, number),
            )
            _listen(kit)
            try:
                yield kit
                kit.flush()
            except BaseException as error:  # whatever ended the run, its record says so
                _record_end(kit, error, record)
                raise
            finally:
                telling.tell()
                await pool.close()


def _meter(
    model: ModelSpec,
    backend: Backend,
    ledger: SqlLedger,
    purse: Purse,
    failures: RunFailures,
    once: bool,
) -> Metered:
    return Metered(
        backend,
        ledger,
        purse,
        concurrency=model.concurrency,
        patience=model.patience(),
        failures=failures,
        price=model.pricing() or Price(0.0, 0.0),
        once=once,
    )


def _backend(model: ModelSpec, begin: Begin, pool: Pool, ready: Ready) -> Backend:
    handed_in = begin.backends.get(model.name) or (None if begin.models else begin.backend)
    return handed_in or pool.open(settings_of(model, ready.spec.folder))


def _engines(
    ready: Ready,
    models: Sequence[ModelSpec],
    meters: Sequence[Metered],
    beside: Beside,
    *,
    once: bool,
) -> tuple[Engine, ...]:
    """Return an engine for each model; one judge grades for them all."""
    judge = beside.judge(once=once) if isinstance(ready.grader, AsksAModel) else None
    return tuple(
        Engine(meter, ready.grader, model.sampling(), judge=judge)
        for model, meter in zip(models, meters, strict=True)
    )


def _listen(kit: Kit) -> None:
    """Have the kit see every outcome; those of several models are kept under both names."""
    if len(kit.engines) == 1:
        kit.engines[0].listener = kit.saw
        return

    def seen_with(model: ModelSpec) -> Callable[[Outcome], None]:
        def saw(outcome: Outcome) -> None:
            kit.saw(replace(outcome, program=with_model(outcome.program, model.name)))

        return saw

    for model, engine in zip(kit.models, kit.engines, strict=True):
        engine.listener = seen_with(model)


def spec_record(ready: Ready, begin: Begin) -> dict[str, Any]:
    """Return what is kept of a spec with a run: enough to run it again, and never a key."""
    form = ready.spec.form()
    for section in ("model", "writer", "judge"):
        if section in form:
            form[section]["name"] = public_name(form[section]["name"])
    told: dict[str, Any] = {DOCUMENTS: ready.documents.id, LIBRARY: ready.library.id}
    told["models"] = [model.model_dump(mode="json", exclude_none=True) for model in begin.models]
    if ready.corrected is not None:
        told |= {CORRECTIONS: list(ready.corrected.numbers), BASE: ready.base.id}
    return {
        "kind": begin.kind,
        "rows": begin.rows,
        "folder": str(ready.spec.folder.resolve()),
        "spec": form,
        "prompts": [prompt.canonical() for prompt in ready.prompts],
        "names": list(ready.names),
        "from_file": ready.spec.task.data is not None,
        "own_backend": begin.own_backend,
        **{what: found for what, found in told.items() if found},
        **begin.more,
    }


def _begin(database: Database, runs: Runs, ready: Ready, begin: Begin) -> RunRecord:
    """Return the new run, or the run taken up as it was before."""
    if begin.number is not None:
        return runs.resume(begin.number)
    record = json.loads(json.dumps(spec_record(ready, begin)))
    if begin.kind == "tune":
        record[RECALLED] = snapshot(runs, database, begin.kind, ready, record)
    return runs.create(begin.kind, record, ready.data.id)


def _record_end(kit: Kit, error: BaseException, before: RunRecord) -> None:
    """Record how a run ended badly; one that had its result already keeps it, and its state."""
    state: Ending = "failed"
    if isinstance(error, KeyboardInterrupt | asyncio.CancelledError):
        state = "interrupted"
    elif isinstance(error, BudgetEnded):
        state = "stopped"
    try:
        kit.flush()
        kit.runs.note(kit.number, state, {"error": f"{type(error).__name__}: {error}"})
        if before.summary is not None and (before.state == "done" or before.state == "stopped"):
            state = before.state
        kit.runs.end(kit.number, state)
    except IntoneError as second:  # a full disk, say: the first error is the one to report
        error.add_note(f"and the run's end could not be recorded: {second}")
