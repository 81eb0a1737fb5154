"""Scores: what candidates have reached on which rows. Owns the merit that candidates are ranked by.

The merit of an outcome is its score, or, where the backend gave the probability of the right
label, the mean of score and that probability: it tells "nearly right" from "far off" and so needs
fewer rows to rank candidates. Verdicts never use it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from intone.evaluate.outcome import Outcome

_PRIOR_ROWS = 4.0  # a mean over few rows is drawn towards the mean of all as if by so many rows


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

    def merit(self, program: str, rows: Sequence[int] | None = None) -> float | None:
        """Return a program's mean merit over these rows (those it has), or over all its rows."""
        known = self._merits.get(program, {})
        if rows is None:
            return _mean(known.values())
        return _mean(known[row] for row in rows if row in known)

    def shrunk(self, program: str) -> float:
        """Return the mean merit, drawn towards the mean over all programs when rows are few.

        A program that was not scored gets the overall mean less a little, so it never leads.
        """
        everyone = [m for m in (self.merit(p) for p in self._merits) if m is not None]
        overall = sum(everyone) / len(everyone) if everyone else 0.0
        own = self.merit(program)
        if own is None:
            return overall - 1e-6
        rows = self.count(program)
        return (own * rows + overall * _PRIOR_ROWS) / (rows + _PRIOR_ROWS)


def _mean(samples: Iterable[dict[int, float]]) -> float | None:
    means = [sum(values.values()) / len(values) for values in samples]
    return sum(means) / len(means) if means else None
