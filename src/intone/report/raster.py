"""Figures as PNG files, drawn here: numpy and zlib are all it takes.

Owns turning shapes into pixels and the file's format (PNG, third edition: one IDAT, no filter).
A line is the set of points near its segments; the share of a pixel within it is taken from the
distance of its middle, which makes edges smooth.
"""

from __future__ import annotations

import math
import struct
import zlib
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from intone.report.figure import LIGHT, WIDTH, Dot, Figure, Label, Stroke, Tone
from intone.report.strokes import strokes
from intone.report.words import on_page

_Floats = NDArray[np.float64]
_Points = Sequence[tuple[float, float]]


def png(figure: Figure, scale: float = 2.0) -> bytes:
    """Return the figure as a PNG file of `scale` pixels a unit, in the light colours."""
    picture = _Picture(WIDTH * scale, figure.height * scale)
    for shape in figure.shapes:
        if isinstance(shape, Stroke):
            lines = [_scaled(line, scale) for line in _dashes(shape)]
            picture.draw(lines, shape.width * scale / 2, shape.tone)
        elif isinstance(shape, Dot):
            middle = [_scaled([(shape.x, shape.y)], scale)]
            picture.draw(middle, (shape.radius + 0.75) * scale, shape.tone)
            if shape.hollow:
                picture.draw(middle, (shape.radius - 0.75) * scale, "paper")
        else:
            thick = 0.085 if shape.bold else 0.055
            lines = [_scaled(line, scale) for line in _written(shape)]
            picture.draw(lines, shape.size * thick * scale, shape.tone)
    return _file(picture.pixels)


class _Picture:
    """Pixels that lines are drawn on."""

    def __init__(self, width: float, height: float) -> None:
        size = (math.ceil(height), math.ceil(width))
        self._colours: _Floats = np.empty((*size, 3))
        self._colours[:] = _colour("paper")

    @property
    def pixels(self) -> NDArray[np.uint8]:
        return np.rint(self._colours).astype(np.uint8)

    def draw(self, lines: Iterable[_Points], half: float, tone: Tone) -> None:
        """Draw lines of one colour, `half` their width; a single point is a dot."""
        height, width, _ = self._colours.shape
        cover: _Floats = np.zeros((height, width))
        for points in lines:
            ends = points[1:] or points
            for one, other in zip(points, ends, strict=False):
                _cover(cover, one, other, half)
        rows, columns = np.nonzero(cover)
        share = cover[rows, columns, None]
        under = self._colours[rows, columns]
        self._colours[rows, columns] = under + share * (_colour(tone) - under)


def _cover(
    cover: _Floats, one: tuple[float, float], other: tuple[float, float], half: float
) -> None:
    """Raise each pixel's share to what a segment covers of it."""
    (x1, y1), (x2, y2) = one, other
    reach = half + 1
    left, right = max(0, int(min(x1, x2) - reach)), int(max(x1, x2) + reach) + 1
    top, bottom = max(0, int(min(y1, y2) - reach)), int(max(y1, y2) + reach) + 1
    part = cover[top:bottom, left:right]
    if not part.size:
        return
    x = np.arange(left, left + part.shape[1]) + 0.5 - x1
    y = (np.arange(top, top + part.shape[0]) + 0.5 - y1)[:, None]
    dx, dy = x2 - x1, y2 - y1
    length = dx * dx + dy * dy
    along = np.clip((x * dx + y * dy) / length, 0, 1) if length else np.zeros_like(x + y)
    distance = np.hypot(x - along * dx, y - along * dy)
    np.maximum(part, np.clip(half - distance + 0.5, 0, 1), out=part)


def _written(label: Label) -> list[_Points]:
    lines, width = strokes(on_page(label.text), label.size)
    start = label.x - {"start": 0.0, "middle": width / 2, "end": width}[label.anchor]
    return [[(start + x, label.y + y) for x, y in line] for line in lines]


def _dashes(stroke: Stroke) -> list[_Points]:
    if not stroke.dashed:
        return [stroke.points]
    found: list[_Points] = []
    for (x1, y1), (x2, y2) in zip(stroke.points, stroke.points[1:], strict=False):
        length = math.hypot(x2 - x1, y2 - y1)
        for i in range(int(length // 8) + 1):
            begin, end = 8 * i / (length or 1), min(1.0, (8 * i + 4) / (length or 1))
            found.append([(x1 + t * (x2 - x1), y1 + t * (y2 - y1)) for t in (min(begin, 1.0), end)])
    return found


def _scaled(points: _Points, scale: float) -> _Points:
    return [(x * scale, y * scale) for x, y in points]


def _colour(tone: Tone) -> _Floats:
    text = LIGHT[tone]
    return np.array([int(text[i : i + 2], 16) for i in (1, 3, 5)], dtype=np.float64)


def _file(pixels: NDArray[np.uint8]) -> bytes:
    height, width, _ = pixels.shape
    lines = b"".join(b"\0" + pixels[row].tobytes() for row in range(height))
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = [(b"IHDR", head), (b"IDAT", zlib.compress(lines, 9)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, content) for name, content in chunks)


def _chunk(name: bytes, content: bytes) -> bytes:
    check = zlib.crc32(name + content)
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", check)
