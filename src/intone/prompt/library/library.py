"""The library: templates, clarifiers and output formats to try, ours and a project's own.

Owns which entries there are and in which order. The entries' shape is in `entries`, the reading
of a data file in `reading`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import TypeVar

from intone.data.canonical import content_id
from intone.errors import PromptError
from intone.prompt.library.entries import Clarifier, OutputFormat, Template
from intone.prompt.library.reading import read_clarifiers, read_output_formats, read_templates

FOLDER = "library"
"""The folder beside `intone.toml` in which a project keeps entries of its own."""

_FILES = ("templates.toml", "clarifiers.toml", "output_formats.toml")
_Entry = TypeVar("_Entry", Template, Clarifier, OutputFormat)


@dataclass(frozen=True)
class Library:
    """Entries in the order in which to try them."""

    all_templates: tuple[Template, ...]
    all_clarifiers: tuple[Clarifier, ...]
    all_output_formats: tuple[OutputFormat, ...]

    @property
    def id(self) -> str:
        """The hash of the entries, 16 hex digits; "" for the library that comes with Intone."""
        return "" if self == ours() else content_id(asdict(self))

    def templates(self, kind: str) -> tuple[Template, ...]:
        """Return the templates for a kind of task, in the order in which to try them."""
        return tuple(entry for entry in self.all_templates if entry.kind == kind)

    def clarifiers(self, kind: str) -> tuple[Clarifier, ...]:
        """Return all clarifiers that suit a kind of task."""
        return tuple(entry for entry in self.all_clarifiers if kind in entry.kinds)

    def output_formats(self, kind: str) -> tuple[OutputFormat, ...]:
        """Return the output formats for a kind of task, in the order in which to try them."""
        return tuple(entry for entry in self.all_output_formats if entry.kind == kind)


@lru_cache(maxsize=1)
def ours() -> Library:
    """Return the library that comes with Intone, read once."""
    ours_in = resources.files(__package__)

    def text(file: str) -> str:
        return ours_in.joinpath(file).read_text(encoding="utf-8")

    return Library(
        read_templates(text(_FILES[0]), _FILES[0]),
        read_clarifiers(text(_FILES[1]), _FILES[1]),
        read_output_formats(text(_FILES[2]), _FILES[2]),
    )


def read(folder: str | Path) -> Library:
    """Return our library with the entries in `folder/library` merged in.

    An entry of the same name (and kind, for templates and formats) replaces ours in its place;
    others come before ours, because a search tries the first ones first. Files that are not there
    are left out. Raises PromptError naming the file, the entry and the field that is wrong, or a
    file of another name.
    """
    inside = Path(folder) / FOLDER
    try:
        names = [path.name for path in inside.glob("*.toml")] if inside.is_dir() else []
    except OSError as error:
        raise PromptError(f"cannot read the folder {inside}: {error.strerror}") from None
    for name in sorted(names):
        if name not in _FILES:
            raise PromptError(f"{inside / name} is no library; there are: {', '.join(_FILES)}")
    own = ours()
    return Library(
        _merged(own.all_templates, _own(inside / _FILES[0], read_templates)),
        _merged(own.all_clarifiers, _own(inside / _FILES[1], read_clarifiers)),
        _merged(own.all_output_formats, _own(inside / _FILES[2], read_output_formats)),
    )


def templates(kind: str) -> tuple[Template, ...]:
    """Return our templates for a kind of task, in the order in which to try them."""
    return ours().templates(kind)


def clarifiers(kind: str) -> tuple[Clarifier, ...]:
    """Return all our clarifiers that suit a kind of task."""
    return ours().clarifiers(kind)


def strengths_of(text: str) -> tuple[str, ...]:
    """Return the wordings of the clarifier that this text is one of, weakest first; () if none."""
    entries = ours().all_clarifiers
    return next((entry.strengths for entry in entries if text in entry.strengths), ())


def output_formats(kind: str) -> tuple[OutputFormat, ...]:
    """Return our output formats for a kind of task, in the order in which to try them."""
    return ours().output_formats(kind)


def _own(path: Path, reader: Callable[[str, str], tuple[_Entry, ...]]) -> tuple[_Entry, ...]:
    if not path.exists():
        return ()
    try:
        return reader(path.read_text(encoding="utf-8"), str(path))
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8 text"
        raise PromptError(f"cannot read the library {path}: {reason}") from None


def _merged(ours: Iterable[_Entry], theirs: Iterable[_Entry]) -> tuple[_Entry, ...]:
    there = {_key(entry): entry for entry in ours}
    own = {_key(entry): entry for entry in theirs}
    new = {key: entry for key, entry in own.items() if key not in there}
    return tuple((new | there | own).values())


def _key(entry: Template | Clarifier | OutputFormat) -> tuple[str, str]:
    return ("" if isinstance(entry, Clarifier) else entry.kind, entry.name)
