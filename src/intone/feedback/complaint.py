"""Complaints: what a user said about an answer, as it is kept. Owns their shape.

Reading a wish out of one is `understand`'s, keeping them `store/complaints.py`'s.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

State = Literal["open", "applied", "declined"]
"""*open* until a change of the prompt answers it (*applied*) or a person declines it."""

LONGEST = 1_000_000
"""Characters of a comment, an input or an output that are kept; a longer one is refused."""


@dataclass(frozen=True, slots=True)
class Complaint:
    """One user's word about one answer.

    `name` is the prompt's name in the registry (or its file's stem), `program_id` and `program` the
    version that answered (canonical form; empty if only the name is known). `inputs` and `output`
    are what was asked and answered. `rating` is in 0..1, None if none was given; `answer` the right
    answer, if the user gave one. `who` is an opaque id, never a name that is looked up. `run` and
    `row` say where the output comes from. `number` is the store's, 0 before it is kept. `applied`
    is the version (name@number) that answers it.
    """

    comment: str
    name: str = ""
    program_id: str = ""
    program: Mapping[str, Any] = field(default_factory=dict)
    inputs: Mapping[str, str] = field(default_factory=dict)
    output: str = ""
    rating: float | None = None
    answer: str | None = None
    who: str = ""
    at: str = ""
    run: int | None = None
    row: int | None = None
    state: State = "open"
    applied: str = ""
    number: int = 0
