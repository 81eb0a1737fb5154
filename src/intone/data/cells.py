"""How a value of a data file becomes text. Owns that one rule, for all formats."""

from __future__ import annotations

import datetime
import decimal
import json
import math
import numbers

from intone.errors import DataError

_LARGEST_EXACT = 1e15
"""Whole floats below this are exact integers, so they may be written without a point."""


def as_text(value: object) -> str | None:
    """Return the value as text, None for a missing one.

    Text stays as it is, whole numbers lose their `.0`, truth values become `true` and `false`,
    lists and objects become JSON in the order they were written. None and NaN are missing.
    Raises DataError for a value that has no plain text (an image, a Python object).
    """
    if isinstance(value, str):
        return value if value.isascii() else _mended(value)
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, numbers.Integral):
        return str(int(value))
    if isinstance(value, decimal.Decimal):
        return None if value.is_nan() else _decimal(value)
    if isinstance(value, numbers.Real):
        return _real(float(value))
    if isinstance(value, (dict, list, tuple)):
        return _mended(json.dumps(value, ensure_ascii=False, default=as_text))
    if isinstance(value, (datetime.date, datetime.time)):
        return value.isoformat()
    if isinstance(value, bytes):
        return _decoded(value)
    raise DataError(
        f"a value of type {type(value).__name__} has no plain text; "
        "use text, numbers, true or false, lists or mappings"
    )


def _real(value: float) -> str | None:
    if math.isnan(value):
        return None
    if value.is_integer() and abs(value) < _LARGEST_EXACT:
        return str(int(value))
    return repr(value)


def _decimal(value: decimal.Decimal) -> str:
    text = format(value, "f") if value.is_finite() else str(value)
    return text.rstrip("0").rstrip(".") if "." in text else text


def _decoded(value: bytes) -> str:
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError as error:
        raise DataError("a value holds bytes that are not UTF-8 text") from error


def _mended(text: str) -> str:
    """Return the text without lone surrogates, which JSON can spell but no encoding can hold."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
