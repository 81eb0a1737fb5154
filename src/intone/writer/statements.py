"""Statements: texts that say what the answer is, where they should say how to find it.

A weak writer that is shown what a prompt got wrong answers the row instead of mending the prompt:
“The intent is card arrival.” Owns what counts as such a statement; labels only, and English.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet

from intone.writer.copies import Words, words

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


def _states(spoken: Sequence[str], names: AbstractSet[Words]) -> bool:
    if not spoken or spoken[0] not in _OPENS:
        return False
    verb = next((at for at, word in enumerate(spoken) if word in _IS), len(spoken))
    before, after = spoken[:verb], spoken[verb + 1 :]
    return bool(_named(after, names)) and not _SORTS_OUT & {*before, *_without(after, names)}


def _named(spoken: Sequence[str], names: AbstractSet[Words]) -> set[Words]:
    """Return the labels that words name."""
    return {run for run in _runs(spoken, names) if run in names}


def _without(spoken: Sequence[str], names: AbstractSet[Words]) -> set[str]:
    """Return the words that are no part of a label."""
    return {run[0] for run in _runs(spoken, names) if run not in names}


def _runs(spoken: Sequence[str], names: AbstractSet[Words]) -> Iterator[Words]:
    """Cut words into labels and single words; of two that begin at one word the longer one."""
    longest_first, at = sorted(names, key=len, reverse=True), 0
    while at < len(spoken):
        ends = (tuple(spoken[at : at + len(name)]) for name in longest_first)
        run = next((run for run in ends if run in names), (spoken[at],))
        yield run
        at += len(run)
