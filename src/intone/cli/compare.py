"""`intone compare`: several prompts, or models, on the same rows, each against the first."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from intone.cli import options
from intone.cli.session import Session, emit, say
from intone.errors import SettingError


def compare(  # noqa: PLR0913 - a command's parameters are its options
    context: typer.Context,
    prompts: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="PROMPT PROMPT...",
            help="Files, texts, or name@version (one will do with --models).",
        ),
    ] = None,
    rows: options.Rows = "tuning",
    require: options.Require = None,
    data: options.DataFile = None,
    input: options.Inputs = None,
    target: options.Target = None,
    model: options.Model = None,
    models: options.Models = None,
    calls: options.Calls = None,
    seed: options.Seed = None,
    spec: options.SpecFile = None,
    set: options.Sets = None,
    json: options.Json = False,
) -> int:
    """Compare prompts on the same rows: a paired verdict of each against the first.

    Several verdicts are corrected together (Holm). With --require better the exit status is 1
    unless at least one prompt is better than the first, on rows that did not choose it.

    With --models each prompt is answered by each model: a table of score, cost and how often the
    models give the same answer; for one prompt the verdict of each model against the first, for
    several the one that does best with the model that suits it least.
    """
    session: Session = context.obj
    which = options.choice(rows, "--rows", ("tuning", "sealed", "all"))
    if require is not None:
        options.choice(require, "--require", ("better",))
    given = options.Given(spec, set, data, input, target, model, calls=calls, seed=seed)
    if models is not None and (model is not None or require is not None):
        wrong = "--model" if model is not None else "--require"
        raise SettingError(f"{wrong} cannot be given with --models; leave one of them out")
    read = given.read(session)
    words = prompts or ([read.prompt] if models is not None and read.prompt else [])

    from intone.cli.carry import carry_out
    from intone.cli.prompting import find_prompt, names_for
    from intone.report.across import across_screen
    from intone.report.scored import compare_screen
    from intone.runs.orders import Order, over_models
    from intone.runs.project import Project

    project = Project(read.folder)
    found = [find_prompt(word, project) for word in words]
    names = names_for(words, [name for _, name in found])
    chosen = tuple(prompt for prompt, _ in found)
    order = Order("compare", read, chosen, which, names=names)  # type: ignore[arg-type]
    if models is not None:
        order = over_models(order, [given.model_path(name) for name in models.split(",")])
    result = carry_out(order, session)
    screen = compare_screen(result) if models is None else across_screen(result)
    emit(result, screen, as_json=json)
    if models is not None:
        return 0
    return _met(require, result)


def _met(require: str | None, result: dict[str, Any]) -> int:
    """Return the exit status: 1 if a verdict was required that did not come, or does not count."""
    arms = zip(result["prompts"][1:], result["verdicts"], strict=True)
    better = [arm for arm, verdict in arms if verdict["word"] == "better"]
    if require is None or any(arm["chosen_by"] is None for arm in better):
        return 0
    if better:
        arm = better[0]
        say(
            f"--require better: {arm['name']} is better only on rows that chose it "
            f"(run {arm['chosen_by']}), which does not count"
        )
    else:
        say("--require better: no prompt is better than the first")
    return 1
