"""Compressing a prompt without changing what it says.

Owns what counts as redundant: runs of white space, words of courtesy, clarifiers that repeat one
another or the instruction. What costs more than it earns on rows is the tuners' to find out.
"""

from __future__ import annotations

import re
from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from intone.prompt.edits.edit import Edit, Section
from intone.prompt.edits.items import drop_clarifier
from intone.prompt.prompt import Prompt
from intone.prompt.template import outside_marks

_SPOKEN: tuple[Section, ...] = ("role", "template", "clarifiers", "output_format")
_WRITTEN: tuple[Section, ...] = (*_SPOKEN, "context")
_NOUNS: Mapping[Section, str] = {"output_format": "answer format"}
_COURTESY_AT_END = re.compile(r"(?:,[ \t]*|[ \t]+)(?:please|kindly)(?=[ \t]*[.!?])", re.IGNORECASE)
_COURTESY = re.compile(r"\b(please|kindly),?[ \t]+(\w)", re.IGNORECASE)
_SENTENCE_END = re.compile(r"[.!?;:。！？\n]+")


@dataclass(frozen=True)
class Shorten(Edit):
    """Say a section in fewer characters; what Jinja evaluates stays as it is."""

    def _edited(self, prompt: Prompt) -> Prompt:
        value = getattr(prompt, self.section)
        if self.section == "template":
            return prompt.with_(template=outside_marks(value, self._shorter))
        if self.section == "context":
            return prompt.with_(context=[outside_marks(text, self._shorter) for text in value])
        if isinstance(value, str):
            return prompt.with_(**{self.section: self._shorter(value)})
        return prompt.with_(**{self.section: [self._shorter(text) for text in value]})

    @abstractmethod
    def _shorter(self, text: str) -> str: ...


@dataclass(frozen=True)
class CollapseWhitespace(Shorten):
    """One space for several within a line, one empty line for several, none at line ends.

    Indentation stays: it may mean something.
    """

    NAMES: ClassVar[Mapping[Section, str]] = dict.fromkeys(_WRITTEN, "collapse_whitespace")

    def _shorter(self, text: str) -> str:
        lines = [re.sub(r"(?<=\S)[ \t]{2,}", " ", line.rstrip(" \t")) for line in text.split("\n")]
        return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n")


@dataclass(frozen=True)
class DropCourtesies(Shorten):
    """Leave out "please" and "kindly", which ask for nothing."""

    NAMES: ClassVar[Mapping[Section, str]] = dict.fromkeys(_SPOKEN, "drop_courtesies")

    def _shorter(self, text: str) -> str:
        return _COURTESY.sub(_without, _COURTESY_AT_END.sub("", text))


def collapse_whitespace(section: Section, sentence: str = "") -> Edit:
    """Return the edit that collapses white space in a section of texts."""
    said = sentence or f"collapse white space in the {_NOUNS.get(section, section)}"
    return CollapseWhitespace(section, said)


def drop_courtesies(section: Section, sentence: str = "") -> Edit:
    """Return the edit that leaves "please" and the like out of a section of texts."""
    said = sentence or f"drop words of courtesy from the {_NOUNS.get(section, section)}"
    return DropCourtesies(section, said)


def compress(prompt: Prompt) -> tuple[Edit, ...]:
    """Return the edits that shorten a prompt without changing what it says; none if none can.

    In this order: words of courtesy, white space, clarifiers that say nothing, that repeat an
    earlier one, or that stand as sentences of their own in the instruction or the answer format.
    """
    tried = [
        *(drop_courtesies(section) for section in _SPOKEN),
        *(collapse_whitespace(section) for section in _WRITTEN),
    ]
    done: list[Edit] = []
    for edit in tried:
        shorter = edit.apply(prompt)
        if _length(shorter) < _length(prompt):
            done.append(edit)
            prompt = shorter
    while (redundant := _redundant_clarifier(prompt)) is not None:
        done.append(redundant)
        prompt = redundant.apply(prompt)
    return tuple(done)


def _length(prompt: Prompt) -> int:
    texts = (prompt.role, prompt.template, prompt.output_format)
    return sum(map(len, (*texts, *prompt.context, *prompt.clarifiers)))


def _redundant_clarifier(prompt: Prompt) -> Edit | None:
    """Return the edit that drops the first clarifier that adds nothing."""
    stated = (
        ("the instruction", _sentences(prompt.template)),
        ("the answer format", _sentences(prompt.output_format)),
    )
    seen: set[frozenset[str]] = set()
    for place, text in enumerate(prompt.clarifiers):
        said = _sentences(text)
        where = next((name for name, sentences in stated if said <= sentences), "")
        if not text.strip():
            return drop_clarifier(text, place, "drop an empty clarifier")
        if said in seen:
            return drop_clarifier(text, place, f"drop “{text}”, which is there already")
        if said and where:
            return drop_clarifier(text, place, f"drop “{text}”, which {where} says already")
        if said:
            seen.add(said)
    return None


def _sentences(text: str) -> frozenset[str]:
    """Return a text's sentences, told apart by their words alone."""
    parts = (re.findall(r"\w+", part.casefold()) for part in _SENTENCE_END.split(text))
    return frozenset(" ".join(words) for words in parts if words)


def _without(match: re.Match[str]) -> str:
    begins = match.group(1)[0].isupper()
    return match.group(2).upper() if begins else match.group(2)
