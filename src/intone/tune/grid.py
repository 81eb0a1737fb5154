"""`grid`: every combination of a few phrasings, demonstration sets and layouts. A baseline.

The full factorial design, as in any textbook on experiments. The first choice of each dimension is
the user's own. How many choices the dimensions have follows from the calls: they are widened in
turn, phrasings first, as long as every combination gets about ten rows. Points are raced as in
`random`, and it uses no writer; nothing is drawn but the demonstrations.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import prod

from intone.prompt.prompt import LAYOUTS
from intone.prompt.space import Dimension, Point, PromptSpace, space_around
from intone.tune.sweep import Sweep
from intone.tune.variation import demonstration_sets

_LAYOUTS = 1  # beside the user's own: phrasings bring layouts of their own
_SETS = 4


class Grid(Sweep):
    """Grid search."""

    def points(self, most: int) -> tuple[PromptSpace, Iterator[Point]]:
        given, pool = self.material.given, self.material.pool
        others = [layout for layout in LAYOUTS if layout != given.layout]
        around = space_around(
            given,
            phrasings=self.material.phrasings,
            demonstrations=demonstration_sets(pool, given.variables, self.material.seed, _SETS),
            layouts=others[:_LAYOUTS],
        )
        order = ("phrasing", "demonstrations", "layout")
        found = sorted(around.dimensions, key=lambda dimension: order.index(dimension.name))
        counts = widened([len(dimension.choices) for dimension in found], most + 1)
        cut = PromptSpace(
            tuple(
                Dimension(dimension.name, dimension.choices[:count])
                for dimension, count in zip(found, counts, strict=True)
            )
        )
        return cut, iter(cut)


def widened(counts: Sequence[int], most: int) -> list[int]:
    """Return how many choices each dimension gets, so that the product is at most `most`.

    Starting at one each, the dimensions get one more in turn, while there is room.
    """
    taken = [1] * len(counts)
    wider = True
    while wider:
        wider = False
        for place, count in enumerate(counts):
            more = [*taken[:place], taken[place] + 1, *taken[place + 1 :]]
            if taken[place] < count and prod(more) <= most:
                taken, wider = more, True
    return taken
