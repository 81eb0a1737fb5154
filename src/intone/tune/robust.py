"""The robust objective: a candidate is asked in versions that should not matter.

Versions are a candidate as it is and changed as `intone stress` changes it. What is asked in
several is worth the mean of their scores minus a multiple of how far they differ. With the weight
1/2, the one of `tune.objective = "robust"`, that is the mean over pairs of versions of the worse
score of the two: for right and wrong answers, the chance that two versions drawn at random are both
right.

A verdict asks every row in three versions, the program as it is among them. A trial of the search
asks in one that the row decides, so that a candidate's mean is its mean over the changes and costs
no more calls than any other search; where there are calls for it, in a pair, of which the
difference is weighed too.

Owns which versions a row is asked in and what their outcomes come to. Every method and every race
sees one outcome a trial, as ever; what a trial costs is told by `versions`, and the loop reckons in
trials.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations

from intone.data.canonical import draw
from intone.data.row import Row
from intone.evaluate.engine import Answering, Job
from intone.evaluate.metered import Metered
from intone.evaluate.outcome import Outcome
from intone.llm.completion import Usage
from intone.prompt.perturbations import KINDS, Asked, Kind, Variant, perturbed
from intone.prompt.program import Program
from intone.prompt.prompt import Prompt

VERSIONS = 3
"""In how many versions a verdict asks a row: as it is, and two more."""
_PAIRS_FROM = 600  # calls of a search; with fewer, more rows tell more than a second version
_OF_A_KIND = 4  # variants of a kind that rows draw from
_MANY = 10**6


def versions_in_search(calls: int | None) -> int:
    """Return in how many versions a trial asks, in a search of so many calls (None: no limit)."""
    return 2 if calls is None or calls >= _PAIRS_FROM else 1


@dataclass
class Versions:
    """Chooses `count` versions of programs, by hash of the seed and the row.

    Every candidate is asked a row with the same kinds of change, as far as they apply to it, so
    that comparisons on a row stay paired. `kinds` without any means all but other draws of the same
    request. A program that is no prompt is only drawn again. The program as it is comes first; if
    it is `drawn`, it comes in its turn like a kind of change.
    """

    seed: int
    labels: Sequence[str] = ()
    temperature: float = 0.0
    kinds: Sequence[Kind] = ()
    count: int = VERSIONS
    drawn: bool = False
    _known: dict[str, dict[Kind, list[Variant]]] = field(default_factory=dict)

    def of(self, program: Program, row: Row) -> list[Job]:
        """Return the jobs that ask a row in as many of the versions as there are."""
        variants = self._variants(program)
        as_it_is = Job(program, row)
        rng = draw(self.seed, "robust", row.index)
        turns: list[Kind | None] = [*KINDS, None] if self.drawn else [*KINDS]
        rng.shuffle(turns)
        jobs = [] if self.drawn else [as_it_is]
        most = min(self.count, 1 + sum(map(len, variants.values())))
        while len(jobs) < most:
            for kind in turns:
                place = rng.randrange(_MANY)
                there = [as_it_is]
                if kind is not None:
                    there = [Job(it.program, row, it.sample) for it in variants.get(kind, ())]
                left = [job for job in there if job not in jobs]
                if left and len(jobs) < most:
                    jobs.append(left[place % len(left)])
        return jobs

    def _variants(self, program: Program) -> dict[Kind, list[Variant]]:
        if program.id not in self._known:
            kinds: Sequence[Kind] = ("sampling",)
            if isinstance(program, Prompt):
                kinds = self.kinds or [kind for kind in KINDS if kind != "sampling"]
            asked = Asked(kinds, _OF_A_KIND, self.seed, self.labels, self.temperature)
            found: dict[Kind, list[Variant]] = {}
            for variant in perturbed(program, asked).variants:
                found.setdefault(variant.kind, []).append(variant)
            self._known[program.id] = found
        return self._known[program.id]


class Robust:
    """Answers jobs in versions: one outcome a job, worth mean minus `weight` x difference.

    `weight` is in 0..0.5, so that what a trial is worth stays in 0..1. `told` keeps the outcomes of
    every version, by program and row. Jobs of other samples than the first are answered as that.
    """

    def __init__(self, inside: Answering, choice: Versions, weight: float) -> None:
        self._inside = inside
        self._choice = choice
        self._weight = weight
        self.versions = choice.count
        self.told: dict[tuple[str, int], tuple[Outcome, ...]] = {}

    @property
    def calls_an_answer(self) -> int:
        """The calls of a trial: those of the engine inside, for each version."""
        return self.versions * self._inside.calls_an_answer

    @property
    def backend(self) -> Metered:
        """The meter of the engine inside."""
        return self._inside.backend

    async def run(self, jobs: Iterable[Job]) -> list[Outcome]:
        """Answer the jobs; fewer outcomes than jobs mean that the budget ended within the next."""
        asked = list(jobs)
        groups = [self._choice.of(job.program, job.row) for job in asked]
        outcomes = await self._inside.run([job for group in groups for job in group])
        found, start = [], 0
        for job, group in zip(asked, groups, strict=True):
            part = tuple(outcomes[start : start + len(group)])
            start += len(group)
            if len(part) < len(group):
                break
            self.told[(job.program.id, job.row.index)] = part
            found.append(replace(folded(part, self._weight), program=job.program.id))
        return found


def folded(versions: Sequence[Outcome], weight: float) -> Outcome:
    """Return one outcome for all versions of a trial: the first one's, with what they are worth.

    Missing where a version's score is missing. Tokens are those of a call, on average.
    """
    first = versions[0]
    likely = [one.likelihood for one in versions]
    usage = sum((one.usage for one in versions), Usage())
    count = len(versions)
    return replace(
        first,
        score=worth([one.score for one in versions], weight),
        likelihood=worth(likely, weight),
        usage=Usage(
            round(usage.prompt_tokens / count),
            round(usage.completion_tokens / count),
            round(usage.cached_tokens / count),
        ),
        calls=sum(one.calls for one in versions),
        replayed=sum(one.replayed for one in versions),
        seconds=sum(one.seconds for one in versions),
    )


def worth(scores: Sequence[float | None], weight: float) -> float | None:
    """Return the mean of scores minus `weight` times their mean difference; None if one is missing.

    The mean absolute difference over pairs is at most twice the mean, so that with a weight of up
    to 1/2 what comes out is in 0..1 as the scores are.
    """
    known = [score for score in scores if score is not None]
    if not known or len(known) < len(scores):
        return None
    mean = sum(known) / len(known)
    apart = [abs(one - other) for one, other in combinations(known, 2)]
    difference = sum(apart) / len(apart) if apart else 0.0
    return min(1.0, max(0.0, mean - weight * difference))
