"""Drop a candidate when an anytime-valid test says that it is behind. Owns the statement.

For every candidate the null hypothesis is "none of the others in this heat scores better". For
each rival there is an e-process of the rival's score minus the candidate's, row by row (see
`verdict/sequential.py`); their mean is an e-process too, and the candidate is dropped once it has
reached 1 / alpha. So, whatever the number of candidates and whoever leads in between: **the chance
that the best candidate of a heat is ever dropped by this rule is at most alpha.** The null
hypothesis is true of the best one, and its e-process is the only one that has to hold.

The mean is the correction for the number of rivals. It is never weaker than the union bound (one
rival's e-value of (K - 1) / alpha makes the mean 1 / alpha) and stronger where several rivals are
ahead. A rival that has left the heat stakes no more; what it had shown stays.

A heat's candidates may have been made from what earlier heats showed (their leaders go on, and
newcomers descend from them), so what is known on rows met before the heat is not a fair sample for
them: the leader leads there partly by luck. Evidence therefore begins at the first row that nobody
had met when the heat began. `fresh` = False counts all common rows of the heat; that finds more
and no longer keeps alpha.

Scores are compared, not merits: the statement is about what a verdict measures. Several heats are
several statements, each at alpha.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from intone.tune.races.rules import Field
from intone.verdict.sequential import e_values


@dataclass(frozen=True)
class Behind:
    """Drops candidates that the others are ahead of, with an error rate of `alpha` a heat."""

    alpha: float = 0.1
    fresh: bool = True

    def __post_init__(self) -> None:
        if not 0.0 < self.alpha < 1.0:
            raise ValueError(f"alpha must be between 0 and 1, not {self.alpha}")

    def behind(self, field: Field) -> Sequence[str]:
        rows = field.fresh if self.fresh else field.rows
        if not rows or len(field.entered) < 2:
            return ()
        scores = field.table(field.entered, rows)
        found = _evidence(scores, [field.entered.index(program) for program in field.level])
        late = [p for p, e in zip(field.level, found, strict=True) if e >= 1.0 / self.alpha]
        if len(late) == len(field.alive):  # evidence that contradicts itself: the least is wrong
            late.remove(field.level[int(np.argmin(found))])
        return late


def _evidence(scores: NDArray[np.float64], own: list[int]) -> NDArray[np.float64]:
    """Return, for these rows of `scores`, the largest e-value so far of "somebody is better"."""
    differences = np.nan_to_num(scores[None, :, :] - scores[own][:, None, :], nan=0.0)
    everybody = e_values(differences).sum(axis=1)  # itself among them, with an e-value of 1
    largest: NDArray[np.float64] = ((everybody - 1.0) / (len(scores) - 1)).max(axis=1)
    return largest
