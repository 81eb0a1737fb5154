"""Edits of single items: clarifiers, context and document passages, demonstrations.

Owns adding, dropping, replacing and reordering. An item is known by its content; `place` (counted
from 0) only says which of several equal ones is meant, so an edit made on one prompt fits another
in which the item stands elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal, TypeAlias

from intone.prompt.edits.edit import Edit, Section, short
from intone.prompt.prompt import Demonstration, Prompt

ListSection = Literal["context", "passages", "clarifiers", "demonstrations"]
Item: TypeAlias = str | Demonstration
_NOUNS: Mapping[Section, str] = {
    "context": "context passage",
    "passages": "document passage",
    "clarifiers": "clarifier",
    "demonstrations": "demonstration",
}


def _names(verb: str) -> dict[Section, str]:
    return {
        "context": f"{verb}_context",
        "passages": f"{verb}_passage",
        "clarifiers": f"{verb}_clarifier",
        "demonstrations": f"{verb}_demonstration",
    }


@dataclass(frozen=True)
class Add(Edit):
    """Add an item at `place`, or at the end (None, or a place beyond it)."""

    item: Item
    place: int | None = None

    NAMES: ClassVar[Mapping[Section, str]] = _names("add")

    def _edited(self, prompt: Prompt) -> Prompt:
        items, at = items_of(prompt, self.section), self._at(prompt)
        return prompt.with_(**{self.section: (*items[:at], self.item, *items[at:])})

    def _undoing(self, prompt: Prompt) -> Edit:
        return Drop(self.section, _dropping(self.section, self.item), self.item, self._at(prompt))

    def _at(self, prompt: Prompt) -> int:
        count = len(items_of(prompt, self.section))
        return count if self.place is None else min(self.place, count)


@dataclass(frozen=True)
class Drop(Edit):
    """Drop an item: the one at `place` if it is that, else the first like it."""

    item: Item
    place: int | None = None

    NAMES: ClassVar[Mapping[Section, str]] = _names("drop")

    def _edited(self, prompt: Prompt) -> Prompt:
        items, at = items_of(prompt, self.section), self._at(prompt)
        return prompt.with_(**{self.section: (*items[:at], *items[at + 1 :])})

    def _undoing(self, prompt: Prompt) -> Edit:
        at = self._at(prompt)
        last = at == len(items_of(prompt, self.section)) - 1
        sentence = _adding(self.section, self.item)
        return Add(self.section, sentence, self.item, None if last else at)

    def _at(self, prompt: Prompt) -> int:
        at = position(items_of(prompt, self.section), self.item, self.place)
        if at is None:
            raise self._misfit(f"there is no {_named(self.section, self.item)}")
        return at


@dataclass(frozen=True)
class Replace(Edit):
    """Put the item `new` where `old` stands."""

    old: Item
    new: Item
    place: int | None = None

    NAMES: ClassVar[Mapping[Section, str]] = _names("replace")

    def _edited(self, prompt: Prompt) -> Prompt:
        items, at = items_of(prompt, self.section), self._at(prompt)
        return prompt.with_(**{self.section: (*items[:at], self.new, *items[at + 1 :])})

    def _undoing(self, prompt: Prompt) -> Edit:
        sentence = _replacing(self.section, self.new, self.old)
        return Replace(self.section, sentence, self.new, self.old, self._at(prompt))

    def _at(self, prompt: Prompt) -> int:
        at = position(items_of(prompt, self.section), self.old, self.place)
        if at is None:
            raise self._misfit(f"there is no {_named(self.section, self.old)}")
        return at


@dataclass(frozen=True)
class Reorder(Edit):
    """Arrange the items anew: `order` gives, for each place, where its item stood before."""

    order: tuple[int, ...]

    NAMES: ClassVar[Mapping[Section, str]] = {
        "context": "reorder_context",
        "passages": "reorder_passages",
        "clarifiers": "reorder_clarifiers",
        "demonstrations": "reorder_demonstrations",
    }

    def _edited(self, prompt: Prompt) -> Prompt:
        items = items_of(prompt, self.section)
        if sorted(self.order) != list(range(len(items))):
            noun = _NOUNS[self.section]
            raise self._misfit(f"it orders {len(self.order)} {noun}s, the prompt has {len(items)}")
        return prompt.with_(**{self.section: tuple(items[at] for at in self.order)})

    def _undoing(self, prompt: Prompt) -> Edit:
        back = tuple(sorted(range(len(self.order)), key=self.order.__getitem__))
        return Reorder(self.section, _reordering(self.section), back)


def add_item(
    section: ListSection, item: Item, place: int | None = None, sentence: str = ""
) -> Edit:
    """Return the edit that adds an item to a section, at the end unless a place is given."""
    return Add(section, sentence or _adding(section, item), item, place)


def drop_item(
    section: ListSection, item: Item, place: int | None = None, sentence: str = ""
) -> Edit:
    """Return the edit that drops an item of a section."""
    return Drop(section, sentence or _dropping(section, item), item, place)


def replace_item(
    section: ListSection, old: Item, new: Item, place: int | None = None, sentence: str = ""
) -> Edit:
    """Return the edit that puts another item in the place of one."""
    return Replace(section, sentence or _replacing(section, old, new), old, new, place)


def reorder(section: ListSection, order: Sequence[int], sentence: str = "") -> Edit:
    """Return the edit that arranges a section's items: for each place, where its item stood."""
    return Reorder(section, sentence or _reordering(section), tuple(order))


