"""Writes the kinds of wishes into docs/feedback.md: `python -m tests.docs.wishes_table`."""

from __future__ import annotations

import re
from pathlib import Path

from intone.feedback.wish import wish_kinds

PAGE = Path(__file__).resolve().parents[2] / "docs" / "feedback.md"
_BETWEEN = re.compile(r"(?<=<!-- kinds -->\n).*?(?=<!-- end of kinds -->)", re.DOTALL)


def table() -> str:
    """Return the table as it is in the page."""
    lines = ["| wish | what is asked for | cannot be granted with |", "|---|---|---|"]
    for kind in wish_kinds().values():
        others = ", ".join(f"`{name}`" for name in (kind.opposite, *kind.against) if name)
        lines.append(f"| `{kind.name}` | {kind.sentence.replace('[[of]]', '…')} | {others} |")
    return "\n".join(lines) + "\n"


def written(page: str) -> str:
    """Return a page with the table as it is now."""
    return _BETWEEN.sub(lambda _: table(), page)


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
