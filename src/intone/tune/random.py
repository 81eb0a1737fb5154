"""`random`: prompts drawn evenly from the space around the user's prompt. A baseline.

Source: Bergstra and Bengio, "Random Search for Hyper-Parameter Optimization", JMLR 13 (2012),
281-305: independent, even draws from the space, all evaluated alike.

What differs: the space has phrasing, layout, three clarifiers (each in or out) and demonstrations,
so that most points change several things. Points are raced, with the calls of 70 % of the search
for about ten rows each, at most 64 points; the rest of the calls is for the leaders and the
user's prompt. Uses no writer.
"""

from __future__ import annotations

from collections.abc import Iterator

from intone.prompt.space import Point, PromptSpace
from intone.tune.sweep import Sweep
from intone.tune.variation import space


class Random(Sweep):
    """Random search."""

    def points(self, most: int) -> tuple[PromptSpace, Iterator[Point]]:
        around = space(self.material)
        return around, around.draws(self.material.seed, "random")
