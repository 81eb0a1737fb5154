"""How numbers are written. Owns every format of a figure, so that all screens agree."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def score(value: float | None) -> str:
    """Return a score in 0..1 with two decimals, `–` where there is none."""
    return "–" if value is None else f"{value:.2f}"


def interval(low: float | None, high: float | None) -> str:
    """Return a score's interval, such as `[0.50, 0.65]`; nothing where there is none."""
    return "" if low is None or high is None else f"[{low:.2f}, {high:.2f}]"


def points(share: float, *, sign: bool = True) -> str:
    """Return a difference of scores in points with one decimal: `+19.4`, and never `-0.0`."""
    value = round(100.0 * share, 1) + 0.0
    return f"{value:+.1f}" if sign else f"{value:.1f}"


def about_points(share: float) -> str:
    """Return a difference in whole points, signed: `+4`."""
    return f"{round(100.0 * share) + 0:+d}"


def chance(p: float) -> str:
    """Return a p-value: `p = 0.001`, four decimals where three would round it to the level."""
    if p < 0.001:
        return "p < 0.001"
    text = f"{p:.3f}"
    return f"p = {p:.4f}" if text == "0.050" else f"p = {text}"


def count(number: int) -> str:
    """Return a number with its thousands apart: `1,234`."""
    return f"{number:,}"


def counted(number: int, one: str, many: str = "") -> str:
    """Return a number with its noun: `1 row`, `2 rows`."""
    return f"{count(number)} {one if number == 1 else many or one + 's'}"


def tokens(number: float) -> str:
    """Return a number of tokens: `812 tokens`, `101 k tokens`, `2.4 M tokens`."""
    if number < 1_000:
        return counted(int(number), "token")
    if number < 999_500:
        return f"{number / 1e3:.{1 if number < 9_950 else 0}f} k tokens"
    return f"{number / 1e6:.1f} M tokens"


def money(usd: float) -> str:
    """Return an amount: `$1.25`, `$0.0031`; cents from a dollar on."""
    if usd >= 1 or usd == 0:
        return f"${usd:,.2f}"
    return f"${usd:.4f}" if usd >= 0.0001 else "under $0.0001"


def duration(seconds: float) -> str:
    """Return a time: `0.4 s`, `41 s`, `6 min 12 s`, `2 h 5 min`."""
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def spent(form: Mapping[str, Any]) -> str:
    """Return what a run has spent: `466 calls, 101 k tokens, 6 min 12 s`."""
    calls = counted(form["calls"], "call")
    kinds = [("replayed", "replayed"), ("broken", "broke off")]
    told = [f"{count(form[name])} {words}" for name, words in kinds if form.get(name)]
    if told:
        calls += f" ({', '.join(told)})"
    used = form["prompt_tokens"] + form["completion_tokens"] + form.get("broken_tokens", 0)
    parts = [calls, tokens(used)]
    if form.get("usd"):
        parts.append(money(form["usd"]))
    return ", ".join([*parts, duration(form["seconds"])])
