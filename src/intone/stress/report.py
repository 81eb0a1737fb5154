"""All measures of one set of variants, from what they came to on the rows. Pure.

Owns which rows a measure rests on: those where every variant has what it needs, so that all
variants are measured on the same rows. Failed calls are missing, never a different answer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from intone.evaluate.outcome import Outcome
from intone.stress.agreement import coded, disagreement, flipped, kappa, sensitivity
from intone.stress.measure import Measure
from intone.stress.posix import posix
from intone.stress.spread import NullSpread, null_spread, spread

Table = Sequence[Sequence[Outcome]]
"""Outcomes by row and variant; the first variant is the program as given."""


@dataclass(frozen=True)
class Consistency:
    """The measures of a table over its `n` rows that every variant answered.

    Measures of scores are None where rows have no score, `posix` where there are no label
    probabilities, `kappa` where all answers are the same. `missing` rows had a failed call.
    """

    spread: Measure | None
    null_spread: NullSpread | None
    sensitivity: Measure | None
    disagreement: Measure | None
    flipped: Measure | None
    kappa: Measure | None
    posix: Measure | None
    n: int
    missing: int

    def to_dict(self) -> dict[str, Any]:
        """Return the measures in plain values."""
        names = (
            "spread",
            "null_spread",
            "sensitivity",
            "disagreement",
            "flipped",
            "kappa",
            "posix",
        )
        found: dict[str, Any] = {}
        for name in names:
            value = getattr(self, name)
            found[name] = None if value is None else value.to_dict()
        return found | {"n": self.n, "missing": self.missing}


def answered(table: Table) -> list[Sequence[Outcome]]:
    """Return the rows that every variant answered: those that measures rest on."""
    return [row for row in table if all(one.status != "failed" for one in row)]


def consistency(table: Table, seed: int) -> Consistency:
    """Measure a table of outcomes, rows x variants (two or more)."""
    whole = answered(table)
    missing = len(table) - len(whole)
    if not whole:
        return Consistency(None, None, None, None, None, None, None, 0, missing)
    scored = [[one.score for one in row] for row in whole]
    scores = np.array([row for row in scored if None not in row], dtype=np.float64)
    codes = coded([[said(one) for one in row] for row in whole])
    likely = [[one.choices for one in row] for row in whole if all(one.choices for one in row)]
    graded = len(scores) > 0
    return Consistency(
        spread=spread(scores, seed) if graded else None,
        null_spread=null_spread(scores, seed) if graded else None,
        sensitivity=sensitivity(scores, seed) if graded else None,
        disagreement=disagreement(codes, seed),
        flipped=flipped(codes, seed),
        kappa=kappa(codes, seed),
        posix=posix(likely, seed) if likely else None,
        n=len(whole),
        missing=missing,
    )


def means(table: Table) -> list[float | None]:
    """Return each variant's mean score on the rows that the spread rests on; None without any."""
    rows = [[one.score for one in row] for row in answered(table)]
    known = np.array([row for row in rows if None not in row], dtype=np.float64)
    if not len(known):
        return [None] * (len(table[0]) if table else 0)
    found: list[float | None] = known.mean(axis=0).tolist()
    return found


def said(outcome: Outcome) -> str:
    """Return the answer as a category; an answer that could not be read is named by its status."""
    if outcome.status == "answered" and outcome.answer is not None:
        return outcome.answer
    return f"({outcome.status})"


def flips(table: Table, kinds: Sequence[str]) -> list[dict[str, Any]]:
    """Return the rows whose answers differ, those that differ most first, in plain values.

    `kinds` names the kind of each variant but the first. A row has its number (from 0), how many
    variants gave which answer, how many differ from the program as given, and by which kinds.
    """
    found = []
    for row in answered(table):
        given, *others = (" ".join(said(one).split()) for one in row)
        moved = [kind for kind, other in zip(kinds, others, strict=True) if _differ(given, other)]
        if moved:
            scores = [one.score for one in row if one.score is not None]
            found.append(
                {
                    "row": row[0].row,
                    "given": given,
                    "answers": _counts([given, *others]),
                    "moved": len(moved),
                    "kinds": list(dict.fromkeys(moved)),
                    "lowest": min(scores) if scores else None,
                    "highest": max(scores) if scores else None,
                }
            )
    return sorted(found, key=lambda it: (-it["moved"], it["row"]))


def _differ(one: str, other: str) -> bool:
    return one.casefold() != other.casefold()


def _counts(answers: Sequence[str]) -> Mapping[str, int]:
    counts: dict[str, int] = {}
    for answer in answers:
        counts[answer] = counts.get(answer, 0) + 1
    return dict(sorted(counts.items(), key=lambda pair: -pair[1]))
