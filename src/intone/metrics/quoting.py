"""How a reason quotes an answer or a judge: on one line and short. Owns nothing else."""

from __future__ import annotations

import unicodedata

_LONGEST = 60


def quoted(text: str | None, longest: int = _LONGEST) -> str:
    """Return the text in quotes on one line, cut in the middle where it is long.

    The end is kept because answers tend to stand there. Control characters become spaces, and
    what cannot be written as UTF-8 a question mark.
    """
    if text is None or not text.strip():
        return "nothing"
    if len(text) > 2 * longest:
        half = longest // 2
        text = f"{text.lstrip()[:half]} … {text.rstrip()[-half:]}"
    return f"“{on_one_line(text)}”"


def on_one_line(text: str) -> str:
    """Return the text on one line, without control characters, as it can be written in UTF-8."""
    plain = "".join(" " if unicodedata.category(char) == "Cc" else char for char in text)
    return " ".join(plain.encode("utf-8", "replace").decode().split())
