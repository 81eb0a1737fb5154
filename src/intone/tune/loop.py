"""The loop: asks the tuner, lets the race allot rows, has the engine answer, tells the tuner.

Owns the order of these steps and the history of a search. All decisions fall between rounds, on
outcomes in the order in which they were asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, replace

from intone.data.row import Row
from intone.errors import BudgetEnded
from intone.evaluate.budget import Budget, Cost, Purse
from intone.evaluate.engine import Answering, Job
from intone.evaluate.outcome import Outcome
from intone.prompt.program import Program
from intone.tune.candidate import Candidate, Trial
from intone.tune.race import Race
from intone.tune.scores import Scores
from intone.tune.tuner import Tuner

Memo = MutableMapping[tuple[str, int], Outcome]
_TYPICAL = Cost(1, 300, 0.0003)
_ASKS_IN_VAIN = 3  # asks in a row whose candidates were all unfit


@dataclass(frozen=True)
class Standing:
    """What one candidate came to in a heat: rows met, mean score, where it was dropped."""

    candidate: Candidate
    rows: int
    score: float | None
    dropped_at: int | None


@dataclass(frozen=True)
class Heat:
    """One heat of a search, in the order in which its candidates were asked for."""

    number: int
    standings: tuple[Standing, ...]
    calls: int


@dataclass(frozen=True)
class Found:
    """The result of a search: candidates best first, and how it went.

    `spared` is how many calls the memo made for it.
    """

    best: tuple[Candidate, ...]
    heats: tuple[Heat, ...]
    scores: Scores
    finished: bool
    spared: int = 0


@dataclass(frozen=True)
class Limits:
    """What bounds a search besides the purse.

    `calls` is the most it may make. `spared` is how many more the memo is thought to make for it:
    they count as left until they were spared, so that a search that repeats much of an earlier one
    is planned like it. `typical` is
    what a call is thought to cost before any is answered. Candidates whose program does not `fits`
    are not tried: the tuner hears nothing of them.
    """

    calls: int | None = None
    spared: int = 0
    typical: Cost = _TYPICAL
    fits: Callable[[Program], bool] = lambda program: True


async def search(
    tuner: Tuner,
    race: Race,
    engine: Answering,
    rows: Mapping[int, Row],
    *,
    limits: Limits | None = None,
    memo: Memo | None = None,
    on_trials: Callable[[Sequence[Candidate]], None] | None = None,
    on_heat: Callable[[Heat], None] | None = None,
) -> Found:
    """Search until the tuner is finished or the budget ends.

    `rows` are the rows a trial may use. `limits` bound this search further than the purse does.
    `memo` keeps outcomes of an earlier search over the same rows: they cost nothing again.
    `on_trials` is told the candidates of a heat that begins, `on_heat` how it went.
    `finished` is False where the budget ended before the tuner did.
    """
    purse = engine.backend.purse
    memo = {} if memo is None else memo
    earlier = frozenset(memo)
    limits = limits or Limits()
    scores = Scores()
    heats: list[Heat] = []
    began, an_answer = purse.spent.calls, engine.calls_an_answer
    finished, unfit, spared = True, 0, 0
    while True:
        try:
            asked = await tuner.ask(_left(purse, limits, began, an_answer, spared))
        except BudgetEnded:  # the writer's calls are paid from the same budget
            finished = False
            break
        trials = [t for t in asked if limits.fits(t.candidate.program)]
        unfit = 0 if trials else unfit + 1
        if not asked or unfit > _ASKS_IN_VAIN:
            break
        left = _left(purse, limits, began, an_answer, spared)  # the writer has had its share
        race.enter(trials, _worth(trials, left))
        if on_trials is not None:
            on_trials([trial.candidate for trial in trials])
        before = purse.spent.calls
        while finished and (pairs := race.next()):
            jobs = [Job(p, rows[i]) for p, i in pairs if i in rows and not p.shows(rows[i])]
            outcomes = await _answer(engine, jobs, memo)
            known = [it for it in jobs[: len(outcomes)] if (it.program.id, it.row.index) in earlier]
            spared += an_answer * sum(job.program.max_calls for job in known)
            scores.add(outcomes)
            race.record(outcomes)
            tuner.tell(outcomes)
            finished = len(outcomes) == len(jobs)
        heats.append(_heat(len(heats) + 1, trials, scores, race, purse.spent.calls - before))
        if on_heat is not None:
            on_heat(heats[-1])
        if not finished:
            break
    return Found(tuple(tuner.best()), tuple(heats), scores, finished, spared)


async def _answer(engine: Answering, jobs: list[Job], memo: Memo) -> list[Outcome]:
    """Answer jobs, taking from the memo what it has; shorter where the budget ended."""
    fresh = [job for job in jobs if (job.program.id, job.row.index) not in memo]
    for outcome in await engine.run(fresh):
        memo[(outcome.program, outcome.row)] = outcome
    outcomes = []
    for job in jobs:
        known = memo.get((job.program.id, job.row.index))
        if known is None:
            break
        outcomes.append(known)
    return outcomes


def _left(purse: Purse, bounds: Limits, began: int, an_answer: int, spared: int) -> Budget:
    """Return what is left, with tokens and money turned into a number of calls too.

    As long as there is something, what the memo is yet to spare is on top of it.

    Tuner and race count the calls of programs. Where a judge grades, or a trial asks in several
    versions, an answer takes `an_answer` calls, and those left are so many times fewer for them.
    """
    left, spent = purse.left, purse.spent
    limits = [] if left.calls is None else [left.calls]
    if bounds.calls is not None:
        limits.append(max(0, bounds.calls - (spent.calls - began)))
    if left.tokens is not None:
        each = spent.tokens / spent.calls if spent.calls else bounds.typical.tokens
        limits.append(int(left.tokens / max(1.0, each)))
    if left.usd is not None:
        price = spent.usd / spent.calls if spent.calls else bounds.typical.usd
        limits.append(int(left.usd / price) if price > 0 else limits[0] if limits else 10**6)
    if not limits:
        return replace(left, calls=10**6)
    most = min(limits)
    more = max(0, bounds.spared - spared) if most else 0
    return replace(left, calls=(most + more) // an_answer)


def _worth(trials: Sequence[Trial], left: Budget) -> int:
    """Return how many calls a heat may cost."""
    wanted = [trial.calls for trial in trials]
    most = left.calls or 0
    if any(calls is None for calls in wanted):
        return most
    return min(most, sum(calls for calls in wanted if calls is not None))


def _heat(number: int, trials: Sequence[Trial], scores: Scores, race: Race, calls: int) -> Heat:
    dropped = race.dropped
    standings = tuple(
        Standing(
            trial.candidate,
            scores.count(trial.candidate.id),
            scores.score(trial.candidate.id),
            dropped.get(trial.candidate.id),
        )
        for trial in trials
    )
    return Heat(number, standings, calls)


def arms_in_row_order(programs: list[Program], rows: list[Row]) -> list[Job]:
    """Return the jobs of a verdict: all programs on one row, then on the next.

    A budget that ends early then leaves fewer rows, each answered by every program.
    """
    return [Job(program, row) for row in rows for program in programs]
