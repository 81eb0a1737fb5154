"""The paired difference of two prompts' scores on the same rows. Owns the choice of the test.

Scores that are all 0 or 1 get the score test (binary.py), any others the t-test (graded.py). Both
give interval and p from one test and do not depend on the order of the rows.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from intone.verdict.binary import score_test
from intone.verdict.estimate import Estimate
from intone.verdict.graded import t_test


def paired(before: Sequence[float], after: Sequence[float], level: float = 0.05) -> Estimate:
    """Test after minus before, row by row; the interval has the confidence 1 - level.

    Both sequences hold one score in 0..1 per row, in the same order (average several samples of a
    row first: `average`). No rows give the interval -1..1 and p = 1. Raises ValueError if the
    lengths differ or a score is outside 0..1.
    """
    if len(before) != len(after):
        raise ValueError(f"{len(before)} scores before but {len(after)} after: they must be paired")
    for score in (*before, *after):
        if not 0.0 <= score <= 1.0:
            raise ValueError(f"a score must be in 0..1, not {score}")
    if all(score in (0, 1) for score in (*before, *after)):
        improved = sum(new > old for old, new in zip(before, after, strict=True))
        worsened = sum(new < old for old, new in zip(before, after, strict=True))
        return score_test(improved, worsened, len(before), level)
    return t_test([new - old for old, new in zip(before, after, strict=True)], level)


def average(samples: Sequence[float | None]) -> float | None:
    """Return a row's score from its samples: the mean of those there are, None if there are none.

    Samples of one row are not independent rows: average them before any test.
    """
    scores = [score for score in samples if score is not None]
    return math.fsum(scores) / len(scores) if scores else None
