"""What a column is called in a template. Owns the rule only.

A column whose name is an identifier keeps it. Any other gets one:

- letters that only look different (full width, ligatures) are written in their plain form (NFKC)
- each run of characters that cannot stand in an identifier becomes one `_`, or nothing at an end
- `_` goes before a leading digit, and after a word that Jinja keeps for itself (`true`, `not`)
- a name that another column has already is numbered: `_2`, `_3`, in the order of the columns
"""

from __future__ import annotations

import itertools
import unicodedata
from collections.abc import Iterable

from jinja2 import Environment, TemplateSyntaxError

RESERVED = frozenset(
    {"True", "False", "None", "true", "false", "none", "not", "self", "loop"},
)
"""Words that mean something else in a template, or nothing that can be read."""

_jinja = Environment(autoescape=False)


def names_of(columns: Iterable[str]) -> dict[str, str]:
    """Return for each column, in order, the name it has in templates; no two have the same."""
    columns = list(columns)
    named = {column: column for column in columns if identifier(column) == column}
    taken = set(named)
    for column in columns:
        if column not in named:
            named[column] = _free(identifier(column), taken)
            taken.add(named[column])
    return {column: named[column] for column in columns}


def identifier(column: str) -> str:
    """Return the name a column has in templates if no other column claims it."""
    plain = unicodedata.normalize("NFKC", column)
    name = plain if _readable(plain) else _mended(plain)
    return f"{name}_" if name in RESERVED else name


def _mended(text: str) -> str:
    kept = "".join(char if _readable(f"a{char}") else " " for char in text)
    name = "_".join(kept.split()) or "column"
    # A combining mark or a digit may follow a letter but not begin a name.
    return name if _readable(name) else f"_{name}"


def _readable(name: str) -> bool:
    """Say whether Jinja reads the text as one name: it knows fewer combining marks than Python."""
    if name.isascii() or not name.isidentifier():
        return name.isidentifier()
    try:
        tokens = [(kind, text) for _, kind, text in _jinja.lex(f"{{{{{name}}}}}")]
    except TemplateSyntaxError:
        return False
    return tokens[1:-1] == [("name", name)]


def _free(name: str, taken: set[str]) -> str:
    if name not in taken:
        return name
    return next(n for i in itertools.count(2) if (n := f"{name}_{i}") not in taken)
