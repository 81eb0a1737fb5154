"""Plots of the spread: each variant's score, by kind, beside the score as given.

Owns the drawing, as lines for a terminal and as an SVG file. The band is the spread that noise
alone stays under in 95 of 100 cases, around the middle of the kind's scores.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import escape

from intone.report import numbers
from intone.report.console import Part, columns, line
from intone.report.words import one_line

_CELLS = 40
_WIDTH, _LEFT, _RIGHT = 720, 110, 30
_TOP, _STEP, _BOTTOM = 60, 34, 46
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


def spread_svg(result: Mapping[str, Any]) -> str:
    """Return the plot as an SVG file's text. Without scores it says so."""
    drawn = strips(result)
    height = _TOP + _STEP * max(1, len(drawn)) + _BOTTOM
    title = f"{one_line(str(result['name']), 50)}: score under changes that should not matter"
    body = [
        f'<rect width="{_WIDTH}" height="{height}" fill="#ffffff"/>',
        _text(16, 26, title, size=15),
    ]
    if not drawn:
        body.append(_text(16, _TOP, "no scores: there was nothing to grade against"))
    else:
        body += _axes(drawn, height)
        for at, strip in enumerate(drawn):
            body += _strip(strip, _TOP + _STEP * at + _STEP // 2, _range(drawn))
        key = "dot: a variant · line: as given · grey: what noise alone would spread over (95 %)"
        body.append(_text(16, height - 10, key, size=11, fill="#666666"))
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" '
        f'width="{_WIDTH}" height="{height}" font-family="sans-serif">'
    )
    return "\n".join([head, *body, "</svg>"]) + "\n"


def _at(score: float, ends: tuple[float, float]) -> float:
    low, high = ends
    return round(_LEFT + (score - low) / (high - low) * (_WIDTH - _LEFT - _RIGHT), 1)


def _axes(drawn: Sequence[Strip], height: int) -> list[str]:
    low, high = ends = _range(drawn)
    foot = height - _BOTTOM
    parts = []
    for step in range(5):
        score = low + (high - low) * step / 4
        x = _at(score, ends)
        parts.append(f'<line x1="{x}" y1="{_TOP}" x2="{x}" y2="{foot}" stroke="#dddddd"/>')
        parts.append(_text(x - 12, foot + 16, f"{score:.2f}", size=11, fill="#666666"))
    return parts


def _strip(strip: Strip, y: int, ends: tuple[float, float]) -> list[str]:
    first, last = (_at(end, ends) for end in strip.band)
    x = _at(strip.given, ends)
    parts = [
        _text(16, y + 4, strip.kind),
        f'<rect x="{first}" y="{y - 9}" width="{round(last - first, 1)}" height="18" '
        'fill="#eeeeee"/>',
        f'<line x1="{x}" y1="{y - 12}" x2="{x}" y2="{y + 12}" stroke="#222222" stroke-width="2"/>',
    ]
    for sentence, score in strip.variants:
        told = escape(f"{one_line(sentence, 80)}: {numbers.score(score)}")
        parts.append(
            f'<circle cx="{_at(score, ends)}" cy="{y}" r="5" fill="#3366aa" fill-opacity="0.6">'
            f"<title>{told}</title></circle>"
        )
    return parts


def _text(x: float, y: float, text: str, *, size: int = 13, fill: str = "#222222") -> str:
    return f'<text x="{x}" y="{y}" font-size="{size}" fill="{fill}">{escape(text)}</text>'
