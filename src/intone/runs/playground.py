"""Trying prompts on a few rows before anything is tuned: the door of a page.

Owns which rows and how many calls a try may take, and what is said of its answers. Every call goes
through a meter into the project's ledger, like a run's; a try is no run and no verdict.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from intone.data.canonical import content_id
from intone.data.row import Row
from intone.errors import BudgetEnded, InputError
from intone.evaluate.budget import Budget, Purse
from intone.evaluate.engine import Engine, Job
from intone.evaluate.ledger import Ledger
from intone.evaluate.metered import Metered, NoFailures
from intone.evaluate.outcome import Outcome
from intone.llm.answers import AnswerSpec
from intone.llm.backend import Backend
from intone.metrics.asks import AsksAModel
from intone.metrics.grade import Grader
from intone.metrics.ungraded import Ungraded
from intone.prompt.contradictions import contradictions
from intone.prompt.forms import read_program
from intone.prompt.library.entries import Clarifier
from intone.prompt.library.library import read as read_library
from intone.prompt.phrasings import task_kind
from intone.prompt.prompt import Prompt
from intone.runs.beside import Beside, Pool, settings_of
from intone.runs.corrections import settle
from intone.runs.fitting import check_inputs, check_kind, filled_in
from intone.runs.refusing import refuse_silence
from intone.runs.spec import Spec
from intone.runs.task import read_prompt
from intone.runs.task_rows import OpenRows, TaskRows
from intone.runs.tried import Tried, tried
from intone.store.complaints import Complaints
from intone.store.database import Database
from intone.store.registry import Registry, name_from

MOST_VARIANTS = 3
MOST_ROWS = 20
NAMES = ("A", "B", "C")
"""What the variants are called."""
FILE = "file:"
"""Before the id of the spec's own prompt among the prompts to start from."""
_BY_HAND = -1  # the place of a row that is in no file
_MOST_VERSIONS = 10  # of a name, to start from


@dataclass(frozen=True, slots=True)
class Source:
    """A prompt to start from: `ref` says which, `name` is what a version of it would be called."""

    ref: str
    title: str
    name: str


@dataclass(frozen=True, slots=True)
class Saved:
    """Where a prompt was saved; not `new` where the latest version has the same content."""

    name: str
    number: int
    parent: str | None
    new: bool

    @property
    def ref(self) -> str:
        """The version as it is referred to."""
        return f"{self.name}@{self.number}"


@dataclass(frozen=True)
class Task:
    """What answers are to be, and the rows there are; without rows inputs are written by hand."""

    grader: Grader
    rows: OpenRows | None = None
    targets: Mapping[int, str] = field(default_factory=dict)

    def row(self, place: int) -> Row:
        """Return a row with the label that a tuning takes. Raises InputError."""
        if self.rows is None:
            raise InputError("there are no rows: write the inputs by hand, or name task.data")
        found = self.rows.row(place)
        return replace(found, target=self.targets.get(place, found.target))

    @property
    def sample(self) -> list[Row]:
        """The rows for a try on many."""
        return [] if self.rows is None else [self.row(place) for place in self.rows.sample]

    def by_hand(self, inputs: Mapping[str, str], place: int | None = None) -> Row:
        """Return a row of these inputs: the row of that place, if they are its own."""
        if place is not None and self.rows is not None:
            row = self.row(place)
            if all(row.inputs.get(name) == text for name, text in inputs.items()):
                return row
            inputs = {**row.inputs, **inputs}
        return Row(_BY_HAND, content_id(dict(inputs)), dict(inputs))

    def name(self, row: Row) -> str:
        """Return what to call a row before people."""
        if self.rows is None or row.index == _BY_HAND:
            return "by hand"
        return self.rows.data.place(row.index)


