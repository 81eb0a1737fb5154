"""`intone prompts`: the named prompts that are kept, their versions and labels."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from intone.cli import ab, options
from intone.cli.session import Session, emit
from intone.errors import InputError

if TYPE_CHECKING:
    from intone.store.registry import Registry

app = typer.Typer(
    help="Named prompts, their versions, and the labels that point at them.", rich_markup_mode=None
)
app.add_typer(ab.app, name="ab")
Ref = Annotated[str, typer.Argument(metavar="REF", help="name, name@version or name@label.")]
Name = Annotated[str, typer.Argument(metavar="NAME", help="The prompt's name.")]
Label = Annotated[str, typer.Argument(metavar="LABEL", help="The label, such as production.")]


@app.command("list")
def list_prompts(
    context: typer.Context,
    spec: options.SpecFile = None,
    set: options.Sets = None,
    json: options.Json = False,
) -> int:
    """List the prompts that are kept: latest version, labels, verdict."""
    from intone.report.listed import prompts_table

    project = options.Given(spec, set).project(context.obj)
    if not project.exists:
        emit({"prompts": []}, prompts_table([], {}), as_json=json)
        return 0
    with _registry(context.obj, options.Given(spec)) as registry:
        latest = registry.names()
        labels = {version.name: registry.labels(version.name) for version in latest}
    form = [
        {"name": v.name, "latest": v.number, "labels": labels[v.name], "verdict": v.verdict}
        for v in latest
    ]
    emit({"prompts": form}, prompts_table(latest, labels), as_json=json)
    return 0


@app.command("show", short_help="A version's text, and how it came about.")
def show_prompt(
    context: typer.Context,
    ref: Ref,
    spec: options.SpecFile = None,
    set: options.Sets = None,
    json: options.Json = False,
) -> int:
    """Show a version: its text as a prompt file, and how each version came about."""
    from intone.prompt.files import dumps
    from intone.prompt.prompt import Prompt
    from intone.report.console import blank, line
    from intone.report.listed import versions_table
    from intone.report.words import printable

    with _registry(context.obj, options.Given(spec, set)) as registry:
        version = registry.resolve(ref)
        versions = registry.versions(version.name)
        labels = registry.labels(version.name)
    text = dumps(Prompt.from_canonical(version.program))
    body = [line(row) for row in printable(text).rstrip("\n").split("\n")]
    head = line((f"# {version.ref}", "dim"))
    parts = [head, *body, blank(), *versions_table(versions, labels)]
    form = asdict(version) | {"ref": version.ref, "toml": text, "labels": labels}
    form["versions"] = [v.ref for v in versions]
    emit(form, parts, as_json=json)
    return 0


@app.command("diff", short_help="What differs between two prompts.")
def diff_prompts(
    context: typer.Context,
    before: Annotated[str, typer.Argument(metavar="A", help="A file or a reference.")],
    after: Annotated[str, typer.Argument(metavar="B", help="A file or a reference.")],
    spec: options.SpecFile = None,
    set: options.Sets = None,
    json: options.Json = False,
) -> int:
    """Show what differs between two prompts: the edits, then each section, changed words marked."""
    import sys

    from intone.cli.prompting import find_prompt
    from intone.errors import PromptError
    from intone.prompt.edits import diff, sections_between
    from intone.report.differing import differences

    project = options.Given(spec, set).project(context.obj)
    first, second = (find_prompt(word, project)[0] for word in (before, after))
    old, new = first.canonical(), second.canonical()
    edits: list[dict[str, object]] | None = None
    try:
        edits, none = [edit.form() for edit in diff(first, second)], ""
    except PromptError as error:  # inputs are lost: the texts can be shown all the same
        none = str(error)
    sections = {
        name: {"before": old.get(name), "after": new.get(name)}
        for name in sections_between(old, new)
    }
    marks = not sys.stdout.isatty()
    parts = differences(old, new, (before, after), edits=edits or none, marks=marks)
    emit({"edits": edits, "sections": sections}, parts, as_json=json)
    return 0


@app.command("label")
def label_prompt(
    context: typer.Context,
    name: Name,
    label: Label,
    version: Annotated[
        str | None,
        typer.Argument(metavar="[VERSION]", help="A number or a label (default: the latest)."),
    ] = None,
    spec: options.SpecFile = None,
    set: options.Sets = None,
    json: options.Json = False,
) -> int:
    """Move a label to a version of a prompt."""
    with _registry(context.obj, options.Given(spec, set)) as registry:
        number = registry.label(name, label, version)
    return _moved(name, label, number, json)


@app.command("rollback")
def roll_back(
    context: typer.Context,
    name: Name,
    label: Label,
    spec: options.SpecFile = None,
    set: options.Sets = None,
    json: options.Json = False,
) -> int:
    """Move a label back to the version it was at before."""
    with _registry(context.obj, options.Given(spec, set)) as registry:
        number = registry.rollback(name, label)
    return _moved(name, label, number, json)


@app.command("import")
def import_prompt(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A prompt file (TOML).")],
    name: Annotated[
        str | None,
        typer.Option("--name", metavar="NAME", help="The name to keep it under (the file's)."),
    ] = None,
    spec: options.SpecFile = None,
    set: options.Sets = None,
    json: options.Json = False,
) -> int:
    """Keep a prompt file as the next version of a name."""
    from intone.prompt.prompt import Prompt
    from intone.report.console import line

    prompt = Prompt.load(file)
    with _registry(context.obj, options.Given(spec, set), make=True) as registry:
        version = registry.save(name or file.stem, prompt.canonical())
    form = {"ref": version.ref, "name": version.name, "version": version.number}
    form["prompt_id"] = version.program_id
    emit(form, [line(f"{file} is {version.ref}")], as_json=json)
    return 0


@app.command("export")
def export_prompt(
    context: typer.Context,
    ref: Ref,
    file: Annotated[
        Path | None, typer.Argument(metavar="[FILE]", help="Where to write it (default: stdout).")
    ] = None,
    spec: options.SpecFile = None,
    set: options.Sets = None,
    json: options.Json = False,
) -> int:
    """Write a version as a prompt file (TOML)."""
    import sys

    from intone.prompt.files import dumps
    from intone.prompt.prompt import Prompt
    from intone.report.console import line

    with _registry(context.obj, options.Given(spec, set)) as registry:
        version = registry.resolve(ref)
    prompt = Prompt.from_canonical(version.program)
    if file is None and not json:
        sys.stdout.write(dumps(prompt))
        return 0
    form: Mapping[str, Any] = {"ref": version.ref, "prompt": prompt.canonical()}
    if file is not None:
        prompt.save(file)
        form = {**form, "file": str(file)}
    emit(form, [line(f"wrote {file} ({version.ref})")], as_json=json)
    return 0


@contextmanager
def _registry(session: Session, given: options.Given, *, make: bool = False) -> Iterator[Registry]:
    """Open the project's registry; a project without a database is not made for a look at it."""
    from intone.store.registry import Registry

    project = given.project(session)
    if not make and not project.exists:
        raise InputError(
            f"no prompts are kept in {project.folder.resolve()} yet "
            "(see: intone prompts import, intone tune)"
        )
    with project.open() as database:
        yield Registry(database)


def _moved(name: str, label: str, number: int, json: bool) -> int:
    from intone.report.console import line

    form = {"name": name, "label": label, "version": number}
    emit(form, [line(f"{name}@{label} is {name}@{number}")], as_json=json)
    return 0
