"""Has the score been kept? A paired test that a change costs no more than a margin.

That two prompts do not differ can never be shown, but that one is worse by less than a margin can:
the null hypothesis is that the score falls by the margin or more, and it is rejected when the lower
end of the interval lies above minus the margin (Blackwelder, Controlled Clinical Trials 3, 1982,
345-353). The interval is the room's own: for 0/1 scores Tango's, which was made for this question
(Statistics in Medicine 17, 1998, 891-908), for graded ones that of `graded.py`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Literal

from intone.verdict.paired import paired

MARGIN = 0.03
"""How much of the score a change may cost unless told otherwise: 3 points."""
LEVEL = 0.05
"""The one-sided level: the bound has the confidence 95 %."""

Keeping = Literal["kept", "broken", "unproven"]
_POWER = 0.8


@dataclass(frozen=True, slots=True)
class Kept:
    """Whether a score was kept within a margin; differences in -1..1, after minus before.

    *kept*: the one-sided lower bound `low` lies above -margin. *broken*: the score fell by more
    than the margin, and a fall is beyond doubt (`high`, as one-sided, below 0). Else *unproven*:
    the rows are too few to tell. `high` has the same confidence as `low`.
    """

    word: Keeping
    difference: float
    low: float
    high: float
    n: int
    margin: float


def noninferior(
    before: Sequence[float],
    after: Sequence[float],
    margin: float = MARGIN,
    level: float = LEVEL,
) -> Kept:
    """Test whether scores (0..1, paired by row) were kept within the margin.

    Raises ValueError if the lengths differ, a score is outside 0..1, or the margin is not in 0..1.
    """
    # A two-sided interval at twice the level has the one-sided bound as its lower end.
    found = paired(before, after, 2 * level)
    return kept(found.difference, (found.low, found.high), found.n, margin)


def kept(difference: float, interval: tuple[float, float], n: int, margin: float = MARGIN) -> Kept:
    """Say whether a score was kept, from a difference with its one-sided bounds.

    Raises ValueError for a margin outside 0..1.
    """
    if not 0.0 < margin < 1.0:
        raise ValueError(f"margin must be between 0 and 1, not {margin}")
    low, high = interval
    word: Keeping = "unproven"
    if low > -margin:
        word = "kept"
    elif high < 0 and difference < -margin:
        word = "broken"
    return Kept(word, difference, low, high, n, margin)


def rows_needed(differences: Sequence[float], margin: float = MARGIN, level: float = LEVEL) -> int:
    """Return about how many rows would show that the score is kept, if nothing really changed.

    At 80 % power, from the spread of the rows' differences in hand (normal approximation); at
    least as many as are needed where no row differs at all: n with (1 - margin)^n <= level.
    """
    normal = NormalDist()
    least = math.log(level) / math.log(1.0 - margin)
    if not differences:
        return math.ceil(least)
    spread = math.fsum(value * value for value in differences) / len(differences)
    reach = normal.inv_cdf(1.0 - level) + normal.inv_cdf(_POWER)
    return math.ceil(max(least, spread * (reach / margin) ** 2))
