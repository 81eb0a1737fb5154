"""`intone prompts import` and `export`: a prompt as a file, all prompts as a folder."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from intone.cli import options
from intone.cli.prompting import by, looks_like_ref, open_registry
from intone.cli.session import emit, say
from intone.errors import InputError

if TYPE_CHECKING:
    from intone.report.console import Part
    from intone.store.lineage import Merge
    from intone.store.registry import Registry


def import_prompt(
    context: typer.Context,
    file: Annotated[
        Path,
        typer.Argument(metavar="FILE|DIR", help="A prompt file, or a folder that export wrote."),
    ],
    name: Annotated[
        str | None,
        typer.Option("--name", metavar="NAME", help="The name to keep it under (the file's)."),
    ] = None,
    author: options.Author = None,
    spec: options.SpecFile = None,
    set: options.Sets = None,
    json: options.Json = False,
) -> int:
    """Keep a prompt file as the next version of a name, or take in a folder of prompts."""
    from intone.prompt.files import load
    from intone.report.console import line

    given = options.Given(spec, set)
    if file.is_dir():
        from intone.store.folder import read

        those = read(file, by(author))
        if name is not None:
            if len(those) > 1:
                raise InputError(f"{file} holds {len(those)} names; --name goes with one")
            those = [those[0].renamed(name)]
        with open_registry(context.obj, given, make=True) as registry:
            merges = registry.merge(those)
        return _merged(file, merges, json)
    prompt = load(file)
    with open_registry(context.obj, given, make=True) as registry:
        version = registry.save(name or file.stem, prompt.canonical(), author=by(author))
    form = {"ref": version.ref, "name": version.name, "version": version.number}
    form["prompt_id"] = version.program_id
    emit(form, [line(f"{file} is {version.ref}")], as_json=json)
    return 0


def export_prompt(
    context: typer.Context,
    ref: Annotated[
        str,
        typer.Argument(
            metavar="REF|DIR",
            help="A reference; or a folder (with a / in it), for all.",
        ),
    ],
    file: Annotated[
        Path | None, typer.Argument(metavar="[FILE]", help="Where to write it (default: stdout).")
    ] = None,
    spec: options.SpecFile = None,
    set: options.Sets = None,
    json: options.Json = False,
) -> int:
    """Write a version as a prompt file (TOML), or all prompts as files of a folder."""
    import sys

    from intone.prompt.files import dumps, save
    from intone.prompt.forms import read_program
    from intone.report.console import line

    with open_registry(context.obj, options.Given(spec, set)) as registry:
        if file is None and _means_folder(ref, registry):
            return _export_all(registry, Path(ref), json)
        version = registry.resolve(ref)
    prompt = read_program(version.program)
    if file is None and not json:
        sys.stdout.write(dumps(prompt))
        return 0
    form: Mapping[str, Any] = {"ref": version.ref, "prompt": prompt.canonical()}
    if file is not None:
        save(prompt, file)
        form = {**form, "file": str(file)}
    emit(form, [line(f"wrote {file} ({version.ref})")], as_json=json)
    return 0


def _means_folder(word: str, registry: Registry) -> bool:
    """Say whether a word names a folder; a prompt that is kept comes first."""
    if any(separator in word for separator in (os.sep, os.altsep or os.sep)) or word in (".", ".."):
        return True
    if not looks_like_ref(word) or "@" in word or word in {v.name for v in registry.names()}:
        return False
    if not Path(word).is_dir():
        try:
            registry.resolve(word)
        except InputError as error:
            raise InputError(f"{error} (a new folder for all prompts: {word}{os.sep})") from None
    return True


def _export_all(registry: Registry, folder: Path, json: bool) -> int:
    from intone.report import numbers
    from intone.report.console import line
    from intone.store.folder import write

    lineages = registry.lineages()
    if not lineages:
        raise InputError("no prompts are kept here yet, so there is nothing to export")
    places = write(folder, lineages)
    versions = sum(len(lineage.versions) for lineage in lineages)
    prompts = numbers.counted(len(places), "prompt")
    form = {"folder": str(folder), "names": [lineage.name for lineage in lineages]}
    said = f"wrote {folder}: {prompts}, {numbers.counted(versions, 'version')}"
    emit(form, [line(said)], as_json=json)
    return 0


def _merged(folder: Path, merges: Sequence[Merge], json: bool) -> int:
    """Show what an import did, or why it did nothing; return the exit status."""
    from intone.report.console import line

    conflicts = [conflict for merge in merges for conflict in merge.conflicts]
    form = {
        "imported": not conflicts,
        "conflicts": conflicts,
        "names": [_brief(merge) for merge in merges],
    }
    parts: list[Part] = [line(f"conflict: {conflict}") for conflict in conflicts]
    if not conflicts:
        for merge in merges:
            parts.append(line(f"{merge.result.name}: {_what_came(merge)}"))
            parts += [line((f"  {note}", "dim")) for note in merge.notes]
    emit(form, parts, as_json=json)
    if conflicts:
        what = "a conflict" if len(conflicts) == 1 else f"{len(conflicts)} conflicts"
        say(
            f"nothing was imported from {folder}, for there is {what}; a folder of one name can be "
            "imported by itself, and under another --name"
        )
        return 2
    return 0


def _brief(merge: Merge) -> dict[str, Any]:
    return {
        "name": merge.result.name,
        "new": [version.ref for version in merge.new],
        "deleted": [version.ref for version in merge.gone],
        "moves": len(merge.moves),
        "notes": list(merge.notes),
    }


def _what_came(merge: Merge) -> str:
    from intone.report import numbers

    found = []
    if merge.new:
        found.append(numbers.counted(len(merge.new), "new version"))
    if merge.gone:
        found.append(f"{len(merge.gone)} deleted")
    if merge.moves:
        found.append(numbers.counted(len(merge.moves), "move of a label", "moves of labels"))
    return ", ".join(found) or "nothing new"
