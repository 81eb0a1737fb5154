"""`intone serve`: the web pages and the HTTP API of a project."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from typing import TYPE_CHECKING, Annotated

import typer

from intone.cli import options
from intone.cli.session import Session, emit
from intone.errors import MissingExtra

if TYPE_CHECKING:
    from intone.serve.running import Opened


def serve(  # noqa: PLR0913 - a command's parameters are its options
    context: typer.Context,
    host: Annotated[
        str, typer.Option("--host", metavar="H", help="Where to listen (needs --token-env).")
    ] = "127.0.0.1",
    port: Annotated[
        int, typer.Option("--port", metavar="P", help="The port; 0 takes a free one.")
    ] = 8765,
    token_env: Annotated[
        str | None,
        typer.Option("--token-env", metavar="VAR", help="The variable with the token to use."),
    ] = None,
    name: Annotated[
        list[str] | None,
        typer.Option("--name", metavar="HOST", help="Another name it is reached by (repeatable)."),
    ] = None,
    model: options.Model = None,
    spec: options.SpecFile = None,
    set: options.Sets = None,
    json: options.Json = False,
) -> int:
    """Serve the project's prompts: web pages, an HTTP API, and an OpenAI-compatible one.

    Only this machine can come in, with the link that is printed, unless --host says otherwise.
    """
    session: Session = context.obj
    read = options.Given(spec, set, model=model).read(session)
    for needed in ("fastapi", "uvicorn", "nicegui", "prometheus_client"):
        if find_spec(needed) is None:
            raise MissingExtra("intone serve", "serve")

    from intone.report.console import line
    from intone.serve.running import Place
    from intone.serve.running import serve as listen

    def announce(opened: Opened) -> None:
        parts = [line(f"Intone is at {opened.url}; log in with {opened.login}")]
        emit({"url": opened.url, "login": opened.login}, parts, as_json=json)
        sys.stdout.flush()

    listen(read, Place(host, port, token_env, tuple(name or ())), announce)
    return 0
