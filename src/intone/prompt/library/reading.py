"""Reads a library's data file: TOML in, entries out, every mistake named with its place.

Owns what an entry may hold. Does not know which files there are.
"""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from intone.errors import PromptError
from intone.prompt.library.checks import Check
from intone.prompt.library.entries import (
    KINDS,
    PURPOSES,
    SLOTS,
    Clarifier,
    OutputFormat,
    Template,
)

_MARKS = ("{{", "{%", "{#")
_SLOT = re.compile(r"\[\[(.*?)\]\]")
_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_Entry = TypeVar("_Entry", Template, Clarifier, OutputFormat)
_Table = Mapping[str, Any]


def read_templates(text: str, file: str) -> tuple[Template, ...]:
    """Read a file of `[[template]]` tables. Raises PromptError naming file, entry and field."""
    return _read(text, file, "template", _template)


def read_clarifiers(text: str, file: str) -> tuple[Clarifier, ...]:
    """Read a file of `[[clarifier]]` tables. Raises PromptError naming file, entry and field."""
    return _read(text, file, "clarifier", _clarifier)


def read_output_formats(text: str, file: str) -> tuple[OutputFormat, ...]:
    """Read a file of `[[output_format]]` tables. PromptError names file, entry and field."""
    return _read(text, file, "output_format", _output_format)


def _template(table: _Table) -> Template:
    _only(table, ("name", "kind", "instruction", "head", "cue"))
    return Template(
        _name(table),
        _one_of(table, "kind", KINDS),
        _text(table, "instruction"),
        _text(table, "head", optional=True),
        _text(table, "cue", optional=True),
    )


def _clarifier(table: _Table) -> Clarifier:
    _only(table, ("name", "purpose", "kinds", "strengths", "check", "race"))
    strengths = [_plain(item, "strengths", slots=()) for item in _list(table, "strengths")]
    if len(set(strengths)) < len(strengths):
        raise PromptError("strengths: two are the same")
    race = table.get("race", True)
    if not isinstance(race, bool):
        raise PromptError(f"race is {race!r}; write true or false")
    return Clarifier(
        _name(table),
        _one_of(table, "purpose", PURPOSES),
        tuple(_known(item, "kinds", KINDS) for item in _list(table, "kinds")),
        tuple(strengths),
        _check(table["check"]) if "check" in table else None,
        race,
    )


def _output_format(table: _Table) -> OutputFormat:
    _only(table, ("name", "kind", "text"))
    return OutputFormat(_name(table), _one_of(table, "kind", KINDS), _text(table, "text"))


def _check(value: object) -> Check:
    if not isinstance(value, dict):
        raise PromptError('check: write { measure = "…", better = "…" }')
    try:
        _only(value, ("measure", "better", "of", "bound"))
        bound = value.get("bound")
        if bound is not None and (isinstance(bound, bool) or not isinstance(bound, int | float)):
            raise PromptError(f"bound is {bound!r}; give a number")
        for field in ("measure", "better", "of"):
            if not isinstance(value.get(field, ""), str):
                raise PromptError(f"{field} is {value[field]!r}; give a text")
        return Check(value.get("measure", ""), value.get("better", ""), value.get("of", ""), bound)
    except PromptError as error:
        raise PromptError(f"check: {error}") from None


def _read(text: str, file: str, table: str, make: Callable[[_Table], _Entry]) -> tuple[_Entry, ...]:
    try:
        form = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise PromptError(f"{file} is not valid TOML: {error}") from None
    found = form.pop(table, [])
    if form or not (isinstance(found, list) and all(isinstance(item, dict) for item in found)):
        wrong = next(iter(form), table)
        raise PromptError(f"{file} has {wrong!r}; its entries are written [[{table}]]")
    entries: dict[tuple[str, str], _Entry] = {}
    for place, item in enumerate(found, 1):
        name = item.get("name")
        where = f"{file}, {table} {name!r}" if isinstance(name, str) else f"{file}, {table} {place}"
        try:
            entry = make(item)
        except PromptError as error:
            raise PromptError(f"{where}: {error}") from None
        key = ("" if isinstance(entry, Clarifier) else entry.kind, entry.name)
        if key in entries:
            raise PromptError(f"{where}: name: it is there twice; rename or remove one")
        entries[key] = entry
    return tuple(entries.values())


def _only(table: _Table, fields: Sequence[str]) -> None:
    for field in table:
        if field not in fields:
            near = difflib.get_close_matches(field, fields, 1, 0.5)
            meant = f" (did you mean {near[0]!r}?)" if near else ""
            raise PromptError(f"{field!r} is no field{meant}; there are: {', '.join(fields)}")


def _name(table: _Table) -> str:
    name = table.get("name")
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise PromptError(
            f"name is {name!r}; write it in small letters and digits, with hyphens: my-entry"
        )
    return name


def _one_of(table: _Table, field: str, known: Sequence[str]) -> str:
    return _known(table.get(field), field, known)


def _known(value: object, field: str, known: Sequence[str]) -> str:
    if not isinstance(value, str) or value not in known:
        raise PromptError(f"{field} is {value!r}; there are: {', '.join(known)}")
    return value


def _list(table: _Table, field: str) -> list[object]:
    value = table.get(field)
    if not isinstance(value, list) or not value:
        raise PromptError(f"{field} is {value!r}; give a list with at least one text")
    return value


def _text(table: _Table, field: str, *, optional: bool = False) -> str:
    if optional and table.get(field, "") == "":
        return ""
    return _plain(table.get(field), field, SLOTS)


def _plain(value: object, field: str, slots: Sequence[str]) -> str:
    if not isinstance(value, str) or not value.strip():
        raise PromptError(f"{field} is {value!r}; give a text")
    for mark in _MARKS:
        if mark in value:
            raise PromptError(f"{field} has {mark!r}; inputs are added where the library is used")
    for slot in _SLOT.findall(value):
        if slot not in slots:
            there_are = ", ".join(f"[[{name}]]" for name in slots) or "none here"
            raise PromptError(f"{field} has the slot [[{slot}]]; there are: {there_are}")
    return value.strip()
