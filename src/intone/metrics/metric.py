"""The Metric protocol, its estimate, and the metrics by name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from intone.errors import SettingError


@dataclass(frozen=True, slots=True)
class Estimate:
    """A metric's value with its 95 % interval (all in 0..1), from `n` graded rows."""

    value: float
    low: float
    high: float
    n: int


class Metric(Protocol):
    """Aggregates the grades of one prompt."""

    @property
    def name(self) -> str: ...

    def of(
        self,
        scores: Sequence[float | None],
        targets: Sequence[str | None],
        answers: Sequence[str | None],
    ) -> Estimate:
        """Return the estimate over rows: score (None: missing), target, answer (None: unread).

        Missing rows are left out. Raises ValueError if none is left.
        """
        ...


METRICS = ("mean", "macro_f1")


def metric_for(name: str) -> Metric:
    """Return a metric by its name. Raises SettingError for one there is not."""
    if name == "mean":
        from intone.metrics.mean import Mean

        return Mean()
    if name == "macro_f1":
        from intone.metrics.macro_f1 import MacroF1

        return MacroF1()
    raise SettingError(f"unknown task.metric {name!r}; there are: {', '.join(METRICS)}")
