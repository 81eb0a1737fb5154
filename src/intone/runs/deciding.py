"""Proposals that wait for a person: what they show, accepting, declining, undoing.

Owns which proposals are still to be decided, and what must be ticked before one is accepted. How a
version is made of one is `feedback_keep`'s.
"""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from intone.errors import InputError
from intone.prompt.forms import read_program, sections_of
from intone.report import numbers
from intone.report.feedback import check_figures, task_line
from intone.report.marked import words_between
from intone.report.words import on_page, shortened
from intone.runs.drafting import Piece, marked_sections
from intone.runs.feedback_keep import LABEL, keep_proposal
from intone.store.complaints import Complaints
from intone.store.database import Database
from intone.store.registry import Registry, name_from, parse_ref
from intone.store.runs import RunRecord, Runs

PROPOSED, DECLINED, UNDONE = "proposed", "declined", "undone"
"""Events of a feedback run: a page made its proposal; a person said no to it; took it back."""

_LOOKED_AT = 200  # newest runs among which proposals are looked for
_TEXT = 3000  # characters of an answer that are shown
_LINE = 400
_LATELY = 10  # accepted changes that are shown

Shown = tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Measured:
    """A check before and after, in words: `120`, `70`, `-50 [-63, -38]`, `p = 0.001`."""

    name: str
    before: str
    after: str
    change: str
    chance: str
    inputs: int
    found: str


@dataclass(frozen=True, slots=True)
class Output:
    """One input with both answers; what differs is marked in each."""

    asked: tuple[tuple[str, str], ...]
    before: Shown
    after: Shown


@dataclass(frozen=True, slots=True)
class Doubt:
    """What must be ticked before a change is accepted: *unproven*, *words* or *doubt*, and why."""

    what: str
    why: str


@dataclass(frozen=True, slots=True)
class Proposal:
    """A change that waits for a yes; `target` is the label that would move to it."""

    run: int
    at: str
    name: str
    target: str
    sentence: str
    wishes: tuple[str, ...]
    answers: tuple[int, ...]
    sections: tuple[tuple[str, Shown], ...]
    checks: tuple[Measured, ...]
    task: str
    tokens: str
    outputs: tuple[Output, ...]
    doubts: tuple[Doubt, ...]
    notes: tuple[str, ...]
    spent: str


@dataclass(frozen=True, slots=True)
class Applied:
    """A change that was accepted and is in use: its label is still where it was put."""

    run: int
    at: str
    version: str
    label: str
    sentence: str
    answers: tuple[int, ...]


