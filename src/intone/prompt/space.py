"""The space of prompts a search may draw from: dimensions, each with a few choices of edits.

Owns counting, drawing, neighbours and the order of promise. It never holds the product: points are
made one at a time. Which of them are tried is the tuners'.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import prod
from typing import TypeAlias

from intone.data import canonical
from intone.errors import PromptError
from intone.prompt.edits import (
    Edit,
    add_clarifier,
    add_context,
    apply_all,
    change_layout,
    set_demonstrations,
)
from intone.prompt.prompt import Demonstration, Layout, Prompt

Point: TypeAlias = tuple[int, ...]
"""For each dimension, the place of its choice."""


@dataclass(frozen=True)
class Choice:
    """What one dimension can do to a prompt; no edits: leave it as it is."""

    edits: tuple[Edit, ...] = ()

    @property
    def sentence(self) -> str:
        """What is changed, in words."""
        return ", ".join(edit.sentence for edit in self.edits) or "as given"


@dataclass(frozen=True)
class Dimension:
    """Choices of which a prompt has exactly one, in order of promise; the first changes least."""

    name: str
    choices: tuple[Choice, ...]


@dataclass(frozen=True)
class PromptSpace:
    """The cross product of dimensions, around a base prompt that it does not hold.

    Edits are applied in the order of the dimensions, so where two change the same section the later
    one has the last word. Raises ValueError for a dimension without choices or a name used twice.
    """

    dimensions: tuple[Dimension, ...]

    def __post_init__(self) -> None:
        names = [dimension.name for dimension in self.dimensions]
        if len(set(names)) < len(names):
            raise ValueError(f"two dimensions have the same name: {', '.join(names)}")
        for dimension in self.dimensions:
            if not dimension.choices:
                raise ValueError(f"the dimension {dimension.name!r} has no choices")

    @cached_property
    def size(self) -> int:
        """How many points there are; some may lead to the same prompt."""
        return prod(self._counts)

    def at(self, index: int) -> Point:
        """Return the point with this number, 0 to size - 1; the last dimension changes fastest."""
        if not 0 <= index < self.size:
            raise IndexError(f"there is no point {index}; the space has {self.size}")
        point: list[int] = []
        for count in reversed(self._counts):
            index, choice = divmod(index, count)
            point.append(choice)
        return tuple(reversed(point))

    def edits(self, point: Point) -> tuple[Edit, ...]:
        """Return the edits of a point. An edit that an earlier dimension makes is not repeated."""
        made: tuple[Edit, ...] = ()
        for dimension, choice in zip(self.dimensions, point, strict=True):
            made += tuple(edit for edit in dimension.choices[choice].edits if edit not in made)
        return made

    def prompt(self, base: Prompt, point: Point) -> Prompt:
        """Return the base with a point's edits. Raises PromptError where they do not fit."""
        return apply_all(base, self.edits(point))

    def draw(self, seed: int, *purpose: object) -> Point:
        """Return a point drawn evenly; it depends on nothing but the seed and the purpose."""
        chance = canonical.draw(seed, "space", *purpose)
        return tuple(chance.randrange(count) for count in self._counts)

    def draws(self, seed: int, *purpose: object) -> Iterator[Point]:
        """Yield every point once, in an order drawn from the seed and the purpose."""
        seen: set[Point] = set()
        number = 0
        while 2 * len(seen) < self.size:
            point = self.draw(seed, *purpose, number)
            number += 1
            if point not in seen:
                seen.add(point)
                yield point
        rest = [point for point in map(self.at, range(self.size)) if point not in seen]
        canonical.draw(seed, "space", *purpose, "rest").shuffle(rest)
        yield from rest

    def neighbours(self, point: Point) -> Iterator[Point]:
        """Yield the points that differ from this one in one dimension, the likeliest choices first.

        All dimensions' first choices come before any second one.
        """
        for choice in range(max(self._counts, default=0)):
            for place, count in enumerate(self._counts):
                if choice < count and choice != point[place]:
                    yield (*point[:place], choice, *point[place + 1 :])

    def __iter__(self) -> Iterator[Point]:
        """Yield every point once in order of promise.

        Few changes come before many; among as many, likely choices (a small sum of places) before
        others; then changes of earlier dimensions.
        """
        for changed in range(sum(count > 1 for count in self._counts) + 1):
            for rank in range(changed, _most(self._counts, changed) + 1):
                yield from _ranked(self._counts, changed, rank)

    def listed(
        self, base: Prompt, points: Iterable[Point] | None = None
    ) -> Iterator[tuple[Point, Prompt]]:
        """Yield points with their prompts, in order of promise unless points are given.

        Points that come to a prompt that was there before, and points whose edits do not fit one
        another, are left out.
        """
        seen: set[str] = set()
        for point in self if points is None else points:
            try:
                prompt = self.prompt(base, point)
            except PromptError:
                continue
            if prompt.id not in seen:
                seen.add(prompt.id)
                yield point, prompt

    @cached_property
    def _counts(self) -> tuple[int, ...]:
        return tuple(len(dimension.choices) for dimension in self.dimensions)


def space_around(
    base: Prompt,
    *,
    phrasings: Sequence[tuple[Edit, ...]] = (),
    layouts: Sequence[Layout] = (),
    clarifiers: Sequence[Sequence[str]] = (),
    passages: Sequence[str] = (),
    demonstrations: Sequence[Sequence[Demonstration]] = (),
) -> PromptSpace:
    """Return the space of everything that can be combined on a base prompt.

    Phrasings, layouts and sets of demonstrations are one dimension each. Every group of
    `clarifiers` is a dimension of which at most one is added (the strengths of one entry, say),
    and every passage is one: in or out. The first choice is always to change nothing; what the base
    says already is not offered again.
    """
    options: list[tuple[str, list[tuple[Edit, ...]]]] = [
        ("phrasing", list(phrasings)),
        ("layout", [(change_layout(layout),) for layout in layouts]),
    ]
    for number, group in enumerate(clarifiers, start=1):
        fresh = [text for text in group if text not in base.clarifiers]
        options.append((f"clarifier {number}", [(add_clarifier(text),) for text in fresh]))
    for number, passage in enumerate(passages, start=1):
        fresh = [passage] if passage not in base.context else []
        options.append((f"passage {number}", [(add_context(text),) for text in fresh]))
    options.append(("demonstrations", [(set_demonstrations(shown),) for shown in demonstrations]))
    return PromptSpace(
        tuple(
            Dimension(name, (Choice(), *map(Choice, choices)))
            for name, choices in options
            if choices
        )
    )


def _most(counts: Sequence[int], changed: int) -> int:
    """Return the highest sum of ranks that so many changed dimensions can have."""
    return sum(sorted((count - 1 for count in counts), reverse=True)[:changed])


def _ranked(counts: Sequence[int], changed: int, rank: int) -> Iterator[Point]:
    """Yield the points with so many changed dimensions whose ranks have this sum."""
    if not 0 <= changed <= sum(count > 1 for count in counts):
        return
    if not changed <= rank <= _most(counts, changed):
        return
    if not counts:
        yield ()
        return
    for choice in reversed(range(counts[0])):  # what an earlier dimension changes comes first
        for rest in _ranked(counts[1:], changed - (choice > 0), rank - choice):
            yield (choice, *rest)
