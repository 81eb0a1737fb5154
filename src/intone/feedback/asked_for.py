"""What a prompt itself asks for and a user does not want: sentences to take out.

A directive beside its opposite is seldom heeded. Owns which sentences ask for the unwanted, which
the check of the wish tells by its own words.
"""

from __future__ import annotations

import re

from intone.errors import PromptError
from intone.metrics.measures import measured
from intone.metrics.words import sentences_of
from intone.prompt.edits import Edit, rewrite_role, rewrite_template, short
from intone.prompt.library.checks import Check
from intone.prompt.prompt import Prompt

_TELLING = ("apologies", "disclaimers", "pleasantries", "text")
"""Measures that find in a directive the words that it brings about in an answer."""
_FORBIDS = re.compile(
    r"\b(?:not|no|never|without|avoid|stop|refrain|instead of|rather than)\b|n't\b", re.IGNORECASE
)


def asked_for(prompt: Prompt, check: Check | None) -> tuple[Edit, ...]:
    """Return the edits that take the sentences out of role and template that ask for it.

    None for a check that something is present, or that its words do not tell. A sentence with an
    input stays, and so does one that forbids.
    """
    if check is None or check.better != "absent" or check.measure not in _TELLING:
        return ()
    edits: list[Edit] = []
    for text, rewrite in ((prompt.role, rewrite_role), (prompt.template, rewrite_template)):
        unwanted = [it for it in sentences_of(text) if _asks(it, check)]
        left = text
        for sentence in unwanted:
            words = re.escape(sentence)  # a line of its own goes with its end
            left = re.sub(rf"(?m)^{words}[ \t]*\n|[ \t]*{words}", "", left, count=1)
        if left == text or not left.strip():
            continue
        said = ", ".join(f"“{short(it)}”" for it in unwanted)
        edit = rewrite(left.strip() if text == text.strip() else left, f"take out {said}")
        try:
            edit.apply(prompt)
        except PromptError:
            continue
        edits.append(edit)
    return tuple(edits)


def _asks(sentence: str, check: Check) -> bool:
    if "{{" in sentence or "{%" in sentence or _FORBIDS.search(sentence):
        return False
    return measured(check, sentence) > 0
