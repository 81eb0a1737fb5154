"""Prompt files: TOML in, TOML out, with a round trip that loses nothing.

Owns the file format of prompts and the whole-or-nothing write that other files use too.
"""

from __future__ import annotations

import difflib
import os
import stat
import sys
import tempfile
import tomllib
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any, TextIO

import tomli_w

from intone.errors import InputError, PromptError
from intone.prompt import kinds
from intone.prompt.prompt import Demonstration, Prompt

_SECTIONS = tuple(section.name for section in fields(Prompt))


def load(path: str | Path) -> Prompt:
    """Read a prompt file. Raises PromptError naming the file and what is wrong in it."""
    try:
        text = Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8 text"
        raise PromptError(f"cannot read the prompt {path}: {reason}") from None
    try:
        return parse(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise PromptError(f"{path} is not valid TOML: {error}") from None
    except PromptError as error:
        raise PromptError(f"{path}: {error}") from None


def parse(form: Mapping[str, Any]) -> Prompt:
    """Make a prompt from plain values. PromptError for what is unknown or of a wrong kind."""
    for name in form:
        if name not in _SECTIONS:
            raise PromptError(f"unknown section {name!r}{nearest(name, _SECTIONS)}")
    if "template" not in form:
        raise PromptError('the prompt has no template; write template = "…"')
    sections: dict[str, Any] = dict(form)  # a section of a wrong kind is refused by Prompt
    if "demonstrations" in sections:
        shown = kinds.listed(sections["demonstrations"], "demonstrations")
        sections["demonstrations"] = [_demonstration(item) for item in shown]
    return Prompt(**sections)


def dumps(prompt: Prompt) -> str:
    """Return the prompt as TOML text."""
    form = prompt.canonical()
    # A multi-line TOML string cannot hold a carriage return unescaped, so such prompts stay on
    # escaped single lines.
    return tomli_w.dumps(form, multiline_strings="\\r" not in repr(form))


def save(prompt: Prompt, path: str | Path) -> None:
    """Write the prompt to a TOML file, whole or not at all. Raises InputError if it cannot."""
    write_whole(Path(path), dumps(prompt))


def write_whole(path: Path, text: str) -> None:
    """Write a file so that nobody ever sees half of it. Raises InputError naming the file.

    A link stays, and what it leads to is written. What is no regular file (a device, a pipe) is
    written to as it is, never replaced; nor is the file that stdout or stderr goes to.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        stream = _stream(path)
        if stream is None:
            _replace(Path(os.path.realpath(path)), text)
            return
        with stream:
            stream.write(text)
    except OSError as error:
        raise InputError(f"cannot write {path}: {error.strerror}") from None


def _stream(path: Path) -> TextIO | None:
    """Open what must not be replaced, None for a regular file or one that is not there yet."""
    try:
        there = path.stat()
    except FileNotFoundError:
        return None
    for own in (sys.stdout, sys.stderr):
        try:
            own.flush()
            number = own.fileno()
            same = os.path.samestat(there, os.fstat(number))
        except (AttributeError, OSError, ValueError):  # closed, or no file at all
            continue
        if same:
            return open(os.dup(number), "w", encoding="utf-8", newline="")
    if stat.S_ISREG(there.st_mode):
        return None
    return path.open("w", encoding="utf-8", newline="")


def _replace(path: Path, text: str) -> None:
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        mode = path.stat().st_mode & 0o777 if path.exists() else 0o666 & ~_umask()
        os.chmod(name, mode)
        os.replace(name, path)
    except BaseException:  # also an interrupt leaves no half-written file behind
        os.unlink(name)
        raise


def _umask() -> int:
    current = os.umask(0)
    os.umask(current)
    return current


def nearest(name: str, names: tuple[str, ...]) -> str:
    """Return the end of a message about an unknown name: the nearest right one, or all."""
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    return f" (did you mean {near[0]!r}?)" if near else f"; there are: {', '.join(names)}"


def _demonstration(value: object) -> Demonstration:
    if isinstance(value, Demonstration):
        return value
    if not isinstance(value, Mapping) or set(value) != {"inputs", "output"}:
        raise PromptError("a demonstration has exactly two keys: inputs (a table) and output")
    return Demonstration(value["inputs"], value["output"])
