"""Prompt files: TOML in, TOML out, with a round trip that loses nothing.

Owns the file format of prompts and the whole-or-nothing write that other files use too.
"""

from __future__ import annotations

import difflib
import os
import tempfile
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import tomli_w

from intone.errors import InputError, PromptError
from intone.prompt.prompt import Demonstration, Prompt

_TEXTS = ("template", "role", "output_format", "layout")
_LISTS = ("context", "passages", "clarifiers")
_NUMBERS = ("nearest", "offsets")
_SECTIONS = (*_TEXTS, *_LISTS, *_NUMBERS, "codes", "demonstrations")


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
    sections: dict[str, Any] = {}
    for name, value in form.items():
        if name in _TEXTS:
            sections[name] = _text(value, name)
        elif name in _LISTS:
            sections[name] = [_text(item, name) for item in _sequence(value, name)]
        elif name == "codes":
            sections[name] = _texts(value, name)
        elif name in _NUMBERS:
            sections[name] = _table(value, name, "numbers")
        else:
            sections[name] = [_demonstration(item) for item in _sequence(value, name)]
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
    """Write a file so that nobody ever sees half of it. Raises InputError naming the file."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
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
    except OSError as error:
        raise InputError(f"cannot write {path}: {error.strerror}") from None


def _umask() -> int:
    current = os.umask(0)
    os.umask(current)
    return current


def nearest(name: str, names: tuple[str, ...]) -> str:
    """Return the end of a message about an unknown name: the nearest right one, or all."""
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    return f" (did you mean {near[0]!r}?)" if near else f"; there are: {', '.join(names)}"


def _text(value: object, name: str) -> str:
    if not isinstance(value, str):
        raise PromptError(f"{name} must be text, not {type(value).__name__} ({value!r})")
    return value


def _texts(value: object, name: str) -> dict[str, str]:
    table = _table(value, name, "texts")
    return {key: _text(item, f"{name}.{key}") for key, item in table.items()}


def _table(value: object, name: str, of: str) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        raise PromptError(f"{name} must be a table of {of}, not {type(value).__name__}")
    return {_text(key, name): item for key, item in value.items()}


def _sequence(value: object, name: str) -> list[Any]:
    if not isinstance(value, list | tuple):
        raise PromptError(f"{name} must be a list, not {type(value).__name__} ({value!r})")
    return list(value)


def _demonstration(value: object) -> Demonstration:
    if isinstance(value, Demonstration):
        return value
    if not isinstance(value, Mapping) or set(value) != {"inputs", "output"}:
        raise PromptError("a demonstration has exactly two keys: inputs (a table) and output")
    inputs = _texts(value["inputs"], "demonstrations.inputs")
    return Demonstration(inputs, _text(value["output"], "demonstrations.output"))
