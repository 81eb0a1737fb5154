"""Plots of the spread: each variant's score, by kind, beside the score as given.

Owns the drawing, as lines for a terminal and as a figure. The band is the spread that noise alone
stays under in 95 of 100 cases, around the middle of the kind's scores.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from intone.report import numbers
from intone.report.charts import scale
from intone.report.console import Part, columns, line
from intone.report.figure import WIDTH, Dot, Figure, Label, Shape, Stroke, ticks
from intone.report.words import one_line

_CELLS = 40
_SIDE, _ROW = 16.0, 48.0
NAME = "spread"
"""What the figure's file is called."""
_MARGIN = 0.02


@dataclass(frozen=True)
class Strip:
    """One kind's scores: the given program's, its variants', and how far noise alone spreads."""

    kind: str
    given: float
    variants: Sequence[tuple[str, float]]
    noise: float

    @property
    def band(self) -> tuple[float, float]:
        """The range of width `noise` around the middle of the scores, within 0..1."""
        scores = [self.given, *(score for _, score in self.variants)]
        middle = (min(scores) + max(scores)) / 2
        return max(0.0, middle - self.noise / 2), min(1.0, middle + self.noise / 2)


def strips(result: Mapping[str, Any]) -> list[Strip]:
    """Return a strip for each kind that has scores."""
    found = []
    for kind, part in result["by_kind"].items():
        known = [(it["sentence"], it["score"]) for it in part["variants"]]
        if part["given"] is not None and part["null_spread"] is not None:
            found.append(Strip(kind, part["given"], known, part["null_spread"]["high"]))
    return found


def spread_lines(result: Mapping[str, Any]) -> list[Part]:
    """Return the plot as lines: `o` a variant (a digit: so many), `|` the score as given.

    Nothing where there are no scores.
    """
    drawn = strips(result)
    if not drawn:
        return []
    low, high = _range(drawn)
    table = columns("", "", "", gap=2)
    for strip in drawn:
        table.add_row(strip.kind, _cells(strip, low, high), _ends(strip))
    scale = f"{low:.2f}".ljust(_CELLS - 4) + f"{high:.2f}"
    table.add_row("", line((scale, "dim")), "")
    key = "o a variant, | as given, - what noise alone would spread over"
    return [table, line((key, "dim"))]


def _ends(strip: Strip) -> str:
    scores = [strip.given, *(score for _, score in strip.variants)]
    return f"{numbers.score(min(scores))} to {numbers.score(max(scores))}"


def _cells(strip: Strip, low: float, high: float) -> str:
    def place(score: float) -> int:
        return min(_CELLS - 1, max(0, round((score - low) / (high - low) * (_CELLS - 1))))

    first, last = (place(end) for end in strip.band)
    cells = ["-" if first <= at <= last else " " for at in range(_CELLS)]
    counts: dict[int, int] = {}
    for _, score in strip.variants:
        counts[place(score)] = counts.get(place(score), 0) + 1
    for at, count in counts.items():
        cells[at] = "o" if count == 1 else str(min(9, count))
    if place(strip.given) not in counts:
        cells[place(strip.given)] = "|"
    return "".join(cells)


def _range(drawn: Sequence[Strip]) -> tuple[float, float]:
    """Return the scale's ends: all scores and bands, and a little around them."""
    scores = [score for strip in drawn for _, score in strip.variants]
    scores += [strip.given for strip in drawn]
    scores += [end for strip in drawn for end in strip.band]
    low, high = max(0.0, min(scores) - _MARGIN), min(1.0, max(scores) + _MARGIN)
    return low, max(high, low + _MARGIN)


def spread_figure(result: Mapping[str, Any]) -> Figure:
    """Return the plot as a figure: a dot a variant, a line the score as given, noise in grey."""
    drawn = strips(result)
    title = f"{one_line(str(result['name']), 50)}: score under changes that should not matter"
    if not drawn:
        none = "no scores: there was nothing to grade against"
        return Figure(NAME, title, none, 40, (Label(_SIDE, 24, none),))
    low, high = _range(drawn)
    place = scale(low, high, _SIDE, WIDTH - _SIDE)
    bottom = 14.0 + _ROW * len(drawn)
    shapes: list[Shape] = []
    for tick in ticks(low, high, 5):
        shapes.append(Label(place(tick), bottom + 18, f"{tick:.2f}", "middle", "dim", 12))
    for at, strip in enumerate(drawn):
        shapes += _strip(strip, 14.0 + _ROW * at, place)
    key = "grey: what noise alone would spread over"
    shapes.append(Label(WIDTH - _SIDE, bottom + 36, key, "end", "dim", 12))
    about = "; ".join(f"{strip.kind}: {_ends(strip)}" for strip in drawn)
    return Figure(NAME, title, about, bottom + 44, tuple(shapes))


def _strip(strip: Strip, top: float, place: Callable[[float], float]) -> list[Shape]:
    first, last = (place(end) for end in strip.band)
    y = top + 28
    shapes: list[Shape] = [
        Label(_SIDE, top + 13, strip.kind),
        Label(WIDTH - _SIDE, top + 13, _ends(strip), "end", "dim"),
        Stroke(((first, y), (last, y)), "grid", 16.0),
        Stroke(((place(strip.given), y - 10), (place(strip.given), y + 10)), "ink", 2.0),
    ]
    shapes += [Dot(place(score), y, 4.5, "accent", hollow=True) for _, score in strip.variants]
    return shapes
