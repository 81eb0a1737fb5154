"""Copies of rows: whether a text quotes what it was to learn from.

A prompt that quotes tuning rows or gives their answers looks better on them than it is. Owns when
words count as copied.

An input of one to three words may be named (an instruction can hardly do without "lost parcel"),
but not beside its answer. One of few letters, as a single word or some characters often have, may
even stand there unless a sign pairs the two ("hot: cold"). A list of labels gives nothing away, nor
does an input that has a label or its own answer in it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Literal, TypeAlias

from intone.data.row import Row

Copy = Literal["copies a row", "gives an answer away"]

_WORDS = 6  # consecutive words of a row that make a copy
_LETTERS = 12  # and at least so many letters, for languages that write a character a word
_FEW_WORDS = 4  # enough where the row's answer stands beside them
_BESIDE = 4  # words that may stand between the two
_TELLING = 6  # letters that two or three words need, not to be common ones
_WORD = re.compile(
    r"[\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]"  # no spaces between words
    r"|(?:(?![\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff])[^\W_])+"
)
_TOKEN = re.compile(
    rf"(?P<word>{_WORD.pattern})"
    r"|(?P<pairs>->|[:=→⇒\uff1a]|(?<=\s)[-–](?=\s))"
    r"|(?P<ends>[;.!?\u3002\uff1b\uff01\uff1f])"
)
_SIGNS = {"pairs": ":", "ends": "."}

Words: TypeAlias = tuple[str, ...]


class Copies:
    """Finds passages of rows in texts.

    `rows` are the rows that must not be quoted. With `labels`, targets are those labels, which any
    instruction may name; without, a target counts as part of its row.
    """

    def __init__(self, rows: Iterable[Row], labels: Sequence[str] = ()) -> None:
        # Hashes instead of words: two thousand long rows have some hundred thousand passages.
        self._copies: set[int] = set()
        self._answers: dict[int, tuple[Words, ...]] = {}
        self._short: dict[Words, set[Words]] = {}
        self._labels = {tuple(words(label)) for label in labels} - {()}
        for row in rows:
            target = tuple(words(row.target or ""))
            texts = [*row.inputs.values()]
            if row.target and row.target not in labels:
                texts.append(row.target)
            for text in texts:
                spoken = words(text)
                self._copies.update(map(hash, _passages(spoken)))
                if _is_short_of_a_passage(spoken):
                    self._copies.add(hash(tuple(spoken)))
                if target:
                    self._note(spoken, target)

    def _note(self, spoken: Sequence[str], target: Words) -> None:
        named = (*self._labels, target)
        if len(spoken) < _FEW_WORDS and not any(_holds(spoken, name) for name in named):
            self._short.setdefault(tuple(spoken), set()).add(target)
        for few in map(hash, _runs(spoken, _FEW_WORDS)):
            known = self._answers.setdefault(few, (target,))
            if target not in known:
                self._answers[few] = (*known, target)

    def within(self, text: str, known: str = "") -> Copy | None:
        """Say how a text quotes a row, None if it does not.

        What stands in `known`, the prompt as it was, is nobody's copy. A whole input of four words
        or more that is shorter than a passage counts like one.
        """
        spoken, allowed = words(text), {hash(run) for run in _quotable(words(known))}
        found = (hash(run) for run in _quotable(spoken))
        if any(run in self._copies and run not in allowed for run in found):
            return "copies a row"
        for start, few in enumerate(map(hash, _runs(spoken, _FEW_WORDS))):
            for target in () if few in allowed else self._answers.get(few, ()):
                if _beside(spoken, start, start + _FEW_WORDS, target):
                    return "gives an answer away"
        return "gives an answer away" if self._given(text) - self._given(known) else None

    def _given(self, text: str) -> set[tuple[Words, Words]]:
        """Return the inputs of one to three words that have their answers beside them, with these.

        Those of few letters only where a sign pairs them with the answer.
        """
        tokens = self._without_lists(_tokens(text)) if self._short else []
        spoken = [token for token in tokens if token not in _SIGNS.values()]
        found = set()
        for length in range(1, _FEW_WORDS):
            for start, run in enumerate(_runs(tokens, length)):
                sign, *after = [*tokens[start + length :], ""]
                for target in self._short.get(run, ()) if sign == _SIGNS["pairs"] else ():
                    if tuple(after[: len(target)]) == target:
                        found.add((run, target))
            for start, run in enumerate(_runs(spoken, length)):
                tells = length > 1 and sum(map(len, run)) >= _TELLING
                for target in self._short.get(run, ()) if tells else ():
                    if _beside(spoken, start, start + length, target):
                        found.add((run, target))
        return found

    def _without_lists(self, tokens: Sequence[str]) -> list[str]:
        """Return the tokens, with "" for those of labels that stand in a list of labels.

        In a list, one word at most ("or") stands between two labels, and no sign.
        """
        left = list(tokens)
        places = list(self._named(tokens))
        for (start, end), (after, last) in pairwise(places):
            between = tokens[end:after]
            same = tokens[start:end] == tokens[after:last]
            if len(between) <= 1 and not same and not {*between} & {*_SIGNS.values()}:
                for place in (*range(start, end), *range(after, last)):
                    left[place] = ""
        return left

    def _named(self, tokens: Sequence[str]) -> Iterator[tuple[int, int]]:
        """Yield where labels begin and end, the longest at each place."""
        lengths = sorted({len(label) for label in self._labels}, reverse=True)
        at = 0
        while at < len(tokens):
            ends = (at + length for length in lengths if at + length <= len(tokens))
            end = next((it for it in ends if tuple(tokens[at:it]) in self._labels), None)
            if end is not None:
                yield at, end
            at = end or at + 1


def words(text: str) -> list[str]:
    """Return a text's words, case and punctuation aside."""
    return _WORD.findall(_folded(text))


