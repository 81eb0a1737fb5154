"""Casing, white space and full stops: what a hurried writer does otherwise.

Owns which characters may change: the names of fields, the first letters of sentences, spaces and
final stops. Labels are never recased, and nothing within a word changes. Spaces stay as they are
in labels, quotes and braces.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from intone.data.canonical import draw
from intone.prompt.edits import Edit, rewrite_template, set_clarifiers
from intone.prompt.perturbations.fixed import outside_fixed
from intone.prompt.perturbations.separators import FIELD
from intone.prompt.prompt import Prompt
from intone.prompt.template import outside_marks

_SENTENCE = re.compile(r"(?m)(^[ \t]*|[.!?][ \t]+)([A-Z][a-z]+\b)(?![:\w])")
_BREAK = re.compile(r"(?m)(?<=[.!?])[ \t]+(?=\S)")
_LINE_END = re.compile(r"(?m)(?<=\S)$(?=\n)")
_SPACE = re.compile(r"(?<=\S) (?=\S)")
_STOP = re.compile(r"(?m)(?<=\w)\.$(?=\n|\Z)")
_NO_STOP = re.compile(r"(?m)(?<=\w[a-z])$(?=\n\n|\Z)")

Change = Callable[[str], str]


def casings(prompt: Prompt, labels: Sequence[str], seed: int) -> Iterator[Sequence[Edit]]:
    """Give edits of casing and white space, in an order that the seed decides."""
    changes: list[tuple[Change, str]] = [
        (_fields(str.upper), "field names in capitals"),
        (_fields(str.lower), "field names in lower case"),
        (_sentences_lowered(labels), "sentences begin in lower case"),
        (_spaced(_BREAK, "  ", labels), "two spaces after a sentence"),
        (_spaced(_LINE_END, " ", labels), "a space at the end of lines"),
        (_spaced(_SPACE, "  ", labels), "two spaces between words"),
        (lambda text: _STOP.sub("", text), "no full stop at the end of lines"),
        (lambda text: _NO_STOP.sub(".", text), "a full stop at the end of paragraphs"),
    ]
    found: list[Sequence[Edit]] = [
        (rewrite_template(outside_marks(prompt.template, change), said),)
        for change, said in changes
    ]
    bare = tuple(rule.removesuffix(".") for rule in prompt.clarifiers)
    found.append((set_clarifiers(bare, "no full stop after clarifiers"),))
    draw(seed, "perturbations", "casing").shuffle(found)
    yield from found


def _spaced(where: re.Pattern[str], spaces: str, labels: Sequence[str]) -> Change:
    return outside_fixed(lambda text: where.sub(spaces, text), labels)


def _fields(recased: Change) -> Change:
    def change(text: str) -> str:
        return FIELD.sub(lambda it: recased(it.group(1)) + it.group()[len(it.group(1)) :], text)

    return change


def _sentences_lowered(labels: Sequence[str]) -> Change:
    kept = {word for label in labels for word in re.findall(r"\w+", label)} | {"I"}

    def lowered(match: re.Match[str]) -> str:
        before, word = match.groups()
        return before + (word if word in kept else word[0].lower() + word[1:])

    return lambda text: _SENTENCE.sub(lowered, text)
