"""Strengthening and softening clarifiers: from one wording of a library entry to the next.

Owns the steps; the wordings and their order are the library's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from intone.prompt.edits.edit import Edit, Section
from intone.prompt.edits.items import position, replace_clarifier
from intone.prompt.library.library import strengths_of
from intone.prompt.prompt import Prompt


@dataclass(frozen=True)
class Strengthen(Edit):
    """Say a clarifier in the next stronger wording of its library entry.

    `text` is the wording it was made for; in a prompt that has another wording of the same entry,
    that one is strengthened. A clarifier that is in no entry, or is the strongest already, does
    not fit.
    """

    text: str
    place: int | None = None

    NAMES: ClassVar[Mapping[Section, str]] = {"clarifiers": "strengthen_clarifier"}
    STEP: ClassVar[int] = 1

    def _edited(self, prompt: Prompt) -> Prompt:
        at, text = self._next(prompt)
        rules = prompt.clarifiers
        return prompt.with_(clarifiers=(*rules[:at], text, *rules[at + 1 :]))

    def _undoing(self, prompt: Prompt) -> Edit:
        at, text = self._next(prompt)
        if strengths_of(text) != strengths_of(self.text):  # a wording that two entries share
            return replace_clarifier(text, prompt.clarifiers[at], at)
        return _step(text, -self.STEP, at)

    def _next(self, prompt: Prompt) -> tuple[int, str]:
        """Return where the clarifier stands and what to say there."""
        strengths = strengths_of(self.text)
        if not strengths:
            raise self._misfit(f"{self.text!r} is not in the library")
        at = position(prompt.clarifiers, self.text, self.place)
        if at is None:
            others = (i for i, rule in enumerate(prompt.clarifiers) if rule in strengths)
            at = next(others, None)
        if at is None:
            raise self._misfit(f"there is no clarifier {self.text!r}, nor another strength of it")
        strength = strengths.index(prompt.clarifiers[at]) + self.STEP
        if not 0 <= strength < len(strengths):
            end = "strongest" if self.STEP > 0 else "weakest"
            raise self._misfit(f"{prompt.clarifiers[at]!r} is the {end} wording there is")
        return at, strengths[strength]


@dataclass(frozen=True)
class Soften(Strengthen):
    """Say a clarifier in the next weaker wording of its library entry; else as `Strengthen`."""

    NAMES: ClassVar[Mapping[Section, str]] = {"clarifiers": "soften_clarifier"}
    STEP: ClassVar[int] = -1


def strengthen_clarifier(text: str, place: int | None = None, sentence: str = "") -> Edit:
    """Return the edit that says a clarifier one step more strongly."""
    return _step(text, 1, place, sentence)


def soften_clarifier(text: str, place: int | None = None, sentence: str = "") -> Edit:
    """Return the edit that says a clarifier one step less strongly."""
    return _step(text, -1, place, sentence)


def steps_between(old: str, new: str, place: int | None = None) -> list[Edit]:
    """Return the steps from one wording to another of one entry; none if no entry has both."""
    strengths = strengths_of(old)
    if new not in strengths:
        return []
    start, end = strengths.index(old), strengths.index(new)
    step = 1 if end > start else -1
    steps = [_step(strengths[at], step, place) for at in range(start, end, step)]
    # A wording that two entries share may lead out of this entry half way.
    return steps if all(strengths_of(s) == strengths for s in strengths) else []


def _step(text: str, step: int, place: int | None, sentence: str = "") -> Edit:
    strengths = strengths_of(text)
    at = strengths.index(text) + step if strengths else -1
    to = f" to “{strengths[at]}”" if 0 <= at < len(strengths) else ""
    kind, verb = (Strengthen, "strengthen") if step > 0 else (Soften, "soften")
    return kind("clarifiers", sentence or f"{verb} “{text}”{to}", text, place)
