"""The changes a writer may propose, and how its words become edits.

Owns the kinds of change, the limits of a text, and every reason for which a text is refused. An
edit that comes out of here fits its prompt and keeps every input.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import Literal, NamedTuple

from intone.prompt.edits import (
    Edit,
    add_clarifier,
    add_context,
    change_output_format,
    drop_clarifier,
    rewrite_template,
    short,
)
from intone.prompt.prompt import Prompt
from intone.writer.copies import words
from intone.writer.instruction import parts, with_instruction

Change = Literal["rewrite", "add rule", "drop rule", "answer format", "background"]

CHANGES: Mapping[Change, str] = {
    "add rule": "the text is one rule in one sentence",
    "background": "the text is a fact, such as what a word or an answer means",
    "answer format": "the text says how the answer must look",
    "rewrite": "the text is the whole instruction in new words",
    "drop rule": "the text is the number of a rule that does harm",
}
"""The kinds of change, and what the text of each is to be, as the writer is told."""

Reason = Literal[
    "cut off",
    "declined",
    "failed",
    "unreadable",
    "empty",
    "too long",
    "placeholder",
    "unchanged",
    "copies a row",
    "gives an answer away",
    "names a row",
    "states an answer",
    "repeats the example",
    "no instruction",
    "tried before",
    "does not fit",
]
"""Why a proposal is dropped."""


class Limit(NamedTuple):
    """How few words and how many characters a text may have."""

    words: int
    characters: int


LIMITS: Mapping[Change, Limit] = {
    "rewrite": Limit(3, 1600),
    "add rule": Limit(2, 240),
    "drop rule": Limit(1, 240),
    "answer format": Limit(2, 400),
    "background": Limit(3, 400),
}
_GROWTH = 3  # times as long as before a rewritten instruction may be
_ROOM = 500  # characters that any instruction may have
_LONGEST_SENTENCE = 160
_JINJA = re.compile(r"\{[{%#]")
_BRACED = re.compile(r"\{\s*[A-Za-z_]\w*\s*\}|\[\s*(?:insert|your)\b[^\]]*\]", re.IGNORECASE)
_LABEL = re.compile(
    r"\A(?:the )?(?:new |improved )?(?:instruction|prompt|rule|text)s?(?: is)?[ \t]*:\s*", re.I
)
_REMARK = re.compile(  # about the request itself: small models comment instead of writing
    r"\bmodel's answers?\b|\bthe model (?:answered|said|gave|failed|was|did)\b|\bmistakes? \d"
    r"|\b(?:new|given|original|previous|earlier) instructions?\b|\bjson object\b"
    r"|\bthe instructions? (?:was|were|did|should)\b",
    re.IGNORECASE,
)
_BULLET = re.compile(r"\A(?:[-*•]|\d{1,2}[.)])[ \t]+")
_QUOTES = {'"': '"', "“": "”", "`": "`", "«": "»"}


def offered(prompt: Prompt) -> tuple[Change, ...]:
    """Return the kinds of change that a prompt allows."""
    return tuple(kind for kind in CHANGES if kind != "drop rule" or prompt.clarifiers)


def edit_for(change: Change, said: str, prompt: Prompt) -> Edit | Reason:
    """Return the edit that a writer's words stand for, or why there is none."""
    text = tidied(said, one_line=change != "rewrite" and change != "answer format")
    if change == "drop rule":
        return _dropped(text, prompt)
    if reason := _fault(change, text, prompt):
        return reason
    if change == "rewrite":
        return _rewritten(text, prompt)
    if change == "add rule":
        return "unchanged" if _says(prompt, text) else add_clarifier(text)
    if change == "background":
        return "unchanged" if _says(prompt, text) else add_context(text)
    if words(text) == words(prompt.output_format):
        return "unchanged"
    return change_output_format(text)


def tidied(said: str, *, one_line: bool) -> str:
    """Return a text without what is no part of it: quotes or a label around it, a bullet."""
    text = unicodedata.normalize("NFC", said).strip()
    text = "".join(c for c in text if c in "\n\t" or unicodedata.category(c) != "Cc")
    text = _LABEL.sub("", text)
    if len(text) >= 2 and _QUOTES.get(text[0]) == text[-1] and text[-1] not in text[1:-1]:
        text = text[1:-1].strip()
    if one_line:
        return " ".join(_BULLET.sub("", text).split())
    lines = "\n".join(line.rstrip() for line in text.splitlines())
    return re.sub(r"\n{3,}", "\n\n", lines).strip()


def _fault(change: Change, text: str, prompt: Prompt) -> Reason | None:
    """Return what is wrong with a text in itself."""
    limit = LIMITS[change]
    if any("\ud800" <= c <= "\udfff" for c in text):
        return "unreadable"
    if len(words(text)) < limit.words:
        return "empty"
    most = limit.characters
    if change == "rewrite":
        most = min(most, max(_ROOM, _GROWTH * len(parts(prompt).instruction)))
    if len(text) > most:
        return "too long"
    if _JINJA.search(text) or _BRACED.search(text):
        return "placeholder"
    names = "|".join(sorted(map(re.escape, prompt.variables)))
    if names and re.search(rf"[<\[]\s*(?:{names})\s*[>\]]", text, re.IGNORECASE):
        return "placeholder"
    return "no instruction" if _REMARK.search(text) else None


def _rewritten(text: str, prompt: Prompt) -> Edit | Reason:
    if words(text) == words(parts(prompt).instruction):
        return "unchanged"
    said = short(" ".join(text.split()), _LONGEST_SENTENCE)
    return rewrite_template(with_instruction(prompt, text), f"ask as “{said}”")


def _dropped(text: str, prompt: Prompt) -> Edit | Reason:
    rules = prompt.clarifiers
    number = re.fullmatch(r"(?:rule )?(\d{1,2})\.?", text, re.IGNORECASE)
    if number:
        at = int(number.group(1)) - 1
        return drop_clarifier(rules[at], at) if 0 <= at < len(rules) else "does not fit"
    if not words(text):
        return "empty"
    named = [rule for rule in rules if words(rule) == words(text)]
    return drop_clarifier(named[0]) if named else "does not fit"


def _says(prompt: Prompt, text: str) -> bool:
    """Say whether a clarifier or a passage of the prompt is the same text."""
    said = words(text)
    return any(words(item) == said for item in (*prompt.clarifiers, *prompt.context))