def _folded(text: str) -> str:
    """Return a text with one spelling for letters that look the same."""
    return unicodedata.normalize("NFC", text.casefold())


def _tokens(text: str) -> list[str]:
    """Return a text's words and, as ":" and ".", the signs that pair words or part them."""
    found = _TOKEN.finditer(_folded(text))
    return [_SIGNS.get(match.lastgroup or "", match.group()) for match in found]


def _passages(spoken: Sequence[str]) -> Iterator[Words]:
    """Yield the shortest passage that makes a copy, from each word where one begins."""
    for start in range(len(spoken) - _WORDS + 1):
        end = start + _WORDS
        letters = sum(map(len, spoken[start:end]))
        while letters < _LETTERS and end < len(spoken):
            letters += len(spoken[end])
            end += 1
        if letters >= _LETTERS:
            yield tuple(spoken[start:end])


def _is_short_of_a_passage(spoken: Sequence[str]) -> bool:
    """Say whether a text has no passage in it, but is long enough to be a copy as a whole."""
    return len(spoken) >= _FEW_WORDS and next(_passages(spoken), None) is None


def _quotable(spoken: Sequence[str]) -> Iterator[Words]:
    """Yield all that could be a copied passage or a whole input without one."""
    yield from _passages(spoken)
    for length in range(_FEW_WORDS, _LETTERS):
        yield from _runs(spoken, length)


def _runs(spoken: Sequence[str], length: int) -> Iterator[Words]:
    for start in range(len(spoken) - length + 1):
        yield tuple(spoken[start : start + length])


def _beside(spoken: Sequence[str], start: int, end: int, target: Words) -> bool:
    """Say whether an answer stands before or after the words from start to end."""
    reach = len(target) + _BESIDE
    after, ahead = spoken[end : end + reach], spoken[max(0, start - reach) : start]
    return _holds(after, target) or _holds(ahead, target)


def _holds(spoken: Sequence[str], target: Words) -> bool:
    return any(run == target for run in _runs(spoken, len(target)))
