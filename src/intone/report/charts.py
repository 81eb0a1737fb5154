"""The charts of a report: intervals side by side, and a search's score against its calls.

Owns what is drawn where; the shapes and their colours are `figure`'s.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from intone.report import numbers
from intone.report.figure import WIDTH, Dot, Figure, Label, Shape, Stroke, Tone, ticks
from intone.report.words import one_line

_LEFT, _RIGHT = 46.0, 18.0
_ROW = 46.0


Scale: TypeAlias = Callable[[float], float]


@dataclass(frozen=True, slots=True)
class Entry:
    """A value with its interval, both None where there is none."""

    label: str
    value: float
    low: float | None
    high: float | None
    said: str
    tone: Tone = "accent"


def scale(low: float, high: float, start: float, end: float) -> Scale:
    """Return what turns values between two ends into places between two others."""
    unit = (end - start) / ((high - low) or 1.0)
    return lambda value: start + (value - low) * unit


def intervals(
    name: str, title: str, entries: Sequence[Entry], *, around_zero: bool = False
) -> Figure:
    """Return values with their intervals, a row each; `around_zero` draws points.

    An end that is no finite number is left out, as is a value.
    """
    entries = [_drawable(entry) for entry in entries if math.isfinite(entry.value)]
    ends = [end for e in entries for end in (e.value, e.low, e.high) if end is not None]
    low, high = min([0.0, *ends]), max([0.0 if around_zero else 1.0, *ends])
    if around_zero:
        margin = 0.08 * (high - low) or 0.05
        low, high = low - margin, high + margin
    place = scale(low, high, 16.0, WIDTH - 16.0)
    bottom = 14.0 + _ROW * len(entries)
    shapes: list[Shape] = []
    for tick in ticks(low, high):
        x = place(tick)
        main = around_zero and tick == 0
        tone: Tone = "dim" if main else "grid"
        for row in range(len(entries)):  # beside the labels, not through them
            y = 14.0 + _ROW * row
            shapes.append(Stroke(((x, y + 19), (x, y + 37)), tone, 1.5 if main else 1.0))
        said = f"{round(100 * tick):+d}" if around_zero and tick else f"{tick:g}"
        shapes.append(Label(x, bottom + 18, said, "middle", "dim", 12))
    for row, entry in enumerate(entries):
        y = 14.0 + _ROW * row
        shapes.append(Label(16, y + 13, one_line(entry.label, 36), tone="ink"))
        shapes.append(Label(WIDTH - 16, y + 13, entry.said, "end", "dim"))
        shapes += _with_ends(entry, place, y + 28)
    unit = "points" if around_zero else "score"
    shapes.append(Label(WIDTH - 16, bottom + 36, unit, "end", "dim", 12))
    about = "; ".join(f"{one_line(entry.label)}: {entry.said}" for entry in entries)
    return Figure(name, title, about, bottom + 44, tuple(shapes))


def search(
    heats: Sequence[Mapping[str, Any]], winner: str, given: str, name: str = "search"
) -> Figure | None:
    """Return the candidates' scores on tuning rows against the calls spent; None if there are none.

    A dot is a candidate at the end of a heat, a ring one that was dropped there; the line follows
    the leader: the best of those that met the most rows.
    """
    spent, points, leaders = 0, [], []
    for heat in heats:
        spent += int(heat["calls"])
        scored = [c for c in heat["candidates"] if c["score"] is not None]
        points += [(spent, candidate) for candidate in scored]
        if scored:
            best = max(scored, key=lambda c: (c["rows"], c["score"]))
            leaders.append((spent, float(best["score"])))
    if not points:
        return None
    scores = [float(candidate["score"]) for _, candidate in points]
    low, high = min(scores), max(scores)
    margin = max(0.05, 0.1 * (high - low))
    low, high = max(0.0, low - margin), min(1.0, high + margin)
    across = scale(0, spent, _LEFT, WIDTH - _RIGHT)
    up = scale(low, high, 236.0, 16.0)
    shapes = _axes(low, high, spent, across, up)
    start = [(0, leaders[0][1])] if leaders[0][0] else []
    line = [(across(x), up(y)) for x, y in _stairs([*start, *leaders])]
    shapes.append(Stroke(tuple(line), "accent", 2.0))
    for calls, candidate in points:
        tone: Tone = "dim"
        if candidate["prompt_id"] == given:
            tone = "bad"
        elif candidate["prompt_id"] == winner:
            tone = "good"
        at = Dot(across(calls), up(float(candidate["score"])), 4.0, tone)
        dropped = candidate["dropped_at"] is not None
        shapes.append(Dot(at.x, at.y, at.radius, at.tone, hollow=dropped))
    shapes += _legend(winner != given)
    best_score = max(y for _, y in leaders)
    about = (
        f"{len(points)} scores of candidates over {numbers.counted(spent, 'call')}; "
        f"the leader ends at {numbers.score(leaders[-1][1])}, the best seen is "
        f"{numbers.score(best_score)}"
    )
    return Figure(name, "score on the tuning rows against calls", about, 312, tuple(shapes))


def _drawable(entry: Entry) -> Entry:
    ends = (entry.low, entry.high)
    whole = all(end is not None and math.isfinite(end) for end in ends)
    return entry if whole else replace(entry, low=None, high=None)


def _axes(low: float, high: float, spent: int, across: Scale, up: Scale) -> list[Shape]:
    shapes: list[Shape] = []
    for tick in ticks(low, high, 5):
        y = up(tick)
        shapes.append(Stroke(((_LEFT, y), (WIDTH - _RIGHT, y)), "grid", 1.0))
        shapes.append(Label(_LEFT - 8, y + 4, f"{tick:.2f}", "end", "dim", 12))
    for tick in ticks(0, spent, 5):
        shapes.append(Label(across(tick), 256, numbers.count(int(tick)), "middle", "dim", 12))
    shapes.append(Stroke(((_LEFT, 240.0), (WIDTH - _RIGHT, 240.0)), "dim", 1.0))
    shapes.append(Label(WIDTH - _RIGHT, 274, "calls spent on the search", "end", "dim", 12))
    return shapes


def _legend(found: bool) -> list[Shape]:
    entries: list[tuple[Tone, bool, str]] = [("bad", False, "your prompt")]
    if found:
        entries.append(("good", False, "the winner"))
    entries += [("dim", False, "others"), ("dim", True, "dropped")]
    shapes: list[Shape] = []
    x = _LEFT + 4
    for tone, hollow, text in entries:
        shapes.append(Dot(x, 296, 4.0, tone, hollow))
        shapes.append(Label(x + 9, 300, text, tone="dim", size=12))
        x += 32 + 6.6 * len(text)
    return shapes


def _with_ends(entry: Entry, place: Scale, y: float) -> list[Shape]:
    shapes: list[Shape] = []
    if entry.low is not None and entry.high is not None:
        left, right = place(entry.low), place(entry.high)
        shapes.append(Stroke(((left, y), (right, y)), entry.tone, 2.5))
        shapes += [Stroke(((x, y - 5), (x, y + 5)), entry.tone, 2.0) for x in (left, right)]
    return [*shapes, Dot(place(entry.value), y, 5.0, entry.tone)]


def _stairs(points: Sequence[tuple[int, float]]) -> list[tuple[int, float]]:
    found = [points[0]]
    for x, y in points[1:]:
        found += [(x, found[-1][1]), (x, y)]
    return found
