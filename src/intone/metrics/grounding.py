"""Measures of grounding: what of an answer stands in the texts it should rest on.

Those texts come as one, `source`: the row's inputs and any passages shown with them. Words are
compared in small letters; nothing knows synonyms, so what these measures count as new may still
be true.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache, lru_cache
from threading import Lock
from typing import Any

from intone.metrics.language import COMMON_WORDS
from intone.metrics.shape import json_values
from intone.metrics.words import NUMBER, names_of, plain, sentences_of, words_of

_QUOTED = re.compile(r"“([^”]{1,400})”|„([^“”]{1,400})[“”]|«([^»]{1,400})»|\"([^\"\n]{1,400})\"")
_RUN = 4  # words: a shorter run is often chance
_LONGER = 4  # letters: words from here on mostly carry content, the commonest aside
_one_at_a_time = Lock()
_COMMON = frozenset().union(*COMMON_WORDS.values())


def different_terms(text: str) -> float:
    """Count the different longer words: how much is told.

    Longer means at least four letters; the commonest words are left aside, and forms of one word
    (English) count once.
    """
    return float(len(_terms(text)))


def input_terms(text: str, source: str) -> float:
    """Return the share of the source's different longer words that the text takes up.

    Longer means at least four letters; the commonest words are left aside, and any form of a word
    takes it up (*rains* of *rain*; English). 1 if the source has none.
    """
    wanted = _terms(source)
    return len(wanted & _terms(text)) / len(wanted) if wanted else 1.0


def sentences_on_topic(text: str, source: str) -> float:
    """Return the share of sentences that take up a longer word of the source; 0 without any."""
    found, wanted = sentences_of(text), _terms(source)
    return sum(bool(wanted & _terms(s)) for s in found) / len(found) if found else 0.0


def copied(text: str, source: str) -> float:
    """Return the share of the text's runs of four words that stand in the source.

    After the extractive fragments of Grusky et al. 2018 (Newsroom, section 4), with runs of one
    length. 0 for a text of fewer words.
    """
    runs, known = _runs(text), set(_runs(source))
    return sum(run in known for run in runs) / len(runs) if runs else 0.0


def quotes_found(text: str, source: str) -> float:
    """Count the quotations that stand in the source word for word."""
    return float(len(_quotes(text)) - len(_unfound(_quotes(text), source)))


def quotes_unfound(text: str, source: str) -> float:
    """Count the quotations that do not stand in the source."""
    return float(len(_unfound(_quotes(text), source)))


def new_particulars(text: str, source: str) -> float:
    """Count the different names and numbers that do not stand in the source.

    Names are estimated by their capitals. A list's numbering is no number.
    """
    bare = re.sub(r"(?m)^\s{0,20}\d{1,3}[.)]\s", "", text)
    known = {word.casefold() for word in words_of(source)}
    names = {name.casefold() for name in names_of(bare)} - known
    numbers = {_digits(n) for n in NUMBER.findall(bare)}
    new_numbers = numbers - {_digits(n) for n in NUMBER.findall(source)}
    return float(len(names - numbers) + len(new_numbers))


def unfound_values(text: str, source: str) -> float:
    """Count the values of the text's JSON that do not stand in the source.

    Empty values, true and false are left aside.
    """
    values = [value for value in json_values(text) if value.strip() not in ("", "true", "false")]
    return float(len(_unfound(values, source)))


def _terms(text: str) -> set[str]:
    words = {word for word in words_of(plain(text)) if len(word) >= _LONGER}
    return set(map(_stem, words - _COMMON))


@lru_cache(maxsize=50_000)
def _stem(word: str) -> str:
    """Return a word without its English endings (Porter2, snowballstem.org)."""
    with _one_at_a_time:  # the stemmer keeps the word it is at
        return str(_stemmer().stemWord(word))


@cache
def _stemmer() -> Any:
    import snowballstemmer

    return snowballstemmer.stemmer("english")


def _runs(text: str) -> list[tuple[str, ...]]:
    found = words_of(plain(text))
    return [tuple(found[i : i + _RUN]) for i in range(len(found) - _RUN + 1)]


def _quotes(text: str) -> list[str]:
    groups = (next(filter(None, match.groups()), "") for match in _QUOTED.finditer(text))
    return [quote for quote in groups if words_of(quote)]


def _unfound(parts: Sequence[str], source: str) -> list[str]:
    known = _in_words(source)
    return [part for part in parts if _in_words(part) not in known]


def _in_words(text: str) -> str:
    """Return the words between single spaces, punctuation aside."""
    return f" {' '.join(words_of(_digits(plain(text))))} "


def _digits(number: str) -> str:
    return re.sub(r"(?<=\d)[.,](?=\d{3}(?!\d))", "", number)
