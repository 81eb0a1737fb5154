"""Words of a text, in any language. Owns how they are told apart and when two texts share a run.

A word is a run of letters and digits, with hyphens and apostrophes inside; in Chinese and Japanese
each character counts as one. Languages that leave out spaces otherwise (Thai) are undercounted.
All functions take any text, and time in proportion to it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

_EAST_ASIAN = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff"
_JOINED = "\u0300-\u036f\u064b-\u065f\u0900-\u0963\u0966-\u0dff\u0e00-\u0e7f"  # vowel signs
_PART = rf"(?:(?![{_EAST_ASIAN}])[^\W_]|[{_JOINED}])+"
WORD = re.compile(rf"[{_EAST_ASIAN}]|{_PART}(?:['’‑-]{_PART})*")
"""One word."""


def words_of(text: str) -> list[str]:
    """Return the words in order, as they are written."""
    return WORD.findall(text)


def terms_of(text: str) -> list[str]:
    """Return the words in order as they are compared: in small letters, with straight marks."""
    return words_of(text.replace("’", "'").replace("‑", "-").casefold())


def shared_run(text: str, others: Iterable[str], length: int) -> tuple[str, ...] | None:
    """Return the first run of so many words of the text that stands in one of the others.

    None if there is none. Words are compared as `terms_of` gives them.
    """
    terms = terms_of(text)
    known: set[tuple[str, ...]] = set()
    if len(terms) >= length:
        for other in others:
            known.update(_runs(terms_of(other), length))
    return next((run for run in _runs(terms, length) if run in known), None)


def _runs(terms: list[str], length: int) -> Iterable[tuple[str, ...]]:
    return zip(*(terms[start:] for start in range(length)), strict=False)
