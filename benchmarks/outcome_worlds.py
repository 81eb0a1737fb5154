"""Worlds to race in without a model: recorded outcomes from files, or made up from a seed.

Owns the file format and the making up. A file is JSON, one a task, without any text of the task:

    {"task": "sms_spam", "model": "local-small", "rows": 150,
     "candidates": ["as given", "ask as …", …],
     "scores": [[1000, 0, null, …], …],        thousandths, one list a candidate, null: failed
     "likelihoods": [[912, 31, null, …], …],   thousandths, or null where there are none
     "choices": [[[-9, -310], …], …]}          hundredths of a nat: the logarithms of the labels'
                                               probabilities, or null where there are none
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from intone.evaluate.outcome import Outcome
from intone.tune.scores import merit

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class World:
    """Candidates x rows as a search would meet them, and what is true of the candidates.

    `scores` and `likelihoods` (NaN: missing) are in the order in which rows are met; `true` is each
    candidate's mean score over the population of which the rows are a sample.
    """

    scores: Floats
    likelihoods: Floats | None
    true: Floats

    @cached_property
    def outcomes(self) -> list[list[Outcome]]:
        """The outcomes that the engine would have given, by candidate and row."""
        count, rows = self.scores.shape
        return [[self._outcome(i, row) for row in range(rows)] for i in range(count)]

    @cached_property
    def merits(self) -> Floats:
        """What candidates are ranked by, candidates x rows (NaN: missing)."""
        found = [[merit(outcome) for outcome in of_one] for of_one in self.outcomes]
        return np.array(found, dtype=np.float64)

    def _outcome(self, program: int, row: int) -> Outcome:
        score = self.scores[program, row]
        if np.isnan(score):
            return Outcome(str(program), row, 0, "failed", None, "")
        known = np.nan if self.likelihoods is None else self.likelihoods[program, row]
        likelihood = None if np.isnan(known) else float(known)
        return Outcome(str(program), row, 0, "answered", float(score), "", likelihood=likelihood)


@dataclass(frozen=True)
class Recorded:
    """One task's recorded outcomes.

    `choices` are the logarithms of the labels' probabilities, candidates x rows x labels.
    """

    task: str
    model: str
    candidates: tuple[str, ...]
    scores: Floats
    likelihoods: Floats | None
    choices: Floats | None = None

    def world(self, rng: np.random.Generator, candidates: int, rows: int) -> World:
        """Return a world of some of the candidates, its rows drawn with replacement.

        So the recorded rows are the whole population, and its truth is known.
        """
        count = len(self.candidates)
        chosen = rng.choice(count, min(candidates, count), replace=False)
        drawn = rng.integers(self.scores.shape[1], size=rows)
        known = None if self.likelihoods is None else self.likelihoods[np.ix_(chosen, drawn)]
        return World(
            self.scores[np.ix_(chosen, drawn)], known, np.nanmean(self.scores[chosen], axis=1)
        )


def read(path: Path) -> Recorded:
    """Read one task's file. Raises ValueError if its tables do not fit its candidates."""
    form = json.loads(path.read_text(encoding="utf-8"))
    scores = _from_thousandths(form["scores"])
    likely = form.get("likelihoods")
    likelihoods = None if likely is None else _from_thousandths(likely)
    shape = (len(form["candidates"]), form["rows"])
    for table in (scores, likelihoods):
        if table is not None and table.shape != shape:
            raise ValueError(f"{path}: a table is {table.shape}, its candidates and rows {shape}")
    given = form.get("choices")
    choices = None if given is None else np.array(given, dtype=np.float64) / 100
    if choices is not None and choices.shape[:2] != shape:
        raise ValueError(f"{path}: a table is {choices.shape}, its candidates and rows {shape}")
    names = tuple(form["candidates"])
    return Recorded(form["task"], form["model"], names, scores, likelihoods, choices)


def write(path: Path, recorded: Recorded) -> None:
    """Write one task's file."""
    likely = recorded.likelihoods
    form = {
        "task": recorded.task,
        "model": recorded.model,
        "rows": recorded.scores.shape[1],
        "candidates": list(recorded.candidates),
        "scores": _thousandths(recorded.scores),
        "likelihoods": None if likely is None else _thousandths(likely),
        "choices": None if recorded.choices is None else _hundredths(recorded.choices),
    }
    lines = json.dumps(form, ensure_ascii=False, separators=(",", ":")).replace("],[", "],\n[")
    path.write_text(lines + "\n", encoding="utf-8")


def _thousandths(table: Floats) -> list[list[int | None]]:
    return [[None if np.isnan(v) else round(1000 * v) for v in row] for row in table]


def _hundredths(table: Floats) -> list[list[list[int]]]:
    return [[[round(100 * v) for v in labels] for labels in row] for row in table]


def _from_thousandths(table: Sequence[Sequence[int | None]]) -> Floats:
    return np.array([[np.nan if v is None else v / 1000 for v in row] for row in table])


@dataclass(frozen=True)
class MadeUp:
    """Candidates of known strength on rows of any difficulty.

    An answer is right where strength + ease of the row + chance is above 0, all three normal; the
    likelihood of the right label follows the same sum, with some noise of its own. `gaps` are the
    points between the best and the second best, one drawn for each world; the others lie evenly
    spread over `spread` points below the second. How often two candidates differ on a row is drawn
    too: on 11 to 31 % of the rows where both are right on 70 %.
    """

    gaps: tuple[float, ...] = (0.0, 2.0, 5.0, 10.0)
    spread: float = 20.0

    def world(self, rng: np.random.Generator, candidates: int, rows: int) -> World:
        """Return a world; its truth is exact."""
        best = rng.uniform(0.6, 0.9)
        below = self.gaps[rng.integers(len(self.gaps))] + np.sort(
            np.append(0.0, rng.uniform(0, self.spread, candidates - 2))
        )
        true = best - np.append(0.0, below) / 100
        rng.shuffle(true)
        chance = rng.uniform(0.3, 1.2)
        scale = np.sqrt(1 + chance**2)
        margin = (ndtri(true) * scale)[:, None] + rng.normal(0, 1, rows)
        margin = margin + rng.normal(0, chance, (candidates, rows))
        likelihood = ndtr((margin + rng.normal(0, 0.5, margin.shape)) / scale)
        return World((margin > 0).astype(np.float64), likelihood, true)
