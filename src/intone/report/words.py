"""Texts of a model or a user, made fit for a screen. Owns what is cut and what is left out."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

_LINE_ENDS = {0x2028: "\n", 0x2029: "\n", 0x85: "\n"}


def one_line(text: str, most: int = 0) -> str:
    """Return a text on one line without control characters, cut to `most` characters if given.

    Answers come from a model: an escape sequence in one must not reach the terminal.
    """
    flat = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return flat if not most or len(flat) <= most else flat[: most - 1] + "…"


def printable(text: str) -> str:
    """Return a text of several lines without control characters, its lines kept."""
    return "\n".join(
        "".join(c if c.isprintable() or c == "\t" else "�" for c in row) for row in text.split("\n")
    )


def on_page(text: str) -> str:
    """Return a text as a page or a picture can hold it: nothing invisible that acts.

    Control characters, marks that turn the direction of writing, and what is no character become
    a visible replacement; joiners inside words and emoji stay, and lines end in one way.
    """
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join("�" if _acts(c) else c for c in lines.translate(_LINE_ENDS))


def _acts(c: str) -> bool:
    if c in "\n\t\u200c\u200d\u00ad" or c.isprintable():
        return False
    return unicodedata.category(c) in ("Cc", "Cf", "Cs") or ord(c) & 0xFFFE == 0xFFFE


def shortened(text: str, most: int) -> str:
    """Return a text cut to `most` characters, with how many there are more."""
    if len(text) <= most:
        return text
    return f"{text[:most].rstrip()} … ({len(text) - most:,} more characters)"


def phrased(edits: Sequence[Mapping[str, Any]]) -> str:
    """Return what edits change, in words: `ask as “Which one …”, markdown layout`."""
    return ", ".join(one_line(str(edit["sentence"])) for edit in edits)


def added(edits: Sequence[Mapping[str, Any]], base: Sequence[Mapping[str, Any]]) -> str:
    """Return what edits add to a base they begin with; all of them where they do not."""
    if base and list(edits[: len(base)]) == list(base):
        more = [one_line(str(edit["sentence"])) for edit in edits[len(base) :]]
        return "the same, " + ", ".join("+ " + sentence for sentence in more)
    return phrased(edits)


def model_name(name: str) -> str:
    """Return a model as shown: the embedded ones with what is behind their name."""
    from intone.llm.open import NAMES

    known = NAMES.get(name, "")
    behind, there, _ = known.partition(" on this machine")
    return f"{name} ({behind})" if there and ":" not in name else name
