"""Program files: TOML in, TOML out, with a round trip that loses nothing.

Owns the file format of prompts, votes and chains, and the whole-or-nothing write that other files
use too.
"""

from __future__ import annotations

import os
import stat
import sys
import tempfile
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TextIO, TypeVar

import tomli_w

from intone.errors import InputError, PromptError
from intone.prompt.chain import Chain
from intone.prompt.forms import AnyProgram, read_program
from intone.prompt.program import Program
from intone.prompt.prompt import Prompt
from intone.prompt.vote import Vote

_FILE = "file"
_NAMES: dict[type[AnyProgram], str] = {Prompt: "prompt", Vote: "vote", Chain: "chain"}
_Kind = TypeVar("_Kind", Prompt, Vote, Chain)


def load(path: str | Path) -> AnyProgram:
    """Read a program file: a chain if it has `steps`, a vote if it has `members`, else a prompt.

    A member or step may name another file (`file = "triage.toml"`, from this one's folder on): it
    is read with it and becomes part of the program. Raises PromptError naming the file and what is
    wrong in it.
    """
    return _load(Path(path), ())


def load_as(path: str | Path, kind: type[_Kind]) -> _Kind:
    """Read a program of one kind. Raises PromptError for a file of another."""
    program = load(path)
    if not isinstance(program, kind):
        there, wanted = _NAMES[type(program)], _NAMES[kind]
        raise PromptError(f"{path} is a {there}, not a {wanted}")
    return program


def dumps(program: Program) -> str:
    """Return the program as TOML text."""
    form = program.canonical()
    # A multi-line TOML string cannot hold a carriage return unescaped, so such prompts stay on
    # escaped single lines.
    return tomli_w.dumps(form, multiline_strings="\\r" not in repr(form))


def save(program: Program, path: str | Path) -> None:
    """Write the program to a TOML file, whole or not at all. Raises InputError if it cannot."""
    write_whole(Path(path), dumps(program))


def _load(path: Path, inside: tuple[Path, ...]) -> AnyProgram:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8 text"
        raise PromptError(f"cannot read the prompt {path}: {reason}") from None
    try:
        form = tomllib.loads(text)
        within = (*inside, path.resolve())
        for name in ("members", "steps"):
            if isinstance(form.get(name), list):
                form[name] = [_with_file(item, path.parent, within) for item in form[name]]
        return read_program(form)
    except tomllib.TOMLDecodeError as error:
        raise PromptError(f"{path} is not valid TOML: {error}") from None
    except PromptError as error:
        raise PromptError(f"{path}: {error}") from None


def _with_file(item: Any, folder: Path, inside: tuple[Path, ...]) -> Any:
    """Return a member's or step's table with what its `file` holds in the file's place."""
    if not isinstance(item, Mapping) or not isinstance(item.get(_FILE), str):
        return item
    path = folder / item[_FILE]
    if path.resolve() in inside:
        raise PromptError(f"{item[_FILE]} is read in itself; a program cannot be part of itself")
    held = _load(path, inside).canonical()
    return held | {name: value for name, value in item.items() if name != _FILE}


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
