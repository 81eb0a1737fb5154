"""What differs between two prompts, section by section and word by word, in plain values.

Owns what is compared with what; how it looks is `differing`'s on a terminal, `page`'s on a page.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from intone.prompt.edits import sections_between

Mark = Literal["same", "removed", "added"]

_WORDS = re.compile(r"\s+|\w+|[^\w\s]")
_MOST_WORDS = 8_000  # of both texts; longer ones are told apart by lines


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of text that stayed, went or came."""

    mark: Mark
    text: str


@dataclass(frozen=True, slots=True)
class Item:
    """A text of a section: the whole of it, or one item of a list.

    `mark` is "changed" for a text of which some pieces stayed.
    """

    mark: Literal["same", "removed", "added", "changed"]
    pieces: tuple[Piece, ...]

    def side(self, without: Mark) -> tuple[Piece, ...]:
        """Return the pieces of the text before (`without` "added") or after it."""
        return tuple(piece for piece in self.pieces if piece.mark != without)


@dataclass(frozen=True, slots=True)
class Change:
    """A section in which two prompts differ, or (all items the same) one they share."""

    section: str
    items: tuple[Item, ...]
    listed: bool = False

    @property
    def same(self) -> bool:
        """Whether nothing differs."""
        return all(item.mark == "same" for item in self.items)

    def has(self, without: Mark) -> bool:
        """Say whether anything stands on one side (see `Item.side`)."""
        return any(item.side(without) for item in self.items)

    def form(self) -> dict[str, Any]:
        """Return the marked texts in plain values."""
        items = [
            {"mark": item.mark, "pieces": [{"mark": p.mark, "text": p.text} for p in item.pieces]}
            for item in self.items
        ]
        return {"items": items} if self.listed else {"pieces": items[0]["pieces"]}


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Change]:
    """Return the sections in which two canonical forms differ, with what differs marked."""
    return [change(name, before, after) for name in sections_between(before, after)]


def change(section: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Change:
    """Return one section of two canonical forms, with what differs marked."""
    old, new = before.get(section), after.get(section)
    if isinstance(old or "", str) and isinstance(new or "", str):
        pair = (old or _unset(section), new or _unset(section))
        return Change(section, (_item(*pair),))
    return Change(section, tuple(_items_between(_items(old), _items(new))), listed=True)


def words_between(before: str, after: str) -> tuple[Piece, ...]:
    """Return two texts as one, its removed and added words marked.

    Texts of many thousand words are told apart line by line, which takes less time.
    """
    old, new = _WORDS.findall(before), _WORDS.findall(after)
    if len(old) + len(new) > _MOST_WORDS:
        old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    pieces: list[Piece] = []
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    for kind, i, j, k, m in matcher.get_opcodes():
        gone, come = "".join(old[i:j]), "".join(new[k:m])
        if kind == "equal":
            pieces.append(Piece("same", gone))
            continue
        if gone:
            pieces.append(Piece("removed", gone))
        if come:
            pieces.append(Piece("added", come))
    return tuple(pieces)


def _item(before: str, after: str) -> Item:
    pieces = words_between(before, after)
    if before == after:
        return Item("same", pieces)
    marks = {piece.mark for piece in pieces}
    if marks == {"added"}:
        return Item("added", pieces)
    return Item("removed" if marks == {"removed"} else "changed", pieces)


def _items_between(before: Sequence[str], after: Sequence[str]) -> list[Item]:
    """Return a list's items: those alike enough are one item with its words marked."""
    items: list[Item] = []
    matcher = difflib.SequenceMatcher(None, before, after, autojunk=False)
    for kind, i, j, k, m in matcher.get_opcodes():
        old, new = list(before[i:j]), list(after[k:m])
        if kind == "equal":
            items += [Item("same", (Piece("same", text),)) for text in old]
            continue
        while old and new and _alike(old[0], new[0]):
            items.append(_item(old.pop(0), new.pop(0)))
        items += [Item("removed", (Piece("removed", text),)) for text in old]
        items += [Item("added", (Piece("added", text),)) for text in new]
    return items


def _alike(before: str, after: str) -> bool:
    """Say whether half of the words stay, so that marking them says more than two items."""
    old, new = before.split(), after.split()
    same = difflib.SequenceMatcher(None, old, new, autojunk=False).get_matching_blocks()
    return 2 * sum(block.size for block in same) >= max(len(old), len(new), 1)


def _items(value: object) -> list[str]:
    if value is None:
        return []
    if isinstance(value, Mapping):
        return [f"{key} = {item}" for key, item in value.items()]
    return [_said(item) for item in value] if isinstance(value, list | tuple) else [str(value)]


def _said(item: object) -> str:
    if isinstance(item, Mapping) and "inputs" in item:
        shown = "; ".join(f"{name}: {text}" for name, text in item["inputs"].items())
        return f"{shown} -> {item['output']}"
    return str(item)


def _unset(section: str) -> str:
    return "chat" if section == "layout" else ""
