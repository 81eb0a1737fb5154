"""`intone runs`: what was run, how it went, and going on with it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from intone.cli import options
from intone.cli.report import report_run
from intone.cli.session import Session, emit, say
from intone.errors import InputError

if TYPE_CHECKING:
    from intone.report.console import Part
    from intone.runs.project import Project
    from intone.store.runs import RunRecord

app = typer.Typer(help="What was run, how it went, and going on with it.", rich_markup_mode=None)
Number = Annotated[
    int | None, typer.Argument(metavar="[N]", help="The run's number (default: the latest).")
]


@app.command("list")
def list_runs(
    context: typer.Context,
    limit: Annotated[
        int, typer.Option("--limit", metavar="N", min=1, help="The most runs to list.")
    ] = 20,
    spec: options.SpecFile = None,
    set: options.Sets = None,
    json: options.Json = False,
) -> int:
    """List the runs, newest first."""
    from intone.report.listed import runs_table
    from intone.runs.records import brief
    from intone.store.runs import Runs

    session: Session = context.obj
    project = options.Given(spec, set).project(session)
    records: list[RunRecord] = []
    if project.exists:
        with project.open() as database:
            records = Runs(database).newest(limit)
    emit({"runs": [brief(record) for record in records]}, runs_table(records), as_json=json)
    return 0


@app.command("show", short_help="Its result, its candidates, where the gain came from.")
def show_run(
    context: typer.Context,
    number: Number = None,
    winner: Annotated[
        Path | None,
        typer.Option(
            "--winner",
            metavar="FILE",
            help="Also write the best prompt of a tuning to a file, shipped or not.",
        ),
    ] = None,
    spec: options.SpecFile = None,
    set: options.Sets = None,
    json: options.Json = False,
) -> int:
    """Show a run: its last screen, its candidates heat by heat, where the gain came from."""
    from intone.runs.records import whole

    session: Session = context.obj
    project = options.Given(spec, set).project(session)
    record, result = _recorded(project, number)
    if winner is not None:
        _write_winner(record, winner)
    emit(whole(record, result), _screen(record, result), as_json=json)
    return 0


@app.command("resume", short_help="Go on with a run that did not end.")
def resume_run(
    context: typer.Context,
    number: Number = None,
    retry_failed: Annotated[
        bool, typer.Option("--retry-failed", help="Make the calls again that failed for good.")
    ] = False,
    spec: options.SpecFile = None,
    set: options.Sets = None,
    json: options.Json = False,
) -> int:
    """Go on with a run: what is answered is replayed, and the result is the same.

    A run goes on with the spec it began with, so settings cannot be changed here.
    """
    session: Session = context.obj
    if set:
        raise InputError("a run goes on with the spec it began with; --set belongs to a new run")
    project = options.Given(spec).project(session)
    record, result = _recorded(project, number)
    if record.state == "done" and not retry_failed:
        say(f"run {record.number} is done; this is its result")
        emit(result, _last_screen(record, result), as_json=json)
        return 0

    from intone.cli.carry import carry_out
    from intone.runs.orders import order_of

    session.run = record.number
    fresh = carry_out(order_of(record, retry_failed=retry_failed), session)
    screen = _last_screen(record, fresh, head=not session.head_shown)
    emit(fresh, screen, as_json=json)
    return 0


app.command("report", short_help="A run as one HTML file, with its figures.")(report_run)


def _recorded(project: Project, number: int | None) -> tuple[RunRecord, dict[str, Any]]:
    """Return a run and its result ({} if it has none yet), the outcomes of `run` with it."""
    from intone.runs.running import plain_outcome
    from intone.store.outcomes import RunOutcomes
    from intone.store.runs import Runs

    if not project.exists:
        raise InputError(f"there are no runs in {project.folder.resolve()} yet")
    with project.open() as database:
        runs = Runs(database)
        if number is None:
            latest = runs.newest(1)
            if not latest:
                raise InputError("there are no runs yet (see: intone run, intone tune)")
            number = latest[0].number
        record = runs.get(number)
        result = dict(record.summary or {})
        if record.kind == "run" and result:
            kept = RunOutcomes(database, number).all()
            result["outcomes"] = [plain_outcome(outcome) for outcome in kept]
    return record, result


def _screen(record: RunRecord, result: dict[str, Any]) -> list[Part]:
    from intone.report.console import blank, line
    from intone.report.history import history, sources
    from intone.report.listed import when

    head = (
        f"run {record.number} · {record.kind} · {record.state} · began {when(record.started)} UTC"
    )
    parts: list[Part] = [line((head, "bold"))]
    if not result:
        going = record.state == "running"
        hint = f"it is under way in process {record.pid}" if going else "it has no result yet"
        more = "" if going else f": intone runs resume {record.number} goes on"
        return [*parts, line(hint + more), *history(record.candidates)]
    parts += [blank(), *_last_screen(record, result)]
    if record.kind == "tune":
        heats = record.candidates or result["heats"]
        parts += [*sources(result), *history(heats, result["winner"]["prompt_id"])]
    return parts


def _last_screen(record: RunRecord, result: dict[str, Any], *, head: bool = True) -> list[Part]:
    from intone.report.across import across_screen
    from intone.report.feedback import feedback_screen
    from intone.report.scored import compare_screen, run_screen
    from intone.report.stressed import stress_screen
    from intone.report.tuned import tune_screen

    if record.kind == "feedback":
        return feedback_screen(result)
    if record.kind == "run":
        return run_screen(result)
    if record.kind == "compare":
        return across_screen(result) if "models" in result else compare_screen(result)
    if record.kind == "stress":
        return stress_screen(result)
    return tune_screen(result, head=head)


def _write_winner(record: RunRecord, path: Path) -> None:
    from intone.prompt.files import save
    from intone.prompt.forms import read_program

    if record.kind != "tune" or not record.summary:
        raise InputError(f"run {record.number} has no winner: it is no tuning that came to an end")
    save(read_program(record.summary["winner"]["prompt"]), path)
    say(f"wrote {path}")
