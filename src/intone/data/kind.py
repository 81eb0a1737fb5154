"""What the targets look like, so that a grader can be chosen. Owns the guess, not the grader."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping
from typing import Literal

from intone.data.dataset import Dataset

TargetKind = Literal["label", "number", "json", "exact"]

_NUMBER = re.compile(
    r"[-+]?(?=\.?\d)(0|[1-9]\d{0,2}(,\d{3})+|[1-9]\d*)?(\.\d+)?(e[-+]?\d+)?", re.IGNORECASE
)
_LONGEST_LABEL = 80
_FEW_LABELS = 20
_RATING = 5
_MOST_NUMBER_LABELS = 11
"""A scale from 0 to 10 has eleven values."""
_LOOKED_AT = 5000


def target_kind(dataset: Dataset) -> TargetKind:
    """Guess from the targets what an answer has to be.

    - *json*: every target is a JSON object
    - *label*: few different short targets that come back: 2 rows a target on average if there
      are at most 20 targets, else 3, and at least half of the targets occur twice. Numbers are
      labels only if they look like codes or a rating: at most 5 of them with 3 rows each on
      average, or at most 11 and no more than the square root of the number of rows.
    - *number*: all are numbers (no leading zeros, which are codes)
    - *exact*: anything else, and a dataset without targets
    """
    counts = dataset.target_counts
    targets = _first_targets(dataset) if not counts and dataset.target else list(counts)
    if not targets:
        return "exact"
    if all(map(_is_object, targets)):
        return "json"
    numeric = all(map(is_number, targets))
    if counts and (_few_numbers(counts) if numeric else _few_labels(counts)):
        return "label"
    return "number" if numeric else "exact"


def is_number(text: str) -> bool:
    """Whether the text is one number and nothing else (`1,234.5` and `2e3` are)."""
    return _NUMBER.fullmatch(text) is not None


def _first_targets(dataset: Dataset) -> list[str]:
    rows: Iterable[int] = range(min(len(dataset), _LOOKED_AT))
    return [target for row in rows if (target := dataset[row].target) is not None]


def _is_object(text: str) -> bool:
    if not text.startswith("{"):
        return False
    try:
        return isinstance(json.loads(text), dict)
    except (ValueError, RecursionError):
        return False


def _few_labels(counts: Mapping[str, int]) -> bool:
    rows_each = sum(counts.values()) / len(counts)
    short = all(len(target) <= _LONGEST_LABEL and "\n" not in target for target in counts)
    again = 2 * sum(count > 1 for count in counts.values()) >= len(counts)
    return short and again and rows_each >= (2 if len(counts) <= _FEW_LABELS else 3)


def _few_numbers(counts: Mapping[str, int]) -> bool:
    rows, different = sum(counts.values()), len(counts)
    rating = different <= _RATING and rows >= 3 * different
    scale = different <= _MOST_NUMBER_LABELS and different <= math.sqrt(rows)
    return rating or scale
