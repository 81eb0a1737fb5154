"""Names: words by which a text speaks of one row only, such as a person in it.

A prompt is for rows that nobody has seen, so what it says of a single one is of no use to them.
Owns what counts as a name: two words running that begin with a capital letter, in one or two of the
texts of the rows; or one such word that nowhere is written small, beside another word that only
those texts have. What many rows speak of is the task's subject and no name. Where every noun has a
capital letter, as in German, a single word tells nothing.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import TypeAlias

from intone.data.row import Row
from intone.writer.copies import words

_OFTEN = 3  # texts from which on words are what rows are about
_LETTERS = 4  # of another word that tells a row; all numbers do
_NOUNS_TOO = 0.2  # share of capital letters inside sentences from which on nouns have them
_WORD = r"([^\W\d_]+(?:['’-][^\W\d_]+)*?)(?:['’]s)?(?![^\W\d_])"
_ONE = re.compile(rf"(?<![\w'’-]){_WORD}")
_TWO = re.compile(rf"(?=(?<![\w'’-]){_WORD} {_WORD})")
_GOES_ON = re.compile(r"[\w,;)\]'’\"”»-] \Z")
_SENTENCE = re.compile(r"[^.!?;\n]+")

Pair: TypeAlias = tuple[str, str]


class Names:
    """Finds names of these rows in texts. `labels` name none: any instruction may have them."""

    def __init__(self, rows: Iterable[Row], labels: Sequence[str] = ()) -> None:
        texts = {text for row in rows for text in row.inputs.values()}
        counts = Counter(chain.from_iterable(set(_pairs(text)) for text in texts))
        self._names = {pair for pair, count in counts.items() if count < _OFTEN}
        self._names -= set(chain.from_iterable(map(_pairs, labels)))
        free = set(chain.from_iterable(map(words, labels)))
        self._rare = {word: where for word, where in _rare(texts).items() if word not in free}
        self._lone = set() if _nouns_too(texts) else _always_capital(texts) & self._rare.keys()

    def within(self, text: str, known: str = "") -> bool:
        """Say whether a text names a row, other than in the first words of a sentence.

        There a capital letter says nothing. What stands in `known`, the prompt as it was, is free.
        """
        named = {pair for pair, inside in _pairs(text).items() if inside}
        if named & self._names - set(_pairs(known)):
            return True
        free = set(words(known))
        return any(self._tells(sentence, free) for sentence in _SENTENCE.findall(text))

    def _tells(self, sentence: str, free: set[str]) -> bool:
        """Say whether a sentence has a single name and another word of the same row only."""
        lone = _capitals_inside(sentence) & self._lone - free
        telling = {word for word in words(sentence) if len(word) >= _LETTERS or word.isdigit()}
        others = (telling - free) & self._rare.keys()
        return any(self._rare[name] & self._rare[word] for name in lone for word in others - {name})


def _rare(texts: Iterable[str]) -> Mapping[str, set[int]]:
    """Return the words, written small, that are in one or two of the texts, and in which."""
    found: dict[str, set[int]] = {}
    for place, text in enumerate(texts):
        for word in words(text):
            found.setdefault(word, set()).add(place)
    return {word: places for word, places in found.items() if len(places) < _OFTEN}


def _always_capital(texts: Iterable[str]) -> set[str]:
    """Return the words, written small, that begin with a capital letter wherever they stand."""
    capital, other = set[str](), set[str]()
    for text in texts:
        for match in _ONE.finditer(unicodedata.normalize("NFC", text)):
            (capital if match[1].istitle() else other).add(match[1].casefold())
    return capital - other


def _nouns_too(texts: Iterable[str]) -> bool:
    """Say whether so many words inside sentences have a capital letter that all nouns may."""
    capital = every = 0
    for text in texts:
        normal = unicodedata.normalize("NFC", text)
        for match in _ONE.finditer(normal):
            if _goes_on(normal, match.start()):
                every += 1
                capital += len(match[1]) > 1 and match[1].istitle()
    return capital >= _NOUNS_TOO * max(1, every)


def _capitals_inside(text: str) -> set[str]:
    """Return the words, written small, that begin with a capital letter inside a sentence."""
    normal = unicodedata.normalize("NFC", text)
    found = (match[1] for match in _ONE.finditer(normal) if _goes_on(normal, match.start()))
    return {word.casefold() for word in found if len(word) > 1 and word.istitle()}


def _pairs(text: str) -> dict[Pair, bool]:
    """Return each two words running that begin with a capital letter and go on without.

    With each, whether it stands inside a sentence somewhere.
    """
    found: dict[Pair, bool] = {}
    normal = unicodedata.normalize("NFC", text)
    for match in _TWO.finditer(normal):
        one, other = match.groups()
        if one.istitle() and other.istitle():
            inside = _goes_on(normal, match.start())
            found[one, other] = found.get((one, other), False) or inside
    return found


def _goes_on(text: str, at: int) -> bool:
    """Say whether what stands there goes on with a sentence."""
    return _GOES_ON.search(text, max(0, at - 2), at) is not None
