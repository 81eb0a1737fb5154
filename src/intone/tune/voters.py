"""Which prompts to let vote: chosen on tuning rows by what they say together.

Owns the choice of members, weights and the way of counting. Pure: it plays votes on answers that
are there already, with the very rules of `prompt/counting.py`.

Members are chosen by greedy forward selection, two at a time (Caruana et al., "Ensemble Selection
from Libraries of Models", ICML 2004, section 2; two, because the second of two voters decides
nothing). Weights are the log-odds of being right, which are best for voters that err independently
(Nitzan and Paroush, "Optimal Decision Rules in Uncertain Dichotomous Choice Situations",
International Economic Review 23, 1982), with one right and one wrong row added to each and drawn
towards equal weights as if by fifty more rows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations
from math import log

from intone.evaluate.outcome import Outcome
from intone.prompt.counting import Ballot, fewest, winner
from intone.prompt.reading import comparable
from intone.prompt.vote import By
from intone.tune.candidate import Candidate

WORTH_A_CALL = 0.005
"""What a further call an answer has to gain, in score: half a point."""
_PRIOR_ROWS = 50
_LEAST_ROWS, _LEAST_VOTERS = 10, 3


@dataclass(frozen=True)
class Voters:
    """Members in order, best first, with their weights (none: equal) and how votes are counted.

    `score` is what the vote came to on the rows it was chosen on, `calls` what an answer took.
    """

    members: tuple[Candidate, ...]
    weights: tuple[float, ...]
    by: By
    score: float
    calls: float

    @property
    def value(self) -> float:
        """The score less what the calls cost."""
        return self.score - WORTH_A_CALL * (self.calls - 1)


@dataclass(frozen=True)
class NoVote:
    """That no vote is built, and why: words that follow “no vote:”."""

    why: str


def not_worth_it(score: float, calls: float, single: float) -> NoVote:
    """Return that a vote of this score and calls an answer does not pay beside a single prompt."""
    return NoVote(
        f"none beat the best single prompt by {100 * WORTH_A_CALL:g} points for each further call; "
        f"the best scored {score:.3f} with {calls:.1f} calls an answer, the prompt {single:.3f}"
    )


Told = Mapping[tuple[str, int], Outcome]


def choose_voters(candidates: Sequence[Candidate], told: Told, most: int) -> Voters | NoVote:
    """Return the best vote of up to `most` of the candidates, or why none is worth its calls.

    `told` are outcomes by program and row; rows that not all candidates have a score on are left
    out. Of candidates as good as one another the earlier is taken.
    """
    rows = sorted({row for _, row in told})
    rows = [row for row in rows if all(_scored(told, c, row) for c in candidates)]
    if len(candidates) < _LEAST_VOTERS:
        return NoVote(f"{len(candidates)} prompts are left to vote, {_LEAST_VOTERS} are needed")
    if len(rows) < _LEAST_ROWS:
        return NoVote(
            f"only {len(rows)} rows were answered by all {len(candidates)} prompts that could "
            f"vote, {_LEAST_ROWS} are needed"
        )
    single = max(candidates, key=lambda c: _mean(told, c, rows))
    best: Voters | None = None
    chosen: tuple[Candidate, ...] = (single,)
    while len(chosen) + 2 <= most:
        rest = [candidate for candidate in candidates if candidate not in chosen]
        tried = [
            _played((*chosen, *pair), (), "majority", told, rows) for pair in combinations(rest, 2)
        ]
        if not tried:
            break
        found = max(tried, key=lambda voters: voters.value)
        chosen = found.members
        if best is None or found.value > best.value:
            best = found
    if best is None:
        return NoVote(f"a vote of up to {most} decides nothing, {_LEAST_VOTERS} are needed")
    weights = _weights(best.members, told, rows)
    others = [_played(best.members, weights, "majority", told, rows)]
    if all(told[c.id, row].choices for c in best.members for row in rows):
        others.append(_played(best.members, (), "probability", told, rows))
    best = max([best, *others], key=lambda voters: voters.value)  # of equals the plain one
    alone = _mean(told, single, rows)
    return best if best.value > alone else not_worth_it(best.score, best.calls, alone)


def _played(
    members: tuple[Candidate, ...],
    weights: tuple[float, ...],
    by: By,
    told: Told,
    rows: Sequence[int],
) -> Voters:
    """Hold the vote on every row, asked as it would be."""
    shares = [Fraction(weight) for weight in weights or [1.0] * len(members)]
    score = calls = 0.0
    for row in rows:
        ballots = [_ballot(told[c.id, row], by) for c in members]
        cast: list[Ballot | None] = [None] * len(members)
        asked, won = 0, None
        while won is None and asked < len(members):
            count = fewest(shares, cast, range(asked, len(members)))
            cast[asked : asked + count] = ballots[asked : asked + count]
            asked += count
            won = winner(shares, cast)
        said = (told[c.id, row] for c in members)
        score += max((o.score or 0.0 for o in said if won and _answer(o) == won), default=0.0)
        calls += asked
    return Voters(members, weights, by, score / len(rows), calls / len(rows))


def _ballot(outcome: Outcome, by: By) -> Ballot:
    if outcome.status != "answered" or outcome.answer is None:
        return {}
    total = sum(map(Fraction, outcome.choices.values()), Fraction())
    if by == "probability" and total > 0:
        return {label: Fraction(value) / total for label, value in outcome.choices.items()}
    return {_answer(outcome): Fraction(1)}


def _answer(outcome: Outcome) -> str:
    """Return an answer as a vote counts it: of equal JSON values the spelling does not matter."""
    return comparable(outcome.answer or "")


def _weights(members: Sequence[Candidate], told: Told, rows: Sequence[int]) -> tuple[float, ...]:
    """Return the members' weights, 1 on average, to two decimals; never below a twentieth."""
    odds = []
    for member in members:
        right = sum(told[member.id, row].score or 0.0 for row in rows)
        odds.append(log((right + 1) / (len(rows) - right + 1)))
    mean = sum(odds) / len(odds)
    if mean <= 0:
        return ()
    trust = len(rows) / (len(rows) + _PRIOR_ROWS)
    return tuple(round(max(0.05, 1 + trust * (each / mean - 1)), 2) for each in odds)


def _scored(told: Told, candidate: Candidate, row: int) -> bool:
    outcome = told.get((candidate.id, row))
    return outcome is not None and outcome.score is not None


def _mean(told: Told, candidate: Candidate, rows: Sequence[int]) -> float:
    return sum(told[candidate.id, row].score or 0.0 for row in rows) / len(rows)
