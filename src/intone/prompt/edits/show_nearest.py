"""Showing each row the nearest of a section only. Owns one entry of the section `nearest`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from intone.errors import PromptError
from intone.prompt.edits.edit import Edit, Section
from intone.prompt.nearest import SECTIONS
from intone.prompt.prompt import Prompt


@dataclass(frozen=True)
class ShowNearest(Edit):
    """Show each row the `count` nearest items of the section `of`; 0 shows all rows all of it.

    What the prompt says of the other section stays, so edits of both can be combined.
    """

    of: str
    count: int

    NAMES: ClassVar[Mapping[Section, str]] = {"nearest": "show_nearest"}

    def _edited(self, prompt: Prompt) -> Prompt:
        counts = {of: count for of, count in prompt.nearest.items() if of != self.of}
        if self.count:
            counts[self.of] = self.count
        return prompt.with_(nearest=counts)

    def _undoing(self, prompt: Prompt) -> Edit:
        return show_nearest(self.of, prompt.nearest.get(self.of, 0))


def show_nearest(of: str, count: int, sentence: str = "") -> Edit:
    """Return the edit that shows each row the nearest of its demonstrations or passages.

    Raises PromptError for another section.
    """
    if of not in SECTIONS:
        raise PromptError(f"of must be one of {', '.join(SECTIONS)}, not {of!r}")
    said = f"show each row the {count} nearest {of}" if count else f"show every row all {of}"
    return ShowNearest("nearest", sentence or said, of, count)
