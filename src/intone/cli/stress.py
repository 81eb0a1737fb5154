"""`intone stress`: how far the score and the answers move under changes that should not matter."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from intone.cli import options
from intone.cli.saving import can_be_written, write_text
from intone.cli.session import Session, emit, say
from intone.errors import InputError

if TYPE_CHECKING:
    from intone.runs.orders import Order
    from intone.runs.spec import Spec

_KINDS = (  # those of prompt/perturbations, which would be slow to load for a help text
    "paraphrase, order, layout, casing, filler, sampling"
)


def stress(  # noqa: PLR0913 - a command's parameters are its options
    context: typer.Context,
    prompt: Annotated[
        str | None,
        typer.Argument(
            metavar="[PROMPT]",
            help="A file, a template's text, or name@version (default: the spec's prompt).",
        ),
    ] = None,
    kinds: Annotated[
        str | None,
        typer.Option(
            "--kinds", metavar="KIND,KIND", help=f"What to change (default: all): {_KINDS}."
        ),
    ] = None,
    variants: Annotated[
        int | None,
        typer.Option(
            "--variants", metavar="N", help="The most variants of each kind (default: 3)."
        ),
    ] = None,
    plot: Annotated[
        Path | None,
        typer.Option("--plot", metavar="FILE.svg", help="Draw the spread in a file too."),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print the plan; call nothing, write nothing.")
    ] = False,
    rows: options.Rows = "tuning",
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
    """Put a prompt to changes that should not matter, and measure how far its answers move.

    The spread of the score is shown beside the spread that noise alone would give. No right
    answers are needed: without them only the answers are compared.
    """
    session: Session = context.obj
    which = options.choice(rows, "--rows", ("tuning", "sealed", "all"))
    named = [name.strip() for name in kinds.split(",") if name.strip()] if kinds else None
    given = options.Given(
        spec, set, data, input, target, model, calls=calls, seed=seed, kinds=named,
        variants=variants,
    )  # fmt: skip
    order = _order(given.read(session), prompt, which)
    if dry_run:
        return _plan(order, json)
    if plot is not None:
        if plot.suffix.lower() != ".svg":
            raise InputError(f"--plot {plot}: the plot is an SVG file; let its name end in .svg")
        can_be_written(plot, "--plot")

    from intone.cli.carry import carry_out
    from intone.report.figure import svg
    from intone.report.spread_plot import spread_figure
    from intone.report.stressed import stress_screen

    result = carry_out(order, session)
    failure = None
    if plot is not None:
        try:
            write_text(plot, svg(spread_figure(result), alone=True) + "\n", "--plot")
        except InputError as error:  # the result is paid for, so it is shown first
            failure = error
    emit(result, stress_screen(result), as_json=json)
    if failure is not None:
        say(f"{failure}; the run is kept: intone runs show {result['run']}")
        return failure.exit_status
    return 0


def _order(spec: Spec, prompt: str | None, which: str) -> Order:
    from intone.cli.prompting import find_prompt
    from intone.runs.orders import Order
    from intone.runs.project import Project

    word = prompt or spec.prompt
    if word is None:
        return Order("stress", spec, rows=which)  # type: ignore[arg-type]
    found, name = find_prompt(word, Project(spec.folder))
    return Order("stress", spec, (found,), which, names=(name,))  # type: ignore[arg-type]


def _plan(order: Order, json: bool) -> int:
    from intone.report.stressed import plan_screen
    from intone.runs.orders import plan

    planned = plan(order)
    emit(planned, plan_screen(planned), as_json=json)
    return 0
