"""The runs of a project as pages and programs see and steer them.

Owns what may be started from outside and on what terms, and that one run is at work in a server at
a time. How a run is going is `following`'s, its thread `at_work`'s, comparing `side_by_side`'s.
Everything here may wait for the disk: call it in a thread. What makes runs is imported when it is
used, for a server that only answers starts sooner without it.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from intone.errors import InputError, SettingError
from intone.llm.backend import Backend
from intone.llm.open import embedded
from intone.prompt.forms import read_program
from intone.prompt.program import Program
from intone.report import numbers
from intone.report.words import one_line
from intone.runs.beside import settings_of
from intone.runs.project import Project
from intone.runs.spec import SPEC_NAME, Spec, changed
from intone.store.alive import this_process
from intone.store.database import Database
from intone.store.registry import Registry
from intone.store.runs import RunRecord, Runs, State

if TYPE_CHECKING:
    from intone.runs.at_work import AtWork
    from intone.runs.following import Progress
    from intone.runs.orders import Order
    from intone.runs.side_by_side import SideBySide


@dataclass(frozen=True, slots=True)
class Wanted:
    """A tuning that is asked for.

    `prompt` is a version that is kept (`triage@2`), None the spec's own. The budget's limits are
    calls, tokens and USD; None: no such limit (none at all: the default of the spec's file format).
    """

    prompt: str | None
    method: str
    calls: int | None
    tokens: int | None
    usd: float | None
    seed: int


@dataclass(frozen=True, slots=True)
class Offer:
    """What a tuning would do, before anything is spent.

    `most` is what it costs at most, `about` what it will take, `lines` its rows and its shares,
    `notices` what was noticed about the data.
    """

    most: str
    about: str
    lines: tuple[str, ...]
    notices: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Listed:
    """A run in the list. `said` is its state in words, `result` what it came to."""

    run: int
    kind: str
    prompts: str
    started: str
    state: State
    said: str
    result: str


class Tending:
    """The runs of an open project; `close` before its database and its model are closed."""

    def __init__(self, spec: Spec, database: Database, backend: Backend) -> None:
        self._spec, self._database, self._backend = spec, database, backend
        self._at_work: AtWork | None = None
        self._lock = threading.Lock()

    def close(self) -> None:
        """Interrupt the run that is at work here: it can be resumed."""
        with self._lock:
            if self._at_work is not None:
                self._at_work.stop()

    def methods(self) -> Sequence[str]:
        """The methods there are."""
        from intone.runs.methods import METHODS

        return METHODS

    @property
    def at_work(self) -> int | None:
        """The number of the run that is at work in this server, None if there is none."""
        here = self._at_work
        return None if here is None or here.over else here.number

    def runs(self, limit: int = 50) -> list[Listed]:
        """Return the latest runs, newest first."""
        return [self._listed(record) for record in Runs(self._database).newest(limit)]

    def missing(self) -> str | None:
        """Return in a line what is missing to start a tuning, None if nothing is."""
        if self._spec.task.data is None:
            where = self._spec.file or f"{SPEC_NAME} of this folder"
            return (
                f"To start a tuning from here, name the data in {where} (task.data) and serve "
                "again; intone init makes a project to start from."
            )
        if not self.prompts():
            return "To start a tuning from here, name a prompt in the spec or keep one."
        return None

    def prompts(self) -> dict[str, str]:
        """Return the prompts that can be tuned, in words by reference; "" is the spec's own."""
        registry, found = Registry(self._database), dict[str, str]()
        if self._spec.prompt is not None:
            found[""] = f"the spec's: {one_line(self._spec.prompt, 60)}"
        for latest in registry.names():
            found[latest.ref] = f"{latest.ref} (latest)"
            for label, number in sorted(registry.labels(latest.name).items()):
                found[f"{latest.name}@{label}"] = f"{latest.name}@{label} (version {number})"
        return found

    def defaults(self) -> Wanted:
        """Return what the spec asks for."""
        prompts = self.prompts()
        first = next(iter(prompts), "")
        budget, tune = self._spec.budget.budget(), self._spec.tune
        return Wanted(
            first or None, tune.method, budget.calls, budget.tokens, budget.usd, tune.seed
        )

    def wanted(self, changes: Mapping[str, Any]) -> Wanted:
        """Return what the spec asks for, with changes; a limit named there replaces the spec's."""
        usual = self.defaults()
        if {"calls", "tokens", "usd"} & changes.keys():
            usual = replace(usual, calls=None, tokens=None, usd=None)
        return replace(usual, **changes)

    @property
    def priced(self) -> bool:
        """Whether the model's price is known, so that a budget may be in USD."""
        return self._spec.model.price is not None

    def offer(self, wanted: Wanted) -> Offer:
        """Return what a tuning would do and cost. Calls and writes nothing. Raises InputError."""
        from intone.report.plans import limits, plan_lines
        from intone.runs.orders import plan

        order = self._order(wanted)
        planned = plan(order)
        most = f"At most {limits(planned['budget'])}: this is never exceeded."
        price = order.spec.model.price
        tokens, calls = planned["tokens"], planned["verdict_calls"] + (planned["search_calls"] or 0)
        about = f"About {numbers.counted(calls, 'call')}, {numbers.tokens(tokens)}"
        about += f", {numbers.money(planned['usd'])}" if planned["usd"] is not None else ""
        about += ", more where demonstrations are shown."
        if price is None and not embedded(order.spec.model.name):
            about += " The model's price is not known here (model.price), so no money is named."
        return Offer(
            most,
            about,
            tuple(str(line) for line in plan_lines(planned)),
            tuple(map(str, planned["notices"])),
        )

    def start(self, wanted: Wanted) -> int:
        """Start a tuning; return its number. Raises InputError, and what else keeps it away."""
        return self._begin(self._order(wanted))

    def resume(self, number: int) -> int:
        """Take up a run that did not come to its end; return its number.

        Raises InputError for one that is under way, is done, or cannot be taken up from here.
        """
        from intone.runs.orders import order_of

        record = self._seen(Runs(self._database).get(number))
        if record.state == "running":
            raise InputError(f"run {number} is under way: there is nothing to resume")
        if record.state == "done":
            raise InputError(f"run {number} is done: there is nothing to resume")
        return self._begin(self._lent(order_of(record)))

    def pause(self, number: int) -> None:
        """Make no new calls for a run until it goes on. Raises InputError if it is not here."""
        self._here(number).pause()

    def go_on(self, number: int) -> None:
        """Let a paused run go on. Raises InputError if it is not here."""
        self._here(number).go_on()

    def stop(self, number: int) -> None:
        """End a run as Ctrl-C does: nothing is lost, and it can be resumed.

        Raises InputError if it is not here, or takes long to end.
        """
        if not self._here(number).stop():
            raise InputError(f"run {number} is ending, and takes its time: look again")

    def follow(self, number: int) -> Progress:
        """Return how a run is going. Raises NotThere."""
        from intone.runs.following import follow

        # Read once: state and result of two readings may be of two moments.
        record = self._seen(Runs(self._database).get(number))
        return follow(self._database, record, paused=self._paused(record))

    def report(self, number: int) -> str:
        """Return a run's report as HTML, in itself complete. Raises InputError, NotThere."""
        from intone.report.page import html, page_of
        from intone.runs.reporting import material

        return html(page_of(material(Project(self._spec.folder), number)))

    def reported(self, going: Progress) -> bool:
        """Say whether there is a report of a run."""
        from intone.report.pages import PAGES

        return bool(going.result) and going.kind in PAGES

    def compare(self, first: int, second: int) -> SideBySide:
        """Return two runs side by side. Raises NotThere."""
        from intone.runs.side_by_side import side_by_side

        return side_by_side(self._database, first, second)

    def _begin(self, order: Order) -> int:
        from intone.runs.at_work import AtWork

        with self._lock:
            here, busy = self._at_work, self.at_work
            if here is not None and busy is not None:
                if Runs(self._database).get(busy).state != "running":
                    here.wait()  # it has come to its end, and only puts its things away
                busy = self.at_work
            if busy is not None:
                raise InputError(
                    f"run {busy} is at work here, one at a time: wait for it or stop it"
                )
            self._at_work = AtWork(order)
            return self._at_work.start()

    def _order(self, wanted: Wanted) -> Order:
        from intone.runs.orders import Order

        missing = self.missing()
        if missing is not None:
            raise InputError(missing)
        limits = {"calls": wanted.calls, "tokens": wanted.tokens, "usd": wanted.usd}
        settings: dict[str, Any] = {f"budget.{name}": limit for name, limit in limits.items()}
        settings |= {"tune.method": wanted.method, "tune.seed": wanted.seed}
        spec = changed(self._spec, settings)
        if spec.budget.usd is not None and not self.priced:
            raise SettingError("a budget in USD needs the model's price: set model.price")
        program, name = self._prompt(wanted.prompt)
        return self._lent(Order("tune", spec, (program,), names=(name,)))

    def _prompt(self, ref: str | None) -> tuple[Program, str]:
        """Return a version that is kept, or the spec's prompt: nothing else of this machine."""
        from intone.runs.finding import find_prompt

        if ref:
            version = Registry(self._database).resolve(ref)
            return read_program(version.program), version.name
        if self._spec.prompt is None:
            raise InputError("the spec names no prompt: choose one that is kept")
        return find_prompt(self._spec.prompt, Project(self._spec.folder))

    def _lent(self, order: Order) -> Order:
        """Lend a run the embedded model that is open here: two of them slow each other down."""
        model = self._spec.model
        if not embedded(model.name):
            return order
        return replace(order, lent=((settings_of(model, self._spec.folder), self._backend),))

    def _here(self, number: int) -> AtWork:
        here = self._at_work
        if here is not None and not here.over and here.number == number:
            return here
        record = self._seen(Runs(self._database).get(number))
        if record.state == "running":
            raise InputError(
                f"run {number} is under way in process {record.pid} on {record.host}: "
                "it can be ended there only (Ctrl-C)"
            )
        raise InputError(f"run {number} is not under way")

    def _seen(self, record: RunRecord) -> RunRecord:
        """Return a run as it is: one of this process that nobody does has been interrupted."""
        process, here = this_process(), self._at_work
        mine = (record.host, record.pid) == (process.host, process.pid)
        # One that has no number yet may be this one.
        at_work = here is not None and not here.over and here.number in (None, record.number)
        if record.state != "running" or not mine or at_work:
            return record
        record = Runs(self._database).get(record.number)  # it may have ended since it was read
        return replace(record, state="interrupted") if record.state == "running" else record

    def _paused(self, record: RunRecord) -> bool | None:
        """Say whether a run is paused; None for one that is at work elsewhere."""
        here = self._at_work
        if here is None or here.over or here.number != record.number:
            return None
        return record.state == "running" and here.paused

    def _listed(self, record: RunRecord) -> Listed:
        from intone.runs.following import in_short, state_words

        record = self._seen(record)
        return Listed(
            run=record.number,
            kind=record.kind,
            prompts=", ".join(map(str, record.spec.get("names", ()))),
            started=record.started,
            state=record.state,
            said=state_words(record, paused=bool(self._paused(record))),
            result=in_short(record),
        )