class Deciding:
    """The proposals of an open project. Every method may be called from any thread."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._runs = Runs(database)
        self._registry = Registry(database)
        self._one = threading.Lock()  # two clicks must not make two versions

    def waiting(self, name: str) -> tuple[Proposal, ...]:
        """Return the proposals for a prompt that are to be decided, newest first.

        One whose complaints are closed meanwhile is not; of several for the same wish, the newest.
        """
        found: dict[tuple[str, ...], Proposal] = {}
        for record, result in self._of(name):
            if result["accepted"] or result["proposal"] is None:
                continue
            events = {event.kind: event.facts for event in self._runs.events(record.number)}
            if PROPOSED not in events or DECLINED in events or not self._open(result):
                continue
            target = _target(result, events[PROPOSED].get("label"))
            proposal = _proposal(record, result, target)
            found.setdefault(proposal.wishes, proposal)
        return tuple(found.values())

    def applied(self, name: str) -> tuple[Applied, ...]:
        """Return the accepted changes of a prompt that can be undone here, newest first."""
        found = [
            Applied(
                record.number,
                record.ended or record.started,
                result["version"],
                on_page(result["label"]),
                _cut(result["edit"]["sentence"], _LINE),
                tuple(result["answers"]),
            )
            for record, result in self._of(name)
            if result["accepted"] and self._in_use(result)
        ]
        return tuple(found[:_LATELY])

    def accept(self, run: int, ticked: Collection[str], author: str) -> str:
        """Make a version of a proposal and move its label there; return the version.

        `ticked` are the doubts (`Doubt.what`) that a person accepts. Raises InputError while one is
        not, if it was decided already, and if the prompt or the complaints have moved on since.
        """
        with self._one:
            result, label = self._undecided(run)
            for ask in result["asks"]:
                if ask["what"] not in ticked:
                    why = f"{ask['wish']}: {ask['why']}"
                    raise InputError(f"not accepted, for this is not ticked: {_cut(why, _LINE)}")
            self._check_current(result, label)
            answers = self._open(result)
            if not answers:
                raise InputError("not accepted: its complaints are closed already")
            book = Complaints(self._database)
            kept = keep_proposal(
                self._database, book, {**result, "answers": answers}, label, author=author
            )
            return str(kept["version"])

    def decline(self, run: int, author: str) -> None:
        """Put a proposal aside; its complaints stay open. Raises InputError if it was decided."""
        with self._one:
            self._undecided(run)
            self._runs.note(run, DECLINED, {"by": author})

    def undo(self, run: int, author: str) -> str:
        """Take an accepted change back and open its complaints again; return the label's place.

        Raises InputError if the label has moved since.
        """
        with self._one:
            result = self._result(run)
            if not result["accepted"] or not self._in_use(result):
                raise InputError(
                    "this change is not what its label is at any more; the page Prompts rolls back"
                )
            name, label = parse_ref(result["label"])
            number = self._registry.rollback(name, label or "", author)
            book = Complaints(self._database)
            those = book.list(numbers=result["answers"])
            book.mark([it.number for it in those if it.applied == result["version"]], "open")
            self._runs.note(run, UNDONE, {"by": author})
            return f"{name}@{number}"

    def _of(self, name: str) -> Iterator[tuple[RunRecord, Mapping[str, Any]]]:
        """Yield the feedback runs about a prompt that came to a result, newest first."""
        for record in self._runs.newest(_LOOKED_AT):
            result = record.summary
            if record.kind == "feedback" and result and name_from(result["name"]) == name:
                yield record, result

    def _result(self, run: int) -> Mapping[str, Any]:
        record = self._runs.get(run)
        if record.kind != "feedback" or record.summary is None:
            raise InputError(f"run {run} has no proposal")
        return record.summary

    def _undecided(self, run: int) -> tuple[Mapping[str, Any], str | None]:
        """Return a proposal that nobody decided, and the label it is for."""
        result = self._result(run)
        events = {event.kind: event.facts for event in self._runs.events(run)}
        if result["accepted"]:
            raise InputError(f"run {run} is accepted already: {result['version']}")
        if DECLINED in events:
            raise InputError(f"the proposal of run {run} was declined; make it again")
        return result, events.get(PROPOSED, {}).get("label")

    def _open(self, result: Mapping[str, Any]) -> list[int]:
        """Return the complaints a proposal answers that are open still."""
        those = Complaints(self._database).list(open_only=True, numbers=result["answers"])
        return [it.number for it in those]

    def _check_current(self, result: Mapping[str, Any], label: str | None) -> None:
        """Raise InputError if the label is not at the prompt that the proposal changes."""
        if label is None:
            return
        name = name_from(result["name"])
        version = self._registry.get(name, label)
        if version.program_id != result["prompt_id"]:
            raise InputError(
                f"{name}@{label} has moved to version {version.number} since this was proposed; "
                "make the proposal again"
            )

    def _in_use(self, result: Mapping[str, Any]) -> bool:
        name, label = parse_ref(result["label"])
        number = self._registry.labels(name).get(label or "")
        return bool(result["version"] == f"{name}@{number}")


def _target(result: Mapping[str, Any], label: str | None) -> str:
    return f"{name_from(result['name'])}@{label or LABEL}"


def _proposal(record: RunRecord, result: Mapping[str, Any], target: str) -> Proposal:
    old, new = (
        sections_of(read_program(result[which]).canonical()) for which in ("prompt", "proposal")
    )
    tokens = result["tokens"]
    scored = result["plan"]["scored"]
    return Proposal(
        record.number,
        record.ended or record.started,
        name_from(result["name"]),
        on_page(target),
        _cut(result["edit"]["sentence"], _LINE),
        tuple(_cut(check["wish"], _LINE) for check in result["checks"]),
        tuple(result["answers"]),
        tuple((section, tuple(pieces)) for section, pieces in marked_sections(old, new)),
        tuple(map(_measured, result["checks"])),
        _cut(task_line(result["task"], scored=scored), _LINE),
        f"{round(tokens['before']):,} → {round(tokens['after']):,}" if tokens else "",
        tuple(map(_output, result["outputs"])),
        tuple(map(_doubt, result["asks"])),
        tuple(_notes(result)),
        numbers.spent(result["spent"]),
    )


def _doubt(ask: Mapping[str, str]) -> Doubt:
    return Doubt(ask["what"], _cut(f"{ask['wish']}: {ask['why']}", _LINE))


def _notes(result: Mapping[str, Any]) -> Iterator[str]:
    for wish in result["wishes"]:
        if wish["note"] and wish["state"] in ("granted", "unproven"):
            yield _cut(wish["note"], _LINE)
    if not result["finished"]:
        yield f"the budget ended before all was tried (raise {result['short_of']})"
    for notice in result["notices"]:
        yield _cut(notice, _LINE)


def _measured(check: Mapping[str, Any]) -> Measured:
    before, after, change = check_figures(check)
    name = _cut(check["name"], _LINE)
    chance = numbers.chance(check["p"])
    return Measured(name, before, after, change, chance, check["n"], check["word"])


def _output(shown: Mapping[str, Any]) -> Output:
    asked = tuple((_cut(name, 40), _cut(text, _LINE)) for name, text in shown["inputs"].items())
    pieces = words_between(*(_cut(shown[when], _TEXT) for when in ("before", "after")))
    return Output(asked, _side(pieces, "added"), _side(pieces, "removed"))


def _side(pieces: Sequence[Any], without: str) -> Shown:
    return tuple(Piece(it.mark, it.text) for it in pieces if it.mark != without)


def _cut(text: str, most: int) -> str:
    return shortened(on_page(text), most)
