"""Find a JSON value in a model's text. Owns no schema and no judgement of the value."""

from __future__ import annotations

import json
import re
from typing import Any, NoReturn

_BEGINS = re.compile(r"\{\s{0,100}[\"}]|\[\s{0,100}(?:[\"\[{\]\-\d]|true|false|null)")
_ATTEMPTS = 200  # each failed one costs up to the text's length: a bound on rubbish


def first_json(text: str, *, prefer_array: bool = False) -> str | None:
    """Return the first JSON object as it is written, else the first array; None without either.

    Code fences are searched before the text around them. An array that holds objects counts as
    one, so `[{"a": 1}]` is returned whole; `[1]` before an object is taken for a footnote. With
    `prefer_array` the first array is returned if there is one.
    """
    fenced = text.split("```")[1::2]
    for piece in [*fenced[:_ATTEMPTS], text]:
        found = _first_in(piece, prefer_array)
        if found is not None:
            return found
    return None


def decoded(text: str) -> Any:
    """Return the value of a JSON text.

    Raises ValueError for what is not JSON, NaN and Infinity included, and for nesting too deep
    to read.
    """
    try:
        return json.loads(text, parse_constant=_reject)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def _first_in(text: str, prefer_array: bool) -> str | None:
    decoder = json.JSONDecoder(parse_constant=_reject)
    array: str | None = None
    other: str | None = None
    at = 0
    for _ in range(_ATTEMPTS):
        begins = _BEGINS.search(text, at)
        if begins is None:
            break
        start = begins.start()
        try:
            value, at = decoder.raw_decode(text, start)
        except (ValueError, RecursionError):
            at = start + 1
            continue
        written = text[start:at]
        is_array = isinstance(value, list)
        rich = not is_array or any(isinstance(item, dict) for item in value)
        if (is_array and prefer_array) or (rich and not prefer_array):
            return written
        if is_array:
            array = array or written
        else:
            other = other or written
    return array if array is not None else other


def _reject(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")
