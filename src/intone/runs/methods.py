"""The tuning methods by name, and the race they run in.

Owns which names there are, what each is made from, and by which rules candidates are dropped.
"""

from __future__ import annotations

from collections.abc import Sequence

from intone.data.row import Row
from intone.errors import SettingError
from intone.prompt.phrasings import phrasings, task_kind
from intone.runs.task import Ready
from intone.tune.auto import Auto
from intone.tune.race import Race
from intone.tune.races.halving import Halving
from intone.tune.races.rounds import Rounds
from intone.tune.tuner import Tuner

METHODS = ("auto",)
OBJECTIVES = ("score",)


def check_method(method: str, objective: str) -> None:
    """Raise SettingError for a method or an objective there is not."""
    if method not in METHODS:
        raise SettingError(f"unknown tune.method {method!r}; there are: {', '.join(METHODS)}")
    if objective not in OBJECTIVES:
        raise SettingError(
            f"unknown tune.objective {objective!r}; there are: {', '.join(OBJECTIVES)}"
        )


def make_tuner(ready: Ready, pool: Sequence[Row]) -> Tuner:
    """Make the tuner a spec asks for; `pool` are the rows it may show."""
    spec = ready.spec
    check_method(spec.tune.method, spec.tune.objective)
    edits = phrasings(
        ready.prompt,
        kind=task_kind(ready.grader.name),
        labels=ready.labels,
        target=ready.data.target or "",
    )
    return Auto(ready.prompt, edits, pool, spec.tune.seed)


def make_race(rows: Sequence[int]) -> Race:
    """Make the race of a search over these rows, in the order in which they are to be met."""
    return Rounds(rows, Halving())
