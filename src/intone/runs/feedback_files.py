"""Files of feedback: one record a complaint. Owns the columns and what is wrong with a value."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator, Mapping
from dataclasses import replace

from intone.data.cells import as_text
from intone.data.source import Source
from intone.errors import InputError
from intone.runs.about import Feedback

COLUMNS = ("comment", "rating", "answer", "who", "run", "row", "prompt", "output", "inputs")
"""What a file may have; `input.NAME` columns besides."""
_SAYING = ("comment", "rating", "answer")
_INPUT = "input."


class FeedbackFile:
    """The feedback of a table, read as it is asked for.

    `default` says what records are about that do not say so themselves, and who said it. After the
    reading `ignored` are the columns that mean nothing here.
    Raises InputError for a table that says nothing.
    """

    def __init__(self, source: Source, name: str, default: Feedback) -> None:
        self._source = source
        self._default = default
        self._ignored: dict[str, None] = {}
        there = [_folded(column) for column in source.columns]
        if not set(_SAYING) & set(there):
            near = [n for word in _SAYING for n in difflib.get_close_matches(word, there, 1)]
            hint = f"; is it {near[0]!r}? Rename it" if near else "; name one of them so"
            raise InputError(f"{name} has no column comment, rating or answer{hint}")

    @property
    def ignored(self) -> list[str]:
        """The columns that mean nothing here, in the order they came."""
        return list(self._ignored)

    def __iter__(self) -> Iterator[tuple[str, Feedback]]:
        """Yield each record's place before people, and the feedback. Raises InputError naming it.

        A record that says what it is about says all of it: the default's prompt is then not taken.
        """
        for place, record in self._source.records():
            try:
                given = self._feedback(record)
            except InputError as error:
                raise InputError(f"{place}: {error}") from error
            yield place, given

    def _feedback(self, record: Mapping[str, str | None]) -> Feedback:
        values: dict[str, str] = {}
        inputs: dict[str, str] = {}
        for column, value in record.items():
            name = _folded(column)
            if column.strip().startswith(_INPUT):
                inputs |= {column.strip().removeprefix(_INPUT): value} if value is not None else {}
            elif name not in COLUMNS:
                self._ignored[column] = None
            elif value is not None and value.strip():
                values[name] = value
        # Every record of a table has all its columns; inputs that are all empty are none.
        found = (inputs if any(inputs.values()) else {}) | _object(values.get("inputs"))
        run, row = _whole(values, "run"), _whole(values, "row")
        default = self._default
        given = Feedback(
            comment=values.get("comment", ""),
            rating=values.get("rating"),
            answer=values.get("answer"),
            who=values.get("who", default.who),
            run=default.run if run is None else run,
            row=None if row is None else row - 1,
            prompt=values["prompt"].strip() if "prompt" in values else None,
            inputs=found or None,
            output=values.get("output"),
        )
        if given.prompt is None and run is None:
            return replace(given, prompt=default.prompt)
        return given


def _folded(column: str) -> str:
    return column.strip().casefold()


def _whole(values: Mapping[str, str], name: str) -> int | None:
    """Return a number from 1, None where there is none."""
    text = values.get(name, "").strip()
    if not text:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) < 10 and int(text)):
        raise InputError(f"{name} is {text[:40]!r}; it is a number from 1")
    return int(text)


def _object(text: str | None) -> dict[str, str]:
    """Return the inputs that a cell holds as a JSON object."""
    if text is None:
        return {}
    try:
        form = json.loads(text)
    except (ValueError, RecursionError):
        form = None
    if not isinstance(form, dict):
        raise InputError('inputs is no JSON object; write {"NAME": "VALUE"}, or input.NAME columns')
    return {name: as_text(value) or "" for name, value in form.items()}
