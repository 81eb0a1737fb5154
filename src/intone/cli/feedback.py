"""`intone feedback`: what users say about answers."""

from __future__ import annotations

import io
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from intone.cli import options
from intone.cli.feedback_apply import Parts, register
from intone.cli.session import emit, note
from intone.errors import InputError

if TYPE_CHECKING:
    from intone.feedback.complaint import Complaint
    from intone.feedback.wish import Wish
    from intone.runs.about import Feedback
    from intone.runs.feedback_ask import Book
    from intone.runs.spec import Spec
    from intone.store.database import Database

app = typer.Typer(
    help="What users say about answers, and what becomes of it.", rich_markup_mode=None
)

_LISTED = 50


@app.command("add", short_help="Keep what a user said about an answer.")
def add_feedback(  # noqa: PLR0913 - a command's parameters are its options
    context: typer.Context,
    comment: Annotated[
        str | None,
        typer.Option(
            "--comment", metavar="TEXT", help="What the user said; - reads it from stdin."
        ),
    ] = None,
    rating: Annotated[
        str | None,
        typer.Option("--rating", metavar="R", help="From 0 to 1, a share such as 2/5, up or down."),
    ] = None,
    answer: Annotated[
        str | None, typer.Option("--answer", metavar="TEXT", help="The right answer.")
    ] = None,
    who: Annotated[
        str, typer.Option("--who", metavar="ID", help="Who said it: an id that means nothing here.")
    ] = "",
    run: Annotated[
        int | None,
        typer.Option("--run", metavar="N", help="The run it is about (default: the latest)."),
    ] = None,
    row: Annotated[
        int | None,
        typer.Option(
            "--row", metavar="R", min=1, help="The row of the run (default: no single one)."
        ),
    ] = None,
    prompt: options.PromptText = None,
    input: Annotated[
        list[str] | None,
        typer.Option(
            "--input", metavar="NAME=VALUE", help="What was asked, if not in a run (repeatable)."
        ),
    ] = None,
    output: Annotated[
        str | None,
        typer.Option("--output", metavar="TEXT", help="What was answered, if not in a run."),
    ] = None,
    file: Annotated[
        Path | None,
        typer.Option("--from", metavar="FILE", help="Keep all feedback of a file, or none of it."),
    ] = None,
    spec: options.SpecFile = None,
    set: options.Sets = None,
    json: options.Json = False,
) -> int:
    """Keep what a user said about an answer: a comment, a rating, the right answer.

    It is about the latest run (its prompt in general, if it answered several rows and none is
    named), or about the output given here. A file is csv, jsonl, json or parquet.
    """
    from intone.runs.about import Feedback
    from intone.runs.feedback import add

    read = options.Given(spec, set).read(context.obj)
    given = Feedback(
        comment="" if comment is None else _typed(comment),
        rating=rating,
        answer=answer,
        who=who,
        run=run,
        row=None if row is None else row - 1,
        prompt=_here(prompt, read),
        inputs=_inputs(input),
        output=output,
    )
    if file is not None:
        return _bring_in(file, given, read, json)
    complaint, notices = add(given, read)

    from intone.report.complaints import about
    from intone.report.console import line
    from intone.report.plans import notices as noticed
    from intone.report.words import one_line

    note(noticed(notices))
    said = f"complaint {complaint.number} is kept: about {one_line(about(complaint))}"
    emit(complaint.form() | {"notices": list(notices)}, [line(said)], as_json=json)
    return 0


@app.command("list")
def list_feedback(
    context: typer.Context,
    open: Annotated[bool, typer.Option("--open", help="Only what nothing was done about.")] = False,
    name: Annotated[
        str | None, typer.Option("--name", metavar="NAME", help="Only about this prompt.")
    ] = None,
    limit: Annotated[
        int | None,
        typer.Option(
            "--limit",
            metavar="N",
            min=1,
            help="The most to list, the newest (default: 50; --json: all).",
        ),
    ] = None,
    spec: options.SpecFile = None,
    set: options.Sets = None,
    json: options.Json = False,
) -> int:
    """List what users said, oldest first: about what, the wish, the rating, what became of it."""
    from intone.feedback.over_time import not_cured
    from intone.report.complaints import came_back, complaints_table
    from intone.report.console import line
    from intone.report.numbers import counted
    from intone.runs.feedback import listed

    project = options.Given(spec, set).project(context.obj)
    those = listed(project, open_only=open, name=name)
    newest = those[-limit:] if limit else those if json else those[-_LISTED:]
    wishes = {complaint.number: _understand(complaint) for complaint in newest}
    again = not_cured([(it, _understand(it)) for it in listed(project, name=name)])
    form = {
        "complaints": [it.form() | {"wishes": _plain(wishes[it.number])} for it in newest],
        "not_cured": [asdict(it) for it in again],
    }
    parts = [*complaints_table(newest, wishes), *came_back(again)]
    if len(newest) < len(those):
        earlier = counted(len(those) - len(newest), "earlier one")
        parts.append(line((f"and {earlier} (--limit {len(those)} lists all)", "dim")))
    emit(form, parts, as_json=json)
    return 0


