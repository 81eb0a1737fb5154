"""The kept prompts as the pages see and change them: history, differences, labels.

Owns what is said before a label moves: the verdict that speaks for the version it would go to.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from intone.report.chronicle import chronicle_form
from intone.report.feedback import check_line, task_line
from intone.report.listed import in_short
from intone.report.verdicts import difference
from intone.runs.drafting import Piece, marked_sections
from intone.store.database import Database
from intone.store.lineage import trails, way_back
from intone.store.registry import Registry


class Curating:
    """The prompts of an open project."""

    def __init__(self, database: Database) -> None:
        self._registry = Registry(database)

    def history(self, name: str) -> dict[str, Any]:
        """Return all versions and moves of a name, oldest first. Raises NotThere."""
        return chronicle_form(self._registry.lineage(name))

    def ways_back(self, name: str) -> dict[str, int]:
        """Return the version that each label of a name would be rolled back to, where it can be."""
        there = [version.number for version in self._registry.versions(name)]
        found = {
            label: way_back(trail, there)
            for label, trail in trails(self._registry.history(name)).items()
        }
        return {label: number for label, number in found.items() if number is not None}

    def differences(self, name: str, before: str, after: str) -> list[tuple[str, list[Piece]]]:
        """Return the sections in which two versions differ, changed words marked.

        Raises NotThere.
        """
        old, new = (self._registry.get(name, which).program for which in (before, after))
        return marked_sections(old, new)

    def in_short(self, verdict: Mapping[str, Any] | None) -> str:
        """Return what a version's verdict says in a few words; nothing where there is none."""
        return "" if verdict is None else in_short(verdict)

    def evidence(self, name: str, which: str) -> str:
        """Return in one line what speaks for a version. Raises NotThere."""
        version = self._registry.get(name, which)
        verdict = version.verdict
        if verdict is None:
            return f"{version.ref} has no verdict: nothing says that it is better."
        over = f" over {version.parent}" if version.parent else ""
        if verdict.get("kind") == "feedback":
            return f"{version.ref}{over}: {in_short(verdict)}; {'; '.join(_shown(verdict))}."
        said = f"{version.ref}{over}: {verdict['word']}"
        if {"difference", "low", "high"} <= verdict.keys():
            said += f", {difference(verdict)}"
        return f"{said} on {verdict['n']} rows." if "n" in verdict else f"{said}."

    def promote(self, name: str, label: str, which: str, author: str) -> int:
        """Move a label to a version; return its number. Raises InputError."""
        return self._registry.label(name, label, which, author)

    def roll_back(self, name: str, label: str, author: str) -> int:
        """Move a label back to where it was before; return that number. Raises InputError."""
        return self._registry.rollback(name, label, author)


def _shown(verdict: Mapping[str, Any]) -> Iterator[str]:
    """Yield what was measured before complaints were answered, and what was doubted."""
    yield from map(check_line, verdict["checks"])
    if verdict["task"] is not None:
        yield task_line(verdict["task"], scored=True)
    for ask in verdict["accepted_in_spite_of"]:
        yield f"accepted in spite of this: {ask['why']}"
