"""A label glossary: the words that tell the labels apart, learnt from rows. No model is called.

Owns which words these are and how they are put into one context passage. It never copies a row.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from string import ascii_letters

from intone.data.row import Row
from intone.data.words import shared_run, terms_of
from intone.metrics.language import COMMON_WORDS, language_of
from intone.prompt.edits import Edit, add_context

LEAST_ROWS = 10
"""Fewer rows with a target than this give no glossary."""
COPIED_RUN = 6
"""So many words in a row that stand so in a row of the data are a copy."""
_LEAST_ROWS_EACH = 2  # rows of a label that a word has to be in
_LEAST_Z = 1.96
_LEAST_Z_COMMON = 3.5  # "which" can tell answers apart, but then it has to do so clearly
_HEAD = "Words that often go with each answer:"
_LETTERS = frozenset(ascii_letters)
_LONGEST_WORD = 30  # letters; what is longer is an address or a code


def label_glossary(
    rows: Sequence[Row],
    variables: frozenset[str],
    *,
    words_each: int = 6,
    most_characters: int = 1200,
) -> str:
    """Return a passage that lists for each label the words that speak for it; "" if none do.

    A word or a pair of neighbouring words speaks for a label if its log-odds against the other
    labels, with an informative Dirichlet prior, are at least 1.96 standard deviations above 0
    (Monroe, Colaresi & Quinn 2008, "Fightin' Words", the weighted log-odds-ratio of section 3),
    counted in rows, not in occurrences, and if at least two rows of the label have it. The prior
    is all rows' counts scaled to one label's, so words common to all labels are at 0; the
    commonest words of the rows' language, and single letters, need 3.5 standard deviations all the
    same. Numbers and the label's own words are left out.

    At most `words_each` for each label, strongest first, fewer where the passage would be longer
    than `most_characters`. "" for fewer than ten rows with targets, or if only one label has words.
    """
    told = [(row.target, _terms(row, variables)) for row in rows if row.target is not None]
    if len(told) < LEAST_ROWS:
        return ""
    texts = [text for row in rows for text in row.inputs.values()]
    strongest = _strongest(told, COMMON_WORDS.get(language_of("\n".join(texts)), frozenset()))
    for each in range(words_each, 0, -1):
        chosen = {label: terms[:each] for label, terms in strongest.items()}
        passage = _without_copies(chosen, texts)
        if len(passage) <= most_characters:
            return passage
    return ""


def glossary_edits(
    rows: Sequence[Row],
    variables: frozenset[str],
    *,
    words_each: int = 6,
    most_characters: int = 1200,
) -> tuple[Edit, ...]:
    """Return the edit that adds the label glossary as a context passage; () if there is none."""
    passage = label_glossary(
        rows, variables, words_each=words_each, most_characters=most_characters
    )
    if not passage:
        return ()
    labels = passage.count("\n")
    return (add_context(_as_template(passage), sentence=f"list words for {labels} answers"),)


def _strongest(
    told: Sequence[tuple[str, set[str]]], common: frozenset[str]
) -> dict[str, list[str]]:
    """Return each label's words, strongest first; labels without any are left out."""
    counts: dict[str, Counter[str]] = {label: Counter() for label in sorted({t for t, _ in told})}
    for label, terms in told:
        counts[label].update(terms)
    whole: Counter[str] = Counter()
    for own in counts.values():
        whole.update(own)
    found: dict[str, list[str]] = {}
    for label, own in counts.items():
        said = set(terms_of(re.sub(r"[_\W]+", " ", label)))
        clear = _speaking(own, whole, len(counts))
        for term in sorted(clear, key=lambda term: (-clear[term], term)):
            words = set(term.split())
            plain = all(word in common or word in _LETTERS for word in words)
            used = said.union(*(other.split() for other in found.get(label, ())))
            if not words & used and clear[term] >= (_LEAST_Z_COMMON if plain else _LEAST_Z):
                found.setdefault(label, []).append(term)
    return found


def _speaking(own: Counter[str], whole: Counter[str], labels: int) -> dict[str, float]:
    """Return how clearly each word of one label speaks for it, in standard deviations."""
    total, inside = sum(whole.values()), sum(own.values())
    return {
        term: _z(
            (count, inside),
            (whole[term] - count, total - inside),
            (whole[term] / labels, total / labels),
        )
        for term, count in own.items()
        if count >= _LEAST_ROWS_EACH
    }


def _z(
    here: tuple[float, float], elsewhere: tuple[float, float], before: tuple[float, float]
) -> float:
    """Return a word's log-odds ratio in standard deviations.

    Each argument is the word's count and that of all words: for the label, for all other labels,
    and for the prior.
    """
    prior, of_all = before

    def log_odds(count: float, size: float) -> float:
        return math.log((count + prior) / max(size + of_all - count - prior, prior))

    spread = math.sqrt(1 / (here[0] + prior) + 1 / (elsewhere[0] + prior))
    return (log_odds(*here) - log_odds(*elsewhere)) / spread


def _terms(row: Row, variables: frozenset[str]) -> set[str]:
    """Return the words of a row and its pairs of neighbouring words."""
    terms: set[str] = set()
    for name in sorted(variables):
        words = terms_of(row.inputs[name])
        usable = [word if _is_word(word) else "" for word in words]
        terms.update(usable)
        terms.update(f"{one} {two}" for one, two in pairwise(usable) if one and two)
    return terms - {""}


def _is_word(word: str) -> bool:
    return not any(c.isdigit() for c in word) and len(word) <= _LONGEST_WORD


def _without_copies(chosen: Mapping[str, Sequence[str]], texts: Iterable[str]) -> str:
    """Return the passage, without words whose place among others would repeat a row's."""
    kept = {label: list(terms) for label, terms in chosen.items()}
    texts = list(texts)
    while True:
        kept = {label: terms for label, terms in kept.items() if terms}
        if len(kept) < 2:
            return ""
        passage = _rendered(kept)
        copied = shared_run(passage, texts, COPIED_RUN)
        if copied is None:
            return passage
        last = next((label for label in reversed(kept) if set(kept[label]) & set(copied)), None)
        last = last or next(iter(reversed(kept)))
        kept[last].pop()


def _rendered(terms: Mapping[str, Sequence[str]]) -> str:
    lines = [f"- {' '.join(label.split())}: {', '.join(own)}" for label, own in terms.items()]
    return "\n".join([_HEAD, *lines])


def _as_template(text: str) -> str:
    """Return a text as a context passage holds it: braces in a label must not read as Jinja."""
    return re.sub(r"\{(?=[{%#])", "{{ '{' }}", text)
