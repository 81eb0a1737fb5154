"""`intone prompts ab`: two versions behind one label, and what they show."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from intone.cli import options
from intone.cli.prompting import by
from intone.cli.session import Session, emit
from intone.errors import InputError

if TYPE_CHECKING:
    from intone.report.console import Part
    from intone.runs.experimenting import Experimenting

app = typer.Typer(help="Two versions behind one label, and what they show.", rich_markup_mode=None)
Number = Annotated[int, typer.Argument(metavar="N", help="The experiment's number.")]


@app.command("start", short_help="Let a share of a label's users have another version.")
def start(  # noqa: PLR0913 - a command's parameters are its options
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="The prompt's name.")],
    label: Annotated[str, typer.Argument(metavar="LABEL", help="The label that is served.")],
    version: Annotated[
        str, typer.Argument(metavar="VERSION", help="The challenger: a number or a label.")
    ],
    share: Annotated[
        float, typer.Option("--share", metavar="S", help="The challenger's share of the users.")
    ] = 0.5,
    alpha: Annotated[
        float,
        typer.Option("--alpha", metavar="A", help="The chance to claim what is not there."),
    ] = 0.05,
    promote: Annotated[
        bool, typer.Option("--promote", help="Let the challenger have the label when it wins.")
    ] = False,
    spec: options.SpecFile = None,
    set: options.Sets = None,
    json: options.Json = False,
) -> int:
    """Let a share of a label's users have another version, served by `intone serve`.

    The label stays where it is until the challenger is promoted.
    """
    with _experiments(context.obj, options.Given(spec, set)) as experiments:
        form = experiments.start(
            name, label, version, share=share, alpha=alpha, promote=promote, author=by(None)
        )
    return _show(form, json)


@app.command("list")
def list_experiments(
    context: typer.Context,
    spec: options.SpecFile = None,
    set: options.Sets = None,
    json: options.Json = False,
) -> int:
    """List the experiments, newest first, with what each shows."""
    from intone.report.console import line

    with _experiments(context.obj, options.Given(spec, set)) as experiments:
        forms = experiments.all()
    parts = [part for form in forms for part in _screen(form)] or [line("no experiments yet")]
    emit({"experiments": forms}, parts, as_json=json)
    return 0


@app.command("show")
def show_experiment(
    context: typer.Context,
    number: Number,
    spec: options.SpecFile = None,
    set: options.Sets = None,
    json: options.Json = False,
) -> int:
    """Show what an experiment shows so far."""
    with _experiments(context.obj, options.Given(spec, set)) as experiments:
        form = experiments.get(number)
    return _show(form, json)


@app.command("stop")
def stop(
    context: typer.Context,
    number: Number,
    spec: options.SpecFile = None,
    set: options.Sets = None,
    json: options.Json = False,
) -> int:
    """End an experiment at once: everybody gets what the label is at."""
    with _experiments(context.obj, options.Given(spec, set)) as experiments:
        form = experiments.stop(number)
    return _show(form, json)


@app.command("promote")
def promote_challenger(
    context: typer.Context,
    number: Number,
    spec: options.SpecFile = None,
    set: options.Sets = None,
    json: options.Json = False,
) -> int:
    """End an experiment and give the challenger the label; `intone prompts rollback` undoes it."""
    with _experiments(context.obj, options.Given(spec, set)) as experiments:
        form = experiments.promote(number, by(None))
    return _show(form, json)


@contextmanager
def _experiments(session: Session, given: options.Given) -> Iterator[Experimenting]:
    from intone.runs.experimenting import Experimenting

    project = given.project(session)
    if not project.exists:
        raise InputError(f"no prompts are kept in {project.folder.resolve()} yet")
    with project.open() as database:
        yield Experimenting(database)


def _show(form: Mapping[str, Any], json: bool) -> int:
    emit(dict(form), _screen(form), as_json=json)
    return 0


def _screen(form: Mapping[str, Any]) -> list[Part]:
    from intone.report.console import line

    head = f"experiment {form['number']} · {form['name']}@{form['label']} · {form['state']}"
    parts: list[Part] = [line((head, "bold"))]
    for variant, share in (("a", 1.0 - form["share"]), ("b", form["share"])):
        shown = form["variants"][variant]
        mean = "" if shown["mean"] is None else f", mean {shown['mean']:.3f}"
        parts.append(
            line(
                f"  {variant}  {form['name']}@{shown['version']}  {share:.0%} of the users, "
                f"{shown['outcomes']} outcomes{mean}"
            )
        )
    after = form["decided_after"]
    when = f" (after {after} pairs)" if after else f" ({form['pairs']} pairs)"
    parts.append(line(f"  the challenger is {form['word']}{when}, p = {form['p']:.3g}"))
    return parts
