"""Wishes read by likeness to the examples of each kind. Owns how likeness is measured.

TF-IDF vectors of words, pairs of words and runs of four characters within words; the likeness of
two texts is their cosine (Salton and Buckley 1988). A text is taken for the kind of the example it
is most like. Examples of complaints that ask for nothing compete with them.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from intone.data.words import terms_of
from intone.feedback.wish import wish_kinds, without_wish

THRESHOLD = 0.6
"""The least likeness at which a text is read as a kind.

The lowest at which `benchmarks/understanding.py --thresholds` shows no wrong reading: below it,
more examples are taken for another kind than for their own when each is compared with the rest.
"""

_RUN = 4
_LONGEST_TERM = 30
_MOST_TERMS = 200  # of a sentence; more of them do not change what it is like

_Vector = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Likeness:
    """The kind ("" for none) whose example a text is most like, and how much, in 0..1."""

    kind: str
    cosine: float


class Examples:
    """Examples of each kind, to compare texts with."""

    def __init__(self, examples: Mapping[str, Sequence[str]]) -> None:
        self._texts = [text for texts in examples.values() for text in texts]
        counts = [(kind, _features(text)) for kind, texts in examples.items() for text in texts]
        within = Counter(feature for _, own in counts for feature in own)
        self._rarity = {
            feature: math.log((1 + len(counts)) / (1 + times)) for feature, times in within.items()
        }
        self._unknown = math.log(1 + len(counts))
        self._vectors = [(kind, self._vector(own)) for kind, own in counts]

    def nearest(self, text: str, but: str | None = None) -> Likeness:
        """Return what a text is most like; no kind where it shares nothing with any example.

        `but` is an example that is left out of account, to compare it with the others.
        """
        vector = self._vector(_features(text))
        best = Likeness("", 0.0)
        for known, (kind, example) in zip(self._texts, self._vectors, strict=True):
            cosine = _cosine(vector, example)
            if cosine > best.cosine and known != but:
                best = Likeness(kind, cosine)
        return best

    def _vector(self, counts: Counter[str]) -> _Vector:
        """Return a vector of length 1. What no example has makes it less like any of them."""
        weights = {
            feature: (1 + math.log(times)) * self._rarity.get(feature, self._unknown)
            for feature, times in counts.items()
        }
        length = math.sqrt(math.fsum(weight**2 for weight in weights.values())) or 1.0
        return {feature: weight / length for feature, weight in weights.items()}


@lru_cache(maxsize=1)
def our_examples() -> Examples:
    """Return the examples that come with the kinds of wishes."""
    of_kinds = {kind.name: kind.examples for kind in wish_kinds().values() if kind.examples}
    return Examples({**of_kinds, "": without_wish()})


def _features(text: str) -> Counter[str]:
    words = [word[:_LONGEST_TERM] for word in terms_of(text)[:_MOST_TERMS]]
    found = Counter(words)
    found.update(" ".join(pair) for pair in pairwise(words))
    for word in words:
        around = f"_{word}_"
        found.update(f"~{around[at : at + _RUN]}" for at in range(len(around) - _RUN + 1))
    return found


def _cosine(one: _Vector, other: _Vector) -> float:
    return math.fsum(weight * other[term] for term, weight in one.items() if term in other)
