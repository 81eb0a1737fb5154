"""Counting votes: which answer has won, and how many more ballots could decide it.

Pure, and exact: weights and shares are fractions, so that counting early and counting all come to
the same. Owns no reading of answers and no asking.

The rule. An answer's votes are the weights of the ballots for it (times their shares, where a
ballot is split by probability); most votes win. Of answers with as many votes the one wins that
the earliest ballot is for; within that ballot the one with the larger share, then the one that
comes first in the alphabet.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import TypeAlias

Ballot: TypeAlias = Mapping[str, Fraction]
"""The share of its weight that a ballot gives each answer, 1 in all; empty: it abstains."""
_Place: TypeAlias = tuple[int, Fraction, str]

_SOMEBODY = "\0"  # an answer that nobody gave yet


def winner(weights: Sequence[Fraction], cast: Sequence[Ballot | None]) -> str | None:
    """Return the answer that wins whatever the open ballots say; None if that is not decided.

    `cast` has a ballot for each weight, None for those that are open: not yet asked, or lost. With
    no open ballot there is a winner unless all abstain.
    """
    votes, firsts = _counted(weights, cast)
    if not votes:
        return None
    leader = min(votes, key=lambda answer: (-votes[answer], firsts[answer]))
    open_places = [place for place, ballot in enumerate(cast) if ballot is None]
    if not open_places:
        return leader
    more = sum((weights[place] for place in open_places), Fraction())
    ahead = votes[leader] - more
    earlier = open_places[0] < firsts[leader][0]  # an open ballot could name another one first
    for rival in votes.keys() - {leader}:
        before = earlier or firsts[rival] < firsts[leader]
        if ahead < votes[rival] or (ahead == votes[rival] and before):
            return None
    return None if ahead < 0 or (ahead == 0 and earlier) else leader


def fewest(
    weights: Sequence[Fraction], cast: Sequence[Ballot | None], to_ask: Sequence[int]
) -> int:
    """Return how many of the ballots to ask next could decide it, at best; 0 if none could.

    That is the case where all of them are for the leader: no other answers decide earlier.
    """
    votes, firsts = _counted(weights, cast)
    leader = min(votes, key=lambda a: (-votes[a], firsts[a])) if votes else _SOMEBODY
    supposed = list(cast)
    for count, place in enumerate(to_ask, start=1):
        supposed[place] = {leader: Fraction(1)}
        if winner(weights, supposed) is not None:
            return count
    return 0


def shares(weights: Sequence[Fraction], cast: Sequence[Ballot | None]) -> dict[str, float]:
    """Return each answer's share of the votes cast; they sum to 1."""
    votes, _ = _counted(weights, cast)
    total = sum(votes.values(), Fraction())
    return {answer: float(count / total) for answer, count in votes.items()} if total else {}


def _counted(
    weights: Sequence[Fraction], cast: Sequence[Ballot | None]
) -> tuple[dict[str, Fraction], dict[str, _Place]]:
    """Return each answer's votes, and where it was first named: the order among equals."""
    votes: dict[str, Fraction] = {}
    firsts: dict[str, _Place] = {}
    for place, (weight, ballot) in enumerate(zip(weights, cast, strict=True)):
        for answer, share in (ballot or {}).items():
            if share <= 0:
                continue
            votes[answer] = votes.get(answer, Fraction()) + weight * share
            firsts.setdefault(answer, (place, -share, answer))
    return votes, firsts
