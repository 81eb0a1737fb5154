"""The objective: what a search makes large, and the front where it is more than the score.

Owns how score, tokens and consistency are weighed. Verdicts and shipping are about the score, or,
where consistency is weighed, about score and consistency; never about tokens.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import NamedTuple

from intone.errors import SettingError
from intone.tune.candidate import Candidate
from intone.tune.scores import Scores

_PER = 1000.0  # tokens
_NAMES = ("score", "tokens", "spread")
_MOST_CAUTION = 0.5


@dataclass(frozen=True)
class Objective:
    """Weights of the mean score (0..1) and of every thousand tokens a call takes on average.

    `tokens` is 0 or negative: -0.05 takes five points of score for each thousand tokens. `spread`
    is 0 or negative too: the weight of how far the scores of harmless versions differ on a row. It
    is weighed in row by row (see `robust.py`), so that a score is already less by it.
    """

    score: float = 1.0
    tokens: float = 0.0
    spread: float = 0.0

    @property
    def caution(self) -> float:
        """The weight of the spread for a weight of score of 1, as a positive number."""
        return -self.spread / self.score

    def value(self, score: float, tokens: float) -> float:
        """Return what a score (or a strength, in the same unit) is worth at so many tokens."""
        return self.score * score + self.tokens * tokens / _PER


SCORE = Objective()
ROBUST = Objective(spread=-_MOST_CAUTION)


class Point(NamedTuple):
    """A candidate on the front, with its mean score and tokens a call on the rows it met."""

    candidate: Candidate
    score: float
    tokens: float


def read_objective(told: str | Mapping[str, float]) -> Objective:
    """Return the objective a spec names.

    Raises SettingError for a name or a weight there is not, a weight of score that is not positive,
    one of tokens that is, and one of spread that is or is more than half of that of the score.
    """
    if told == "score":
        return SCORE
    if told == "robust":
        return ROBUST
    if isinstance(told, str):
        raise SettingError(
            f"unknown tune.objective {told!r}; there are: score, robust, or weights such as "
            "{score = 1, tokens = -0.05}"
        )
    unknown = sorted(set(told) - set(_NAMES))
    if unknown:
        raise SettingError(
            f"unknown weight tune.objective.{unknown[0]}; there are: {', '.join(_NAMES)}"
        )
    score, tokens = told.get("score", 1.0), told.get("tokens", 0.0)
    if not (isfinite(score) and score > 0):
        raise SettingError(f"tune.objective.score is {score:g}; it must be above 0")
    if not (isfinite(tokens) and tokens <= 0):
        raise SettingError(
            f"tune.objective.tokens is {tokens:g}; it must be 0 or below: tokens are a cost"
        )
    spread = told.get("spread", 0.0)
    if not (isfinite(spread) and -_MOST_CAUTION * score <= spread <= 0):
        raise SettingError(
            f"tune.objective.spread is {spread:g}; it must be from {-_MOST_CAUTION * score:g} "
            "(half the weight of score, as robust has it) to 0"
        )
    return Objective(score, tokens, spread)


def front(candidates: Sequence[Candidate], scores: Scores) -> list[Point]:
    """Return the candidates that no other beats in score at no more tokens, cheapest first.

    The first candidate is the recommended one and is on it: what seems better at fewer tokens was
    ranked below it, so that its score is thought to be luck, and is left out. Of the others only
    those that met at least half as many rows as any did are looked at; of equal ones the first is
    kept.
    """
    scored = [candidate for candidate in candidates if scores.count(candidate.scored_as)]
    most = max((scores.count(candidate.scored_as) for candidate in scored), default=0)
    points = [
        Point(candidate, score, scores.tokens(candidate.scored_as))
        for candidate in scored
        if (2 * scores.count(candidate.scored_as) >= most or candidate is scored[0])
        and (score := scores.score(candidate.scored_as)) is not None
    ]
    if not points:
        return []
    chosen, *others = points
    with_it = [chosen, *(p for p in others if _agrees(p, chosen))]
    found: list[Point] = []
    for point in sorted(with_it, key=lambda point: (point.tokens, -point.score)):
        if not found or point.score > found[-1].score:
            found.append(point)
    return found


def _agrees(point: Point, chosen: Point) -> bool:
    """Say whether a point is either cheaper and worse than the chosen one, or dearer and better."""
    cheaper, worse = point.tokens < chosen.tokens, point.score < chosen.score
    dearer, better = point.tokens > chosen.tokens, point.score > chosen.score
    return (cheaper and worse) or (dearer and better)
