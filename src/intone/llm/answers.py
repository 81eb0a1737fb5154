"""What kind of answer is wanted, and how it is read out of a model's text.

A spec shapes the request (constrained choices, a JSON schema) and parses what comes back, so the
grader, a vote and a chain's step read an answer in the same way. Owns no scores: those are the
graders'.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

_WORD_EDGE = re.compile(r"\w")
_NUMBER = re.compile(r"[-+]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?:[eE][-+]?\d+)?|[-+]?\.\d+")
_FENCE = re.compile(r"```(?:json)?\s*(.*?)```", re.DOTALL)
_MARKUP = " \t\r\n\"'`*_.:;,!()[]{}<>#-"


@dataclass(frozen=True)
class FreeText:
    """Any text."""

    def parse(self, text: str) -> str | None:
        """Return the text without surrounding white space, or None if nothing is left."""
        return text.strip() or None


@dataclass(frozen=True)
class Labels:
    """One of a fixed set of labels.

    `codes` maps a label to the short code a prompt shows for it ("A"); the model answers with the
    code and `parse` gives the label. Empty: the labels are their own codes.
    """

    labels: tuple[str, ...]
    codes: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "codes", dict(self.codes))

    def __hash__(self) -> int:
        return hash((self.labels, tuple(sorted(self.codes.items()))))

    @cached_property
    def choices(self) -> tuple[str, ...]:
        """The texts the model may answer with, in the order of `labels`."""
        return tuple(self.codes.get(label, label) for label in self.labels)

    @cached_property
    def _folded(self) -> dict[str, str]:
        pairs = zip(self.choices, self.labels, strict=True)
        return {_fold(choice): label for choice, label in pairs}

    @cached_property
    def _mention(self) -> re.Pattern[str]:
        longest_first = sorted((c for c in self.choices if c), key=len, reverse=True)
        words = "|".join(_bounded(choice) for choice in longest_first)
        flags = re.NOFLAG if self.codes else re.IGNORECASE
        return re.compile(words or r"(?!)", flags)

    def label_of(self, choice: str) -> str | None:
        """Return the label a choice stands for, ignoring case and surrounding punctuation."""
        return self._folded.get(_fold(choice))

    def parse(self, text: str) -> str | None:
        """Return the one label the text names, or None if it names none or several.

        The whole text, its first line and its last line are tried as a label by themselves; then
        labels are looked for as words, longest first, so that "card" is not found in
        "card_arrival".
        """
        lines = [line for line in text.strip().splitlines() if line.strip()]
        for piece in [text, *lines[:1], *lines[-1:]]:
            label = self.label_of(piece)
            if label is not None:
                return label
        found = {self.label_of(match.group(0)) for match in self._mention.finditer(text)}
        found.discard(None)
        return found.pop() if len(found) == 1 else None


@dataclass(frozen=True)
class Number:
    """A number; the last one in the text is the answer."""

    def parse(self, text: str) -> str | None:
        """Return the last number in the text without thousands separators, or None."""
        found = _NUMBER.findall(text)
        return found[-1].replace(",", "") if found else None


@dataclass(frozen=True)
class Json:
    """A JSON value, optionally one that a JSON schema describes."""

    schema: Mapping[str, Any] | None = None

    def __hash__(self) -> int:
        return hash(json.dumps(self.schema, sort_keys=True))

    def parse(self, text: str) -> str | None:
        """Return the first JSON object or array in the text (code fences allowed), or None."""
        fenced = _FENCE.search(text)
        for candidate in ([fenced.group(1)] if fenced else []) + [text]:
            for start in (match.start() for match in re.finditer(r"[{\[]", candidate)):
                try:
                    _, end = json.JSONDecoder().raw_decode(candidate, start)
                except ValueError:
                    continue
                return candidate[start:end]
        return None


AnswerSpec = FreeText | Labels | Number | Json


def _fold(text: str) -> str:
    folded = text.strip(_MARKUP).casefold()
    return folded or text.strip().casefold()


def _bounded(choice: str) -> str:
    left = r"(?<!\w)" if _WORD_EDGE.match(choice[0]) else ""
    right = r"(?!\w)" if _WORD_EDGE.match(choice[-1]) else ""
    return left + re.escape(choice) + right
