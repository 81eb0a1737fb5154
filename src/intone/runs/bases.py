"""Which prompts a proposal can start from: labels and versions of a name, or the project's file.

Owns their names on a page and the way back from such a name. A name never leads to a file but to
the project's own prompt.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from intone.errors import InputError
from intone.prompt.forms import read_program
from intone.prompt.program import Program
from intone.report.words import on_page
from intone.runs.feedback_keep import LABEL
from intone.runs.spec import Spec
from intone.runs.task import read_prompt
from intone.store.complaints import Complaints
from intone.store.database import Database
from intone.store.registry import Registry, Version, name_from

OWN = "own"
"""The project's own prompt, the one its spec names."""
ANSWERED = "answered"
"""The prompt that the newest complaint is about, where nothing else of its name is kept."""


@dataclass(frozen=True, slots=True)
class Basis:
    """A prompt that a change can start from; `label` is the one that an accepted change moves."""

    ref: str
    title: str
    label: str | None = None


def bases(spec: Spec, database: Database, name: str) -> tuple[Basis, ...]:
    """Return what a change of this prompt can start from, the likeliest first."""
    registry = Registry(database)
    found = []
    if latest := _latest(registry, name):
        labels = registry.labels(name)
        for label in sorted(labels, key=lambda it: (it != LABEL, it)):
            title = f"{name}@{label} (version {labels[label]})"
            found.append(Basis(f"{name}@{label}", on_page(title), label))
        if latest.number not in labels.values():
            found.append(Basis(latest.ref, on_page(f"{latest.ref}, the latest version")))
    if spec.prompt is not None and name_from(Path(spec.prompt).stem) == name:
        own = Basis(OWN, f"the project's prompt, {on_page(Path(spec.prompt).name)}")
        found.insert(1 if found and found[0].label == LABEL else 0, own)
    if not found and any(it.program for it in Complaints(database).list(name=name)):
        found.append(Basis(ANSWERED, "the prompt as it was when it answered"))
    return tuple(found)


def find_basis(spec: Spec, database: Database, name: str, ref: str) -> tuple[Basis, Program]:
    """Return one of `bases` with its program. Raises InputError if there is none of that name."""
    basis = next((it for it in bases(spec, database, name) if it.ref == ref), None)
    if basis is None:
        raise InputError(f"there is no {on_page(ref)!r} to change; reload the page")
    if ref == OWN and spec.prompt is not None:
        return basis, read_prompt(spec.prompt, spec.folder)[0]
    if ref == ANSWERED:
        about = [it.program for it in Complaints(database).list(name=name) if it.program]
        return basis, read_program(about[-1])
    return basis, read_program(Registry(database).resolve(ref).program)


def _latest(registry: Registry, name: str) -> Version | None:
    return next((latest for latest in registry.names() if latest.name == name), None)
