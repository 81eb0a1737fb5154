"""Before and after: what a check comes to over past inputs, and whether that is a cure.

Owns which past inputs are replayed, what a check comes to over them, and what counts as cured. It
judges answers that are there; asking the model is the caller's.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from intone.data.canonical import draw
from intone.data.row import Row
from intone.metrics.measures import measured
from intone.prompt.library.checks import Check
from intone.verdict.shift import Shift, shift_test, smallest_p

MOST = 24
"""Inputs that one wish is replayed on, unless told otherwise."""
ENOUGH = 8
"""With so many other inputs, those that were complained about are left out of the test."""

_LENGTHS = ("words", "sentences", "characters", "lines", "paragraphs")
_LEAST_LENGTH = 1 / 3
_LEAST = 0.15
_ANY = 1e-6

Cure = Literal["cured", "too few", "not cured"]


@dataclass(frozen=True)
class Replay:
    """Inputs to answer again: those that were complained about, and a sample of the others."""

    complained: tuple[Row, ...]
    others: tuple[Row, ...]

    @property
    def rows(self) -> tuple[Row, ...]:
        """All of them, those complained about first."""
        return (*self.complained, *self.others)

    @property
    def tested(self) -> tuple[Row, ...]:
        """Those the test is made on.

        An answer that was complained about was picked for being bad, and any other answer to the
        same input is likely to be less so, whatever the prompt says (regression to the mean). So
        where there are enough other inputs, these alone decide.
        """
        return self.others if len(self.others) >= ENOUGH else self.rows


@dataclass(frozen=True)
class Checked:
    """A check before and after a change, over the rows where both answered.

    `before` and `after` are means in the check's own unit (shares where it holds or not), `low` and
    `high` bound the change, after minus before, each with the confidence 1 - `level` (infinite:
    too few rows bound nothing). `p` is one-sided. *cured*: the change is in the right direction,
    as large as a person would notice, and not chance. *too few*: it would be, on more rows.
    """

    name: str
    before: float
    after: float
    low: float
    high: float
    p: float
    level: float
    n: int
    word: Cure
    reason: str = ""


def choose(
    complained: Sequence[Row], others: Sequence[Row], seed: int = 0, most: int = MOST
) -> Replay:
    """Choose the inputs to replay: all that were complained about, the rest drawn from the others.

    Of very many complaints half of `most` are drawn. Which, depends on the seed and the rows alone,
    not on their order. Equal inputs are replayed once.
    """
    by_inputs = {_key(row): row for row in complained}
    mine = _drawn(list(by_inputs.values()), seed, "complained")
    if len(mine) > most // 2:
        mine = mine[: max(most // 2, most - len(others))]
    rest = {_key(row): row for row in others if _key(row) not in by_inputs}
    theirs = _drawn(list(rest.values()), seed, "replayed")[: max(0, most - len(mine))]
    return Replay(tuple(mine), tuple(theirs))


def checked(
    check: Check,
    pairs: Sequence[tuple[Row, str, str]],
    level: float,
    labels: Sequence[str] = (),
) -> Checked:
    """Judge a check on answers before and after: (row, before, after), at a one-sided level."""
    values = [
        (_value(check, old, row, labels), _value(check, new, row, labels))
        for row, old, new in pairs
    ]
    one_answer = check.better not in ("fewer", "more")
    if one_answer:
        values = [(check.score(old), check.score(new)) for old, new in values]
    sign = -1.0 if check.better == "fewer" else 1.0
    noticed = None if one_answer else _noticed(check)
    return compared(check.sentence, values, level, sign=sign, noticed=noticed)


def compared(
    name: str,
    values: Sequence[tuple[float, float]],
    level: float,
    *,
    sign: float = 1.0,
    noticed: Callable[[float], float] | None = None,
) -> Checked:
    """Judge values before and after, of which more is better (less, where `sign` is -1).

    `noticed` gives the least change that counts, from the mean before; default: 15 points of a
    share.
    """
    shift = shift_test([sign * (new - old) for old, new in values], level)
    n = shift.n
    before = sum(old for old, _ in values) / n if n else 0.0
    after = sum(new for _, new in values) / n if n else 0.0
    least = _LEAST if noticed is None else noticed(before)
    word, reason = _word(shift, level, least, values, sign)
    low, high = (shift.low, shift.high) if sign > 0 else (-shift.high, -shift.low)
    return Checked(name, before, after, low, high, shift.p, level, n, word, reason)


def _word(
    shift: Shift,
    level: float,
    least: float,
    values: Sequence[tuple[float, float]],
    sign: float,
) -> tuple[Cure, str]:
    if shift.n == 0:
        return "too few", "nothing was answered by both prompts"
    if shift.difference < least - 1e-9:
        moved = "it did not move" if shift.difference <= 0 else "it moved too little to notice"
        return "not cured", moved
    if shift.p <= level:
        return "cured", ""
    worse = any(sign * (new - old) < 0 for old, new in values)
    if not worse and smallest_p(shift.changed) > level:
        changed = f"all {shift.changed} answers" if shift.changed > 1 else "the one answer"
        return "too few", (
            f"it moved the right way on {changed} that changed, but so few cannot show it"
        )
    return "not cured", "it may be chance"


def _noticed(check: Check) -> Callable[[float], float]:
    """Return the least change that a person would notice, from the mean before.

    A third for lengths, 15 % for other measures; from nothing, any.
    """
    share = _LEAST_LENGTH if check.measure in _LENGTHS else _LEAST
    return lambda before: share * abs(before) or _ANY


def _value(check: Check, answer: str, row: Row, labels: Sequence[str]) -> float:
    return measured(check, answer, sources=tuple(row.inputs.values()), labels=labels)


def _drawn(rows: Sequence[Row], seed: int, purpose: str) -> list[Row]:
    return sorted(rows, key=lambda row: (draw(seed, purpose, row.id).random(), row.index))


def _key(row: Row) -> tuple[tuple[str, str], ...]:
    return tuple(sorted(row.inputs.items()))
