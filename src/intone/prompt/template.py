"""Jinja templates of prompts: sandboxed and strict. Owns rendering of text with variables.

Values are inserted as they are and never rendered again, so `{{` in a row is just text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sized
from functools import lru_cache
from itertools import groupby
from operator import itemgetter
from typing import Any

from jinja2 import StrictUndefined, Template, TemplateError, UndefinedError, meta
from jinja2.exceptions import SecurityError
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment

from intone.data.naming import identifier
from intone.errors import PromptError

_MARK = re.compile(r"\{\{|\{%|\{#")
_WORDS = re.compile(r"\{\{[-+]?\s*([^\W\d]\w*(?:[ -]+\w+)*)\s*[-+]?\}\}")
_OPERATORS = frozenset({"if", "else", "and", "or", "not", "in", "is"})
_LINE_BREAK = re.compile(r"\r\n|\r|\n")  # all are one "\n" to Jinja
_ENDS = frozenset({"variable_end", "block_end", "raw_end"})
_MOST_CHARACTERS = 10_000_000
_MOST_BITS = 10_000


class _Environment(ImmutableSandboxedEnvironment):
    """The sandbox, in which no short expression can fill the memory or the day."""

    intercepted_binops = frozenset({"*", "**"})

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        if operator == "**" and isinstance(left, int) and isinstance(right, int):
            if left.bit_length() * right > _MOST_BITS:
                raise SecurityError(f"it takes a number to the power of {right}; that is too large")
        for text, times in ((left, right), (right, left)):
            if isinstance(text, Sized) and isinstance(times, int):
                if len(text) * times > _MOST_CHARACTERS:
                    raise SecurityError(f"it repeats a text {times} times; that is too long")
        return super().call_binop(context, operator, left, right)


_environment = _Environment(undefined=StrictUndefined, autoescape=False, keep_trailing_newline=True)
_environment.globals.clear()  # no range(), no namespace(): a prompt names its inputs only


@lru_cache(maxsize=4096)
def variables(source: str) -> frozenset[str]:
    """Return the names a template needs. Raises PromptError for a template that cannot be read."""
    if not _MARK.search(source):
        return frozenset()
    try:
        return frozenset(meta.find_undeclared_variables(_environment.parse(source)))
    except TemplateError as error:
        raise _unreadable(source, error) from None


def named(source: str) -> tuple[str, ...]:
    """Return the names a template needs, in the order in which it first names them.

    Jinja's own reader finds them, so that every script is read as Jinja reads it. Raises
    PromptError as `variables` does.
    """
    wanted = variables(source)
    names = (text for kind, text in _tokens(source) if kind == "name")
    return tuple(dict.fromkeys(name for name in names if name in wanted))


@lru_cache(maxsize=4096)
def _compiled(source: str) -> Template:
    try:
        return _environment.from_string(source)
    except TemplateError as error:
        raise _unreadable(source, error) from None


def render(source: str, values: Mapping[str, str]) -> str:
    """Return the template with its variables filled in.

    Raises PromptError where a variable is unknown (it names the variable and lists those there
    are), or where the template does what the sandbox forbids.
    """
    if not _MARK.search(source):
        return source
    missing = sorted(variables(source) - values.keys())
    if missing:
        raise unknown_variable(missing[0], values)
    try:
        return _compiled(source).render(values)
    except UndefinedError as error:
        raise PromptError(f"template {_excerpt(source)}: {error}") from None
    except MemoryError:
        raise PromptError(f"template {_excerpt(source)} takes too much memory") from None
    except (SecurityError, TemplateError, ArithmeticError, TypeError, ValueError) as error:
        raise PromptError(f"template {_excerpt(source)} cannot be rendered: {error}") from None


def unknown_variable(name: str, known: Mapping[str, object] | frozenset[str]) -> PromptError:
    """Return the error for a variable that no input provides."""
    have = ", ".join(sorted(known)) or "none"
    return PromptError(f"the template names {{{{ {name} }}}}, which is no input; there are: {have}")


def outside_marks(source: str, change: Callable[[str], str]) -> str:
    """Return the template with its text changed and its Jinja marks as they were.

    `change` sees the whole text with one character in the place of each run of marks, a letter of
    the private use area: it must keep these. Raises PromptError for a template that cannot be read.
    """
    if not _MARK.search(source):
        return change(source)
    stand_in = next(chr(c) for c in range(0xE000, 0xF900) if chr(c) not in source)
    text, marks = "", []
    tokens = [(kind == "data", token) for kind, token in _tokens(source)]
    for is_text, run in groupby(tokens, key=itemgetter(0)):
        joined = "".join(token for _, token in run)
        text += joined if is_text else stand_in
        if not is_text:
            marks.append(joined)
    pieces = change(text).split(stand_in)
    # A brace before {%- has lost its white space in the lexer; it must not become part of the mark.
    pieces[:-1] = [f"{piece} " if piece.endswith("{") else piece for piece in pieces[:-1]]
    return "".join(piece + mark for piece, mark in zip(pieces, [*marks, ""], strict=True))


def split_head(source: str) -> tuple[str, str]:
    """Split a template before the first line that depends on the row: (static head, rest)."""
    mark = _MARK.search(source)
    if mark is None:
        return source.strip("\n"), ""
    cut = source.rfind("\n", 0, mark.start()) + 1
    return source[:cut].strip("\n"), source[cut:].strip("\n")


def split_tail(source: str) -> tuple[str, str]:
    """Split a template after the last line that depends on the row: (rest, static tail).

    No mark is cut, however many lines it has, and comments are left out of the tail. Where nothing
    depends on the row, all is the rest. Raises PromptError for a template that cannot be read.
    """
    source = _LINE_BREAK.sub("\n", source)
    depends, cut, tail, at = False, len(source), "", 0
    for kind, token in _tokens(source):
        start = source.index(token, at)  # the lexer leaves out the white space before {%- alone
        at = start + len(token)
        if kind in _ENDS:
            depends, cut, tail = True, len(source), ""
        elif kind == "data" and cut < len(source):
            tail += token
        elif kind == "data" and depends and "\n" in token:
            cut = start + token.index("\n")
            tail = source[cut + 1 : at]
    return source[:cut], tail


def without_marks(source: str) -> str:
    """Return a template's text, with a space in the place of its Jinja marks.

    Raises PromptError for a template that cannot be read.
    """
    return " ".join(token for kind, token in _tokens(source) if kind == "data")


def _tokens(source: str) -> list[tuple[str, str]]:
    """Return what a template consists of as Jinja reads it: the kind and the text of each."""
    try:
        return [(kind, token) for _, kind, token in _environment.lex(source)]
    except TemplateError as error:
        raise _unreadable(source, error) from None


def _excerpt(source: str) -> str:
    line = " ".join(source.split())
    return repr(line if len(line) <= 60 else line[:57] + "…")


def _unreadable(source: str, error: TemplateError) -> PromptError:
    line = getattr(error, "lineno", None)
    where = f" (line {line})" if line else ""
    said = f"template {_excerpt(source)} is not valid Jinja{where}: {error.message}"
    spaced = (found for found in _WORDS.findall(source) if " " in found)
    column = next((found for found in spaced if not _OPERATORS & set(found.split())), None)
    hint = f"; a column {column!r} is written {{{{ {identifier(column)} }}}}" if column else ""
    return PromptError(said + hint)
