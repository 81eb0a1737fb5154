"""Edits from their plain forms. Owns reading; what a form holds is each edit's own `form`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from intone.errors import PromptError
from intone.prompt.edits.edit import Edit, Rewrite, Section, own_fields, section_value
from intone.prompt.edits.items import Add, Drop, Reorder, Replace
from intone.prompt.edits.shorten import CollapseWhitespace, DropCourtesies
from intone.prompt.edits.show_nearest import ShowNearest
from intone.prompt.edits.strength import Soften, Strengthen
from intone.prompt.forms import nearest, read_prompt
from intone.prompt.nearest import SECTIONS

_KINDS: tuple[type[Edit], ...] = (
    Rewrite, Add, Drop, Replace, Reorder, Strengthen, Soften, CollapseWhitespace, DropCourtesies,
    ShowNearest,
)  # fmt: skip
EDITS: Mapping[str, type[Edit]] = {name: kind for kind in _KINDS for name in kind.NAMES.values()}
"""The kinds of edit there are, by name."""
_SHARED = ("name", "section", "sentence", "may_lose")
_OPTIONAL = ("place", "may_lose")


def edit_from(form: Mapping[str, Any]) -> Edit:
    """Return the edit of a plain form, exactly as it was.

    Raises PromptError that names what is wrong: no name (forms of older versions have none), an
    unknown name or field, a field that is missing, a value of the wrong kind.
    """
    if not isinstance(form, Mapping):
        raise PromptError(f"an edit is a table, not {type(form).__name__} ({form!r})")
    name = form.get("name")
    kind = EDITS.get(name) if isinstance(name, str) else None
    if kind is None:
        if name is None:
            raise PromptError("an edit needs a name, such as add_clarifier")
        raise PromptError(f"unknown edit {name!r}{nearest(str(name), tuple(EDITS))}")
    known = (*_SHARED, *own_fields(kind))
    for field in form:
        if field not in known:
            raise PromptError(f"{name}: unknown field {field!r}{nearest(str(field), known)}")
    for field in known:
        if field not in form and field not in _OPTIONAL:
            raise PromptError(f"{name}: the field {field!r} is missing")
    section = next((s for s, n in kind.NAMES.items() if (s, n) == (form["section"], name)), None)
    if section is None:
        raise PromptError(f"{name}: the section cannot be {form['section']!r}")
    try:
        own = {f: _read(f, section, form[f]) for f in own_fields(kind) if f in form}
        lose = frozenset(_texts(form.get("may_lose", []), "may_lose"))
        (sentence,) = _texts([form["sentence"]], "sentence")
    except PromptError as error:
        raise PromptError(f"{name}: {error}") from None
    return kind(section, sentence, **own, may_lose=lose)


def _read(field: str, section: Section, value: Any) -> Any:
    """Return the value of a field; what a prompt can hold is read as a prompt file is."""
    if field == "of":
        if value not in SECTIONS:
            raise PromptError(f"of must be one of {', '.join(SECTIONS)}, not {value!r}")
        return value
    if field in ("place", "count"):
        return _place(value, field)
    if field == "order":
        if not isinstance(value, list | tuple):
            raise PromptError(f"order must be a list of numbers, not {value!r}")
        return tuple(_place(item, field) for item in value)
    if field == "value":
        return section_value(read_prompt({"template": "-", section: value}), section)
    return section_value(read_prompt({"template": "-", section: [value]}), section)[0]


def _place(value: object, field: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise PromptError(f"{field} must be a number from 0, not {value!r}")
    return value


def _texts(values: object, field: str) -> list[str]:
    if not isinstance(values, list | tuple):
        raise PromptError(f"{field} must be a list of texts, not {values!r}")
    for value in values:
        if not isinstance(value, str):
            raise PromptError(f"{field} must be text, not {value!r}")
    return list(values)
