"""Where labels part: which tokens tell them apart, and how likely each label is.

Labels like "card lost" and "card broken" begin with the same token, so one position does not tell
them apart. Their tokens make a tree; at each of its forks the model is asked for one more token,
and a label is as likely as its way through the forks: the distribution of an answer that is held to
the labels, token by token. Where one position tells all of them apart there is one fork.

Owns the tree and the order in which its forks are read; owns no engine, and how a position is read
is in `labels`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from intone.llm.labels import Token, folded, read_position

# What is less likely than this, and than the best label, is shared evenly by the labels behind it.
_WORTH_READING = 0.02


@dataclass(frozen=True, slots=True)
class Fork:
    """A place where labels part: after the tokens `before`, by the token that comes next.

    `ways` are, for each token that may come next, the places of the labels that go on with it;
    `firsts` are these tokens, and `rests` what is left of the labels' texts, by way.
    """

    before: tuple[int, ...]
    ways: tuple[tuple[int, ...], ...]
    firsts: tuple[Token, ...]
    rests: tuple[tuple[str, ...], ...]

    @property
    def tells(self) -> bool:
        """Say whether the next token tells the ways apart, also without case and white space."""
        texts = [text for token in self.firsts if (text := folded(token.text))]
        return len(set(texts)) == len(texts)


def forks(choices: Sequence[str], tokens: Sequence[Sequence[Token]]) -> tuple[Fork, ...]:
    """Return the places where these labels part, the first one first.

    `tokens` are those of each choice; white space before them does not matter. None, if tokens do
    not tell the labels apart: where one goes on after another ends, where two are the same but for
    case and white space, or where they part within a character.
    """
    if len({folded(choice) for choice in choices}) < len(choices):
        return ()
    found = list(_forks(choices, tokens, tuple(range(len(choices))), 0))
    told = [fork for fork in found if fork is not None and fork.tells]
    return tuple(told) if len(told) == len(found) else ()


def _forks(
    choices: Sequence[str], tokens: Sequence[Sequence[Token]], members: tuple[int, ...], at: int
) -> Iterator[Fork | None]:
    """Yield the forks of labels that are the same up to a token; None for one that cannot be."""
    if len(members) < 2:
        return
    shortest = min(len(tokens[member]) for member in members)
    while at < shortest and len({tokens[member][at].id for member in members}) == 1:
        at += 1
    if at == shortest:  # one ends where another goes on
        yield None
        return
    ways: dict[int, list[int]] = {}
    for member in members:
        ways.setdefault(tokens[member][at].id, []).append(member)
    rests = [
        [_rest(choices[member], tokens[member], at) for member in way] for way in ways.values()
    ]
    if not all(map(all, rests)):
        yield None
        return
    yield Fork(
        before=tuple(token.id for token in tokens[members[0]][:at]),
        ways=tuple(map(tuple, ways.values())),
        firsts=tuple(tokens[way[0]][at] for way in ways.values()),
        rests=tuple(map(tuple, rests)),
    )
    for way in ways.values():
        yield from _forks(choices, tokens, tuple(way), at + 1)


def _rest(choice: str, tokens: Sequence[Token], at: int) -> str:
    """Return what a label's text is after so many tokens; "" if that is within a character."""
    if at == 0:
        return choice
    if "".join(token.text for token in tokens).strip() != choice:
        return ""
    return choice[len("".join(token.text for token in tokens[:at]).lstrip()) :]


class Walk:
    """One answer's way through the forks, the likeliest one first."""

    def __init__(self, found: Sequence[Fork]) -> None:
        """Start before the first of these forks, which are those of `forks`."""
        self._open = {_members(fork): fork for fork in found}
        self._shares = {_members(found[0]): 1.0}  # of labels that were not told apart yet
        self._logprobs = {_members(found[0]): 0.0}

    def next(self) -> Fork | None:
        """Return the fork to read now; None if no fork that is left matters."""
        left = [group for group in self._shares if group in self._open]
        if not left:
            return None
        heaviest = max(left, key=self._shares.__getitem__)
        told = [share for group, share in self._shares.items() if len(group) == 1]
        if self._shares[heaviest] < min(_WORTH_READING, max(told, default=0.0)):
            return None
        return self._open[heaviest]

    def read(self, fork: Fork, top: Sequence[Token]) -> None:
        """Take in the most likely tokens at a fork; one of them begins a label."""
        group = _members(fork)
        share, logprob = self._shares.pop(group), self._logprobs.pop(group)
        del self._open[group]
        masses = read_position(fork.rests, fork.firsts, top)
        total = math.fsum(masses)
        for way, mass in zip(fork.ways, masses, strict=True):
            self._shares[way] = share * mass / total
            self._logprobs[way] = logprob + min(0.0, math.log(mass))

    def likelihoods(self) -> tuple[list[float], float]:
        """Return each label's probability (they sum to 1) and the best one's log-probability."""
        shares = {m: share / len(group) for group, share in self._shares.items() for m in group}
        best = max(self._shares, key=lambda group: self._shares[group] / len(group))
        return [shares[member] for member in sorted(shares)], self._logprobs[best]


def _members(fork: Fork) -> tuple[int, ...]:
    return tuple(sorted(member for way in fork.ways for member in way))
