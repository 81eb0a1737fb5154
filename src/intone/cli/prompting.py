"""The prompts that are named on the command line. Owns the way to them and to the registry."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from intone.errors import InputError

if TYPE_CHECKING:
    from intone.cli.options import Given
    from intone.cli.session import Session
    from intone.prompt.program import Program
    from intone.runs.project import Project
    from intone.store.registry import Registry


def looks_like_ref(word: str) -> bool:
    """Say whether a word could refer to a version: `triage`, `triage@2`, `triage@production`."""
    from intone.runs.finding import looks_like_ref as looks

    return looks(word)


def find_prompt(word: str, project: Project) -> tuple[Program, str]:
    """Return the prompt a word means, and the name it is known by: see `runs/finding.py`."""
    from intone.runs.finding import find_prompt as find

    return find(word, project)


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
