"""`intone run`: one prompt on the data."""

from __future__ import annotations

from typing import Annotated

import typer

from intone.cli import options
from intone.cli.session import Session, emit


def run(  # noqa: PLR0913 - a command's parameters are its options
    context: typer.Context,
    prompt: Annotated[
        str | None,
        typer.Argument(
            metavar="[PROMPT]",
            help="A file, a template's text, or name@version (default: the spec's prompt).",
        ),
    ] = None,
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
    """Run one prompt on the data: its score with an interval, failures by kind, what it cost.

    The sealed rows are left alone unless --rows says otherwise.
    """
    session: Session = context.obj
    which = options.choice(rows, "--rows", ("tuning", "sealed", "all"))
    given = options.Given(spec, set, data, input, target, model, calls=calls, seed=seed)
    read = given.read(session)

    from intone.cli.carry import carry_out
    from intone.cli.prompting import find_prompt
    from intone.report.scored import run_screen
    from intone.runs.orders import Order
    from intone.runs.project import Project

    word = prompt or read.prompt
    order = Order("run", read, rows=which)  # type: ignore[arg-type]
    if word is not None:
        found, name = find_prompt(word, Project(read.folder))
        order = Order("run", read, (found,), which, names=(name,))  # type: ignore[arg-type]
    result = carry_out(order, session)
    emit(result, run_screen(result), as_json=json)
    return 0
