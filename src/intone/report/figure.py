"""Figures as a few shapes, and as SVG. Owns the shapes and their colours; `charts` draws with them.

A figure is 440 units wide, so that its text can still be read on a phone. Colours are names
(`tone`); inside a page they follow the page's light or dark mode, in a file of their own the
reader's. `raster` draws the same shapes as PNG, in the light colours.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Literal

from intone.report.words import on_page

Tone = Literal["ink", "dim", "grid", "accent", "good", "bad", "paper"]
Anchor = Literal["start", "middle", "end"]

WIDTH = 440
LIGHT: dict[Tone, str] = {
    "ink": "#1d2329",
    "dim": "#5b6570",
    "grid": "#d5dae0",
    "accent": "#1f5fbf",
    "good": "#1a7f4b",
    "bad": "#b3372f",
    "paper": "#ffffff",
}
DARK: dict[Tone, str] = {
    "ink": "#e6e9ed",
    "dim": "#a3adb8",
    "grid": "#3a434d",
    "accent": "#7fb2ff",
    "good": "#5fcf95",
    "bad": "#ff8f86",
    "paper": "#14181d",
}


@dataclass(frozen=True, slots=True)
class Stroke:
    """A line through points."""

    points: tuple[tuple[float, float], ...]
    tone: Tone = "ink"
    width: float = 1.5
    dashed: bool = False


@dataclass(frozen=True, slots=True)
class Dot:
    """A filled circle, or a ring."""

    x: float
    y: float
    radius: float = 4.0
    tone: Tone = "accent"
    hollow: bool = False


@dataclass(frozen=True, slots=True)
class Label:
    """A line of text; `y` is its baseline, `x` its start, middle or end."""

    x: float
    y: float
    text: str
    anchor: Anchor = "start"
    tone: Tone = "ink"
    size: float = 13.0
    bold: bool = False


Shape = Stroke | Dot | Label


@dataclass(frozen=True, slots=True)
class Figure:
    """Shapes in a frame of 440 x `height`; `title` and `about` are read aloud in its place.

    `name` is what its file is called.
    """

    name: str
    title: str
    about: str
    height: float
    shapes: tuple[Shape, ...]


def style(prefix: str = "") -> str:
    """Return the CSS of the tones; `prefix` is a selector that they apply under."""
    light, dark = _variables(LIGHT), _variables(DARK)
    return (
        f"{prefix}svg.figure{{{light}}}\n"
        f"@media (prefers-color-scheme: dark){{{prefix}svg.figure{{{dark}}}}}\n"
        f"@media print{{{prefix}svg.figure{{{light}}}}}\n"
    )


def svg(figure: Figure, *, alone: bool = False) -> str:
    """Return the figure as SVG: for inside a page, or `alone` as a file of its own."""
    head = f'viewBox="0 0 {WIDTH} {_number(figure.height)}" role="img" class="figure"'
    inner = ""
    if alone:
        head = f'xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" ' + head
        inner = f'<style>{style()}</style><rect width="100%" height="100%" {_fill("paper")}/>'
    title, about = (escape(on_page(text)) for text in (figure.title, figure.about))
    shapes = "\n".join(_shape(shape) for shape in figure.shapes)
    font = 'font-family="system-ui, -apple-system, Segoe UI, Roboto, sans-serif"'
    told = f"<title>{title}</title>\n<desc>{about}</desc>"
    return f"<svg {head} {font}>\n{told}\n{inner}{shapes}\n</svg>"


def _variables(tones: dict[Tone, str]) -> str:
    return "".join(f"--{tone}:{colour};" for tone, colour in tones.items())


def _shape(shape: Shape) -> str:
    if isinstance(shape, Stroke):
        points = " ".join(f"{_number(x)},{_number(y)}" for x, y in shape.points)
        dash = ' stroke-dasharray="4 4"' if shape.dashed else ""
        return (
            f'<polyline points="{points}" fill="none" style="stroke:var(--{shape.tone})" '
            f'stroke-width="{_number(shape.width)}" stroke-linejoin="round"{dash}/>'
        )
    if isinstance(shape, Dot):
        inside = "paper" if shape.hollow else shape.tone
        return (
            f'<circle cx="{_number(shape.x)}" cy="{_number(shape.y)}" '
            f'r="{_number(shape.radius)}" stroke-width="1.5" '
            f'style="fill:var(--{inside});stroke:var(--{shape.tone})"/>'
        )
    weight = ' font-weight="600"' if shape.bold else ""
    return (
        f'<text x="{_number(shape.x)}" y="{_number(shape.y)}" font-size="{_number(shape.size)}" '
        f'text-anchor="{shape.anchor}" {_fill(shape.tone)}{weight}>'
        f"{escape(on_page(shape.text))}</text>"
    )


def _fill(tone: Tone) -> str:
    return f'style="fill:var(--{tone})"'


def _number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def ticks(low: float, high: float, most: int = 6) -> Sequence[float]:
    """Return round numbers from `low` to `high`, at most about `most`; the ends need not be any."""
    span = high - low
    if span <= 0:
        return [low]
    size = 10.0 ** _floor_log10(span / most)
    step = next(size * f for f in (1, 2, 5, 10) if span / (size * f) <= most)
    first = -(-low // step) * step
    count = int((high - first) / step + 1e-9) + 1
    return [round(first + i * step, 10) + 0.0 for i in range(count)]


def _floor_log10(value: float) -> int:
    power = 0
    while 10.0 ** (power + 1) <= value:
        power += 1
    while 10.0**power > value:
        power -= 1
    return power