@app.command("show", short_help="One complaint whole.")
def show_feedback(
    context: typer.Context,
    number: Annotated[int, typer.Argument(metavar="N", help="The complaint's number.")],
    spec: options.SpecFile = None,
    set: options.Sets = None,
    json: options.Json = False,
) -> int:
    """Show one complaint whole: the comment, what was asked and answered, what became of it."""
    from intone.report.complaints import complaint_screen
    from intone.runs.feedback import shown

    complaint = shown(options.Given(spec, set).project(context.obj), number)
    wishes = _understand(complaint)
    form = complaint.form() | {"program": dict(complaint.program), "wishes": _plain(wishes)}
    emit(form, complaint_screen(complaint, wishes), as_json=json)
    return 0


@app.command("decline", short_help="Do nothing about some complaints.")
def decline_feedback(
    context: typer.Context,
    numbers: Annotated[list[int], typer.Argument(metavar="N...", help="The complaints' numbers.")],
    undo: Annotated[bool, typer.Option("--undo", help="Open declined ones again.")] = False,
    spec: options.SpecFile = None,
    set: options.Sets = None,
    json: options.Json = False,
) -> int:
    """Decline complaints: nothing is done about them, and their right answers are no rows."""
    from intone.report.console import line
    from intone.runs.feedback import decline

    decline(options.Given(spec, set).project(context.obj), numbers, undo=undo)
    state = "open" if undo else "declined"
    those = ", ".join(map(str, sorted({*numbers})))
    emit({"numbers": sorted({*numbers}), "state": state}, [line(f"{state}: {those}")], as_json=json)
    return 0


def _book(database: Database) -> Book:
    from intone.store.complaints import Complaints

    return Complaints(database)


def _understand(complaint: Complaint) -> tuple[Wish, ...]:
    from intone.feedback.understand import understand

    return understand(complaint)


def _plain(wishes: Sequence[Wish]) -> list[dict[str, Any]]:
    return [asdict(wish) | {"sentence": wish.sentence} for wish in wishes]


register(app, Parts(_book, _understand))


def _bring_in(file: Path, given: Feedback, spec: Spec, json: bool) -> int:
    from intone.data.formats import open_source
    from intone.report.console import line
    from intone.report.numbers import counted
    from intone.report.plans import notices
    from intone.runs.feedback import bring_in

    single: dict[str, object] = {
        "comment": given.comment,
        "rating": given.rating,
        "answer": given.answer,
    }
    single |= {"row": given.row, "input": given.inputs, "output": given.output}
    typed = next((name for name, value in single.items() if value not in (None, "")), None)
    if typed is not None:
        raise InputError(f"--{typed} is for one complaint; with --from it is a column of the file")
    added = bring_in(open_source(file), str(file), spec, given)
    note(notices(added.notices))
    first, last = added.numbers[0], added.numbers[-1]
    which = f"complaint {first}" if first == last else f"complaints {first} to {last}"
    said = line(f"{counted(len(added.numbers), 'complaint')} kept: {which}")
    form: dict[str, Any] = {"numbers": list(added.numbers), "notices": list(added.notices)}
    emit(form, [said], as_json=json)
    return 0


def _typed(comment: str) -> str:
    """Return the comment, from stdin if it is `-`; what is no UTF-8 there is kept as it is."""
    from intone.feedback.complaint import LONGEST

    if comment != "-":
        return comment
    if isinstance(sys.stdin, io.TextIOWrapper):
        sys.stdin.reconfigure(encoding="utf-8", errors="surrogateescape")
    return sys.stdin.read(LONGEST + 2).removesuffix("\n")


def _inputs(those: list[str] | None) -> dict[str, str] | None:
    if not those:
        return None
    found: dict[str, str] = {}
    for text in those:
        name, equals, value = text.partition("=")
        if not equals or not name.strip():
            raise InputError(f"--input {text[:40]!r} lacks a value: write --input NAME=VALUE")
        found[name.strip()] = value
    return found


def _here(prompt: str | None, spec: Spec) -> str | None:
    """Return a prompt as seen from the spec's folder: a path typed starts at the current one."""
    if prompt is None or len(prompt) >= 1024 or "\n" in prompt or spec.folder == Path():
        return prompt
    return str(Path(prompt).absolute()) if Path(prompt).is_file() else prompt
