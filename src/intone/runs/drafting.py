"""A prompt while a person edits it: sections as fields, the library's clarifiers as switches.

Pure. Owns how a field's text becomes a section; trying a draft is `playground`'s.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from intone.data.row import Row
from intone.prompt.forms import read_program, sections_of
from intone.prompt.library.entries import Clarifier
from intone.prompt.prompt import LAYOUTS, Demonstration, Layout, Prompt
from intone.report.marked import changes, words_between
from intone.report.words import on_page

__all__ = [
    "BETWEEN",
    "LAYOUTS",
    "Draft",
    "Piece",
    "marked_sections",
    "sections_differing",
    "words_differing",
]

BETWEEN = "---"
"""The line between two passages of context in one field."""


class Piece(NamedTuple):
    """A stretch of a text; `mark` is *same*, *removed* or *added*."""

    mark: str
    text: str


@dataclass(frozen=True)
class Draft:
    """The sections of a prompt as they are edited; `base` has those that are not.

    `context` is one text, its passages parted by lines of `BETWEEN`. A draft may be no prompt yet:
    `prompt` says so.
    """

    template: str = ""
    role: str = ""
    context: str = ""
    clarifiers: tuple[str, ...] = ()
    output_format: str = ""
    demonstrations: tuple[Demonstration, ...] = ()
    layout: Layout = "chat"
    base: Prompt | None = field(default=None, repr=False)

    @classmethod
    def of(cls, prompt: Prompt) -> Draft:
        """Return a draft that is this prompt."""
        return cls(
            template=prompt.template,
            role=prompt.role,
            context=f"\n{BETWEEN}\n".join(prompt.context),
            clarifiers=tuple(prompt.clarifiers),
            output_format=prompt.output_format,
            demonstrations=tuple(prompt.demonstrations),
            layout=prompt.layout,
            base=prompt,
        )

    def prompt(self) -> Prompt:
        """Return the prompt. Raises PromptError where it cannot be one.

        A context that was not changed stays as it was, to the last space.
        """
        context: Sequence[str] = _passages(self.context)
        if self.base is not None and self.context == f"\n{BETWEEN}\n".join(self.base.context):
            context = self.base.context
        sections = {
            "template": self.template,
            "role": self.role,
            "context": context,
            "clarifiers": self.clarifiers,
            "output_format": self.output_format,
            "demonstrations": self.demonstrations,
            "layout": self.layout,
        }
        if self.base is None:
            return Prompt(**sections)  # type: ignore[arg-type]
        return self.base.with_(**sections)

    def showing(self, row: Row) -> Draft:
        """Return the draft with a row, and its target, as one more demonstration."""
        names = sorted(self.prompt().variables & row.inputs.keys()) or list(row.inputs)
        inputs = {name: row.inputs[name] for name in names}
        shown = Demonstration(inputs, row.target or "")
        return replace(self, demonstrations=(*self.demonstrations, shown))

    def answering(self, place: int, output: str) -> Draft:
        """Return the draft with another output for the demonstration at a place, from 0."""
        shown = list(self.demonstrations)
        shown[place] = replace(shown[place], output=output)
        return replace(self, demonstrations=tuple(shown))

    def without(self, place: int) -> Draft:
        """Return the draft without the demonstration at a place, from 0."""
        kept = (*self.demonstrations[:place], *self.demonstrations[place + 1 :])
        return replace(self, demonstrations=kept)

    def switched(self, clarifier: Clarifier, strength: int | None) -> Draft:
        """Return the draft with a clarifier in a strength, from 0, in its place; None: without."""
        there = [text for text in self.clarifiers if text in clarifier.strengths]
        if strength is None:
            left = tuple(text for text in self.clarifiers if text not in there)
            return replace(self, clarifiers=left)
        text = clarifier.strengths[strength]
        if not there:
            return replace(self, clarifiers=(*self.clarifiers, text))
        changed = tuple(
            text if it == there[0] else it for it in self.clarifiers if it not in there[1:]
        )
        return replace(self, clarifiers=changed)

    def strength(self, clarifier: Clarifier) -> int | None:
        """Return the strength that a clarifier has here, from 0; None where it is not there."""
        return next(
            (clarifier.strengths.index(it) for it in self.clarifiers if it in clarifier.strengths),
            None,
        )

    def own(self, library: Sequence[Clarifier]) -> str:
        """Return the clarifiers that are none of the library's, a line each."""
        return "\n".join(it for it in self.clarifiers if not _is_one(it, library))

    def with_own(self, lines: str, library: Sequence[Clarifier]) -> Draft:
        """Return the draft with these lines as the clarifiers that are none of the library's."""
        kept = [it for it in self.clarifiers if _is_one(it, library)]
        own = [line.strip() for line in lines.splitlines() if line.strip()]
        return replace(self, clarifiers=tuple(dict.fromkeys((*kept, *own))))


def sections_differing(before: Prompt, after: Prompt) -> list[tuple[str, list[Piece]]]:
    """Return the sections in which two prompts differ, changed words marked."""
    return marked_sections(before.canonical(), after.canonical())


def marked_sections(
    before: Mapping[str, object], after: Mapping[str, object]
) -> list[tuple[str, list[Piece]]]:
    """Return the sections in which two programs' canonical forms differ, changed words marked.

    The texts are ready to be shown: without characters that act.
    """
    found = []
    old, new = (sections_of(read_program(form).canonical()) for form in (before, after))
    for change in changes(old, new):
        pieces: list[Piece] = []
        for item in change.items:
            pieces += [Piece("same", "\n")] if pieces else []
            pieces += [Piece(piece.mark, on_page(piece.text)) for piece in item.pieces]
        found.append((change.section, pieces))
    return found


def words_differing(before: str, after: str) -> list[Piece]:
    """Return two texts as one, its removed and added words marked."""
    return [Piece(piece.mark, piece.text) for piece in words_between(before, after)]


def _passages(text: str) -> tuple[str, ...]:
    passages: list[list[str]] = [[]]
    for line in text.splitlines():
        if line.strip() == BETWEEN:
            passages.append([])
        else:
            passages[-1].append(line)
    joined = ("\n".join(lines).strip("\n") for lines in passages)
    return tuple(passage for passage in joined if passage.strip())


def _is_one(text: str, library: Sequence[Clarifier]) -> bool:
    return any(text in entry.strengths for entry in library)
