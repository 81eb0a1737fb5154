"""A project that answers: the door for the web API and the web pages.

Owns what is opened once and closed once (database, ledger, model), how one question is answered
and traced, and where a user's word about an answer goes. Whoever serves a project calls this and
nothing below it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from intone.data.canonical import content_id
from intone.data.cells import as_text
from intone.data.row import Row
from intone.errors import BackendError, DataError
from intone.evaluate.budget import Budget, Purse
from intone.evaluate.engine import Engine, Job
from intone.evaluate.metered import Failure, Metered, Patience
from intone.evaluate.outcome import Outcome
from intone.feedback.complaint import Complaint
from intone.llm.backend import Backend
from intone.llm.open import open_backend
from intone.metrics.ungraded import Ungraded
from intone.prompt.program import Answer, Lost
from intone.runs.answer_kind import answer_kind
from intone.runs.beside import settings_of
from intone.runs.curating import Curating
from intone.runs.deciding import Deciding
from intone.runs.experimenting import Experimenting
from intone.runs.hearing import Hearing
from intone.runs.labelling import Labelling
from intone.runs.playground import Playground
from intone.runs.project import Project
from intone.runs.proposing import Proposing
from intone.runs.records import brief, trace_form, version_form, whole
from intone.runs.resolving import Resolved, Resolver
from intone.runs.spec import ModelSpec, Spec
from intone.runs.task_rows import TaskRows
from intone.runs.tending import Tending
from intone.store.complaints import Complaints
from intone.store.database import Database
from intone.store.ledger import SqlLedger
from intone.store.registry import Registry
from intone.store.runs import Runs
from intone.store.traces import Trace, Traces, hashed_user, new_trace_id, user_secret

Sink = Callable[[Complaint], object]
"""Keeps a complaint; it is on disk when this returns."""

_PRESSURE = 30.0  # seconds a caller waits for a model that asks for fewer calls


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked: inputs for a prompt's label (or a version's number, or *latest*).

    `user` is any text that is the same for one user; it is kept as a keyed hash. `sample` asks for
    another draw: the same question with the same number gets the same answer, from the ledger.
    """

    name: str
    which: str
    inputs: Mapping[str, Any]
    user: str | None = None
    sample: int = 0


@dataclass(frozen=True, slots=True)
class Remark:
    """A user's word about an answer: a comment, a rating in 0..1, the right answer, who it was."""

    trace: str
    comment: str = ""
    rating: float | None = None
    answer: str | None = None
    who: str = ""


@dataclass
class _Forgetful:
    """Failures of calls that the next caller need not suffer again."""

    known: Mapping[str, Failure] = field(default_factory=dict)

    async def add(self, key: str, failure: Failure) -> None:
        return None


