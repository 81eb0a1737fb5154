"""Drop a candidate when it is several standard errors behind the leader: quick, and no proof."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from intone.tune.races.rules import Field


@dataclass(frozen=True)
class Contenders:
    """Keeps the candidates within `errors` standard errors of the leader, paired.

    In the manner of F-Race (Birattari et al., GECCO 2002) and of CAPO's race (arXiv 2504.16005),
    which test the same way: it is looked at again and again without a correction, so it states no
    error rate. The standard error is of the differences of scores over the heat's rows, with one
    row that rose and one that fell added, so that agreement on a few rows does not look certain.
    Nobody is dropped on fewer than `least` rows.
    """

    errors: float = 1.5
    least: int = 8

    def behind(self, field: Field) -> Sequence[str]:
        if len(field.rows) < self.least or len(field.alive) < 2:
            return ()
        scores = field.table(field.alive, field.rows)
        counted = np.maximum(1, np.isfinite(scores).sum(axis=1))
        leader = int(np.argmax(np.nansum(scores, axis=1) / counted))
        late = []
        for place, program in enumerate(field.alive):
            if place == leader or program not in field.level:
                continue
            gaps = scores[leader] - scores[place]
            gaps = np.append(gaps[~np.isnan(gaps)], [1.0, -1.0])
            if gaps.mean() > self.errors * gaps.std() / np.sqrt(len(gaps)):
                late.append(program)
        return late
