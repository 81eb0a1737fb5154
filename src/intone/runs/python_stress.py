"""What a Python program calls to stress a prompt: `stress`, its async twin, and the result."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from intone.errors import SettingError
from intone.evaluate.budget import Budget
from intone.llm.backend import Backend
from intone.runs.blocking import wait_for
from intone.runs.orders import execute
from intone.runs.python import Given, Task, checked, checked_rows, kept_in, order_for
from intone.runs.results import Result
from intone.runs.running import Which
from intone.stress.measure import Measure


@dataclass(frozen=True)
class StressResult(Result):
    """What a stress test came to. A measure is None where there is nothing to measure."""

    @property
    def spread(self) -> Measure | None:
        """The best variant's mean score minus the worst one's; None without scores."""
        return self._measure("spread")

    @property
    def p(self) -> float | None:
        """The chance of such a spread if the variants do not differ; None without scores."""
        null = self.form["null_spread"]
        return None if null is None else float(null["p"])

    @property
    def disagreement(self) -> Measure | None:
        """The share of pairs of variants whose answers to a row differ, over rows."""
        return self._measure("disagreement")

    @property
    def kappa(self) -> Measure | None:
        """Fleiss' kappa; None where all answers are the same."""
        return self._measure("kappa")

    @property
    def posix(self) -> Measure | None:
        """POSIX; None where the backend gives no label probabilities."""
        return self._measure("posix")

    @property
    def by_kind(self) -> Mapping[str, Mapping[str, Any]]:
        """The same measures for each kind of change, with its variants."""
        return dict(self.form["by_kind"])

    @property
    def flips(self) -> Sequence[Mapping[str, Any]]:
        """The rows whose answers differ, those that differ most first."""
        return list(self.form["flips"])

    def _measure(self, name: str) -> Measure | None:
        form = self.form[name]
        return None if form is None else Measure(form["value"], form["low"], form["high"])


async def astress(  # noqa: PLR0913 - these are what a user may say, as for the command
    prompt: Given,
    task: Task,
    *,
    model: str | Backend = "local",
    budget: Budget | None = None,
    kinds: Sequence[str] = (),
    variants: int = 3,
    rows: Which = "tuning",
    seed: int = 0,
    settings: Mapping[str, Any] | None = None,
    folder: str | Path = ".",
) -> StressResult:
    """Put a prompt to changes that should not matter; see `stress`."""
    if isinstance(kinds, str) or not isinstance(kinds, Sequence):
        raise SettingError(f"kinds is {kinds!r}; give a list of texts")
    changes = {"stress.kinds": tuple(kinds), "stress.variants": variants, "tune.seed": seed}
    told = {**changes, **checked(settings)}
    order = order_for("stress", [prompt], task, model, budget, told, folder)
    order = replace(order, rows=checked_rows(rows))
    return StressResult(await execute(order), *kept_in(order))


def stress(  # noqa: PLR0913 - these are what a user may say, as for the command
    prompt: Given,
    task: Task,
    *,
    model: str | Backend = "local",
    budget: Budget | None = None,
    kinds: Sequence[str] = (),
    variants: int = 3,
    rows: Which = "tuning",
    seed: int = 0,
    settings: Mapping[str, Any] | None = None,
    folder: str | Path = ".",
) -> StressResult:
    """Put a prompt to changes that should not matter, and measure how far its answers move.

    `kinds` are kinds of change (none: all; see docs/stress.md), `variants` how many of each. The
    task needs no target: without one the answers are compared and not scored. The other arguments
    are those of `tune` and `run`. Raises IntoneError for every expected failure.
    """
    return wait_for(
        lambda: astress(
            prompt,
            task,
            model=model,
            budget=budget,
            kinds=kinds,
            variants=variants,
            rows=rows,
            seed=seed,
            settings=settings,
            folder=folder,
        )
    )
