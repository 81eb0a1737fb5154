"""Demonstration sets chosen from rows. Owns which rows are shown and in what order.

Here is the set that needs nothing but the rows, and what all sets have in common; sets chosen by
what a prompt did on the rows are in `demonstrations_by_outcome`, by their words in
`demonstrations_by_words`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from intone.data.canonical import draw
from intone.data.row import Row
from intone.prompt.prompt import Demonstration

T = TypeVar("T")


def pool_size(rows: int) -> int:
    """Return how many of the tuning rows are set apart to be shown: a third, at most 48.

    Rows that are shown cannot be used to compare prompts, so the two are kept apart.
    """
    return min(48, rows // 3)


def balanced(
    pool: Sequence[Row], size: int, seed: int, variables: frozenset[str], take: int = 0
) -> tuple[Demonstration, ...]:
    """Return up to `size` demonstrations, as evenly over the targets as the pool allows.

    `take` numbers different sets of one size. The order mixes the targets, so that no target
    stands last as a block. Rows without a target are not shown.
    """
    by_target: dict[str, list[Row]] = {}
    for row in pool:
        if row.target is not None:
            by_target.setdefault(row.target, []).append(row)
    chance = draw(seed, "demonstrations", size, take)
    groups = [by_target[target] for target in sorted(by_target)]
    chance.shuffle(groups)
    groups = [chance.sample(group, len(group)) for group in groups]
    chosen = in_turn(groups, size)
    chance.shuffle(chosen)
    return tuple(shown_as(row, variables) for row in chosen)


def shown_as(row: Row, variables: frozenset[str], output: str | None = None) -> Demonstration:
    """Return a row as a demonstration, answered by its target unless an output is given."""
    inputs = {name: row.inputs[name] for name in sorted(variables)}
    return Demonstration(inputs, (row.target or "") if output is None else output)


def in_turn(groups: Sequence[Sequence[T]], size: int) -> list[T]:
    """Return up to `size` items: the first of every group, then the second of each, and so on."""
    chosen: list[T] = []
    depth = 0
    while len(chosen) < size and any(len(group) > depth for group in groups):
        chosen += [group[depth] for group in groups if len(group) > depth]
        depth += 1
    return chosen[:size]


def groups_of(rows: Sequence[Row], seed: int) -> list[list[Row]]:
    """Return the rows that have a target by their targets, the groups in a drawn order.

    Where most targets occur only once (free text, numbers) they say nothing about what belongs
    together, and all rows are one group.
    """
    usable = [row for row in rows if row.target is not None]
    by_target: dict[str, list[Row]] = {row.target or "": [] for row in usable}
    if 2 * len(by_target) > len(usable):
        return [usable] if usable else []
    for row in usable:
        by_target[row.target or ""].append(row)
    groups = [by_target[target] for target in sorted(by_target)]
    draw(seed, "groups").shuffle(groups)
    return groups


def mixed(shown: Sequence[Demonstration], seed: int) -> tuple[Demonstration, ...]:
    """Return demonstrations in a drawn order, so that no target stands last as a block."""
    return tuple(draw(seed, "mixed", len(shown)).sample(list(shown), len(shown)))
