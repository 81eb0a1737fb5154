"""The wordings that paraphrases and neutral passages are made of. Owns reading the data file."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources


@dataclass(frozen=True)
class Wordings:
    """Frames of an instruction (with `[[task]]`), groups of equal wordings, neutral passages."""

    frames: tuple[str, ...]
    swaps: tuple[tuple[str, ...], ...]
    fillers: tuple[str, ...]


@lru_cache(maxsize=1)
def wordings() -> Wordings:
    """Return the wordings, read once."""
    text = resources.files(__package__).joinpath("wordings.toml").read_text(encoding="utf-8")
    form = tomllib.loads(text)
    swaps = tuple(tuple(group) for group in form["swaps"])
    return Wordings(tuple(form["frames"]), swaps, tuple(form["fillers"]))
