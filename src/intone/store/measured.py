"""Programs that are kept to be measured only: chains with steps taken from right answers.

Owns how they are told from their canonical form, and the error for putting one to use.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from intone.errors import InputError


def known_steps(form: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Give each step of a program that is not asked, and the column it is taken from."""
    for part in (*form.get("steps", ()), *form.get("members", ())):
        if part.get("known"):
            yield part["name"], part["known"]
        else:
            yield from known_steps(part)


def refuse_known(form: Mapping[str, Any], name: str) -> None:
    """Raise InputError if a step of the program is taken from a column of right answers."""
    for step, column in known_steps(form):
        raise InputError(
            f"{name}: step {step!r} is taken from column {column!r}, which holds right answers; "
            "such a chain can only be measured: take out `known`"
        )
