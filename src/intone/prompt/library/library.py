"""Reads the library's data files: templates, clarifiers and output formats by kind of task.

Owns the shape of the entries. A text may hold slots, filled by `phrasings`: `[[labels]]` the
labels, `[[target]]` the target column's name, `[[task]]` the user's own instruction.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Any


@dataclass(frozen=True)
class Template:
    """A way to ask: `head` and `instruction` come before the inputs, `cue` right after them."""

    name: str
    kind: str
    instruction: str
    head: str = ""
    cue: str = ""

    @property
    def text(self) -> str:
        """All its texts, for looking up slots."""
        return "\n".join((self.head, self.instruction, self.cue))


@dataclass(frozen=True)
class Clarifier:
    """A directive in several strengths, weakest first."""

    name: str
    purpose: str
    kinds: tuple[str, ...]
    strengths: tuple[str, ...]


@dataclass(frozen=True)
class OutputFormat:
    """What the answer is to look like."""

    name: str
    kind: str
    text: str


def templates(kind: str) -> tuple[Template, ...]:
    """Return the templates for a kind of task, in the order in which to try them."""
    return tuple(entry for entry in _templates() if entry.kind == kind)


def clarifiers(kind: str) -> tuple[Clarifier, ...]:
    """Return the clarifiers that suit a kind of task."""
    return tuple(entry for entry in _clarifiers() if kind in entry.kinds)


def strengths_of(text: str) -> tuple[str, ...]:
    """Return the wordings of the clarifier that this text is one of, weakest first; () if none."""
    return next((entry.strengths for entry in _clarifiers() if text in entry.strengths), ())


def output_formats(kind: str) -> tuple[OutputFormat, ...]:
    """Return the output formats for a kind of task, in the order in which to try them."""
    return tuple(entry for entry in _output_formats() if entry.kind == kind)


@lru_cache(maxsize=1)
def _templates() -> tuple[Template, ...]:
    return tuple(Template(**entry) for entry in _read("templates.toml", "template"))


@lru_cache(maxsize=1)
def _clarifiers() -> tuple[Clarifier, ...]:
    return tuple(
        Clarifier(entry["name"], entry["purpose"], tuple(entry["kinds"]), tuple(entry["strengths"]))
        for entry in _read("clarifiers.toml", "clarifier")
    )


@lru_cache(maxsize=1)
def _output_formats() -> tuple[OutputFormat, ...]:
    return tuple(OutputFormat(**entry) for entry in _read("output_formats.toml", "output_format"))


def _read(file: str, table: str) -> list[dict[str, Any]]:
    text = resources.files(__package__).joinpath(file).read_text(encoding="utf-8")
    entries: list[dict[str, Any]] = tomllib.loads(text)[table]
    return entries
