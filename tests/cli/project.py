"""A small project to run commands in, and what a command came to."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

WORDS = {"billing": "invoice", "shipping": "parcel", "technical": "crash"}
SCRIPT = """\
answer = "technical"
quality = {quality}
delay = {delay}
row = 'Case: (.*)'
{rules}
[[improves]]
when = "exactly one of"
by = 0.4
"""


@dataclass(frozen=True)
class Said:
    """What a command came to."""

    status: int
    out: str
    err: str

    @property
    def form(self) -> dict[str, Any]:
        """Stdout as the one JSON object it must be."""
        form: dict[str, Any] = json.loads(self.out)
        return form


Command = Callable[..., Said]


def write_project(folder: Path, *, rows: int = 60, quality: float = 0.4, delay: float = 0) -> None:
    """Write data, a prompt, a spec, and a fake model that the right wording makes better."""
    labels = list(WORDS)
    lines = ["case,body,team"]
    for number in range(rows):
        label = labels[number % len(labels)]
        lines.append(f"{number},My {WORDS[label]} is a trouble,{label}")
    (folder / "tickets.csv").write_text("\n".join(lines) + "\n")
    rules = "\n".join(
        f'[[rules]]\nwhen = "{word}"\nanswer = "{label}"' for label, word in WORDS.items()
    )
    (folder / "fake.toml").write_text(SCRIPT.format(quality=quality, delay=delay, rules=rules))
    (folder / "prompts").mkdir(exist_ok=True)
    (folder / "prompts" / "triage.toml").write_text(
        'template = """\nWhich team?\n\nCase: {{ case }}\n{{ body }}\n"""\n'
    )
    (folder / "intone.toml").write_text(
        'prompt = "prompts/triage.toml"\n[task]\ndata = "tickets.csv"\ntarget = "team"\n'
        '[model]\nname = "fake:fake.toml"\n[budget]\ncalls = 200\n'
    )
