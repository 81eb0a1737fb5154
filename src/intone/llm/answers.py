"""What kind of answer is wanted, and how it is read out of a model's text.

A spec shapes the request (constrained choices, a JSON schema) and parses what comes back, so the
grader, a vote and a chain's step read an answer in the same way. How a label or a JSON value is
found in text is in `read_label` and `read_json`. Owns no scores: those are the graders'.

Reading takes time in proportion to the text, whatever the text is.
"""

from __future__ import annotations

import json
import math
import re
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from intone.llm.read_json import first_json
from intone.llm.read_label import LabelReader

_THOUGHT_ENDS = "</think>"
_LATEX = (("{,}", ","), (r"\,", ""), (r"\!", ""), (r"\$", "$"), ("\u2212", "-"))
_FRACTION = re.compile(r"\\[dt]?frac\{(\d{1,15})\}\{(\d{1,15})\}")
_NUMBER = re.compile(
    r"(?:(?<![\w)\]}.])[-+](?:[$€£¥]\s?)?)?"  # a sign; the "-" of "5-3" or "10 (a)-3" is none
    r"(?:"
    r"(?<![\d/])(?P<over>\d{1,15})/(?P<under>\d{1,15})(?![\d/])"  # a fraction, not a date
    r"|(?:\d{1,3}(?:[,\u00a0\u202f]\d{3})+|\d+)(?:\.\d+)?(?:[eE][-+]?\d+)?"
    r"|(?<!\d)\.\d+(?:[eE][-+]?\d+)?"
    r")"
)
_WHOLE = 1e15  # above, a float no longer holds every whole number: the digits are kept as written


@dataclass(frozen=True)
class FreeText:
    """Any text."""

    def parse(self, text: str) -> str | None:
        """Return the text without surrounding white space, or None if nothing is left.

        What a reasoning model thought (`<think>…</think>`) is not part of its answer.
        """
        return _answer_part(text).strip() or None


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
    def _reader(self) -> LabelReader:
        return LabelReader(self.labels, self.choices)

    def label_of(self, choice: str) -> str | None:
        """Return the label a text stands for by itself, or None.

        Case, surrounding punctuation and the kind of word separator are ignored as far as the
        labels stay distinct: "C" and "C#", "US" and "us", "-1" and "1" are told apart.
        """
        return self._reader.whole(choice)

    def parse(self, text: str) -> str | None:
        """Return the one label the text names, or None if it names none or several.

        In this order: the whole text, its first line and its last line as a label by themselves
        (also after a colon, as in "Category: spam"); what follows the last "answer is" or
        "Answer:"; a label the text begins with ("Yes, because …"); the only label mentioned
        anywhere. Labels are looked for as words, longest first, so "card" is not found in
        "card_arrival"; a label that is denied ("not spam") is not mentioned.
        """
        return self._reader.read(_answer_part(text))


@dataclass(frozen=True)
class Number:
    """A number; the last one in the text is the answer."""

    def parse(self, text: str) -> str | None:
        """Return the last number in the text in its plainest form, or None.

        "$1,000.00" is "1000", "3/4" is "0.75", "-$5" is "-5"; a per cent sign is not read ("50%"
        is "50"). The comma is a thousands separator and the point the decimal one.
        """
        plain = _answer_part(text)
        for written, meant in _LATEX:
            plain = plain.replace(written, meant)
        last = deque(_NUMBER.finditer(_FRACTION.sub(r"\1/\2", plain)), maxlen=1)
        return _plain_number(last[0]) if last else None


@dataclass(frozen=True)
class Json:
    """A JSON value, optionally one that a JSON schema describes."""

    schema: Mapping[str, Any] | None = None

    def __hash__(self) -> int:
        return hash(json.dumps(self.schema, sort_keys=True))

    def parse(self, text: str) -> str | None:
        """Return the first JSON object in the text, else the first array, or None.

        A code fence is looked into first; objects inside an array stay inside it. An array comes
        first where the schema asks for one.
        """
        arrays = self.schema is not None and self.schema.get("type") == "array"
        return first_json(_answer_part(text), prefer_array=arrays)


AnswerSpec = FreeText | Labels | Number | Json


def _answer_part(text: str) -> str:
    """Return what follows a reasoning model's thoughts; nothing if the thoughts never end."""
    at = text.rfind(_THOUGHT_ENDS)
    if at >= 0:
        return text[at + len(_THOUGHT_ENDS) :]
    return "" if text.lstrip().startswith("<think>") else text


def _plain_number(found: re.Match[str]) -> str:
    written = re.sub("[,\u00a0\u202f$€£¥\\s+]", "", found.group(0).replace("e+", "e"))
    if found.group("over") is not None:
        if int(found.group("under")) == 0:
            return str(int(found.group("under")))
        value = int(found.group("over")) / int(found.group("under"))
        value = -value if written.startswith("-") else value
    else:
        value = float(written)
    if not math.isfinite(value) or abs(value) >= _WHOLE:
        return written
    return str(int(value)) if value.is_integer() else repr(value)
