"""Passages: parts of a document short enough to stand in a prompt.

Owns where a document is cut and how long its parts are. It opens no file and ranks nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from intone.data.blocks import Block
from intone.data.words import WORD, words_of

LEAST_WORDS = 60
"""The last passage of a section takes over up to this from the one before it."""
MOST_WORDS = 160
"""A passage is never longer than this, its heading aside."""
MOST_HEADING = 20
"""A heading with more words than this is text."""
_CHARACTERS_A_WORD = 12  # what is no words (codes, signs) is measured by this
_SENTENCE_END = re.compile(r"(?:(?<=[.!?…])|(?<=[.!?…][\"'”’)\]]))\s+|(?<=[。！？])")

_Piece = tuple[str, str]
"""A text and what joins it to the one before it."""


def passages_of(blocks: Iterable[Block]) -> Iterator[str]:
    """Yield the passages of a document in order, each with the heading over it as its first line.

    A passage never goes over a heading. Within a section, paragraphs are joined up to `MOST_WORDS`
    words (twelve characters count as a word at least); one that is longer is cut between
    sentences, and a sentence that is longer between words. A last passage under `LEAST_WORDS`
    takes over the paragraphs or sentences that the one before it can spare. A heading without text
    under it, and text without a word, are left out.
    """
    for heading, paragraphs in _sections(blocks):
        pieces = [piece for text in paragraphs for piece in _pieces(text)]
        for group in _groups(pieces):
            text = _joined(group)
            if words_of(text):
                yield f"{heading}\n{text}" if heading else text


def length(text: str) -> int:
    """Return how long a text is in words; twelve characters count as a word at least."""
    return max(len(words_of(text)), -(-len(text) // _CHARACTERS_A_WORD))


def _sections(blocks: Iterable[Block]) -> Iterator[tuple[str, list[str]]]:
    heading, paragraphs = "", list[str]()
    for block in blocks:
        if not block.heading or length(block.text) > MOST_HEADING:
            paragraphs.append(block.text)
            continue
        yield heading, paragraphs
        heading, paragraphs = " ".join(block.text.split()), []
    yield heading, paragraphs


def _pieces(paragraph: str) -> Iterator[_Piece]:
    """Yield a paragraph whole, or in sentences or parts of these where it is too long."""
    if length(paragraph) <= MOST_WORDS:
        yield paragraph, "\n"
        return
    joint = "\n"
    for sentence in _SENTENCE_END.split(paragraph):
        for part in _cut(sentence, MOST_WORDS):
            if part.strip():
                yield part.strip(), joint
                joint = " "


def _cut(text: str, most: int) -> Iterator[str]:
    """Yield the text in parts of at most so many words, cut before a word where that can be."""
    start, count = 0, 0
    for at, end in pairwise([*(match.start() for match in WORD.finditer(text)), len(text)]):
        count += 1
        if start < at and (count > most or end - start > most * _CHARACTERS_A_WORD):
            yield from _chopped(text[start:at], most)
            start, count = at, 1
    yield from _chopped(text[start:], most)


def _chopped(text: str, most: int) -> Iterator[str]:
    size = most * _CHARACTERS_A_WORD
    for start in range(0, len(text), size):
        yield text[start : start + size]


def _groups(pieces: Sequence[_Piece]) -> list[list[_Piece]]:
    """Part a section's pieces into passages."""
    groups: list[list[_Piece]] = []
    for piece in pieces:
        if groups and length(_joined([*groups[-1], piece])) <= MOST_WORDS:
            groups[-1].append(piece)
        else:
            groups.append([piece])
    if len(groups) > 1:
        before, last = groups[-2:]
        while length(_joined(last)) < LEAST_WORDS and _can_spare(before, last):
            last.insert(0, before.pop())
    return groups


def _can_spare(before: Sequence[_Piece], last: Sequence[_Piece]) -> bool:
    moved = [before[-1], *last]
    return length(_joined(before[:-1])) >= LEAST_WORDS and length(_joined(moved)) <= MOST_WORDS


def _joined(pieces: Sequence[_Piece]) -> str:
    first, *others = pieces or [("", "")]
    return first[0] + "".join(joint + text for text, joint in others)