class Serving:
    """An open project. Used from one event loop; `close` when all is answered."""

    def __init__(self, spec: Spec, database: Database, backend: Backend, sink: Sink) -> None:
        self.folder = spec.folder
        self.experiments = Experimenting(database)
        self.curating = Curating(database)
        self.tending = Tending(spec, database, backend)
        self.hearing = Hearing(spec, database)
        self.proposing = Proposing(spec, database, backend, self.hearing)
        self.deciding = Deciding(database)
        self._database = database
        self._ledger = SqlLedger(database)
        self._traces = Traces(database)
        self._resolver = Resolver(database)
        self._secret = user_secret(database)
        self._sink = sink
        self._target = spec.task.target or ""
        self._metered = Metered(
            backend,
            self._ledger,
            Purse(Budget()),
            concurrency=spec.model.concurrency,
            patience=_patience(spec.model),
            failures=_Forgetful(),
        )
        expects = answer_kind(spec)
        grader = Ungraded(expects)
        self._engine = Engine(self._metered, grader, spec.model.sampling())
        # The meter bounds the calls of one question only; many questions are bounded here.
        most = min(spec.model.concurrency, backend.concurrency or spec.model.concurrency)
        self._places = asyncio.Semaphore(most)
        self._under_way: set[asyncio.Task[Trace]] = set()
        rows = TaskRows(spec)
        self.labelling = Labelling(spec, database, rows)
        self.playground = Playground(
            spec,
            database,
            rows,
            backend=backend,
            ledger=self._ledger,
            places=self._places,
            expects=expects,
        )

    @classmethod
    def open(
        cls, spec: Spec, *, backend: Backend | None = None, sink: Sink | None = None
    ) -> Serving:
        """Open the project of a spec. Raises IntoneError, each one line.

        `backend` answers in place of the spec's model; `sink` keeps complaints in place of the
        project's own store.
        """
        answering = backend or open_backend(settings_of(spec.model, spec.folder))
        database = Project(spec.folder).open()
        try:
            return cls(spec, database, answering, sink or Complaints(database).add)
        except BaseException:  # also an interrupt leaves no database open
            database.close()
            raise

    async def close(self) -> None:
        """Finish what is under way, write what is queued, and close the model and the database.

        A run that is at work here is interrupted and can be resumed; a proposal that is being made
        is stopped, and what is answered of it is kept.
        """
        await asyncio.to_thread(self.tending.close)
        await self.proposing.close()
        if self._under_way:
            await asyncio.gather(*self._under_way, return_exceptions=True)
        await self.playground.finish()
        await self._metered.close()
        self._traces.close()
        self._ledger.close()
        self._database.close()

    async def answer(self, question: Question) -> Trace:
        """Answer a question; the trace that comes back is on disk.

        A model that did not answer is a trace with the status *failed* and a reason. The answer is
        finished and kept even if whoever asked stops waiting. Raises InputError (NotThere,
        PromptError) for a question that cannot be asked, StoreError if it cannot be kept.
        """
        task = asyncio.create_task(self._answer(question))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)
        return await asyncio.shield(task)

    def render(self, question: Question) -> tuple[Resolved, list[list[dict[str, str]]]]:
        """Return what answers a question, and the messages of its first requests. Calls nothing."""
        found = self._resolver.resolve(question.name, question.which, self._unit(question, ""))
        step = found.program.next(self._row(found, question), (), self._engine.blank)
        asked = [] if isinstance(step, Answer | Lost) else [request.messages for request in step]
        return found, [[{"role": m.role, "content": m.content} for m in them] for them in asked]

    def variables(self, name: str, which: str) -> list[str]:
        """Return the inputs that a prompt needs. Raises NotThere."""
        return sorted(self._resolver.resolve(name, which, "").program.variables)

    async def remark(self, remark: Remark) -> None:
        """Keep a user's word about an answer; it is on disk when this returns.

        What is said in words goes where complaints are kept; a rating is also the answer's outcome.
        Raises NotThere for a trace there is none of.
        """
        await asyncio.to_thread(self._keep, remark)

    async def worth(self, trace: str, value: float) -> None:
        """Keep what the application found an answer to be worth, 0..1. Raises NotThere."""
        await asyncio.to_thread(self._worth, trace, value)

    def prompts(self) -> list[dict[str, Any]]:
        """Return the prompts: name, latest version, labels, verdict."""
        registry = Registry(self._database)
        return [
            {
                "name": version.name,
                "latest": version.number,
                "labels": registry.labels(version.name),
                "verdict": version.verdict,
            }
            for version in registry.names()
        ]

    def versions(self, name: str) -> list[dict[str, Any]]:
        """Return all versions of a prompt with their programs, newest first. Raises NotThere."""
        return [version_form(version) for version in Registry(self._database).versions(name)]

    def version(self, name: str, which: str) -> dict[str, Any]:
        """Return one version by number or label. Raises NotThere."""
        return version_form(Registry(self._database).get(name, which))

    def runs(self, limit: int = 20) -> list[dict[str, Any]]:
        """Return the latest runs in a few values each, newest first."""
        return [brief(record) for record in Runs(self._database).newest(limit)]

    def run(self, number: int) -> dict[str, Any]:
        """Return all that is kept of a run, but where on this machine it was. Raises NotThere."""
        record = Runs(self._database).get(number)
        form = whole(record, record.summary or {})
        form["spec"] = {name: value for name, value in record.spec.items() if name != "folder"}
        return form

    def traces(self, limit: int = 20, name: str | None = None) -> list[dict[str, Any]]:
        """Return the latest answers (of a prompt), newest first."""
        return [trace_form(trace) for trace in self._traces.newest(limit, name)]

    def trace(self, trace: str) -> dict[str, Any]:
        """Return one answer by its trace id. Raises NotThere."""
        return trace_form(self._traces.get(trace))

    async def _answer(self, question: Question) -> Trace:
        began, trace_id = time.monotonic(), new_trace_id()
        found = self._resolver.resolve(
            question.name, question.which, self._unit(question, trace_id)
        )
        row = self._row(found, question)
        outcome = await self._outcome(Job(found.program, row, question.sample))
        shown = outcome.answer if outcome.status == "answered" else outcome.text
        trace = Trace(
            id=trace_id,
            name=question.name,
            version=found.version.number,
            label=question.which,
            inputs=row.inputs,
            output=as_text(shown or "") or "",
            status=outcome.status,
            reason="" if outcome.status == "answered" else outcome.reason,
            calls=outcome.calls,
            replayed=outcome.replayed,
            prompt_tokens=outcome.usage.prompt_tokens,
            completion_tokens=outcome.usage.completion_tokens,
            seconds=round(time.monotonic() - began, 6),
            user=self._hashed(question.user),
            experiment=found.experiment.number if found.experiment else None,
            variant=found.variant,
            at=time.time(),
        )
        await self._traces.add(trace)
        return trace

    async def _outcome(self, job: Job) -> Outcome:
        try:
            async with self._places:
                (outcome,) = await self._engine.run([job])
        except BackendError as error:
            return Outcome(
                job.program.id, job.row.index, job.sample, "failed", None, str(error), calls=1
            )
        return outcome

    def _row(self, found: Resolved, question: Question) -> Row:
        try:
            texts = {name: as_text(value) for name, value in question.inputs.items()}
        except RecursionError:
            raise DataError("an input has lists in lists too deep to be read") from None
        inputs = {name: text for name, text in texts.items() if text is not None}
        missing = sorted(found.program.variables - inputs.keys())
        if missing:
            wanted = ", ".join(sorted(found.program.variables))
            raise DataError(
                f"the inputs lack {', '.join(missing)}; {found.version.ref} needs: {wanted}"
            )
        return Row(0, content_id(inputs), inputs)

    def _unit(self, question: Question, otherwise: str) -> str:
        """Return what decides the variant: the user, else this very request."""
        return self._hashed(question.user) or otherwise

    def _hashed(self, user: str | None) -> str | None:
        return hashed_user(self._secret, user) if user else None

    def _keep(self, remark: Remark) -> None:
        trace = self._traces.get(remark.trace)
        who = self._hashed(remark.who) or trace.user or ""
        if remark.comment.strip() or remark.answer is not None:
            version = Registry(self._database).record(trace.name, trace.version)
            self._sink(
                Complaint(
                    remark.comment,
                    name=trace.name,
                    program_id=version.program_id,
                    program=version.program,
                    inputs=trace.inputs,
                    output=trace.output,
                    rating=remark.rating,
                    answer=remark.answer,
                    who=who,
                    version=trace.ref,
                    target=self._target,
                )
            )
        if remark.rating is not None:
            self._traces.worth(remark.trace, remark.rating, "rating", who)
            self.experiments.settle(trace.experiment)

    def _worth(self, trace: str, value: float) -> None:
        found = self._traces.get(trace)
        self._traces.worth(trace, value, "application")
        self.experiments.settle(found.experiment)


def _patience(model: ModelSpec) -> Patience:
    return Patience(attempts=model.attempts, timeout=model.timeout, pressure=_PRESSURE)
