"""Which prompt a word means: a file, a version that is kept, or a text. Owns that."""

from __future__ import annotations

import re
from pathlib import Path

from intone.prompt.files import load
from intone.prompt.forms import read_program
from intone.prompt.program import Program
from intone.runs.project import Project
from intone.runs.task import read_prompt
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
    if len(word) < 1024 and "\n" not in word:
        for folder in (Path(), project.folder):
            if (folder / word).is_file():
                return load(folder / word), Path(word).stem
    if looks_like_ref(word) and ("@" in word or _is_kept(word, project)):
        with project.open() as database:
            version = Registry(database).resolve(word)
        return read_program(version.program), version.name
    return read_prompt(word, project.folder)


def _is_kept(name: str, project: Project) -> bool:
    if not project.exists:
        return False
    with project.open() as database:
        return any(version.name == name for version in Registry(database).names())
