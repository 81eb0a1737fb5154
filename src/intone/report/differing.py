"""What differs between two prompts: the edits in sentences, then each section, words marked.

On a terminal removed words are red and added ones green; in plain text they stand in brackets,
[-removed-] and {+added+}.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from typing import Any

from rich.text import Text

from intone.prompt.edits import sections_between
from intone.report.console import Part, blank, line
from intone.report.history import what_was_changed
from intone.report.words import one_line, printable

_WORDS = re.compile(r"\s+|\w+|[^\w\s]")


def differences(
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    names: tuple[str, str],
    *,
    edits: Sequence[Mapping[str, Any]] | str = (),
    marks: bool,
) -> list[Part]:
    """Return what differs between two canonical forms; `marks` adds the brackets.

    `edits` are the forms of the edits that lead from the one to the other, or why there are none.
    """
    changed = sections_between(before, after)
    if not changed:
        return [line(f"{names[0]} and {names[1]} are the same")]
    parts: list[Part] = [line(f"from {names[0]} to {names[1]}")]
    if isinstance(edits, str):
        parts += [blank(), line(one_line(edits))]
    elif edits:
        parts += what_was_changed(edits)
    for section in changed:
        parts += [blank(), line((section, "bold"))]
        old, new = before.get(section), after.get(section)
        if isinstance(old or "", str) and isinstance(new or "", str):
            parts.append(words_between(old or _unset(section), new or _unset(section), marks=marks))
        else:
            parts += _items_between(_items(old), _items(new))
    return parts


def words_between(before: str, after: str, *, marks: bool) -> Text:
    """Return a text with its removed and added words marked."""
    old, new = _WORDS.findall(printable(before)), _WORDS.findall(printable(after))
    text = Text()
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    for kind, i, j, k, m in matcher.get_opcodes():
        gone, come = "".join(old[i:j]), "".join(new[k:m])
        if kind == "equal":
            text.append(gone)
            continue
        if gone:
            text.append(f"[-{gone}-]" if marks else gone, "red strike")
        if come:
            text.append(f"{{+{come}+}}" if marks else come, "green")
    return text


def _items_between(before: Sequence[str], after: Sequence[str]) -> list[Part]:
    """Return removed and added items of a list, a line each."""
    parts: list[Part] = []
    matcher = difflib.SequenceMatcher(None, before, after, autojunk=False)
    for kind, i, j, k, m in matcher.get_opcodes():
        if kind == "equal":
            parts += [line(("  " + item, "dim")) for item in before[i:j]]
            continue
        parts += [line(("- " + item, "red")) for item in before[i:j]]
        parts += [line(("+ " + item, "green")) for item in after[k:m]]
    return parts


def _items(value: object) -> list[str]:
    if value is None:
        return []
    if isinstance(value, Mapping):
        return [printable(f"{key} = {item}") for key, item in value.items()]
    return [_item(item) for item in value] if isinstance(value, list | tuple) else [str(value)]


def _item(item: object) -> str:
    if isinstance(item, Mapping) and "inputs" in item:
        shown = "; ".join(f"{name}: {text}" for name, text in item["inputs"].items())
        return printable(f"{shown} -> {item['output']}").replace("\n", " ")
    return printable(str(item)).replace("\n", " ")


def _unset(section: str) -> str:
    return "chat" if section == "layout" else ""
