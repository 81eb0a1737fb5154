"""`intone prompts`: the named prompts that are kept, their versions and labels."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from intone.cli import ab, options
from intone.cli.exchange import export_prompt, import_prompt
from intone.cli.prompting import by, open_registry
from intone.cli.session import emit

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
    with open_registry(context.obj, options.Given(spec)) as registry:
        latest = registry.names()
        labels = {version.name: registry.labels(version.name) for version in latest}
    form = [
        {
            "name": v.name,
            "latest": v.number,
            "author": v.author,
            "created": v.created,
            "labels": labels[v.name],
            "verdict": v.verdict,
        }
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
    from intone.prompt.contradictions import contradictions
    from intone.prompt.files import dumps
    from intone.prompt.forms import read_program
    from intone.report.console import blank, line
    from intone.report.listed import versions_table
    from intone.report.plans import notices
    from intone.report.words import printable

    with open_registry(context.obj, options.Given(spec, set)) as registry:
        version = registry.resolve(ref)
        versions = registry.versions(version.name)
        labels = registry.labels(version.name)
    program = read_program(version.program)
    text, against = dumps(program), [found.sentence for found in contradictions(program)]
    body = [line(row) for row in printable(text).rstrip("\n").split("\n")]
    head = line((f"# {version.ref}", "dim"))
    parts = [head, *body, blank(), *notices(against), *versions_table(versions, labels)]
    form = asdict(version) | {"ref": version.ref, "toml": text, "labels": labels}
    form["versions"] = [v.ref for v in versions]
    form["notices"] = against
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
    from intone.prompt.edits import diff
    from intone.prompt.forms import sections_of
    from intone.prompt.prompt import Prompt
    from intone.report.differing import differences
    from intone.report.marked import changes

    project = options.Given(spec, set).project(context.obj)
    first, second = (find_prompt(word, project)[0] for word in (before, after))
    old, new = sections_of(first.canonical()), sections_of(second.canonical())
    edits: list[dict[str, object]] | None = None
    none = ""
    if isinstance(first, Prompt) and isinstance(second, Prompt):
        try:
            edits = [edit.form() for edit in diff(first, second)]
        except PromptError as error:  # inputs are lost: the texts can be shown all the same
            none = str(error)
    sections = {
        it.section: {"before": old.get(it.section), "after": new.get(it.section), **it.form()}
        for it in changes(old, new)
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
    author: options.Author = None,
    spec: options.SpecFile = None,
    set: options.Sets = None,
    json: options.Json = False,
) -> int:
    """Move a label to a version of a prompt."""
    with open_registry(context.obj, options.Given(spec, set)) as registry:
        number = registry.label(name, label, version, by(author))
    return _moved(name, label, number, json)


@app.command("rollback")
def roll_back(
    context: typer.Context,
    name: Name,
    label: Label,
    author: options.Author = None,
    spec: options.SpecFile = None,
    set: options.Sets = None,
    json: options.Json = False,
) -> int:
    """Move a label back to the version it was at before."""
    with open_registry(context.obj, options.Given(spec, set)) as registry:
        number = registry.rollback(name, label, by(author))
    return _moved(name, label, number, json)


@app.command("history", short_help="What happened to a prompt: versions, verdicts, labels.")
def show_history(
    context: typer.Context,
    name: Name,
    spec: options.SpecFile = None,
    set: options.Sets = None,
    json: options.Json = False,
) -> int:
    """Show what happened to a prompt: its versions, their verdicts, where its labels were moved."""
    from intone.report.chronicle import chronicle, chronicle_form

    with open_registry(context.obj, options.Given(spec, set)) as registry:
        lineage = registry.lineage(name)
    emit(chronicle_form(lineage), chronicle(lineage), as_json=json)
    return 0


@app.command("delete", short_help="Delete a version that nothing holds.")
def delete_version(
    context: typer.Context,
    ref: Annotated[str, typer.Argument(metavar="NAME@N", help="The version, by its number.")],
    author: options.Author = None,
    spec: options.SpecFile = None,
    set: options.Sets = None,
    json: options.Json = False,
) -> int:
    """Delete the text of a version that no label is at and no other version was made from."""
    from intone.report.console import line

    with open_registry(context.obj, options.Given(spec, set)) as registry:
        version = registry.delete(ref, by(author))
    form = {"ref": version.ref, "prompt_id": version.program_id, "deleted": True}
    emit(form, [line(f"deleted {version.ref}; its number is not given again")], as_json=json)
    return 0


app.command("import", short_help="Keep a prompt file, or a folder of prompts.")(import_prompt)
app.command("export", short_help="Write a prompt file, or all as a folder.")(export_prompt)


def _moved(name: str, label: str, number: int, json: bool) -> int:
    from intone.report.console import line

    form = {"name": name, "label": label, "version": number}
    emit(form, [line(f"{name}@{label} is {name}@{number}")], as_json=json)
    return 0
