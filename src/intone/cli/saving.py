"""Files that a command writes its result to: whether they can be written, before it is paid for."""

from __future__ import annotations

import os
from pathlib import Path

from intone.errors import InputError


def can_be_written(path: Path, option: str) -> None:
    """Raise InputError, naming the option, if a file could not be written to this path."""
    if path.is_dir():
        raise InputError(f"{option} {path} is a folder; name a file in it")
    target = Path(os.path.realpath(path))  # what a link leads to
    special = path.exists() and not path.is_file()
    if not special and not target.parent.is_dir():
        raise InputError(f"{option} {path}: there is no folder {target.parent}; make it first")
    if not os.access(path if special else target.parent, os.W_OK):
        raise InputError(f"{option} {path}: {target.parent} cannot be written; name another file")


def write_text(path: Path, text: str, option: str) -> None:
    """Write a text to a file. Raises InputError, naming the option, where that fails."""
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise InputError(f"{option} {path}: cannot be written: {error.strerror}") from None
