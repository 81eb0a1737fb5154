"""Demonstrations chosen by what a prompt did on the rows. No model is called.

Owns hard rows (what the prompt gets wrong) and reasoned ones (how the model came to a right
answer). The rows have to have been answered, and once shown they are no longer compared on.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from intone.data.row import Row
from intone.data.words import words_of
from intone.evaluate.outcome import Outcome
from intone.prompt.prompt import Demonstration
from intone.tune.demonstrations import mixed, shown_as
from intone.tune.scores import merit

_SURE = 0.95  # rows with more merit than this are not hard
_MORE_WORDS = 3  # an answer with fewer words than this beyond the answer itself is no reasoning,
_WORKED_OUT = "="  # unless it is worked out: “12 + 7 = 19”
LONGEST = 800
"""Characters of a reasoned answer that is short enough to be shown."""
_THOUGHTS = "<think>"


def hard(
    pool: Sequence[Row],
    outcomes: Iterable[Outcome],
    size: int,
    seed: int,
    variables: frozenset[str],
) -> tuple[Demonstration, ...]:
    """Return up to `size` rows that a prompt got wrong or was least sure of, with their targets.

    `outcomes` are that prompt's; their merit (score, and the probability of the right label where
    there is one) is averaged over samples. The lowest come first, at most half of the set with one
    target where several are hard. Rows it is sure of are not shown, so there may be fewer.
    """
    merits = _merits(outcomes)
    found = [row for row in pool if row.target is not None and merits.get(row.index, 1.0) <= _SURE]
    found.sort(key=lambda row: (merits[row.index], row.index))
    several = len({row.target for row in found}) > 1
    most = max(1, (size + 1) // 2) if several else size
    chosen: list[Row] = []
    for row in found:
        if sum(other.target == row.target for other in chosen) < most and len(chosen) < size:
            chosen.append(row)
    return mixed([shown_as(row, variables) for row in chosen], seed)


def reasoned(
    pool: Sequence[Row],
    outcomes: Iterable[Outcome],
    size: int,
    seed: int,
    variables: frozenset[str],
    longest: int = LONGEST,
) -> tuple[Demonstration, ...]:
    """Return up to `size` rows answered by the model's own reasoning where it came out right.

    For tasks answered with numbers or free text, and outcomes of a prompt that lets the model
    reason. Only answers that could be read and scored 1 are taken, whole ones of at most `longest`
    characters that say more than the answer, if only an equation; the shortest one of a row, and
    the rows with the shortest (as in the rationales of Zelikman et al. 2022, "STaR", and the
    bootstrapped demonstrations of Khattab et al. 2023, "DSPy", kept only if right).
    """
    best: dict[int, str] = {}
    for outcome in outcomes:
        text = outcome.text.strip()
        if _is_reasoned(outcome, text) and len(text) <= longest:
            kept = best.get(outcome.row)
            best[outcome.row] = text if kept is None else min(kept, text, key=_by_length)
    found = [row for row in pool if row.target is not None and row.index in best]
    found.sort(key=lambda row: (len(best[row.index]), row.index))
    return mixed([shown_as(row, variables, best[row.index]) for row in found[:size]], seed)


def _merits(outcomes: Iterable[Outcome]) -> dict[int, float]:
    by_row: dict[int, list[float]] = {}
    for outcome in outcomes:
        worth = merit(outcome)
        if worth is not None:
            by_row.setdefault(outcome.row, []).append(worth)
    return {row: sum(worths) / len(worths) for row, worths in by_row.items()}


def _is_reasoned(outcome: Outcome, text: str) -> bool:
    more = len(words_of(text)) - len(words_of(outcome.answer or ""))
    right = outcome.status == "answered" and outcome.score == 1.0
    return right and (more >= _MORE_WORDS or _WORKED_OUT in text) and _THOUGHTS not in text


def _by_length(text: str) -> tuple[int, str]:
    return len(text), text
