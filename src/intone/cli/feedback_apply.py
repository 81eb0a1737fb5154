"""`intone feedback apply`: complaints become a tested change of the prompt.

Owns the options, the questions to the person, and the exit status. Which book complaints are kept
in and who understands them is handed in (`register`).
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, Any

import typer

from intone.cli import options
from intone.cli.session import Session, emit, say
from intone.errors import InputError, SettingError

if TYPE_CHECKING:
    from intone.runs.feedback_ask import Ask, Book, Understand
    from intone.runs.orders import Order
    from intone.runs.project import Project
    from intone.runs.spec import Spec
    from intone.store.database import Database

_RESOLUTIONS = ("leave", "majority")


@dataclass(frozen=True)
class Parts:
    """What the command is put together with.

    `book` opens the complaints of a database, `understand` reads a wish out of one.
    """

    book: Callable[[Database], Book]
    understand: Understand


@dataclass(frozen=True)
class _Consent:
    """What was accepted beforehand."""

    yes: bool
    unproven: bool
    words: bool
    json: bool

    @property
    def asks(self) -> bool:
        """Whether there is a person to ask."""
        return not self.yes and not self.json and sys.stdin.isatty()

    @property
    def accepted(self) -> set[str]:
        """The kinds of doubt that were accepted."""
        named = (("unproven", self.unproven), ("words", self.words))
        return {what for what, given in named if given}


def register(app: typer.Typer, parts: Parts) -> None:
    """Add the command to a group of commands."""

    @app.command("apply", short_help="Turn complaints into a tested change of the prompt.")
    def apply(  # noqa: PLR0913 - a command's parameters are its options
        context: typer.Context,
        prompt: options.PromptText = None,
        yes: Annotated[
            bool, typer.Option("--yes", help="Apply what is shown to help, without asking.")
        ] = False,
        accept_unproven: Annotated[
            bool,
            typer.Option(
                "--accept-unproven", help="With --yes: also where the rows are too few to show it."
            ),
        ] = False,
        accept_words: Annotated[
            bool,
            typer.Option(
                "--accept-words", help="With --yes: also what puts a user's words in the prompt."
            ),
        ] = False,
        conflict: Annotated[
            str,
            typer.Option("--conflict", metavar="WAY", help="Opposite wishes: leave or majority."),
        ] = "leave",
        margin: Annotated[
            float,
            typer.Option("--margin", metavar="POINTS", help="What the task's score may lose."),
        ] = 3.0,
        dry_run: Annotated[
            bool, typer.Option("--dry-run", help="Print what would be tried; call nothing.")
        ] = False,
        data: options.DataFile = None,
        input: options.Inputs = None,
        target: options.Target = None,
        model: options.Model = None,
        calls: options.Calls = None,
        seed: options.Seed = None,
        spec: options.SpecFile = None,
        set: options.Sets = None,
        json: options.Json = False,
    ) -> int:
        """Turn complaints into a change of the prompt that is shown to help.

        Each wish is tried in several strengths on past inputs, the weakest first. A change is
        proposed if its check improves, nothing is lost and the task's score is kept; then you are
        asked. With --yes the exit status is 1 unless a change was applied.
        """
        session: Session = context.obj
        options.choice(conflict, "--conflict", _RESOLUTIONS)
        given = options.Given(spec, set, data, input, target, model, calls=calls, seed=seed)
        read = given.read(session)
        consent = _Consent(yes, accept_unproven, accept_words, json)
        order, label = _order(parts, read, prompt, consent, conflict, margin)
        if dry_run:
            return _plan(order, json)
        return _carry_out(parts, order, label, consent, session)


def _order(
    parts: Parts, spec: Spec, word: str | None, consent: _Consent, conflict: str, margin: float
) -> tuple[Order, str | None]:
    """Return the order, and the label that the prompt was named by, if it was."""
    from intone.cli.prompting import find_prompt, looks_like_ref
    from intone.runs.feedback_ask import Ask
    from intone.runs.orders import Order
    from intone.runs.project import Project

    word = word or spec.prompt
    if word is None:
        raise SettingError("no prompt is named; give --prompt REF, or set prompt in intone.toml")
    project = Project(spec.folder)
    found, name = find_prompt(word, project)
    _say_if_behind(project, word, name, found.id)
    label = word.partition("@")[2] if looks_like_ref(word) else ""
    ask = Ask(
        (),
        conflict=conflict,  # type: ignore[arg-type]  # checked by the caller
        margin=margin / 100,
        words=consent.words or consent.asks,
    )
    order = Order("feedback", spec, (found,), names=(name,), ask=_with_complaints(
        parts, project, name, ask
    ))  # fmt: skip
    return order, label if label and not label.isdecimal() and label != "latest" else None


def _say_if_behind(project: Project, word: str, name: str, prompt_id: str) -> None:
    """Say if complaints were answered by a version that this prompt does not have in it."""
    from intone.runs.feedback_keep import newer

    if not project.exists:
        return
    with project.open() as database:
        ref = newer(database, name, prompt_id)
    if ref is not None:
        say(
            f"{ref}, which answers earlier complaints, is not what {word} says; "
            f"to build on it: --prompt {ref}, or intone prompts export {ref} FILE"
        )


def _with_complaints(parts: Parts, project: Project, name: str, ask: Ask) -> Ask:
    if not project.exists:
        raise InputError(f"there are no complaints about {name!r} yet (see: intone feedback add)")
    with project.open() as database:
        book = parts.book(database)
        waiting, past = book.list(open_only=True, name=name), book.list(name=name)
    if not waiting:
        raise InputError(
            f"there are no open complaints about {name!r} (see: intone feedback list, "
            "intone feedback add)"
        )
    reads = tuple((complaint, parts.understand(complaint)) for complaint in waiting)
    return replace(ask, reads=reads, past=tuple(past))


def _plan(order: Order, json: bool) -> int:
    from intone.report.feedback import plan_screen
    from intone.runs.orders import plan

    planned = plan(order)
    emit(planned, plan_screen(planned), as_json=json)
    return 0


def _carry_out(
    parts: Parts, order: Order, label: str | None, consent: _Consent, session: Session
) -> int:
    from intone.cli.carry import carry_out
    from intone.report.feedback import feedback_screen
    from intone.runs.feedback_keep import held_back, keep_proposal

    if consent.asks:
        order = _let_through(order)
    result = carry_out(order, session)
    if not consent.json:
        emit(result, feedback_screen(result), as_json=False)
    refused = ""
    if result["proposal"] is not None:
        refused = held_back(result, consent.accepted) if consent.yes else ""
        if (consent.yes and not refused) or (consent.asks and _agreed("apply this change?")):
            with order.project.open() as database:
                result = keep_proposal(database, parts.book(database), result, label)
            if not consent.json:
                emit(result, feedback_screen(result)[-2:], as_json=False)
    if consent.json:
        emit(result, (), as_json=True)
    return _status(result, refused, consent)


def _status(result: dict[str, Any], refused: str, consent: _Consent) -> int:
    if result["accepted"] or result["proposal"] is None:
        return int(consent.yes and not result["accepted"])
    if refused:
        say(f"not applied: {refused}")
    elif not consent.yes and not consent.asks:
        say("not applied: there is nobody to ask; --yes applies what is shown to help")
    else:
        say("not applied; the complaints stay open")
    return int(consent.yes)


def _let_through(order: Order) -> Order:
    """Ask about words that read like instructions, before any model sees them in a prompt."""
    from intone.report.words import one_line
    from intone.runs.orders import plan

    if order.ask is None:
        return order
    trusted = set(order.ask.trusted)
    for attempt, read in zip(plan(order)["attempts"], _keys(order), strict=True):
        if not attempt["doubt"]:
            continue
        words = one_line(attempt["of"], 200)
        say(f"a complaint names these words: “{words}”; {attempt['doubt']}")
        if _agreed("try a prompt that says them?"):
            trusted.add(read)
    return replace(order, ask=replace(order.ask, trusted=tuple(sorted(trusted))))


def _keys(order: Order) -> list[tuple[str, str]]:
    from intone.feedback.agenda import agenda

    assert order.ask is not None
    groups = agenda(order.ask.reads, order.ask.conflict).groups
    return [group.wish.key for group in groups]


def _agreed(question: str) -> bool:
    return typer.confirm(question, default=False, err=True)
