"""The rules of a race as protocols, and the values they see. Owns no rule.

A *share rule* parts the calls of a heat into rounds and says how many candidates stay after each.
A *drop rule* looks at the field during a round and names candidates that need not go on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from intone.tune.scores import Scores


@dataclass(frozen=True)
class Round:
    """One round of a heat.

    It may use `weight` parts of the calls that are left, out of all the parts of this round and
    those after it; the share `stays` of the candidates (rounded up) goes on. After the last round
    nobody is dropped: the tuner ranks those that are left.
    """

    weight: int
    stays: Fraction


class ShareRule(Protocol):
    """Parts the calls of a heat."""

    def rounds(self, candidates: int, calls: int) -> Sequence[Round]:
        """Return the rounds for so many candidates and calls, at least one if there is a candidate.

        Depends on nothing but these numbers.
        """
        ...


@dataclass(frozen=True)
class Field:
    """A heat as it stands.

    `entered` and `alive` are the candidates' ids in the order in which they were entered; `level`
    are those of the living that may be dropped: the others met more rows in an earlier heat than
    this one has come to. `rows` are the rows of this heat so far, in order, and `fresh` those of
    them that nobody had met before the heat.
    """

    entered: tuple[str, ...]
    alive: tuple[str, ...]
    level: tuple[str, ...]
    rows: tuple[int, ...]
    fresh: tuple[int, ...]
    scores: Scores

    def table(self, programs: Sequence[str], rows: Sequence[int]) -> NDArray[np.float64]:
        """Return scores, programs x rows, NaN where there is none."""
        known = [self.scores.by_row(program) for program in programs]
        values = [[scores.get(row, np.nan) for row in rows] for scores in known]
        return np.array(values, dtype=np.float64).reshape(len(programs), len(rows))


class DropRule(Protocol):
    """Names candidates to drop before their round is over."""

    def behind(self, field: Field) -> Sequence[str]:
        """Return which of `field.level` to drop now. At least one of `field.alive` must stay."""
        ...
