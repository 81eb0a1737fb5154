"""When two texts are the same text to a grader. Owns that rule only."""

from __future__ import annotations

import unicodedata


def comparable(text: str, *, case_sensitive: bool) -> str:
    """Return the text as graders compare it.

    Composed characters (NFC), runs of white space as one space and none at the ends; lower case
    unless `case_sensitive`.
    """
    composed = text if text.isascii() else unicodedata.normalize("NFC", text)
    spaced = " ".join(composed.split())
    return spaced if case_sensitive else spaced.casefold()
