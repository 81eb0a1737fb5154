"""A task named as a public one, with rows of our own, and a fake that knows them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

CHEERFUL = ("sunny", "warm", "bright", "fine", "mild")
GLOOMY = ("rainy", "cold", "grey", "foul", "harsh")
_LABELLED = """
answer = "bad"
quality = 0.6
row = 'The (.*)'
[[improves]]
when = "bad, good"
by = 0.4
""" + "".join(f'[[rules]]\nwhen = "{word}-day"\nanswer = "good"\n' for word in CHEERFUL)


def labelled(folder: Path, name: str = "sms_spam") -> Path:
    """Write a task of two labels and a fake that is right more often if told them."""
    for part, numbers in (("train", range(20)), ("test", range(20, 32))):
        rows = [
            {
                "input": f"The {word}-day of week {i}",
                "target": "good" if word in CHEERFUL else "bad",
            }
            for i in numbers
            for word in (*CHEERFUL, *GLOOMY)
        ]
        write(folder / "data" / name / f"{part}.jsonl", rows)
    (folder / "script.toml").write_text(_LABELLED)
    return folder


def write(path: Path, rows: Sequence[dict[str, str]]) -> None:
    """Write rows as JSON lines."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(map(json.dumps, rows)) + "\n")


def arguments(folder: Path, *more: str) -> list[str]:
    """Return the options that point a benchmark at the folder, and some more."""
    found = ["--model", f"fake:{folder / 'script.toml'}", "--seeds", "0"]
    for name in ("data", "work", "out"):
        found += [f"--{name}", str(folder / name)]
    return [*found, *more]