class Playground:
    """The prompts of an open project, and a model to try them on. Used from one event loop.

    `backend`, `ledger` and `places` (calls under way at once) are those of whoever opened the
    project; `expects` is the kind of answer where there are no rows.
    """

    def __init__(
        self,
        spec: Spec,
        database: Database,
        rows: TaskRows,
        *,
        backend: Backend,
        ledger: Ledger,
        places: asyncio.Semaphore,
        expects: AnswerSpec,
    ) -> None:
        self._spec = spec
        self._database = database
        self._registry = Registry(database)
        self._rows = rows
        self._backend = backend
        self._ledger = ledger
        self._places = places
        self._expects = expects
        self._under_way: set[asyncio.Task[Tried]] = set()

    @property
    def model(self) -> str:
        """The name of the model that is asked."""
        return self._spec.model.name

    def task(self) -> Task:
        """Open the task. May take long: not for an event loop. Raises InputError."""
        if not self._rows.named:
            return self.without_rows()
        rows = self._rows.open(MOST_ROWS)
        if not self._spec.task.corrections:
            return Task(rows.grader, rows)
        those = Complaints(self._database).corrections()
        with rows.lock:
            settled = settle(rows.read, rows.split, those, rows.grader, rows.labels)
        return Task(rows.grader, rows, settled.targets)

    def without_rows(self) -> Task:
        """Return the task as it is without rows: inputs are written by hand, nothing is graded."""
        return Task(Ungraded(self._expects))

    def sources(self) -> list[Source]:
        """Return the prompts to start from: the spec's own, and the latest versions.

        Programs made of several prompts are not among them.
        """
        found = []
        own, program, stem = self._spec.prompt, None, ""
        if own is not None:
            program, word = read_prompt(own, self._spec.folder)
            stem = name_from(word)
        if isinstance(program, Prompt):
            found.append(Source(f"{FILE}{program.id}", f"{stem} (the project's prompt)", stem))
        for latest in self._registry.names():
            labels = self._registry.labels(latest.name)
            for version in self._registry.versions(latest.name)[:_MOST_VERSIONS]:
                if {"steps", "members"}.isdisjoint(version.program):
                    at = ", ".join(label for label, at in labels.items() if at == version.number)
                    title = f"{version.ref} ({at})" if at else version.ref
                    found.append(Source(version.ref, title, version.name))
        return found

    def prompt(self, ref: str) -> Prompt:
        """Return the prompt of a source. Raises InputError."""
        if ref.startswith(FILE):
            program, _ = read_prompt(self._spec.prompt or "", self._spec.folder)
        else:
            program = read_program(self._registry.resolve(ref).program)
        if not isinstance(program, Prompt):
            raise InputError(f"{ref} is made of several prompts; a single one can be edited here")
        return program

    def clarifiers(self, task: Task | None = None) -> tuple[Clarifier, ...]:
        """Return the library's clarifiers for the kind of task; all, where that is not known.

        Raises PromptError for a library of the project's own that cannot be read.
        """
        library = read_library(self._spec.folder)
        kind = self._spec.task.kind
        if kind is None and task is not None and task.rows is not None:
            kind = task_kind(task.grader.name)
        return library.all_clarifiers if kind is None else library.clarifiers(kind)

    def most_calls(self, variants: int, rows: int, task: Task) -> int:
        """Return the most calls that a try makes: one an answer, and one to a judge, if it grades.

        A prompt tried on no more rows than there are.
        """
        return variants * rows * (2 if isinstance(task.grader, AsksAModel) else 1)

    def messages(self, prompt: Prompt, row: Row, task: Task) -> list[tuple[str, str]]:
        """Return what is sent for a row, as roles and texts. Raises InputError; calls nothing."""
        return [(it.role, it.content) for it in self._fitting(prompt, "A", task).messages(row)]

    async def try_out(
        self,
        prompts: Sequence[Prompt],
        rows: Sequence[Row],
        task: Task,
        seen: Callable[[int], object] = lambda answered: None,
    ) -> Tried:
        """Answer these rows with these prompts; `seen` is told how many answers there are.

        What is answered is kept even if whoever asked stops waiting. Raises InputError for a
        prompt that does not fit the rows, BackendError where the model cannot be used.
        """
        if not 0 < len(prompts) <= MOST_VARIANTS or not 0 < len(rows) <= MOST_ROWS:
            raise InputError(f"at most {MOST_VARIANTS} prompts can be tried on {MOST_ROWS} rows")
        fitting = [
            self._fitting(prompt, name, task) for prompt, name in zip(prompts, NAMES, strict=False)
        ]
        for prompt, name in zip(fitting, NAMES, strict=False):
            _check_given(prompt, name, rows)
        work = asyncio.create_task(self._try(fitting, rows, task, seen))
        self._under_way.add(work)
        work.add_done_callback(self._under_way.discard)
        return await asyncio.shield(work)

    def save(self, name: str, prompt: Prompt, source: str | None, author: str) -> Saved:
        """Keep a prompt as the next version of a name; no label moves.

        `source` is what it was made from. Raises InputError for a name that cannot be one.
        """
        parent = None if source is None or source.startswith(FILE) else source
        before = {latest.name: latest.number for latest in self._registry.names()}
        kept = self._registry.save(name, prompt.canonical(), parent=parent, author=author)
        return Saved(kept.name, kept.number, kept.parent, kept.number != before.get(name))

    async def finish(self) -> None:
        """Wait for the tries under way."""
        if self._under_way:
            await asyncio.gather(*self._under_way, return_exceptions=True)

    def _fitting(self, prompt: Prompt, name: str, task: Task) -> Prompt:
        """Return a prompt as a run would ask it. Raises PromptError where it does not fit."""
        if task.rows is None:
            return prompt
        data = task.rows.data
        check_inputs(prompt, f"variant {name}", data)
        check_kind(prompt, f"variant {name}", task.grader.expects, self._spec.model.sampling())
        whole = filled_in(prompt, data)
        assert isinstance(whole, Prompt)
        return whole

    async def _try(
        self,
        prompts: Sequence[Prompt],
        rows: Sequence[Row],
        task: Task,
        seen: Callable[[int], object],
    ) -> Tried:
        spec = self._spec
        price = spec.model.pricing()
        purse = Purse(Budget(calls=self.most_calls(len(prompts), len(rows), task)), price)
        failures = NoFailures()
        metered = Metered(
            self._backend,
            self._ledger,
            purse,
            concurrency=spec.model.concurrency,
            patience=spec.model.patience(),
            failures=failures,
        )
        pool = Pool(lent=((settings_of(spec.model, spec.folder), self._backend),))
        try:
            beside = Beside(spec, pool, metered, self._ledger, failures)
            judge = beside.judge() if isinstance(task.grader, AsksAModel) else None
            engine = Engine(metered, task.grader, spec.model.sampling(), judge=judge)
            jobs = [Job(prompt, row) for prompt in prompts for row in rows]
            outcomes = await self._answer(engine, jobs, seen)
        finally:
            await pool.close()
        return _laid_out(prompts, rows, task, outcomes, purse)

    async def _answer(
        self, engine: Engine, jobs: Sequence[Job], seen: Callable[[int], object]
    ) -> list[Outcome | None]:
        """Answer jobs one by one, beside what the project answers otherwise.

        The first error that no other job can escape ends them all.
        """
        answered = 0

        async def one(job: Job) -> Outcome | None:
            nonlocal answered
            async with self._places:
                found = await engine.run([job])
            answered += 1
            seen(answered)
            return found[0] if found else None

        tasks = [asyncio.create_task(one(job)) for job in jobs]
        try:
            return list(await asyncio.gather(*tasks))
        except BaseException:  # also when the server ends: nothing is left running
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            raise


def _check_given(prompt: Prompt, name: str, rows: Sequence[Row]) -> None:
    """Raise InputError for a variable that no input fills."""
    missing = sorted(prompt.variables - rows[0].inputs.keys())
    if missing:
        raise InputError(f"variant {name} names {{{{ {missing[0]} }}}}, which no input fills")


def _laid_out(
    prompts: Sequence[Prompt],
    rows: Sequence[Row],
    task: Task,
    outcomes: Sequence[Outcome | None],
    purse: Purse,
) -> Tried:
    """Return what is shown of outcomes, which come prompt by prompt.

    Raises BackendError if not one was answered.
    """
    there = [outcome for outcome in outcomes if outcome is not None]
    if not there:
        raise BudgetEnded("the calls broke off before a row was answered; try again")
    refuse_silence(there)
    count = len(rows)
    columns = [outcomes[at * count : (at + 1) * count] for at in range(len(prompts))]
    told = [
        f"variant {name}: {it.sentence}" if len(prompts) > 1 else it.sentence
        for prompt, name in zip(prompts, NAMES, strict=False)
        for it in contradictions(prompt)
    ]
    named = [(task.name(row), row) for row in rows]
    return tried(named, columns, purse.spent, purse.price, told)
