"""What `random` and `grid` share: points of a space, raced at once, then the leaders again.

Owns how many points there are for the calls. Which points they are is each method's.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator

from intone.prompt.space import Point, PromptSpace
from intone.tune.candidate import Candidate
from intone.tune.known import raced
from intone.tune.stepwise import Steps, Stepwise

_ROWS_EACH = 10  # calls a point is worth in the first heat, on average
_FIRST = 0.7  # of the calls
_MOST = 64


class Sweep(Stepwise):
    """Races points that do not depend on one another."""

    @abstractmethod
    def points(self, most: int) -> tuple[PromptSpace, Iterator[Point]]:
        """Return a space and at least `most` of its points, if it has so many."""

    def steps(self) -> Steps:
        given = self.known.given
        each = max(1, min(_ROWS_EACH, len(self.material.rows)))
        most = max(1, min(_MOST, int(self.calls * _FIRST) // each - 1))
        space, points = self.points(most)
        found = [given]
        for point, prompt in space.listed(self.material.given, points):
            if len(found) > most:
                break
            if prompt.id != given.id:
                worded = not prompt.demonstrations
                edits = space.edits(point)
                found.append(Candidate(prompt, edits, (given.id,), rephrasing=worded))
        yield raced(found, max(1.0, self.calls * _FIRST))
        yield self.finalists()
