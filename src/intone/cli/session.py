"""What one call of the command line knows of itself. Owns what an error message may need.

The session travels as the command's context object, so that `main` can say after an interrupt
which run goes on, and where the log of a crash belongs.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from intone.report.console import Part


# Controls that JSON need not escape, which a terminal may act on, and half surrogate pairs.
_ACTING = re.compile("[\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


@dataclass
class Session:
    """One call: the project's folder, the run it has begun, whether the plan was shown."""

    folder: Path = field(default_factory=Path)
    run: int | None = None
    head_shown: bool = False


def say(message: str) -> None:
    """Write one line to stderr, as everything that is not a result."""
    from intone.report.words import one_line

    sys.stderr.write(f"intone: {one_line(message)}\n")
    sys.stderr.flush()


def emit(form: object, parts: Iterable[Part], *, as_json: bool) -> None:
    """Write a result to stdout: one JSON object, or the screen."""
    if as_json:
        import json

        # Escapes only where the stream cannot hold the characters themselves.
        plain = not (sys.stdout.encoding or "").lower().replace("-", "").startswith("utf")
        text = json.dumps(form, ensure_ascii=plain, indent=2)
        sys.stdout.write(_ACTING.sub(lambda found: f"\\u{ord(found[0]):04x}", text) + "\n")
        return
    from intone.report.console import console_for, show

    show(console_for(sys.stdout), parts)


def note(parts: Iterable[Part]) -> None:
    """Write lines to stderr that are no result: the plan, what was noticed."""
    from intone.report.console import console_for, show

    show(console_for(sys.stderr), parts)
    sys.stderr.flush()
