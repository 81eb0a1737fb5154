"""Which prompt a word on the command line means: a file, a version that is kept, or a text.

Owns that, and the way to the project's registry.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from intone.errors import InputError

if TYPE_CHECKING:
    from intone.cli.options import Given
    from intone.cli.session import Session
    from intone.prompt.program import Program
    from intone.runs.project import Project
    from intone.store.registry import Registry

_REF = re.compile(r"[^\W_][\w.-]*(@[\w.-]+)?")


def looks_like_ref(word: str) -> bool:
    """Say whether a word could refer to a version: `triage`, `triage@2`, `triage@production`."""
    return bool(_REF.fullmatch(word)) and Path(word).suffix != ".toml"


def find_prompt(word: str, project: Project) -> tuple[Program, str]:
    """Return the prompt a word means, and the name it is known by.

    A file that is there comes first (in the current folder, then in the project's), then a
    version that is kept, then the text itself. Raises InputError.
    """
    from intone.prompt.files import load
    from intone.prompt.forms import read_program
    from intone.runs.task import read_prompt

    if len(word) < 1024 and "\n" not in word:
        for folder in (Path(), project.folder):
            if (folder / word).is_file():
                return load(folder / word), Path(word).stem
    if looks_like_ref(word) and ("@" in word or _is_kept(word, project)):
        from intone.store.registry import Registry

        with project.open() as database:
            version = Registry(database).resolve(word)
        return read_program(version.program), version.name
    return read_prompt(word, project.folder)


def names_for(words: Sequence[str], names: Sequence[str]) -> tuple[str, ...]:
    """Return names that tell prompts apart: their own, or the words typed where those agree."""
    if len(set(names)) == len(names):
        return tuple(names)
    plain = [
        word if len(word) <= 40 and len(word.split()) == 1 else name
        for word, name in zip(words, names, strict=True)
    ]
    return tuple(
        name if plain.count(name) == 1 else f"{name} ({plain[: place + 1].count(name)})"
        for place, name in enumerate(plain)
    )


@contextmanager
def open_registry(session: Session, given: Given, *, make: bool = False) -> Iterator[Registry]:
    """Open the project's registry; a project without a database is not made for a look at it."""
    from intone.store.registry import Registry

    project = given.project(session)
    if not make and not project.exists:
        raise InputError(
            f"no prompts are kept in {project.folder.resolve()} yet "
            "(see: intone prompts import, intone tune)"
        )
    with project.open() as database:
        yield Registry(database)


def by(author: str | None) -> str:
    """Return who is noted as the author: who was named, else the user's login name."""
    if author is not None:
        return author
    from intone.store.author import login_name

    return login_name()


def _is_kept(name: str, project: Project) -> bool:
    if not project.exists:
        return False
    from intone.store.registry import Registry

    with project.open() as database:
        return any(version.name == name for version in Registry(database).names())
