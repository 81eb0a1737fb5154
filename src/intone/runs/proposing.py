"""Making a proposal for one wish of the inbox: what it would take, and the task that makes it.

Owns what a person is told before any call is made, and the one proposal that is under way. It is a
feedback run like that of the command line; what becomes of its result is `deciding`'s.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from intone.errors import InputError, IntoneError
from intone.evaluate.budget import Spent
from intone.evaluate.outcome import Outcome
from intone.feedback.agenda import Resolution, agenda
from intone.feedback.complaint import Complaint
from intone.feedback.grouping import opposed
from intone.feedback.wish import Wish
from intone.llm.backend import Backend
from intone.report.feedback import STATES
from intone.report.words import model_name, on_page, shortened
from intone.runs.bases import Basis, bases, find_basis
from intone.runs.beside import settings_of
from intone.runs.deciding import PROPOSED
from intone.runs.feedback_ask import Ask
from intone.runs.feedback_keep import newer
from intone.runs.hearing import Hearing, Key
from intone.runs.lending import Lent
from intone.runs.orders import Order, execute, plan
from intone.runs.spec import Spec
from intone.runs.watch import Unwatched
from intone.store.complaints import Complaints
from intone.store.database import Database
from intone.store.runs import Runs

_SAID = 300  # characters of a line that is shown


@dataclass(frozen=True, slots=True)
class Offer:
    """What would be tried for a wish, before anything is asked; `calls` is the most it can take.

    `skipped` says why nothing would be tried. `doubt` says that the words in `words` read like
    instructions to the model: they are tried only if a person has let them through.
    """

    sentence: str
    basis: Basis
    model: str
    calls: int
    replays: int
    rows: int
    check: str
    tries: tuple[str, ...]
    skipped: str
    doubt: str
    words: str
    notices: tuple[str, ...]
    order: Order = field(repr=False)


@dataclass(frozen=True, slots=True)
class Progress:
    """The proposal that is being made, or was made last; `said` is what came of it, in a line.

    It may make at most `most` calls. `good` says that it ended with a proposal.
    """

    name: str
    sentence: str
    most: int
    state: Literal["running", "stopping", "ended"] = "running"
    calls: int = 0
    stage: str = ""
    run: int | None = None
    said: str = ""
    good: bool = False


class Proposing:
    """Makes proposals, one at a time. `start` and `stop` belong to the server's event loop."""

    def __init__(self, spec: Spec, database: Database, backend: Backend, hearing: Hearing) -> None:
        self._spec = spec
        self._database = database
        self._backend = backend
        self._hearing = hearing
        self._task: asyncio.Task[None] | None = None
        self._cancel: Callable[[], object] | None = None
        self.progress: Progress | None = None

    def bases(self, name: str) -> tuple[Basis, ...]:
        """Return what a change of a prompt can start from, the likeliest first."""
        return bases(self._spec, self._database, name)

    def offer(
        self,
        name: str,
        key: Key,
        ref: str,
        *,
        conflict: Resolution = "leave",
        trusted: bool = False,
    ) -> Offer:
        """Say what making a proposal for a wish would do. Calls nothing.

        `ref` is one of `bases`. `conflict` says what to do if other people wish for the opposite;
        `trusted` lets words be tried that read like instructions. Raises InputError where there is
        nothing to propose for, or nothing to test on.
        """
        basis, program = find_basis(self._spec, self._database, name, ref)
        ask = self._ask(name, key, conflict, trusted)
        order = Order("feedback", self._spec, (program,), names=(name,), ask=ask)
        planned = plan(order)
        found = next((it for it in planned["attempts"] if _key(it) == key), None)
        if found is None:
            raise InputError("this wish is not tried; reload the page to see what is open")
        tries = [_cut(sentence) for sentence in found["tries"]]
        if tries and self._spec.writer is not None:
            tries.append("a rewording by the writer")
        ahead = newer(self._database, name, program.id)
        said = [f"{ahead} answers earlier complaints, and {basis.title} lacks it"] if ahead else []
        return Offer(
            _cut(found["sentence"]),
            basis,
            model_name(self._spec.model.name),
            planned["calls"],
            planned["replays"],
            planned["rows"],
            _cut(found["check"]),
            tuple(tries),
            _cut(found["skipped"]),
            found["doubt"],
            _cut(found["words"] or found["of"]),
            (*said, *map(_cut, planned["notices"])),
            order,
        )

    def start(self, offer: Offer) -> None:
        """Begin to make a proposal; `progress` tells how far it is.

        Raises InputError if another one is being made, and for an offer that nothing comes of.
        """
        if self._task is not None and not self._task.done():
            raise InputError("a proposal is being made already; wait for it, or stop it")
        if offer.skipped:
            raise InputError(f"nothing would be tried: {offer.skipped}")
        watching = _Watching(self._change)
        lent = Lent(self._backend, asyncio.get_running_loop(), watching.answered)
        settings = settings_of(self._spec.model, self._spec.folder)
        order = replace(offer.order, lent=((settings, lent),))
        self._cancel = None
        self.progress = Progress(order.names[0], offer.sentence, offer.calls)
        self._task = asyncio.create_task(self._make(order, offer.basis, watching))

    def stop(self) -> None:
        """Have the proposal that is being made end; what is answered until then is kept."""
        if self.progress is not None and self.progress.state == "running":
            self._change(state="stopping")
            if self._cancel is not None:
                self._cancel()

    async def close(self) -> None:
        """Stop what is under way and wait for its end."""
        self.stop()
        if self._task is not None:
            await asyncio.wait([self._task])

    async def _make(self, order: Order, basis: Basis, watching: _Watching) -> None:
        said, good = "it ended unexpectedly; the server's messages say more", False
        try:
            with ThreadPoolExecutor(1, thread_name_prefix="intone-proposal") as pool:
                loop = asyncio.get_running_loop()
                work = self._carry_out
                result = await loop.run_in_executor(pool, work, order, basis, watching)
            said, good = _came_to(result), result["proposal"] is not None
        except asyncio.CancelledError:
            said = "stopped; what was answered is kept, and not paid for again"
        except IntoneError as error:
            said = _cut(str(error))
        finally:
            self._change(state="ended", said=said, good=good)

    def _carry_out(self, order: Order, basis: Basis, watching: _Watching) -> dict[str, Any]:
        """Execute an order in this thread, with an event loop of its own."""

        async def stoppable() -> dict[str, Any]:
            loop, task = asyncio.get_running_loop(), asyncio.current_task()
            if task is not None:
                cancel = task.cancel
                self._cancel = lambda: loop.call_soon_threadsafe(cancel)
            if self.progress is not None and self.progress.state == "stopping":
                raise asyncio.CancelledError
            return await execute(order, watching)

        result = asyncio.run(stoppable())
        Runs(self._database).note(result["run"], PROPOSED, {"label": basis.label})
        return result

    def _change(self, **facts: Any) -> None:
        if self.progress is not None:
            self.progress = replace(self.progress, **facts)

    def _ask(self, name: str, key: Key, conflict: Resolution, trusted: bool) -> Ask:
        """Return the open complaints with this wish, those that wish for the opposite beside it."""
        past = Complaints(self._database).list(name=name)
        waiting = [(it, self._hearing.wishes(it)) for it in past if it.state == "open"]
        wish = next((w for _, wishes in waiting for w in wishes if w.key == key), None)
        if wish is None:
            raise InputError("no open complaint has this wish any more; reload the page")
        reads: list[tuple[Complaint, tuple[Wish, ...]]] = []
        for complaint, wishes in waiting:
            some = tuple(w for w in wishes if w.key == key or opposed(w, wish))
            if some:
                reads.append((complaint, some))
        if all(group.wish.key != key for group in agenda(reads, conflict).groups):
            raise InputError(
                f"“{_cut(wish.sentence)}” is not granted: others wish for the opposite. Follow the "
                "majority, decline the complaints of one side, or give each what they want"
            )
        trust = (key,) if trusted else ()
        return Ask(tuple(reads), tuple(past), conflict=conflict, words=True, trusted=trust)


