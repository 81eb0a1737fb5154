"""A verdict on macro-F1. Owns its split into format and substance; the test is macro_f1.py's."""

from __future__ import annotations

from collections.abc import Sequence

from intone.verdict.estimate import Estimate
from intone.verdict.macro_f1 import macro_f1_difference, macro_f1_gain
from intone.verdict.verdict import Terms, Verdict, pronounce


def judge_macro_f1(
    targets: Sequence[str],
    before: Sequence[str | None],
    after: Sequence[str | None],
    missing: Sequence[bool],
    *,
    smallest_detectable: float | None = None,
    opened: int | None = None,
    exploratory: bool = False,
    level: float = 0.05,
) -> Verdict:
    """Compare two programs' macro-F1 on the same rows, in the same order.

    A prediction of None could not be read. `missing` marks rows where either program has no answer
    at all (status *failed*): left out, and counted the wrong way for both in the worst case.

    Macro-F1 is no sum over rows, so the parts depend on which rows change first. Substance is what
    changing the rows that both could read brings, averaged over changing them first and last.
    Raises ValueError if the lengths differ.
    """
    if not len(targets) == len(before) == len(after) == len(missing):
        raise ValueError(
            f"the four sequences must have one entry per row, not {len(targets)}, {len(before)}, "
            f"{len(after)} and {len(missing)}"
        )
    rows = [row for row, gone in enumerate(missing) if not gone]
    kept = [targets[row] for row in rows]
    old = [before[row] for row in rows]
    new = [after[row] for row in rows]
    estimate = macro_f1_difference(kept, old, new, level)

    def worst(gain: bool) -> Estimate:
        # a missing row is right for one program and unread for the other
        wrong: list[str | None] = [None] * len(targets)
        right_before, right_after = (targets, wrong) if gain else (wrong, targets)
        return macro_f1_difference(
            targets,
            _filled(before, right_before, missing),
            _filled(after, right_after, missing),
            level,
        )

    terms = Terms(smallest_detectable, opened, exploratory, level)
    substance = _substance(kept, old, new)
    return pronounce(estimate, substance, len(targets) - len(rows), worst, terms)


def _filled(
    predictions: Sequence[str | None], instead: Sequence[str | None], missing: Sequence[bool]
) -> list[str | None]:
    return [
        other if gone else prediction
        for prediction, other, gone in zip(predictions, instead, missing, strict=True)
    ]


def _substance(
    targets: Sequence[str], before: Sequence[str | None], after: Sequence[str | None]
) -> float:
    both = [old is not None and new is not None for old, new in zip(before, after, strict=True)]
    substance_first = _filled(before, after, both)
    format_first = _filled(after, before, both)
    changed_first = macro_f1_gain(targets, before, substance_first)
    changed_last = macro_f1_gain(targets, format_first, after)
    return (changed_first + changed_last) / 2.0
