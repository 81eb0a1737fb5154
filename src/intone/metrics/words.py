"""Sentences, lines and names of a text: what the measures count. Owns how they are told apart.

What a word is, is in `data/words.py`. All functions take any text, and time in proportion to it.
"""

from __future__ import annotations

import re

from intone.data.words import WORD
from intone.data.words import words_of as words_of  # a part of what is counted here

_END = re.compile(r"(?<=[.!?…])[\"'”’)\]*]*\s+|(?<=[。！？।])|\n")
_ABBREVIATED = re.compile(r"\b(?:e\.g|i\.e|[A-Z]|Dr|Mr|Mrs|Ms|Prof|St|vs|cf|approx|No|Fig)\.$")
NUMBER = re.compile(r"(?<![\w.,])\d+(?:[.,]\d+)*")
"""A number in running text, with its separators; not the 4 of `H4`."""


def sentences_of(text: str) -> list[str]:
    """Return the sentences in order; a line's end ends a sentence too.

    A point after a title, an initial or `e.g` ends none. What has no word in it is no sentence.
    """
    found: list[str] = []
    begun: list[str] = []
    for part in (*_END.split(text), ""):
        begun.append(part.strip())
        if not _ABBREVIATED.search(part[-12:]):
            found.append(" ".join(begun).strip())
            begun = []
    return [sentence for sentence in found if WORD.search(sentence)]


def lines_of(text: str) -> list[str]:
    """Return the lines that are not blank, without the white space around them."""
    return [line.strip() for line in text.splitlines() if line.strip()]


def names_of(text: str) -> list[str]:
    """Return the words with a capital that do not begin a sentence, "I" aside.

    An estimate of the names: in German every noun counts, and a name that begins a sentence
    does not.
    """
    return [
        word
        for sentence in sentences_of(text)
        for word in words_of(sentence)[1:]
        if word[0].isupper() and word.split("'")[0].split("’")[0] != "I"
    ]


def plain(text: str) -> str:
    """Return a text as it is compared: small letters, straight marks, single spaces."""
    straight = text.replace("’", "'").replace("‘", "'").replace("‑", "-")
    return " ".join(straight.casefold().split())
