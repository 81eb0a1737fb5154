"""Token F1: how much of its wording an answer shares with a right answer. Owns the measure.

The F1 of Rajpurkar et al. 2016 (SQuAD, section 6.1): harmonic mean of the share of the answer's
words that the right answer has and of the right answer's words that the answer has, each word as
often as it occurs. Here case and punctuation make no difference; articles count as words, since
there is no list of them for every language.
"""

from __future__ import annotations

from collections import Counter

from intone.data.words import terms_of


def token_f1(answer: str, right: str) -> float:
    """Return the F1 of two texts' words, in 0..1; two texts without words are alike."""
    said, wanted = Counter(terms_of(answer)), Counter(terms_of(right))
    if not said or not wanted:
        return float(said == wanted)
    shared = (said & wanted).total()
    return 2.0 * shared / (said.total() + wanted.total())
