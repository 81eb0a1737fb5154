"""Several programs compared with one. Owns the correction; each comparison is judged elsewhere.

Holm's step-down (Scandinavian Journal of Statistics 6, 1979, 65-70): of m comparisons the k-th
smallest p is tested at level / (m - k + 1), and testing stops at the first that does not pass, so
that the chance of one false *better* or *worse* among all of them is at most the level.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from math import isclose

from intone.verdict.verdict import Verdict

_TIED = 1e-9  # p-values that differ by less, relatively, differ by rounding only


def judge_several(
    comparisons: Sequence[Callable[[float], Verdict]], level: float = 0.05
) -> tuple[Verdict, ...]:
    """Judge the comparisons together, in their order.

    A comparison gives its verdict at the level it is asked for, such as
    `lambda level: judge(first, other, read_first, read_other, level=level)`. In the verdicts `p` is
    Holm's adjusted p, and each interval is drawn at the level at which Holm tested it, so it
    excludes 0 exactly when the adjusted p is below `level`. Those after the first that did not pass
    share its level; those with equal p share the level of the first of them, which is the
    strictest: equal evidence gets equal intervals, whatever its order. The intervals are wider than
    95 %. `p_one_sided` is left as it was.
    """
    count = len(comparisons)
    if count < 2:
        return tuple(comparison(level) for comparison in comparisons)
    raw = [comparison(level).p for comparison in comparisons]
    adjusted = holm(raw)
    levels: dict[int, float] = {}
    before: int | None = None
    for place, index in enumerate(_by_size(raw)):
        passed = adjusted[index] < level
        levels[index] = level / (count - place)
        if before is not None and isclose(raw[before], raw[index], rel_tol=_TIED):
            levels[index] = levels[before]
        if not passed:
            levels.update(dict.fromkeys(_by_size(raw)[place:], levels[index]))
            break
        before = index
    note = f"p and interval corrected for {count} comparisons (Holm)"
    verdicts = []
    for index, comparison in enumerate(comparisons):
        verdict = comparison(levels[index])
        notes = "; ".join(filter(None, (verdict.note, note)))
        verdicts.append(replace(verdict, p=adjusted[index], note=notes))
    return tuple(verdicts)


def holm(p_values: Sequence[float]) -> tuple[float, ...]:
    """Return the adjusted p-values, in the order given."""
    adjusted = [1.0] * len(p_values)
    largest = 0.0
    for place, index in enumerate(_by_size(p_values)):
        largest = max(largest, min(1.0, (len(p_values) - place) * p_values[index]))
        adjusted[index] = largest
    return tuple(adjusted)


def _by_size(p_values: Sequence[float]) -> list[int]:
    return sorted(range(len(p_values)), key=lambda index: p_values[index])
