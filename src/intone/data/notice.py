"""A remark about the data that does not stop a run. Owns the value only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

NoticeKind = Literal[
    "repeats",
    "straddles",
    "conflict",
    "leak",
    "untargeted",
    "shortfall",
    "lacking",
    "alike",
    "documents",
]


@dataclass(frozen=True, slots=True)
class Notice:
    """What was noticed, in one line for a person.

    `kind` is *repeats* (rows with the same inputs), *straddles* (the same inputs on both sides of
    a split), *conflict* (the same inputs with different targets), *leak* (an input that holds the
    target), *untargeted* (rows without a target), *shortfall* (fewer sealed rows than asked),
    *lacking* (rows without an input), *alike* (labels that only look different) or *documents*
    (what was read of a folder of documents and what was not).
    """

    kind: NoticeKind
    message: str
