"""Experiments: two versions behind one label. Owns their records, not what they show.

While an experiment runs, its label stays at the first version; so whatever moves the label ends
the experiment with it, in every process at once.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Literal

from sqlalchemy import Connection, Row, func, insert, select, update

from intone.errors import InputError, NotThere
from intone.store.database import Database
from intone.store.lineage import Merge
from intone.store.tables import experiments, moves, versions

State = Literal["running", "promoted", "kept", "stopped"]
"""*promoted*: the challenger got the label; *kept*: it lost; *stopped*: by a person, undecided."""

_STAMP = select(
    select(func.max(moves.c.id)).scalar_subquery(),
    select(func.count()).select_from(versions).scalar_subquery(),
    select(func.max(versions.c.created)).scalar_subquery(),
    select(func.count(versions.c.deleted)).scalar_subquery(),
    select(func.max(experiments.c.number)).scalar_subquery(),
    select(func.count(experiments.c.ended)).scalar_subquery(),
)


@dataclass(frozen=True, slots=True)
class Experiment:
    """Versions `first` (where the label is) and `second` (the challenger) of a prompt.

    `share` of the users get the challenger; `alpha` is the chance that a difference is claimed
    where there is none; with `promote` the challenger takes the label by itself when it wins.
    """

    number: int
    name: str
    label: str
    first: int
    second: int
    share: float = 0.5
    alpha: float = 0.05
    promote: bool = False
    state: State = "running"
    author: str = ""
    started: str = ""
    ended: str | None = None


class Experiments:
    """The experiments of a project."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def start(self, wanted: Experiment) -> Experiment:
        """Begin an experiment; its number and time are the store's.

        Raises InputError if there is one on the label already.
        """
        of_label = (
            experiments.c.name == wanted.name,
            experiments.c.label == wanted.label,
            experiments.c.state == "running",
        )
        with self._database.write() as connection:
            there = connection.execute(select(experiments).where(*of_label)).first()
            if there is not None:
                raise InputError(
                    f"experiment {there.number} is running on {wanted.name}@{wanted.label}; "
                    "end it first"
                )
            row = {
                "name": wanted.name,
                "label": wanted.label,
                "first": wanted.first,
                "second": wanted.second,
                "share": wanted.share,
                "alpha": wanted.alpha,
                "promote": int(wanted.promote),
                "state": "running",
                "author": wanted.author,
                "started": _now(),
            }
            made = connection.execute(insert(experiments).values(row))
            number = int((made.inserted_primary_key or (0,))[0])
        return self.get(number)

    def get(self, number: int) -> Experiment:
        """Return an experiment. Raises NotThere if there is none with this number."""
        with self._database.read() as connection:
            this = select(experiments).where(experiments.c.number == number)
            row = connection.execute(this).one_or_none()
        if row is None:
            raise NotThere(f"there is no experiment {number} (see: intone prompts ab list)")
        return _experiment(row)

    def all(self) -> list[Experiment]:
        """Return the experiments, newest first."""
        newest = select(experiments).order_by(experiments.c.number.desc())
        with self._database.read() as connection:
            return [_experiment(row) for row in connection.execute(newest)]

    def running(self) -> list[Experiment]:
        """Return the experiments that run."""
        return [experiment for experiment in self.all() if experiment.state == "running"]

    def stamp(self) -> tuple[Any, ...]:
        """Return what is another when a version, a label or an experiment has changed."""
        with self._database.read() as connection:
            return tuple(connection.execute(_STAMP).one())

    def end(self, number: int, state: State) -> Experiment:
        """End an experiment that runs. Raises NotThere, and InputError if it has ended already."""
        with self._database.write() as connection:
            ended = connection.execute(
                update(experiments)
                .where(experiments.c.number == number, experiments.c.state == "running")
                .values(state=state, ended=_now())
            ).rowcount
        found = self.get(number)
        if not ended:
            raise InputError(f"experiment {number} has ended already: it was {found.state}")
        return found


def using(connection: Connection, name: str, number: int) -> list[str]:
    """Return, in words, which experiments that run need a version of a prompt."""
    of_version = (experiments.c.first == number) | (experiments.c.second == number)
    running = (experiments.c.name == name, experiments.c.state == "running", of_version)
    found = connection.execute(select(experiments.c.number).where(*running)).scalars()
    return [f"experiment {it} runs with it (intone prompts ab stop {it})" for it in found]


def spared(connection: Connection, it: Merge) -> Merge:
    """Return a merge with a conflict for each version it deletes that an experiment runs with."""
    held = [
        f"{version.ref} is deleted there, but {why}"
        for version in it.gone
        for why in using(connection, version.name, version.number)
    ]
    return replace(it, conflicts=(*it.conflicts, *held))


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _experiment(row: Row[tuple[Any, ...]]) -> Experiment:
    return Experiment(**{**dict(row._mapping), "promote": bool(row.promote)})
