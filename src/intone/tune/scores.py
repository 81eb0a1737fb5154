"""Scores: what candidates have reached on which rows. Owns the merit that candidates are ranked by.

The merit of an outcome is its score, or, where the backend gave the probability of the right
label, the mean of score and that probability: it tells "nearly right" from "far off" and so needs
fewer rows to rank candidates. Verdicts never use it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from intone.evaluate.outcome import Outcome

_PRIOR_ROWS = 4.0
_PRIOR_PROGRAMS = 1.0
_PRIOR_TRAITS = 1.0
_SWEEPS = 12
_SWEEPS_WITH_TRAITS = 40


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
        self._tokens: dict[str, dict[int, dict[int, float]]] = {}

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
            used = self._tokens.setdefault(outcome.program, {}).setdefault(outcome.row, {})
            used[outcome.sample] = outcome.usage.prompt_tokens + outcome.usage.completion_tokens

    def count(self, program: str) -> int:
        """Return on how many rows a program has been scored."""
        return len(self._scores.get(program, {}))

    def score(self, program: str) -> float | None:
        """Return a program's mean score over all its rows."""
        return _mean(self._scores.get(program, {}).values())

    def tokens(self, program: str) -> float:
        """Return how many tokens a program takes on a row, on average; 0 for one without a row."""
        return _mean(self._tokens.get(program, {}).values()) or 0.0

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

    def strengths(self, traits: Mapping[str, Collection[str]] | None = None) -> dict[str, float]:
        """Return how much better than the others each program is, in merit, rows accounted for.

        Programs have met different rows, and some rows are easier than others, so the merits are
        fitted as overall mean + strength of the program + ease of the row (two-way additive model,
        fitted by alternating means). Both effects are drawn towards 0, as if by some more rows
        without an effect, so that luck on a few rows does not lead.

        With `traits`, what programs have in common by the names of what they share (a layout, a
        place of the question), a strength is drawn towards the sum of its traits' effects instead,
        which are fitted to the strengths and drawn towards 0 themselves: what ten programs on eight
        rows each tell about a trait, each of the ten has the benefit of. Programs with traits but
        without a row have a strength then too: the one their traits promise.
        """
        traits = traits or {}
        programs = list(dict.fromkeys([*self._merits, *traits]))
        rows = list({row: None for known in self._merits.values() for row in known})
        if not rows:
            return {}
        place = {row: at for at, row in enumerate(rows)}
        cells = [
            (p, place[row], sum(samples.values()) / len(samples))
            for p, program in enumerate(programs)
            for row, samples in self._merits.get(program, {}).items()
        ]
        which, where, values = (np.array(column) for column in zip(*cells, strict=True))
        values = values - values.mean()
        met = np.bincount(which, minlength=len(programs))
        times = np.bincount(where, minlength=len(rows))
        has = _table(programs, traits)
        inverse = np.linalg.inv(has.T @ has + _PRIOR_TRAITS * np.eye(has.shape[1])) @ has.T
        ease, drawn_to = np.zeros(len(rows)), np.zeros(len(programs))
        strength = drawn_to
        for _ in range(_SWEEPS if not has.size else _SWEEPS_WITH_TRAITS):
            sums = np.bincount(which, values - ease[where], len(programs))
            strength = (sums + _PRIOR_ROWS * drawn_to) / (met + _PRIOR_ROWS)
            sums = np.bincount(where, values - strength[which], len(rows))
            ease = sums / (times + _PRIOR_PROGRAMS)
            drawn_to = has @ (inverse @ strength)
        return dict(zip(programs, strength.tolist(), strict=True))


def _table(programs: Sequence[str], traits: Mapping[str, Collection[str]]) -> NDArray[np.float64]:
    """Return a row of 0 and 1 for each program, a column for each trait that several have."""
    counts = Counter(name for program in programs for name in set(traits.get(program, ())))
    names = sorted(name for name, count in counts.items() if 1 < count < len(programs))
    cells = [[float(name in traits.get(program, ())) for name in names] for program in programs]
    return np.array(cells, dtype=np.float64).reshape(len(programs), len(names))


def _mean(samples: Iterable[dict[int, float]]) -> float | None:
    means = [sum(values.values()) / len(values) for values in samples]
    return sum(means) / len(means) if means else None
