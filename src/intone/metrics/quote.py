"""How graders quote an answer in a reason: on one line and cut. Owns nothing else."""

from __future__ import annotations

_LONGEST = 60


def quote(text: str) -> str:
    """Return the text in quotation marks, on one line, cut after 60 characters."""
    head = " ".join(text[: 8 * _LONGEST].split())
    return repr(
        head if len(head) <= _LONGEST and len(text) <= 8 * _LONGEST else head[:_LONGEST] + "…"
    )