def add_clarifier(text: str, place: int | None = None, sentence: str = "") -> Edit:
    """Return the edit that adds a clarifier."""
    return add_item("clarifiers", text, place, sentence)


def drop_clarifier(text: str, place: int | None = None, sentence: str = "") -> Edit:
    """Return the edit that drops a clarifier."""
    return drop_item("clarifiers", text, place, sentence)


def replace_clarifier(old: str, new: str, place: int | None = None, sentence: str = "") -> Edit:
    """Return the edit that says one clarifier in the place of another."""
    return replace_item("clarifiers", old, new, place, sentence)


def add_context(passage: str, place: int | None = None, sentence: str = "") -> Edit:
    """Return the edit that adds a context passage, which may name inputs."""
    return add_item("context", passage, place, sentence)


def drop_context(passage: str, place: int | None = None, sentence: str = "") -> Edit:
    """Return the edit that drops a context passage."""
    return drop_item("context", passage, place, sentence)


def replace_context(old: str, new: str, place: int | None = None, sentence: str = "") -> Edit:
    """Return the edit that gives one context passage in the place of another."""
    return replace_item("context", old, new, place, sentence)


def add_passage(text: str, place: int | None = None, sentence: str = "") -> Edit:
    """Return the edit that adds a document passage, which is shown as it is."""
    return add_item("passages", text, place, sentence)


def drop_passage(text: str, place: int | None = None, sentence: str = "") -> Edit:
    """Return the edit that drops a document passage."""
    return drop_item("passages", text, place, sentence)


def add_demonstration(shown: Demonstration, place: int | None = None, sentence: str = "") -> Edit:
    """Return the edit that shows one more demonstration."""
    return add_item("demonstrations", shown, place, sentence)


def drop_demonstration(shown: Demonstration, place: int | None = None, sentence: str = "") -> Edit:
    """Return the edit that shows a demonstration no more."""
    return drop_item("demonstrations", shown, place, sentence)


def reorder_demonstrations(order: Sequence[int], sentence: str = "") -> Edit:
    """Return the edit that shows the demonstrations in another order."""
    return reorder("demonstrations", order, sentence)


def items_of(prompt: Prompt, section: Section) -> tuple[Item, ...]:
    """Return the items of a section."""
    return tuple(getattr(prompt, section))


def position(items: Sequence[Item], item: Item, place: int | None) -> int | None:
    """Return where an item stands: at `place` if it is that, else the first like it, else None."""
    if place is not None and place < len(items) and items[place] == item:
        return place
    return items.index(item) if item in items else None


def _adding(section: Section, item: Item) -> str:
    return f"add {_quoted(section, item)}"


def _dropping(section: Section, item: Item) -> str:
    return f"drop {_quoted(section, item)}"


def _replacing(section: Section, old: Item, new: Item) -> str:
    return f"replace {_quoted(section, old)} with {_quoted(section, new)}"


def _reordering(section: Section) -> str:
    return f"reorder the {_NOUNS[section]}s"


def _quoted(section: Section, item: Item) -> str:
    """Return an item as a sentence names it: a clarifier in full, what is long cut."""
    if isinstance(item, Demonstration):
        shown = short(" ".join("; ".join(item.inputs.values()).split()))
        return f"the demonstration “{shown}” -> “{short(item.output, 30)}”"
    return f"“{item}”" if section == "clarifiers" else f"the passage “{short(item)}”"


def _named(section: Section, item: Item) -> str:
    if isinstance(item, Demonstration):
        return f"demonstration {short(' '.join(item.inputs.values()))!r}"
    return f"{_NOUNS[section]} {short(item)!r}"
