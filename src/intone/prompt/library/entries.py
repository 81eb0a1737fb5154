"""What a library is made of: templates, clarifiers and output formats. Owns their shape.

A text may hold slots, filled by `phrasings`: `[[labels]]` the labels, `[[target]]` the target
column's name, `[[task]]` the user's own instruction. Clarifiers have none.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from intone.prompt.library.checks import Check

Kind = Literal[
    "classify",
    "extract",
    "answer",
    "summarise",
    "explain",
    "rewrite",
    "generate",
    "calculate",
    "compare",
]
"""What a task is about."""

KINDS: tuple[str, ...] = get_args(Kind)

PURPOSES = (
    "brevity",
    "detail",
    "audience",
    "tone",
    "format",
    "reasoning",
    "grounding",
    "language",
    "refusal",
    "consistency",
)
"""What a clarifier is for."""

SLOTS = ("labels", "target", "task")


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
    """A directive in several strengths, weakest first.

    `check` is what shows whether it worked, None where only a person or a judge can tell. `race`
    says whether a search may try it by itself; one that would change what is asked for (its
    audience, its language) waits for a person's wish.
    """

    name: str
    purpose: str
    kinds: tuple[str, ...]
    strengths: tuple[str, ...]
    check: Check | None = None
    race: bool = True


@dataclass(frozen=True)
class OutputFormat:
    """What the answer is to look like."""

    name: str
    kind: str
    text: str
