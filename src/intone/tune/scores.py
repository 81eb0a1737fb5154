"""Scores: what candidates have reached on which rows. Owns the merit that candidates are ranked by.

The merit of an outcome is its score, or, where the backend gave the probability of the right
label, the mean of score and that probability: it tells "nearly right" from "far off" and so needs
fewer rows to rank candidates. Verdicts never use it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeVar

from intone.evaluate.outcome import Outcome

_PRIOR_ROWS = 4.0
_PRIOR_PROGRAMS = 1.0
_SWEEPS = 12

K = TypeVar("K")


def merit(outcome: Outcome) -> float | None:
    """Return what an outcome counts in a ranking (0..1), None where it is missing."""
    if outcome.score is None:
        return None
    if outcome.likelihood is None:
        return outcome.score
    return (outcome.score + outcome.likelihood) / 2


class Scores:
    """Outcomes by candidate and row; the last outcome of a row counts (samples are averaged)."""

    def __init__(self) -> None:
        self._merits: dict[str, dict[int, dict[int, float]]] = {}
        self._scores: dict[str, dict[int, dict[int, float]]] = {}

    def add(self, outcomes: Iterable[Outcome]) -> None:
        """Take outcomes in."""
        for outcome in outcomes:
            worth = merit(outcome)
            if worth is None or outcome.score is None:
                continue
            rows = self._merits.setdefault(outcome.program, {})
            rows.setdefault(outcome.row, {})[outcome.sample] = worth
            scored = self._scores.setdefault(outcome.program, {})
            scored.setdefault(outcome.row, {})[outcome.sample] = outcome.score

    def count(self, program: str) -> int:
        """Return on how many rows a program has been scored."""
        return len(self._scores.get(program, {}))

    def score(self, program: str) -> float | None:
        """Return a program's mean score over all its rows."""
        return _mean(self._scores.get(program, {}).values())

    def by_row(self, program: str) -> dict[int, float]:
        """Return a program's score on each row it has been scored on."""
        scored = self._scores.get(program, {})
        return {row: sum(of.values()) / len(of) for row, of in scored.items()}

    def merit(self, program: str, rows: Sequence[int] | None = None) -> float | None:
        """Return a program's mean merit over these rows (those it has), or over all its rows."""
        known = self._merits.get(program, {})
        if rows is None:
            return _mean(known.values())
        return _mean(known[row] for row in rows if row in known)

    def strengths(self) -> dict[str, float]:
        """Return how much better than the others each program is, in merit, rows accounted for.

        Programs have met different rows, and some rows are easier than others, so the merits are
        fitted as overall mean + strength of the program + ease of the row (two-way additive model,
        fitted by alternating means). Both effects are drawn towards 0, as if by some more rows
        without an effect, so that luck on a few rows does not lead.
        """
        cells = [
            (program, row, sum(samples.values()) / len(samples))
            for program, rows in self._merits.items()
            for row, samples in rows.items()
        ]
        if not cells:
            return {}
        overall = sum(value for _, _, value in cells) / len(cells)
        ease: dict[int, float] = {}
        strength: dict[str, float] = {}
        for _ in range(_SWEEPS):
            residuals = ((p, v - overall - ease.get(r, 0.0)) for p, r, v in cells)
            strength = _drawn(residuals, _PRIOR_ROWS)
            ease = _drawn(((r, v - overall - strength[p]) for p, r, v in cells), _PRIOR_PROGRAMS)
        return strength


def _drawn(residuals: Iterable[tuple[K, float]], prior: float) -> dict[K, float]:
    """Return the mean residual of each key, drawn towards 0 as if by `prior` more zeros."""
    sums: dict[K, float] = {}
    counts: dict[K, int] = {}
    for key, value in residuals:
        sums[key] = sums.get(key, 0.0) + value
        counts[key] = counts.get(key, 0) + 1
    return {key: total / (counts[key] + prior) for key, total in sums.items()}


def _mean(samples: Iterable[dict[int, float]]) -> float | None:
    means = [sum(values.values()) / len(values) for values in samples]
    return sum(means) / len(means) if means else None
