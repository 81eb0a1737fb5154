"""Demonstrations chosen by the words of the rows: diverse, short, or the nearest to each row.

Owns similarity by TF-IDF among rows that may be shown. Which are nearest to a row at hand is
decided when it is rendered (`prompt/nearest.py`).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence

from intone.data.row import Row
from intone.data.words import terms_of
from intone.prompt.edits import Edit, set_demonstrations, show_nearest
from intone.prompt.prompt import Demonstration, Prompt
from intone.tune.demonstrations import groups_of, in_turn, mixed, shown_as

_SAME = 1 - 1e-9  # of this similarity two rows say the same
_MOST_COMPARED = 1000  # rows of a group that are looked at; more take long and change little

_Vector = Mapping[str, float]


def diverse(
    pool: Sequence[Row], size: int, seed: int, variables: frozenset[str]
) -> tuple[Demonstration, ...]:
    """Return up to `size` rows that are as unlike one another as can be, evenly over the targets.

    Within each target the first is the row most like all others, each next one that whose nearest
    row among the chosen is farthest (greedy farthest-point selection, Gonzalez 1985), by the cosine
    of TF-IDF vectors. Rows without a word in their inputs, and rows that repeat a chosen one, are
    left out.
    """
    groups = [group[:_MOST_COMPARED] for group in groups_of(_told(pool, variables), seed)]
    vectors = _vectors([row for group in groups for row in group], variables)
    spread = [_spread(group, vectors, size) for group in groups]
    return mixed([shown_as(row, variables) for row in in_turn(spread, size)], seed)


def short(
    pool: Sequence[Row], size: int, seed: int, variables: frozenset[str]
) -> tuple[Demonstration, ...]:
    """Return up to `size` rows that take the fewest tokens, evenly over the targets.

    Tokens are estimated by bytes. Rows without a word in their inputs are left out.
    """
    groups = [
        sorted(group, key=lambda row: (_bytes(row, variables), row.index))
        for group in groups_of(_told(pool, variables), seed)
    ]
    return mixed([shown_as(row, variables) for row in in_turn(groups, size)], seed)


def nearest(prompt: Prompt, pool: Sequence[Row], count: int) -> tuple[Edit, ...]:
    """Return the edits that show each row the `count` rows of the pool that are nearest to it.

    All of the pool becomes part of the prompt. It can be compared on nevertheless: a prompt never
    shows a row the row itself. () if fewer than two rows of the pool have a target.
    """
    usable = [row for row in pool if row.target is not None]
    if len(usable) < 2:
        return ()
    stock = [shown_as(row, prompt.variables) for row in usable]
    return (
        set_demonstrations(stock, f"choose from {len(stock)} demonstrations"),
        show_nearest("demonstrations", min(count, len(stock))),
    )


def _spread(group: Sequence[Row], vectors: Mapping[int, _Vector], size: int) -> list[Row]:
    """Return up to `size` rows of a group, each far from those before it."""
    whole: dict[str, float] = {}
    for row in group:
        for term, weight in vectors[row.index].items():
            whole[term] = whole.get(term, 0.0) + weight
    chosen: list[Row] = []
    likeness = [-_dot(vectors[row.index], whole) for row in group]  # the most typical first
    while len(chosen) < min(size, len(group)):
        at = min(range(len(group)), key=lambda i: (likeness[i], group[i].index))
        if chosen and likeness[at] >= _SAME:
            break
        added = group[at]
        near = [_dot(vectors[row.index], vectors[added.index]) for row in group]
        likeness = [max(pair) for pair in zip(likeness, near, strict=True)] if chosen else near
        likeness[at] = math.inf
        chosen.append(added)
    return chosen


def _vectors(rows: Sequence[Row], variables: frozenset[str]) -> dict[int, _Vector]:
    """Return each row's TF-IDF vector of length 1, by its index."""
    counts = {row.index: Counter(terms_of(_text(row, variables))) for row in rows}
    rows_with = Counter(term for own in counts.values() for term in own)
    vectors: dict[int, _Vector] = {}
    for index, own in counts.items():
        weights = {
            term: times * (1 + math.log((1 + len(counts)) / (1 + rows_with[term])))
            for term, times in own.items()
        }
        length = math.sqrt(math.fsum(weight**2 for weight in weights.values())) or 1.0
        vectors[index] = {term: weight / length for term, weight in weights.items()}
    return vectors


def _dot(one: _Vector, other: _Vector) -> float:
    return math.fsum(weight * other[term] for term, weight in one.items() if term in other)


def _told(rows: Sequence[Row], variables: frozenset[str]) -> list[Row]:
    return [row for row in rows if terms_of(_text(row, variables))]


def _text(row: Row, variables: frozenset[str]) -> str:
    return "\n".join(row.inputs[name] for name in sorted(variables))


def _bytes(row: Row, variables: frozenset[str]) -> int:
    return len(_text(row, variables).encode("utf-8", "replace")) + len((row.target or "").encode())
