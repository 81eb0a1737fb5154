"""Edits: pure, named changes of one section of a prompt, each with a sentence for people.

Owns the change and the guard that no edit loses an input; who proposes edits is the tuners'.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from intone.errors import PromptError
from intone.prompt.prompt import Demonstration, Prompt


@dataclass(frozen=True)
class Edit:
    """Replace one section of a prompt; `sentence` tells a person what that does."""

    section: str
    value: Any
    sentence: str

    def apply(self, prompt: Prompt) -> Prompt:
        """Return the edited prompt. Raises PromptError if an input would be lost."""
        edited = prompt.with_(**{self.section: self.value})
        lost = sorted(prompt.variables - edited.variables)
        if lost:
            raise PromptError(f"the edit {self.sentence!r} loses the input {{{{ {lost[0]} }}}}")
        return edited

    def form(self) -> dict[str, object]:
        """Return the edit in plain values."""
        return {"section": self.section, "sentence": self.sentence}


def apply_all(prompt: Prompt, edits: Sequence[Edit]) -> Prompt:
    """Return the prompt with the edits applied in order."""
    for edit in edits:
        prompt = edit.apply(prompt)
    return prompt


def show_demonstrations(demonstrations: Sequence[Demonstration]) -> Edit:
    """Return the edit that shows these worked examples."""
    count = len(demonstrations)
    return Edit("demonstrations", tuple(demonstrations), f"show {count} demonstrations")


def sections_between(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """Return the names of the sections in which two canonical forms differ."""
    names = dict.fromkeys([*before, *after])
    return [name for name in names if before.get(name) != after.get(name)]
