"""What differs between two prompts: the edits in sentences, then each section, words marked.

On a terminal removed words are red and added ones green; in plain text they stand in brackets,
[-removed-] and {+added+}.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.text import Text

from intone.report.console import Part, blank, line
from intone.report.history import what_was_changed
from intone.report.marked import Change, Item, Piece, changes
from intone.report.words import one_line, printable

_SIGNS = {"same": ("  ", "dim"), "removed": ("- ", "red"), "added": ("+ ", "green")}


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
    changed = changes(before, after)
    if not changed:
        return [line(f"{names[0]} and {names[1]} are the same")]
    parts: list[Part] = [line(f"from {names[0]} to {names[1]}")]
    if isinstance(edits, str) and edits:
        parts += [blank(), line(one_line(edits))]
    elif edits:
        parts += what_was_changed(edits)
    for change in changed:
        parts += [blank(), line((change.section, "bold")), *_section(change, marks=marks)]
    return parts


def marked_words(pieces: Sequence[Piece], *, marks: bool) -> Text:
    """Return a text with its removed and added words marked."""
    text = Text()
    for piece in pieces:
        shown = printable(piece.text)
        if piece.mark == "removed":
            text.append(f"[-{shown}-]" if marks else shown, "red strike")
        elif piece.mark == "added":
            text.append(f"{{+{shown}+}}" if marks else shown, "green")
        else:
            text.append(shown)
    return text


def _section(change: Change, *, marks: bool) -> list[Part]:
    if not change.listed:
        return [marked_words(change.items[0].pieces, marks=marks)]
    return [_line(item, marks=marks) for item in change.items]


def _line(item: Item, *, marks: bool) -> Part:
    if item.mark == "changed":
        flat = [Piece(p.mark, p.text.replace("\n", " ")) for p in item.pieces]
        return Text.assemble("~ ", marked_words(flat, marks=marks))
    sign, style = _SIGNS[item.mark]
    said = "".join(printable(piece.text).replace("\n", " ") for piece in item.pieces)
    return line((sign + said, style))
