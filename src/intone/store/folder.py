"""A registry as files, so that a git repository can be its master.

One folder a name; in it one file a version (`2.toml`, as a prompt file; `2.json` where TOML cannot
hold its texts exactly) and `index.json`: what each version came from, verdicts, deletions, and the
moves of the labels. Owns this form, both ways; what merging means is `lineage`'s.

A version's file never changes. The index is written after the files it names and before those it
no longer names are taken away, each whole or not at all: whoever reads in between, or after an
export that was cut short, finds a registry as it was before or after.
"""

from __future__ import annotations

import json
import tomllib
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import tomli_w
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from intone.data.canonical import content_id
from intone.errors import InputError
from intone.prompt.files import write_whole
from intone.store.lineage import Deletion, Lineage, Move, Version, merge, trails
from intone.store.registry import check_word, parse_ref

INDEX = "index.json"
_SUFFIXES = (".toml", ".json")


class _Form(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Deleted(_Form):
    at: str
    author: str


class _VersionForm(_Form):
    program_id: str
    author: str
    created: str
    parent: str | None = None
    run: int | None = Field(None, ge=1, le=2**31)
    verdict: dict[str, Any] | None = None
    edits: list[Any] = Field(default_factory=list)
    deleted: _Deleted | None = None

    @field_validator("verdict")
    @classmethod
    def _tells_what_is_shown(cls, value: dict[str, Any] | None) -> dict[str, Any] | None:
        known = value is None or (
            isinstance(value.get("word"), str) and isinstance(value.get("difference"), int | float)
        )
        if not known:
            raise ValueError("a verdict has a word (a text) and a difference (a number)")
        return value


class _MoveForm(_Form):
    label: str
    version: int
    back: bool
    at: str
    author: str


class _Index(_Form):
    format: Literal[1]
    name: str
    labels: dict[str, int]
    versions: dict[int, _VersionForm]
    moves: list[_MoveForm]


def write(folder: Path, lineages: Sequence[Lineage]) -> list[Path]:
    """Write names into a folder, beside what else is there; return their folders.

    Raises InputError, before anything is written, if the folder knows of versions or moves that
    the names do not (they would be lost), and where a file cannot be written.
    """
    there = _indexes(folder) if folder.is_dir() else {}
    for lineage in lineages:
        if lineage.name in there:
            known = _lineage(there[lineage.name], "")
            coming = merge(lineage, known)
            if coming.changes or coming.conflicts:
                raise InputError(
                    f"{there[lineage.name]} holds what is not here "
                    f"({_first(coming.conflicts, coming.new, coming.gone)}); "
                    "import it first (intone prompts import), or export into another folder"
                )
    taken = {_folded(place.name) for place in there.values()}
    written = []
    for lineage in lineages:
        place = there.get(lineage.name) or folder / _free(lineage.name, taken)
        taken.add(_folded(place.name))
        _write_one(place, lineage)
        written.append(place)
    return written


def read(folder: Path, author: str) -> list[Lineage]:
    """Read the names in a folder that `write` wrote, or the one name whose folder it is.

    A label that was put to another version in the index by hand is one more move, by `author`, now.
    Raises InputError naming the file for what is missing, changed or cannot be.
    """
    if not folder.is_dir():
        raise InputError(f"cannot read {folder}: there is no such folder")
    places = _indexes(folder)
    if not places:
        raise InputError(f"{folder} holds no prompts: neither it nor a folder in it has {INDEX}")
    return [_lineage(places[name], author) for name in sorted(places)]


def _indexes(folder: Path) -> dict[str, Path]:
    """Return the folder of each name that lies in a folder."""
    own = [folder] if (folder / INDEX).is_file() else []
    try:
        places = own or sorted(place for place in folder.iterdir() if (place / INDEX).is_file())
    except OSError as error:
        raise InputError(f"cannot read {folder}: {error.strerror}") from None
    found: dict[str, Path] = {}
    for place in places:
        name = _index(place).name
        if name in found:
            raise InputError(f"{found[name]} and {place} both hold {name!r}")
        found[name] = place
    return found


def _lineage(place: Path, author: str) -> Lineage:
    index, path = _index(place), place / INDEX
    try:
        check_word(index.name, "a name")
        versions = [_version(place, index.name, n, index.versions[n]) for n in index.versions]
        moves = [Move(**move.model_dump()) for move in index.moves]
        for move in moves:
            check_word(move.label, "a label")
        now = {label: trail[-1] for label, trail in trails(moves).items()}
    except InputError as error:
        raise InputError(f"{path}: {error}") from None
    for label, number in index.labels.items():
        if now.get(label) != number:
            at = datetime.now(UTC).isoformat(timespec="seconds")
            moves.append(Move(label, number, False, at, author))
    for move in moves:
        if move.version not in index.versions:
            wrong = f"{index.name}@{move.version}, which is not in the index"
            raise InputError(f"{path}: the label {move.label!r} is moved to {wrong}")
    versions.sort(key=lambda version: version.number)
    return Lineage(index.name, tuple(versions), tuple(moves))


def _version(place: Path, name: str, number: int, form: _VersionForm) -> Version:
    if not 1 <= number <= 2**31:
        raise InputError(f"a version cannot have the number {number}")
    if form.parent is not None:
        parse_ref(form.parent)
    program = {} if form.deleted else _program(place, name, number, form.program_id)
    return Version(
        name=name,
        number=number,
        program_id=form.program_id,
        program=program,
        parent=form.parent,
        edits=() if form.deleted else tuple(form.edits),
        verdict=form.verdict,
        run=form.run,
        author=form.author,
        created=form.created,
        deleted=None if form.deleted is None else Deletion(form.deleted.at, form.deleted.author),
    )


def _program(place: Path, name: str, number: int, program_id: str) -> Mapping[str, Any]:
    """Read a version's file. Raises InputError if it is not what the index says."""
    paths = [place / f"{number}{suffix}" for suffix in _SUFFIXES]
    path = next((path for path in paths if path.is_file()), paths[0])
    text = _text(path)
    try:
        program = tomllib.loads(text) if path.suffix == ".toml" else json.loads(text)
    except ValueError as error:
        raise InputError(f"{path} cannot be read: {error}") from None
    if not isinstance(program, dict) or content_id(program) != program_id:
        raise InputError(
            f"{path.name} is not what {name}@{number} was: versions never change; put it back, "
            f"and make another version of it (intone prompts import FILE --name {name})"
        )
    return program


def _index(place: Path) -> _Index:
    path = place / INDEX
    try:
        return _Index.model_validate(json.loads(_text(path)))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise InputError(f"{path}: {where}: {first['msg']}") from None
    except ValueError as error:
        raise InputError(f"{path} is not valid JSON: {error}") from None


def _text(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8")
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise InputError(f"cannot read {path}: not UTF-8 text") from None


def _write_one(place: Path, lineage: Lineage) -> None:
    named = set()
    for version in lineage.versions:
        if version.deleted is None:
            name, text = _file(version)
            named.add(name)
            path = place / name
            if not path.is_file() or path.read_bytes() != text.encode():
                write_whole(path, text)
    write_whole(place / INDEX, _dumped(_form(lineage)))
    for version in lineage.versions:
        for suffix in _SUFFIXES:
            path = place / f"{version.number}{suffix}"
            if path.name not in named:
                path.unlink(missing_ok=True)


def _file(version: Version) -> tuple[str, str]:
    """Return the name and the text of a version's file."""
    form = dict(version.program)
    try:
        # A multi-line TOML string cannot hold a carriage return unescaped.
        text = tomli_w.dumps(form, multiline_strings="\\r" not in repr(form))
        text.encode()
        if content_id(tomllib.loads(text)) == version.program_id:
            return f"{version.number}.toml", text
    except (TypeError, ValueError):
        pass  # no value, or half a surrogate pair, which models do write: not for TOML
    return f"{version.number}.json", _dumped(form)


def _form(lineage: Lineage) -> dict[str, Any]:
    return {
        "format": 1,
        "name": lineage.name,
        "labels": dict(sorted(lineage.labels.items())),
        "versions": {str(version.number): _version_form(version) for version in lineage.versions},
        "moves": [
            {"label": m.label, "version": m.version, "back": m.back, "at": m.at, "author": m.author}
            for m in lineage.moves
        ],
    }


def _version_form(version: Version) -> dict[str, Any]:
    form: dict[str, Any] = {
        "program_id": version.program_id,
        "author": version.author,
        "created": version.created,
    }
    told = {"parent": version.parent, "run": version.run, "verdict": version.verdict}
    form |= {name: value for name, value in told.items() if value is not None}
    if version.edits:
        form["edits"] = list(version.edits)
    if version.deleted is not None:
        form["deleted"] = {"at": version.deleted.at, "author": version.deleted.author}
    return form


def _dumped(form: object) -> str:
    text = json.dumps(form, ensure_ascii=False, indent=2) + "\n"
    try:
        text.encode()
    except UnicodeEncodeError:
        return json.dumps(form, indent=2) + "\n"
    return text


def _free(name: str, taken: set[str]) -> str:
    """Return a folder's name that no other one is equal to where case and accents are one."""
    free, number = name, 1
    while _folded(free) in taken:
        number += 1
        free = f"{name}~{number}"
    return free


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", name.casefold())


def _first(conflicts: Sequence[str], new: Sequence[Version], gone: Sequence[Version]) -> str:
    if conflicts:
        return conflicts[0]
    if new:
        return new[0].ref
    return f"the deletion of {gone[0].ref}" if gone else "moves of labels"
