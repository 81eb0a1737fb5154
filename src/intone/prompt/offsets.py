"""Offsets: how a prompt's label probabilities are corrected when they are read.

Owns checking offsets and applying them. What they should be is estimated from outcomes, which is
the tuners' (`tune/label_prior.py`).
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from intone.errors import PromptError


def checked_offsets(offsets: Mapping[str, object]) -> dict[str, float]:
    """Return offsets as floats, those that are 0 left out: they say nothing.

    Raises PromptError for one that is no finite number.
    """
    kept: dict[str, float] = {}
    for label, value in offsets.items():
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise PromptError(f"the offset of {label!r} must be a number, not {value!r}")
        if not math.isfinite(value):
            raise PromptError(f"the offset of {label!r} must be a finite number, not {value!r}")
        if value:
            kept[label] = float(value)
    return kept


def corrected(choices: Mapping[str, float], offsets: Mapping[str, float]) -> dict[str, float]:
    """Return label probabilities times e to the power of their offsets, summing to 1 again.

    A label without an offset has 0 for one. What had no probability at all has none afterwards.
    """
    logs = {
        label: math.log(share) + offsets.get(label, 0.0)
        for label, share in choices.items()
        if share > 0
    }
    if not logs:
        return dict(choices)
    most = max(logs.values())
    weights = {label: math.exp(value - most) for label, value in logs.items()}
    total = math.fsum(weights.values())
    return {label: weights.get(label, 0.0) / total for label in choices}


def likeliest(choices: Mapping[str, float]) -> str:
    """Return the label with the highest probability; among equals the first listed."""
    return max(choices, key=choices.__getitem__)
