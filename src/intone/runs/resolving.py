"""Which program answers a request to NAME@LABEL. Owns the look-up, its memory, and A/B's share.

What a name and a label stand for is kept in memory as long as nothing in the registry has moved;
that is asked of the database at every request, so that a label that another process moves is
followed by the next request.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from intone.data.canonical import draw
from intone.prompt.forms import read_program
from intone.prompt.program import Program
from intone.store.database import Database
from intone.store.experiments import Experiment, Experiments
from intone.store.measured import refuse_known
from intone.store.registry import Registry, Version

_MOST_KEPT = 1000  # references in memory


@dataclass(frozen=True)
class Resolved:
    """The version that answers, as a program; and which variant of which experiment it is."""

    version: Version
    program: Program
    experiment: Experiment | None = None
    variant: str | None = None


class Resolver:
    """Finds the program for a name and a label, a number, or *latest*."""

    def __init__(self, database: Database) -> None:
        self._registry = Registry(database)
        self._experiments = Experiments(database)
        self._stamp: tuple[Any, ...] | None = None
        self._versions: dict[tuple[str, str], Resolved] = {}
        self._running: dict[tuple[str, str], Experiment] = {}

    def resolve(self, name: str, which: str, unit: str) -> Resolved:
        """Return what answers; `unit` decides the variant where an experiment is on.

        Raises NotThere, with the nearest there is, for a name or a label there is none of, and
        InputError for a chain that reads right answers.
        """
        self._refresh()
        found = self._get(name, which)
        experiment = self._running.get((name, which))
        # Whoever moved the label since the experiment began has ended it.
        if experiment is None or experiment.first != found.version.number:
            return found
        variant = variant_of(experiment, unit)
        chosen = found if variant == "a" else self._get(name, str(experiment.second))
        return Resolved(chosen.version, chosen.program, experiment, variant)

    def _get(self, name: str, which: str) -> Resolved:
        found = self._versions.get((name, which))
        if found is None:
            if len(self._versions) >= _MOST_KEPT:
                self._versions.clear()
            version = self._registry.get(name, which)
            refuse_known(version.program, version.ref)
            found = self._versions[name, which] = Resolved(version, read_program(version.program))
        return found

    def _refresh(self) -> None:
        stamp = self._experiments.stamp()
        if stamp != self._stamp:
            self._versions.clear()
            running = self._experiments.running()
            self._running = {(it.name, it.label): it for it in running}
            self._stamp = stamp


def variant_of(experiment: Experiment, unit: str) -> str:
    """Return "a" or "b": the same for a user as long as the experiment lasts."""
    drawn = draw(experiment.number, "ab", experiment.name, experiment.label, unit).random()
    return "b" if drawn < experiment.share else "a"
