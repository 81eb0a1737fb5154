"""Statements: texts that say what the answer is, where they should say how to find it.

A weak writer that is shown what a prompt got wrong answers the row instead of mending the prompt:
“The intent is card arrival.” Owns what counts as such a statement; labels only, and English.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from intone.writer.copies import words

_SENTENCE = re.compile(r"[^.!?;\n]+")
_OPENS = frozenset({"the", "this", "that", "these", "it", "its", "his", "her", "their", "here"})
_IS = frozenset({"is", "was", "are", "were"})
_SORTS_OUT = frozenset(  # when it holds, what it means, what else there is
    "if when whenever where wherever unless until once means mean meaning not never only except "
    "for or any each every all most usually often sometimes rather instead default "
    "otherwise".split()
)


def states_answer(text: str, labels: Sequence[str]) -> bool:
    """Say whether a text gives one of several labels as the answer to whatever is asked.

    It names that label only, in a sentence that begins like “The intent is …” and has no word that
    says when it holds, what it means or what else there is.
    """
    names = {tuple(words(label)) for label in labels} - {()}
    if len(names) < 2 or len(_named(words(text), names)) != 1:
        return False
    return any(_states(words(sentence), names) for sentence in _SENTENCE.findall(text))


def _states(spoken: Sequence[str], names: set[tuple[str, ...]]) -> bool:
    if not spoken or spoken[0] not in _OPENS or _SORTS_OUT.intersection(spoken):
        return False
    verb = next((at for at, word in enumerate(spoken) if word in _IS), len(spoken))
    return bool(_named(spoken[verb + 1 :], names))


def _named(spoken: Sequence[str], names: set[tuple[str, ...]]) -> set[tuple[str, ...]]:
    """Return the labels that words name; of two that begin at one word the longer one."""
    found, at = set(), 0
    longest_first = sorted(names, key=len, reverse=True)
    while at < len(spoken):
        here = next((n for n in longest_first if tuple(spoken[at : at + len(n)]) == n), None)
        found |= {here} if here else set()
        at += len(here) if here else 1
    return found
