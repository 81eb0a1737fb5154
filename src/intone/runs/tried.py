"""What came of trying prompts on a few rows: answers side by side, and what they cost.

Pure. Owns the values that a page shows and how outcomes become them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from intone.data.row import Row
from intone.evaluate.budget import Price, Spent
from intone.evaluate.outcome import Outcome
from intone.runs.drafting import Piece, words_differing

SHOWN = 4000
"""Characters of an answer that a page shows."""


@dataclass(frozen=True, slots=True)
class Answered:
    """What one variant came to on one row.

    `text` is what the model wrote, `read` what was read out of it where that is not all of it.
    `mark` is *right*, *wrong* or a score in words; empty where there is no label to hold it
    against.
    """

    text: str
    read: str
    status: str
    mark: str
    reason: str
    tokens: int
    replayed: bool


@dataclass(frozen=True, slots=True)
class TriedRow:
    """A row and what each variant came to; None where the limit of calls left no room."""

    name: str
    label: str | None
    answers: tuple[Answered | None, ...]


@dataclass(frozen=True, slots=True)
class Total:
    """One variant over all rows: mean score of those `graded`, tokens, and USD at known prices."""

    score: float | None
    right: int
    graded: int
    answered: int
    prompt_tokens: int
    completion_tokens: int
    usd: float | None


@dataclass(frozen=True, slots=True)
class Tried:
    """A try. `calls` were paid from its limit, `replayed` of them answered by the ledger for free.

    `usd` is what all calls cost at the known prices, a judge's too.
    """

    rows: tuple[TriedRow, ...]
    totals: tuple[Total, ...]
    calls: int
    replayed: int
    usd: float | None
    notices: tuple[str, ...] = ()


def differences(found: Tried) -> list[list[list[Piece] | None]]:
    """Return for each row, for each variant, its answer's words against the first variant's.

    None where there is nothing to compare: for the first, and where an answer is missing or the
    same. Long answers take long: not for an event loop.
    """
    return [[_against(row.answers[0], answer) for answer in row.answers] for row in found.rows]


def _against(first: Answered | None, answer: Answered | None) -> list[Piece] | None:
    if first is None or answer is None or not first.text or first.text == answer.text:
        return None
    return words_differing(first.text[:SHOWN], answer.text[:SHOWN])


def tried(
    rows: Sequence[tuple[str, Row]],
    columns: Sequence[Sequence[Outcome | None]],
    spent: Spent,
    price: Price | None,
    notices: Sequence[str] = (),
) -> Tried:
    """Lay the outcomes of each variant out by rows; each row comes with what it is called."""
    return Tried(
        tuple(
            TriedRow(name, row.target, tuple(_answered(column[at]) for column in columns))
            for at, (name, row) in enumerate(rows)
        ),
        tuple(_total([it for it in column if it is not None], price) for column in columns),
        spent.calls,
        spent.replayed,
        None if price is None else spent.usd,
        tuple(notices),
    )


def _answered(outcome: Outcome | None) -> Answered | None:
    if outcome is None:
        return None
    text = (outcome.text or outcome.answer or "").strip()
    mark = ""
    if outcome.score is not None:
        words = {1.0: "right", 0.0: "wrong"}
        mark = words.get(outcome.score, f"score {outcome.score:.2f}")
    return Answered(
        text=text,
        read=outcome.answer or "" if outcome.parsed and outcome.answer != text else "",
        status=outcome.status,
        mark=mark,
        reason="" if outcome.score == 1.0 else outcome.reason,
        tokens=outcome.usage.prompt_tokens + outcome.usage.completion_tokens,
        replayed=outcome.replayed == outcome.calls > 0,
    )


def _total(outcomes: Sequence[Outcome], price: Price | None) -> Total:
    scores = [outcome.score for outcome in outcomes if outcome.score is not None]
    return Total(
        score=sum(scores) / len(scores) if scores else None,
        right=sum(score == 1.0 for score in scores),
        graded=len(scores),
        answered=sum(outcome.status != "failed" for outcome in outcomes),
        prompt_tokens=sum(outcome.usage.prompt_tokens for outcome in outcomes),
        completion_tokens=sum(outcome.usage.completion_tokens for outcome in outcomes),
        usd=None if price is None else sum(price.of(outcome.usage) for outcome in outcomes),
    )
