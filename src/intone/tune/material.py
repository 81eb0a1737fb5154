"""Material: what a method may use. Owns the value only.

What is in it is decided in `runs/methods.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from intone.data.row import Row
from intone.prompt.edits import Edit
from intone.prompt.library.entries import Kind
from intone.prompt.library.library import Library, ours
from intone.prompt.prompt import Prompt
from intone.tune.objective import SCORE, Objective
from intone.writer.writer import Writer


@dataclass(frozen=True)
class Material:
    """What there is to search with.

    `given` is the user's prompt; `phrasings` are edits that ask it in other ways and `clarifiers`
    directives that can be added, both in order of promise. `pool` are the rows that may be shown as
    demonstrations; `rows`, never the same ones, are those that prompts are compared on, in the
    order in which the race meets them. `labels` are those of a labelling task. `objective` is what
    to make large. `writer` may be absent. `passages` are those of the user's documents, texts and
    no templates. `kind` says which entries of the `library` fit the task.
    """

    given: Prompt
    phrasings: Sequence[tuple[Edit, ...]]
    clarifiers: Sequence[str]
    pool: Sequence[Row]
    rows: Sequence[Row]
    seed: int
    writer: Writer | None = None
    labels: Sequence[str] = ()
    objective: Objective = SCORE
    passages: Sequence[str] = ()
    kind: Kind = "answer"
    library: Library = field(default_factory=ours)

    @property
    def indices(self) -> tuple[int, ...]:
        """The indices of the rows, in the same order."""
        return tuple(row.index for row in self.rows)
