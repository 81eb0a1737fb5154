"""Proposals of the writer, made into candidates.

Owns what the writer may cost and when it is given up.

A proposal that does not fit its prompt, or leads to a prompt that is known, is dropped. A writer
that gave nothing of use three times running is not asked again, nor one that has used its share of
the calls: junk costs a little and changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from typing import TypeAlias

from intone.prompt.prompt import Demonstration
from intone.tune.candidate import Candidate
from intone.tune.stepwise import Question, Stepwise
from intone.tune.variation import changed, prompt_of, variants
from intone.writer.writer import Failure, Proposals, Rejected, Scored, Writer

_SHARE = 0.25  # of the calls that a search begins with; a proposal is reckoned as one call
_PATIENCE = 3
_REMEMBERED = 10

Made: TypeAlias = Generator[Question, Proposals | None, list[Candidate]]
"""Steps that end in candidates: use with `yield from`."""


class Proposer:
    """Asks the writer of a tuner, if there is one, for candidates."""

    def __init__(self, tuner: Stepwise) -> None:
        self._tuner = tuner
        self._turn = 0
        self._reckoned = 0
        self._fruitless = 0
        self._rejected: list[Rejected] = []

    def reject(self, candidate: Candidate, reason: str) -> None:
        """Remember that a candidate did not pay; the writer is told when it looks at failures."""
        self._rejected.append(Rejected(candidate.edits[-1].sentence, reason))

    def critiqued(self, parent: Candidate, failures: Sequence[Failure], count: int) -> Made:
        """Candidates that are to mend what went wrong."""
        prompt, told = prompt_of(parent), tuple(self._rejected[-_REMEMBERED:])
        return self._made(
            (parent,),
            count,
            lambda writer, most, turn: Question(
                writer.critique(prompt, failures, count=most, turn=turn, rejected=told)
            ),
        )

    def rephrased(self, parent: Candidate, count: int, scored: Sequence[Scored] = ()) -> Made:
        """Candidates that ask the same in other words; with `scored`, learnt from these."""
        prompt = prompt_of(parent)
        return self._made(
            (parent,),
            count,
            lambda writer, most, turn: Question(
                writer.rephrase(prompt, count=most, turn=turn, scored=scored)
            ),
            phrased=not scored,
        )

    def induced(self, parent: Candidate, examples: Sequence[Demonstration], count: int) -> Made:
        """Candidates whose instruction is worked out from examples."""
        prompt = prompt_of(parent)
        return self._made(
            (parent,),
            count,
            lambda writer, most, turn: Question(
                writer.induce(prompt, examples, count=most, turn=turn)
            ),
        )

    def crossed(self, one: Candidate, other: Candidate, count: int = 1) -> Made:
        """Candidates that join two parents."""
        here, there = prompt_of(one), prompt_of(other)
        return self._made(
            (one, other),
            count,
            lambda writer, most, turn: Question(writer.cross(here, there, count=most, turn=turn)),
        )

    def _made(
        self,
        parents: tuple[Candidate, ...],
        count: int,
        ask: Callable[[Writer, int, int], Question],
        *,
        phrased: bool = False,
    ) -> Made:
        writer = self._tuner.material.writer
        count = min(count, int(_SHARE * self._tuner.began) - self._reckoned)
        if writer is None or count < 1 or self._fruitless >= _PATIENCE:
            return []
        self._turn += 1
        self._reckoned += count
        answer = yield ask(writer, count, self._turn)
        found: dict[str, Candidate] = {}
        ids = tuple(dict.fromkeys(parent.id for parent in parents))
        for proposal in answer.proposals[:count] if answer else ():
            made = changed(parents[0], proposal.edits, phrased=phrased)
            if made is not None and made.id not in ids and made.id not in self._tuner.known:
                found[made.id] = Candidate(made.program, made.edits, ids, made.rephrasing)
        self._fruitless = 0 if found else self._fruitless + 1
        return list(found.values())


def from_library(
    tuner: Stepwise, parent: Candidate, count: int, taken: Sequence[Candidate] = ()
) -> list[Candidate]:
    """Return the likeliest variants of a candidate that are neither known nor taken.

    Wording only: for methods that search for instructions.
    """
    used = {candidate.id for candidate in taken}
    found: list[Candidate] = []
    for candidate in variants(tuner.material, parent):
        if len(found) >= count:
            break
        if candidate.id not in tuner.known and candidate.id not in used:
            found.append(candidate)
    return found
