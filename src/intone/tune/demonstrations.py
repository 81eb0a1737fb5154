"""Demonstration sets chosen from rows. Owns which rows are shown and in what order."""

from __future__ import annotations

from collections.abc import Sequence

from intone.data.canonical import draw
from intone.data.row import Row
from intone.prompt.prompt import Demonstration


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
    chosen: list[Row] = []
    depth = 0
    while len(chosen) < size and any(len(group) > depth for group in groups):
        chosen += [group[depth] for group in groups if len(group) > depth]
        depth += 1
    chosen = chosen[:size]
    chance.shuffle(chosen)
    return tuple(
        Demonstration({n: row.inputs[n] for n in sorted(variables)}, row.target or "")
        for row in chosen
    )
