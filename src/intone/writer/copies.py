"""Copies of rows: whether a text quotes what it was to learn from.

A prompt that quotes tuning rows or gives their answers looks better on them than it is. Owns when
words count as copied.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Literal

from intone.data.row import Row

Copy = Literal["copies a row", "gives an answer away"]

_WORDS = 6  # consecutive words of a row that make a copy
_LETTERS = 12  # and at least so many letters, for languages that write a character a word
_FEW_WORDS = 4  # enough where the row's answer stands beside them
_BESIDE = 4  # words that may stand between the two
_WORD = re.compile(
    r"[\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]"  # no spaces between words
    r"|(?:(?![\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff])[^\W_])+"
)


class Copies:
    """Finds passages of rows in texts.

    `rows` are the rows that must not be quoted. With `labels`, targets are those labels, which any
    instruction may name; without, a target counts as part of its row.
    """

    def __init__(self, rows: Iterable[Row], labels: Sequence[str] = ()) -> None:
        # Hashes instead of words: two thousand long rows have some hundred thousand passages.
        self._copies: set[int] = set()
        self._answers: dict[int, tuple[tuple[str, ...], ...]] = {}
        for row in rows:
            target = tuple(words(row.target or ""))
            texts = [*row.inputs.values()]
            if row.target and row.target not in labels:
                texts.append(row.target)
            for text in texts:
                spoken = words(text)
                self._copies.update(map(hash, _passages(spoken)))
                if _FEW_WORDS <= len(spoken) < _WORDS:
                    self._copies.add(hash(tuple(spoken)))
                if target:
                    self._note(spoken, (target,))

    def _note(self, spoken: Sequence[str], answer: tuple[tuple[str, ...], ...]) -> None:
        for few in map(hash, _runs(spoken, _FEW_WORDS)):
            known = self._answers.setdefault(few, answer)
            if answer[0] not in known:
                self._answers[few] = known + answer

    def within(self, text: str, known: str = "") -> Copy | None:
        """Say how a text quotes a row, None if it does not.

        Words that stand in `known`, the prompt as it was, are nobody's copy. A whole input of four
        or five words counts like a longer passage.
        """
        spoken, allowed = words(text), {hash(run) for run in _quotable(words(known))}
        found = (hash(run) for run in _quotable(spoken))
        if any(run in self._copies and run not in allowed for run in found):
            return "copies a row"
        for start, few in enumerate(map(hash, _runs(spoken, _FEW_WORDS))):
            end = start + _FEW_WORDS
            for target in () if few in allowed else self._answers.get(few, ()):
                reach = len(target) + _BESIDE
                after, ahead = spoken[end : end + reach], spoken[max(0, start - reach) : start]
                if _holds(after, target) or _holds(ahead, target):
                    return "gives an answer away"
        return None


def words(text: str) -> list[str]:
    """Return a text's words, case and punctuation aside."""
    return _WORD.findall(text.casefold())


def _passages(spoken: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """Yield the shortest passage that makes a copy, from each word where one begins."""
    for start in range(len(spoken) - _WORDS + 1):
        end = start + _WORDS
        letters = sum(map(len, spoken[start:end]))
        while letters < _LETTERS and end < len(spoken):
            letters += len(spoken[end])
            end += 1
        if letters >= _LETTERS:
            yield tuple(spoken[start:end])


def _quotable(spoken: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """Yield all that could be a copied passage or a whole short input."""
    yield from _passages(spoken)
    for length in range(_FEW_WORDS, _WORDS):
        yield from _runs(spoken, length)


def _runs(spoken: Sequence[str], length: int) -> Iterator[tuple[str, ...]]:
    for start in range(len(spoken) - length + 1):
        yield tuple(spoken[start : start + length])


def _holds(spoken: Sequence[str], target: tuple[str, ...]) -> bool:
    return any(run == target for run in _runs(spoken, len(target)))
