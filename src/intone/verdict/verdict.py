"""Better, worse or undecided. Owns the verdict, its words and the rule for shipping.

The tests are paired.py and macro_f1.py. What is judged, and on which rows, is the caller's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

from intone.verdict.estimate import Estimate, Word
from intone.verdict.paired import paired

SHIP_AT = 0.2
"""A positive sealed difference ships at a one-sided p of at most this."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """A paired comparison of two programs, after minus before, on the same rows.

    Differences are in -1..1. `low` and `high` bound the interval (95 % unless several were
    compared); `p` is two-sided and comes from the same test. `format` and `substance` add up to
    the difference. `missing` rows had no score for one of the two and were left out; `opened` says
    how often these sealed rows have been used, None if they are not sealed. `smallest_detectable`
    is what was announced before spending.
    """

    word: Word
    difference: float
    low: float
    high: float
    p: float
    n: int
    smallest_detectable: float | None
    format: float
    substance: float
    missing: int = 0
    opened: int | None = None
    exploratory: bool = False
    note: str = ""
    p_one_sided: float = 1.0

    def __str__(self) -> str:
        kind = "sealed rows" if self.opened is not None else "rows"
        p = "p < 0.001" if self.p < 0.001 else f"p = {_short(self.p)}"
        return (
            f"{self.word}: {points(self.difference, sign=True)} points "
            f"[{points(self.low)}, {points(self.high)}] on {self.n} {kind}, {p}"
            + (f"; {self.note}" if self.note else "")
        )

    def to_dict(self) -> dict[str, object]:
        """Return the verdict as it stands in JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, form: Mapping[str, Any]) -> Verdict:
        """Make a verdict from its JSON form; names it does not know are left out."""
        names = {field.name for field in fields(cls)}
        return cls(**{name: value for name, value in form.items() if name in names})


@dataclass(frozen=True, slots=True)
class Terms:
    """What a verdict is told rather than finds: see `Verdict` and `judge`."""

    smallest_detectable: float | None = None
    opened: int | None = None
    exploratory: bool = False
    level: float = 0.05


def judge(
    before: Sequence[float | None],
    after: Sequence[float | None],
    parsed_before: Sequence[bool],
    parsed_after: Sequence[bool],
    *,
    smallest_detectable: float | None = None,
    opened: int | None = None,
    exploratory: bool = False,
    level: float = 0.05,
) -> Verdict:
    """Compare two programs' scores on the same rows, in the same order.

    A score is in 0..1, or None where it is missing; several samples of a row are averaged first
    (`paired.average`). `parsed_*` says whether the row's answer could be read. Rows that miss a
    score are left out, and the word is *undecided* if their worst case would turn it. Exploratory
    means cross-validated rows: the word is always *undecided*. Raises ValueError if the lengths
    differ or a score is outside 0..1.
    """
    if not len(before) == len(after) == len(parsed_before) == len(parsed_after):
        raise ValueError(
            f"the four sequences must have one entry per row, not {len(before)}, {len(after)}, "
            f"{len(parsed_before)} and {len(parsed_after)}"
        )
    rows = [
        (old, new, read_old and read_new)
        for old, new, read_old, read_new in zip(
            before, after, parsed_before, parsed_after, strict=True
        )
        if old is not None and new is not None
    ]
    estimate = paired([old for old, _, _ in rows], [new for _, new, _ in rows], level)

    def worst(gain: bool) -> Estimate:
        # the missing scores, all against the gain (or against the loss)
        high, low = (1.0, 0.0) if gain else (0.0, 1.0)
        return paired(
            [high if score is None else score for score in before],
            [low if score is None else score for score in after],
            level,
        )

    substance = sum(new - old for old, new, read in rows if read) / max(1, len(rows))
    terms = Terms(smallest_detectable, opened, exploratory, level)
    return pronounce(estimate, substance, len(before) - len(rows), worst, terms)


def pronounce(
    estimate: Estimate,
    substance: float,
    missing: int,
    worst: Callable[[bool], Estimate],
    terms: Terms,
) -> Verdict:
    """Turn an estimate into a verdict.

    `substance` is the part of the difference that is not format. `worst` gives the estimate with
    the missing rows counted against a gain (True) or against a loss (False).
    """
    word: Word = estimate.word
    note = ""
    if terms.exploratory:
        word, note = "undecided", "exploratory: cross-validated, no row was sealed"
    elif missing and word != "undecided" and worst(word == "better").word != word:
        rows = "row" if missing == 1 else "rows"
        note = f"{word}, were it not for {missing} missing {rows}: their worst case would turn it"
        word = "undecided"
    return Verdict(
        word=word,
        difference=estimate.difference,
        low=estimate.low,
        high=estimate.high,
        p=estimate.p,
        n=estimate.n,
        smallest_detectable=terms.smallest_detectable,
        format=estimate.difference - substance,
        substance=substance,
        missing=missing,
        opened=terms.opened,
        exploratory=terms.exploratory,
        note=note,
        p_one_sided=estimate.p_one_sided,
    )


def ships(verdict: Verdict) -> bool:
    """Return whether the program compared replaces the user's: a gain with one-sided p <= 0.2.

    An exploratory verdict never ships: its rows chose the program, so they cannot argue for it.
    """
    gain = verdict.difference > 0 and verdict.p_one_sided <= SHIP_AT
    return gain and not verdict.exploratory


def points(share: float, *, sign: bool = False) -> str:
    """Return a share as points with one decimal, never as -0.0."""
    value = round(100.0 * share, 1) + 0.0
    return f"{value:+.1f}" if sign else f"{value:.1f}"


def _short(p: float) -> str:
    """Return p with three decimals, or four where three would round it up to the level."""
    text = f"{p:.3f}"
    return f"{p:.4f}" if text == "0.050" else text
