"""Complaints: what a user said about an answer, as it is kept. Owns their shape and their limits.

Reading a wish out of one is `understand`'s, keeping them `store/complaints.py`'s.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, get_args

from intone.errors import InputError

State = Literal["open", "applied", "declined"]
"""*open* until a change of the prompt answers it (*applied*) or a person declines it."""

STATES: tuple[State, ...] = get_args(State)

LONGEST = 1_000_000
"""Characters of a comment, an input or an output that are kept; a longer one is refused."""

_SHARE = re.compile(r"\s*(\d+(?:\.\d+)?)\s*/\s*(\d+(?:\.\d+)?)\s*")
_WORDS = {"up": 1.0, "down": 0.0}


@dataclass(frozen=True, slots=True)
class Complaint:
    """One user's word about one answer.

    `name` is the prompt's name in the registry (or its file's stem), `program_id` and `program` the
    version that answered (canonical form; empty if only the name is known). `inputs` and `output`
    are what was asked and answered. `rating` is in 0..1, None if none was given; `answer` the right
    answer, if the user gave one. `who` is an opaque id, never a name that is looked up. `run` and
    `row` say where the output comes from; rows count from 0, as in an `Outcome`. `number` is the
    store's, 0 before it is kept. `applied` is the version (name@number) that answers it.

    `version` is the version that answered as name@number, empty where it is not in the registry;
    `target` the column that `answer` is a value of, empty where that is not known.
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
    version: str = ""
    target: str = ""

    def form(self) -> dict[str, Any]:
        """Return it in plain values, without the program: its id says which one it is."""
        form = asdict(self) | {"inputs": dict(self.inputs)}
        del form["program"]
        return form


def check_complaint(complaint: Complaint) -> None:
    """Raise InputError for a complaint that says nothing, or holds what cannot be kept."""
    if not (complaint.comment.strip() or complaint.rating is not None or complaint.answer):
        raise InputError("nothing is said: give a comment, a rating or the right answer")
    if complaint.rating is not None and not 0.0 <= complaint.rating <= 1.0:  # also not NaN
        raise _no_rating(str(complaint.rating))
    for what, text in _texts(complaint):
        if len(text) > LONGEST:
            raise InputError(
                f"the {what} has {len(text):,} characters; at most {LONGEST:,} are kept: "
                "shorten it to what matters"
            )


def read_rating(text: str) -> float:
    """Return a rating in 0..1 from how people write one: `0.4`, `2/5`, `up` or `down`.

    Raises InputError for anything else.
    """
    word = text.strip().casefold()
    if word in _WORDS:
        return _WORDS[word]
    share = _SHARE.fullmatch(word)
    try:
        rating = float(share[1]) / float(share[2]) if share else float(word)
    except (ValueError, ZeroDivisionError, OverflowError):
        raise _no_rating(text) from None
    if not 0.0 <= rating <= 1.0 or math.isnan(rating):
        raise _no_rating(text)
    return rating


def _no_rating(text: str) -> InputError:
    shown = text if len(text) <= 40 else text[:39] + "…"
    return InputError(
        f"the rating is {shown!r}; write a number from 0 to 1, a share such as 2/5, up or down"
    )


def _texts(complaint: Complaint) -> Iterator[tuple[str, str]]:
    yield "comment", complaint.comment
    yield "output", complaint.output
    yield "right answer", complaint.answer or ""
    yield "id of who said it", complaint.who
    for name, text in complaint.inputs.items():
        yield f"input {name[:40]!r}", text
        yield "name of an input", name
