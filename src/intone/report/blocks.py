"""What a page is made of: sections of blocks, whatever the kind of run.

Owns these values; which blocks a kind of run has is said in `pages/`, how they look in
`page.html.j2`. A new kind of run needs no new block unless it shows something new.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Literal

from intone.report.figure import Figure
from intone.report.marked import Change

Tone = Literal["", "better", "worse", "undecided", "note"]


@dataclass(frozen=True, slots=True)
class Words:
    """A paragraph."""

    kind: ClassVar[str] = "words"
    text: str
    tone: Tone = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """Names with their values."""

    kind: ClassVar[str] = "facts"
    rows: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Table:
    """A table; columns in `figures` are set right. `folded` shows it only when it is opened."""

    kind: ClassVar[str] = "table"
    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    figures: frozenset[int] = frozenset()
    caption: str = ""
    folded: bool = False


@dataclass(frozen=True, slots=True)
class Picture:
    """A figure with what it shows."""

    kind: ClassVar[str] = "picture"
    figure: Figure
    caption: str


@dataclass(frozen=True, slots=True)
class Sides:
    """Two prompts side by side, section by section, changed words marked."""

    kind: ClassVar[str] = "sides"
    before: str
    after: str
    changes: Sequence[Change]


@dataclass(frozen=True, slots=True)
class Answered:
    """One prompt's answer to a row: `by` which prompt, its score and status in words."""

    by: str
    text: str
    said: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Case:
    """A row with its answers; `inputs` is empty where its texts cannot be shown."""

    row: str
    inputs: Sequence[tuple[str, str]]
    target: str | None
    answers: Sequence[Answered]


@dataclass(frozen=True, slots=True)
class Cases:
    """Rows under a title; `more` says what was left out."""

    kind: ClassVar[str] = "cases"
    title: str
    cases: Sequence[Case]
    more: str = ""


@dataclass(frozen=True, slots=True)
class Code:
    """A text to be copied, such as a file or a command."""

    kind: ClassVar[str] = "code"
    caption: str
    text: str


Block = Words | Facts | Table | Picture | Sides | Cases | Code


@dataclass(frozen=True, slots=True)
class Section:
    """A heading with its blocks."""

    title: str
    blocks: Sequence[Block]


@dataclass(frozen=True, slots=True)
class Page:
    """A whole report. `word` is the verdict in one word, `lead` says it in sentences."""

    title: str
    about: str
    word: str
    tone: Tone
    lead: Sequence[str]
    sections: Sequence[Section]
    notes: Sequence[str] = field(default=())

    @property
    def figures(self) -> list[Figure]:
        """All figures of the page."""
        blocks = (block for section in self.sections for block in section.blocks)
        return [block.figure for block in blocks if isinstance(block, Picture)]
