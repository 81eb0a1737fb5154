"""The tuning methods by name, and the race they run in.

Owns which names there are, what each is made from, and by which rules candidates are dropped.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from intone.data.row import Row
from intone.errors import SettingError
from intone.prompt.library.entries import Kind
from intone.prompt.library.library import clarifiers
from intone.prompt.phrasings import phrasings, task_kind
from intone.runs.task import Ready
from intone.tune.ape import Ape
from intone.tune.auto import Auto
from intone.tune.capo import Capo
from intone.tune.evoprompt import EvoPrompt, EvoPromptDe
from intone.tune.gepa import Gepa
from intone.tune.grid import Grid
from intone.tune.material import Material
from intone.tune.mipro import Mipro
from intone.tune.objective import read_objective
from intone.tune.opro import Opro
from intone.tune.race import Race
from intone.tune.races.halving import Halving
from intone.tune.races.rounds import Rounds
from intone.tune.random import Random
from intone.tune.tuner import Tuner
from intone.writer.writer import Writer

TUNERS: Mapping[str, Callable[[Material], Tuner]] = {
    "auto": Auto,
    "random": Random,
    "grid": Grid,
    "ape": Ape,
    "opro": Opro,
    "evoprompt": EvoPrompt,
    "evoprompt-de": EvoPromptDe,
    "mipro": Mipro,
    "gepa": Gepa,
    "capo": Capo,
}
"""The tuners by name."""
METHODS = tuple(TUNERS)
WITHOUT_WRITER = frozenset({"random", "grid"})
"""The methods that ask no writer."""
WITH_DOCUMENTS = frozenset({"auto"})
"""The methods that try passages of the user's documents."""


def check_method(method: str, objective: str | Mapping[str, float]) -> None:
    """Raise SettingError for a method or an objective there is not."""
    if method not in METHODS:
        raise SettingError(f"unknown tune.method {method!r}; there are: {', '.join(METHODS)}")
    read_objective(objective)


def make_tuner(
    ready: Ready,
    pool: Sequence[Row],
    rows: Sequence[Row],
    open_writer: Callable[[], Writer] | None = None,
) -> Tuner:
    """Make the tuner a spec asks for.

    `pool` are the rows it may show; `rows` those of the race, in the order in which they are met.
    `open_writer` is called only by methods that use a writer: it may load a model.
    """
    spec = ready.spec
    check_method(spec.tune.method, spec.tune.objective)
    kind = task_kind(ready.grader.name)
    given = ready.sole_prompt
    edits = phrasings(given, kind=kind, labels=ready.labels, target=ready.data.target or "")
    writer = None
    if open_writer is not None and spec.tune.method not in WITHOUT_WRITER:
        writer = open_writer()
    material = Material(
        given,
        edits,
        raceable(kind),
        pool,
        rows,
        spec.tune.seed,
        writer,
        ready.labels,
        read_objective(spec.tune.objective),
        passages=ready.documents.passages,
        kind=kind,
    )
    return TUNERS[spec.tune.method](material)


def raceable(kind: Kind) -> tuple[str, ...]:
    """Return the clarifiers a search may try by itself on a kind of task, in middling strength."""
    rules = [rule for rule in clarifiers(kind) if rule.race]
    return tuple(rule.strengths[len(rule.strengths) // 2] for rule in rules)


def make_race(rows: Sequence[int]) -> Race:
    """Make the race of a search over these rows, in the order in which they are to be met."""
    return Rounds(rows, Halving())