class _Watching(Unwatched):
    """Passes on how far a run is.

    Outcomes come when all calls of a step are answered, so answers are counted in between.
    """

    def __init__(self, change: Callable[..., None]) -> None:
        self._change = change
        self._spent = Spent()
        self._answered = 0

    def answered(self) -> None:
        """Count a call that was answered."""
        self._answered += 1
        self._tell()

    def begun(self, number: int) -> None:
        self._change(run=number)

    def stage(self, name: str, calls: int | None) -> None:
        self._change(stage=name)

    def outcome(self, outcome: Outcome, spent: Spent) -> None:
        self._spent = spent
        self._tell()

    def _tell(self) -> None:
        ahead = self._answered - (self._spent.calls - self._spent.replayed)
        self._change(calls=self._spent.calls + max(0, ahead))


def _key(attempt: Mapping[str, Any]) -> Key:
    return Wish(attempt["wish"], attempt["of"]).key


def _came_to(result: Mapping[str, Any]) -> str:
    """Return what a run came to, in a line."""
    if result["proposal"] is not None:
        return "a change is proposed; it is yours to accept or decline"
    found = [f"{STATES[it['state']][0]}: {it['reason']}" for it in result["wishes"]]
    said = "; ".join(found) or "there was nothing to try"
    return _cut(f"no change is proposed: {said}")


def _cut(text: str) -> str:
    return shortened(on_page(" ".join(text.split())), _SAID)
