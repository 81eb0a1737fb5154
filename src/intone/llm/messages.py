"""Chat messages, and their one way to become plain text. Owns no rendering of prompts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Speaker = Literal["system", "user", "assistant"]


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of a conversation."""

    role: Speaker
    content: str


def plain_text(messages: Sequence[Message]) -> str:
    """Return the messages as one text for a model that has no chat template.

    Turns are separated by a blank line, except that an assistant's turn follows its question on
    the next line: the shape in which base models have seen worked examples. The text ends with a
    newline, where the answer begins.
    """
    parts: list[str] = []
    for message in messages:
        if parts:
            parts.append("\n" if message.role == "assistant" else "\n\n")
        parts.append(message.content.rstrip())
    return "".join(parts) + "\n"
