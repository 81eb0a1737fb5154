"""Which texts are nearest to a row, by BM25. Owns the index and the order of what is found.

BM25 as in Robertson & Zaragoza 2009 ("The Probabilistic Relevance Framework: BM25 and Beyond",
equation 3.15), with k1 = 1.2 and b = 0.75. Its inverse document frequency is taken as
log(1 + (N - n + 0.5) / (n + 0.5)), which is never negative: in a small collection a common word is
no evidence against a text.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache

from intone.data.words import terms_of
from intone.errors import PromptError

SECTIONS = ("demonstrations", "passages")
"""The sections of a prompt of which a row can be shown the nearest only."""
_K1 = 1.2
_B = 0.75


class Index:
    """BM25 over a few texts (thousands, not millions), made once and then only read.

    A word of a query counts once, however often it stands there.
    """

    def __init__(self, texts: Sequence[str]) -> None:
        terms = [tuple(terms_of(text)) for text in texts]
        mean = sum(map(len, terms)) / len(terms) if terms else 0.0
        self._count = len(terms)
        self._same: dict[tuple[str, ...], list[int]] = {}
        self._weights: dict[str, list[tuple[int, float]]] = {}
        for place, own in enumerate(terms):
            self._same.setdefault(own, []).append(place)
            longer = _K1 * (1 - _B + _B * len(own) / mean) if mean else _K1
            for term, times in Counter(own).items():
                weight = times * (_K1 + 1) / (times + longer)
                self._weights.setdefault(term, []).append((place, weight))
        for term, found in self._weights.items():
            rarity = math.log(1 + (self._count - len(found) + 0.5) / (len(found) + 0.5))
            self._weights[term] = [(place, weight * rarity) for place, weight in found]

    def scores(self, query: str) -> list[float]:
        """Return how near each text is to the query: 0 if they share no word."""
        scores = [0.0] * self._count
        for term in dict.fromkeys(terms_of(query)):
            for place, weight in self._weights.get(term, ()):
                scores[place] += weight
        return scores

    def nearest(
        self, query: str, count: int, *, without: Collection[int] = (), sharing: bool = False
    ) -> list[int]:
        """Return the places of the nearest texts, the nearest first; of equal ones the earlier.

        `without` are places to leave out; `sharing` leaves out texts that share no word.
        """
        scores = self.scores(query)
        places = (i for i in range(self._count) if i not in without and (scores[i] or not sharing))
        return sorted(places, key=lambda i: (-scores[i], i))[:count]

    def same(self, query: str) -> Sequence[int]:
        """Return the places of the texts that have just the query's words, in its order."""
        terms = tuple(terms_of(query))
        return self._same.get(terms, ()) if terms else ()


@lru_cache(maxsize=8)
def index_of(texts: tuple[str, ...]) -> Index:
    """Return the index over these texts; the prompts of a search share those of one library."""
    return Index(texts)


def checked_counts(counts: Mapping[str, object]) -> dict[str, int]:
    """Return how many of each section are shown, after checking them.

    Raises PromptError for a section that cannot be chosen from or a count that is no whole number
    from 1.
    """
    kept: dict[str, int] = {}
    for section, count in counts.items():
        if section not in SECTIONS:
            raise PromptError(
                f"nearest.{section}: only these can be the nearest to a row: {', '.join(SECTIONS)}"
            )
        if isinstance(count, bool) or not isinstance(count, int) or count < 1:
            raise PromptError(f"nearest.{section} must be a whole number from 1, not {count!r}")
        kept[section] = count
    return kept
