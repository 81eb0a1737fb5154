"""Texts within a template that no change of wording or spacing may touch.

Owns which they are: what is quoted, what stands in braces (the wanted output, mostly), and the
labels of the task.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

_QUOTED = r"\"[^\"\n]*\"|“[^”\n]*”|`[^`\n]*`|(?<!\w)'[^'\n]+'(?!\w)|(?<!\w)‘[^’\n]+’(?!\w)"
_BRACED = r"\{[^{}]*\}"
_FIRST, _LAST = 0xF0000, 0xFFFFD  # a private use area that `outside_marks` leaves alone


def outside_fixed(change: Callable[[str], str], labels: Sequence[str] = ()) -> Callable[[str], str]:
    """Return the change such that it sees one private letter in the place of each fixed text."""
    named = "|".join(re.escape(it) for it in sorted(labels, key=len, reverse=True) if it.strip())
    patterns = [_QUOTED, _BRACED] + ([rf"(?<!\w)(?:{named})(?!\w)"] if named else [])

    def changed(text: str) -> str:
        kept: list[tuple[str, str]] = []
        free = (chr(code) for code in range(_FIRST, _LAST) if chr(code) not in text)

        def hidden(match: re.Match[str]) -> str:
            kept.append((next(free), match.group()))
            return kept[-1][0]

        hiding = text
        for pattern in patterns:
            found = re.compile(pattern, re.IGNORECASE)
            while (deeper := found.sub(hidden, hiding)) != hiding:  # braces within braces
                hiding = deeper
        shown = change(hiding)
        for letter, was in reversed(kept):
            shown = shown.replace(letter, was)
        return shown

    return changed
