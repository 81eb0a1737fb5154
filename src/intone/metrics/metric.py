"""The Metric protocol: from one prompt's graded rows to one figure with its interval.

Owns the estimate and the metrics' names; each metric is a file of its own. Comparing two prompts
is not done here: that needs a paired test (the room `verdict`).
"""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from intone.errors import SettingError

METRICS = ("mean", "macro_f1")
"""The names there are."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """One prompt's figure in 0..1 with its 95 % interval, over `n` rows.

    `missing` further rows had no score and are left out. Without any row the value is NaN and the
    interval 0..1.
    """

    value: float
    low: float
    high: float
    n: int
    missing: int = 0


NOTHING = Estimate(float("nan"), 0.0, 1.0, 0)
"""The estimate from no rows at all."""


class Metric(Protocol):
    """Aggregates one prompt's rows."""

    @property
    def name(self) -> str: ...

    def of(
        self,
        scores: Sequence[float | None],
        targets: Sequence[str | None] = (),
        answers: Sequence[str | None] = (),
    ) -> Estimate:
        """Return the figure over rows, one entry a row in each sequence.

        `scores` are in 0..1, samples of a row averaged first; None is missing and left out.
        `targets` and `answers` (the label read, None if unreadable) may be empty for a metric that
        needs scores only. Raises ValueError if the sequences differ in length. Deterministic.
        """
        ...


def metric_for(name: str) -> Metric:
    """Return the metric of this name. Raises SettingError with the nearest right name."""
    # imported here because they bring in numpy, which naming a metric need not
    from intone.metrics.macro_f1 import MacroF1
    from intone.metrics.mean import Mean

    if name == "mean":
        return Mean()
    if name == "macro_f1":
        return MacroF1()
    near = difflib.get_close_matches(name.lower().replace("-", "_"), METRICS, 1, 0.4)
    meant = f" (did you mean {near[0]!r}?)" if near else ""
    raise SettingError(
        f"task.metric is {name!r}, an unknown metric{meant}; there are: {', '.join(METRICS)}"
    )
