"""What a run that is under way keeps of its progress, for other processes to see.

Owns the form of that record: one small event of the run in the project's database, replaced about
once a second. Whoever watches in this process is told everything as before. It changes nothing in
the run: that a record could not be written is not told.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from typing import Any

from intone.errors import StoreError
from intone.evaluate.budget import Purse, Spent
from intone.evaluate.outcome import Outcome
from intone.metrics.mean import Mean
from intone.runs.holding import Hold
from intone.runs.watch import Watcher
from intone.store.runs import Runs
from intone.tune.candidate import Candidate
from intone.tune.loop import Heat

PROGRESS = "progress"
"""The event that holds a run's progress; `Telling.form` says what is in it."""
LEADERS = 12
"""How many candidates are told of, besides the prompts that were given."""
_EVERY = 1.0  # seconds between two records
_VERDICT = "verdict"  # the stage whose scores are of sealed rows, and so not a search's


@dataclass
class _Tried:
    """A candidate, with the scores it has had on tuning rows."""

    sentence: str
    scores: list[float] = field(default_factory=list)
    heat: tuple[float | None, int] = (None, 0)  # score and rows as its last heat told them
    dropped: bool = False

    @property
    def rows(self) -> int:
        return len(self.scores) or self.heat[1]

    @property
    def score(self) -> float | None:
        return sum(self.scores) / len(self.scores) if self.scores else self.heat[0]


class Telling:
    """A watcher that keeps a run's progress, and the gate that its calls pass.

    `given` are the names of the run's own prompts, by the ids of these; `hold` may hold the calls.
    """

    def __init__(
        self,
        watcher: Watcher,
        runs: Runs,
        number: int,
        purse: Purse,
        given: Mapping[str, str],
        hold: Hold | None = None,
    ) -> None:
        self._watcher, self._runs, self._number, self._purse = watcher, runs, number, purse
        self._hold = hold
        self._given = dict(given)
        self._tried = {program: _Tried(name) for program, name in given.items()}
        self._trying: tuple[str, ...] = ()
        self._heats: list[dict[str, Any]] = []
        self._stage: dict[str, Any] = {"name": "", "calls": None, "before": 0}
        self._heat_before = 0
        self._plan: dict[str, Any] | None = None
        self._answered = 0
        self._paused = False
        self._began = time.monotonic()
        self._told = 0.0

    def begun(self, number: int) -> None:
        self._watcher.begun(number)

    def planned(self, plan: dict[str, Any]) -> None:
        self._watcher.planned(plan)
        self._plan = plan

    def stage(self, name: str, calls: int | None) -> None:
        self._watcher.stage(name, calls)
        self._stage = {"name": name, "calls": calls, "before": self._calls}
        self._trying = ()
        self.tell()

    def outcome(self, outcome: Outcome, spent: Spent) -> None:
        self._watcher.outcome(outcome, spent)
        if outcome.score is not None and self._stage["name"] != _VERDICT:
            tried = self._tried.get(outcome.program)
            if tried is not None:
                tried.scores.append(outcome.score)
        self._tell_at_times()

    def trying(self, candidates: Sequence[Candidate]) -> None:
        self._watcher.trying(candidates)
        for candidate in candidates:
            self._tried.setdefault(candidate.id, _Tried(candidate.sentence))
        self._trying = tuple(candidate.id for candidate in candidates)
        self._heat_before = self._calls
        self.tell()

    def heat(self, heat: Heat) -> None:
        self._watcher.heat(heat)
        for standing in heat.standings:
            tried = self._tried[standing.candidate.id]
            tried.heat = (standing.score, standing.rows)
            tried.dropped = standing.dropped_at is not None
        self._heats.append(heat_form(heat))
        self._trying, self._heat_before = (), self._calls
        with suppress(StoreError):
            self._runs.keep_candidates(self._number, self._heats)
        self.tell()

    async def passed(self) -> None:
        """Wait as long as the run is held."""
        if self._hold is None or not self._hold.on:
            return
        if not self._paused:
            self._paused = True
            self.tell()
        await self._hold.passed()
        if self._paused:
            self._paused = False
            self.tell()

    def answered(self) -> None:
        """Count a call that came to its end."""
        self._answered += 1
        self._tell_at_times()

    def tell(self) -> None:
        """Keep the progress now."""
        self._told = time.monotonic()
        with suppress(StoreError):  # whatever is wrong will end the run where it matters
            self._runs.tell(self._number, PROGRESS, self.form())

    def form(self) -> dict[str, Any]:
        """Return the progress in plain values.

        `plan` is a tuning's; `stage` has its name, its calls and how many were spent before it;
        `spent` is what the run has spent; `leaders` are candidates, best first among those that
        met the most rows; `trying` counts those that the present heat began with, which has taken
        `heat_calls`.
        """
        spent = self._purse.spent
        return {
            "plan": self._plan,
            "stage": self._stage,
            "spent": asdict(spent) | {"calls": self._calls},
            "budget": asdict(self._purse.budget),
            "leaders": list(self._leaders()),
            "trying": len(self._trying),
            "heats": len(self._heats),
            "heat_calls": self._calls - self._heat_before,
            "paused": self._paused,
            "seconds": round(time.monotonic() - self._began, 1),
        }

    @property
    def _calls(self) -> int:
        """The calls so far, those of a round that is not settled yet among them."""
        spent = self._purse.spent
        return max(spent.calls, spent.replayed + self._answered)

    def _tell_at_times(self) -> None:
        if time.monotonic() - self._told >= _EVERY:
            self.tell()

    def _leaders(self) -> Iterator[dict[str, Any]]:
        trying = set(self._trying)
        ranked = sorted(self._tried.items(), key=lambda it: (-it[1].rows, -(it[1].score or 0.0)))
        first = [program for program, _ in ranked[:LEADERS]]
        kept = dict.fromkeys([*first, *self._given, *self._trying[:LEADERS]])
        for program in sorted(kept, key=[it for it, _ in ranked].index):
            tried = self._tried[program]
            low = high = None
            if len(tried.scores) > 1:
                found = Mean().of(tried.scores)
                low, high = found.low, found.high
            yield {
                "prompt_id": program,
                "sentence": tried.sentence,
                "given": program in self._given,
                "score": tried.score,
                "low": low,
                "high": high,
                "rows": tried.rows,
                "trying": program in trying,
                "dropped": tried.dropped,
            }


def heat_form(heat: Heat) -> dict[str, Any]:
    """Return a heat in plain values, as it is kept with the run and in its result."""
    return {
        "number": heat.number,
        "calls": heat.calls,
        "candidates": [
            {
                "prompt_id": standing.candidate.id,
                "sentence": standing.candidate.sentence,
                "rows": standing.rows,
                "score": standing.score,
                "dropped_at": standing.dropped_at,
                "parents": list(standing.candidate.parents),
            }
            for standing in heat.standings
        ],
    }
