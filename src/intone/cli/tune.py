"""`intone tune`: search on the tuning rows, then a verdict on the sealed ones."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from intone.cli import options
from intone.cli.saving import can_be_written
from intone.cli.session import Session, emit, say
from intone.errors import InputError

if TYPE_CHECKING:
    from intone.runs.orders import Order
    from intone.runs.spec import Spec

_METHODS = (  # those of runs/methods.py, which would be slow to load for a help text
    "auto, random, grid, ape, opro, evoprompt, evoprompt-de, mipro, gepa, capo"
)


def tune(  # noqa: PLR0913 - a command's parameters are its options
    context: typer.Context,
    prompt: options.PromptText = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print the plan; call nothing, write nothing.")
    ] = False,
    save: Annotated[
        Path | None,
        typer.Option("--save", metavar="FILE", help="Write the prompt handed back to a file."),
    ] = None,
    require: options.Require = None,
    data: options.DataFile = None,
    input: options.Inputs = None,
    target: options.Target = None,
    documents: options.Documents = None,
    model: options.Model = None,
    method: Annotated[
        str | None, typer.Option("--method", metavar="NAME", help=f"How to search: {_METHODS}.")
    ] = None,
    calls: options.Calls = None,
    seed: options.Seed = None,
    spec: options.SpecFile = None,
    set: options.Sets = None,
    json: options.Json = False,
) -> int:
    """Tune a prompt on the data, then judge it on sealed rows that the search never saw.

    The tuned prompt is handed back, and kept as a new version, if it does better there; else
    yours is, and the run says so. With --require better the exit status is 1 unless the verdict
    is better.
    """
    session: Session = context.obj
    if require is not None:
        options.choice(require, "--require", ("better",))
    given = options.Given(
        spec, set, data, input, target, model, method, calls, seed, documents=documents
    )
    order = _order(given.read(session), prompt)
    if dry_run:
        return _plan(order, json)
    if save is not None:
        can_be_written(save, "--save")

    from intone.cli.carry import carry_out
    from intone.report.tuned import tune_screen

    result = carry_out(order, session)
    failure = None
    if save is not None:
        try:
            _save(result, save)
            result = result | {"saved": str(save)}
        except InputError as error:  # the result is paid for, so it is shown first
            failure = error
    screen = tune_screen(result, saved=result.get("saved"), head=not session.head_shown)
    emit(result, screen, as_json=json)
    if failure is not None:
        say(f"{failure}; the run is kept: intone runs show {result['run']}")
        return failure.exit_status
    return _met(require, result)


def _order(spec: Spec, prompt: str | None) -> Order:
    from intone.cli.prompting import find_prompt
    from intone.runs.orders import Order
    from intone.runs.project import Project

    word = prompt or spec.prompt
    if word is None:
        return Order("tune", spec)
    found, name = find_prompt(word, Project(spec.folder))
    return Order("tune", spec, (found,), names=(name,))


def _plan(order: Order, json: bool) -> int:
    from intone.report.plans import full_plan
    from intone.runs.orders import plan

    planned = plan(order)
    emit(planned, full_plan(planned), as_json=json)
    return 0


def _save(result: dict[str, Any], path: Path) -> None:
    from intone.prompt.files import save
    from intone.prompt.forms import read_program

    save(read_program(result["prompt"]), path)


def _met(require: str | None, result: dict[str, Any]) -> int:
    """Return the exit status: 1 if a verdict was required that did not come."""
    verdict = result["verdict"]
    if require is None or (verdict is not None and verdict["word"] == "better"):
        return 0
    say(f"--require better: the verdict is {verdict['word'] if verdict else 'missing'}")
    return 1
