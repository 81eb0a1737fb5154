"""The writer of a run: its model behind a meter of its own, and what it knows of earlier runs.

Owns when the model is opened (when somebody first asks for a writer) and which of its proposals are
remembered as rejected. What it may spend is `beside`'s.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from intone.evaluate.metered import Metered
from intone.llm.request import Sampling
from intone.runs.chosen import tuned_on
from intone.runs.spec import Spec
from intone.runs.task import Ready
from intone.store.database import Database
from intone.store.rejections import Rejection, Rejections
from intone.store.runs import Runs
from intone.tune.loop import Memo
from intone.writer.changes import Reason
from intone.writer.model_writer import SAMPLING, ModelWriter, Offer, Recalled

_MOST_ROWS = 2000  # tuning rows that proposals are compared with, besides those the writer saw
_MOST_LOOKED_AT = 400  # rejections of earlier runs
_MOST_TOLD = 40
_LEAST_SHARED = 5  # rows that tell whether a proposal paid; fewer say nothing
RECALLED = "recalled"
"""Where a run's record keeps what its writer is told of earlier runs."""


@dataclass
class Writing:
    """The writers of a run, one for each search; they share the meter that `opening` returns."""

    ready: Ready
    opening: Callable[[], Metered]
    recalled: tuple[Recalled, ...] = ()
    _meter: Metered | None = None
    _writers: list[ModelWriter] = field(default_factory=list)

    def writer(self) -> ModelWriter:
        """Return a new writer, for one search: it does not propose anything twice.

        Raises SettingError or BackendError where its model cannot be opened, and SettingError where
        the budget is in money and its price is not known.
        """
        if self._meter is None:
            self._meter = self.opening()
        data, tuning = self.ready.data, self.ready.split.tuning
        rows = [data[i] for i in tuning[:_MOST_ROWS]]
        made = ModelWriter(
            self._meter,
            rows=rows,
            labels=self.ready.labels,
            sampling=sampling(self.ready.spec),
            recalled=self.recalled,
        )
        self._writers.append(made)
        return made

    @property
    def offers(self) -> dict[str, Offer]:
        """All proposals of the run, by the id of the prompt that each leads to."""
        return {tried: offer for writer in self._writers for tried, offer in writer.offers.items()}

    @property
    def tally(self) -> dict[str, Any] | None:
        """How many proposals there were, and how many answers were dropped; None: no writer."""
        if not self._writers:
            return None
        dropped = sum((writer.dropped for writer in self._writers), Counter[Reason]())
        proposed = sum(len(writer.offers) for writer in self._writers)
        return {"proposed": proposed, "dropped": dict(sorted(dropped.items()))}


def unasked(writing: Writing) -> list[str]:
    """Return what to say of a writer that the spec names and `auto` had too few calls to ask."""
    spec = writing.ready.spec
    idle = writing.tally == {"proposed": 0, "dropped": {}}
    if spec.writer is None or spec.tune.method != "auto" or not idle:
        return []
    return [
        f"the writer ({spec.writer.name}) was not asked: the search had too few calls; "
        "docs/methods.md says from how many on auto asks it"
    ]


def sampling(spec: Spec) -> Sampling:
    """Return how the writer's tokens are picked: never at temperature 0, or all draws are one."""
    if spec.writer is None:
        return SAMPLING
    asked = spec.writer.sampling()
    return asked if asked.temperature > 0 else replace(asked, temperature=SAMPLING.temperature)


def snapshot(
    runs: Runs, database: Database, kind: str, ready: Ready, record: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """Return what the writer of a new run is told of earlier runs on the same data.

    Nothing is told of runs that tuned on rows which this one seals (another seed seals others): how
    a change did there is what only the verdict may find out. A run with the record of an earlier
    one is told what that one was: so it is replayed.
    """
    earlier = runs.of_data(kind, ready.data.id)
    for one in earlier:
        if {name: value for name, value in one.spec.items() if name != RECALLED} == record:
            return list(one.spec.get(RECALLED, ()))
    found = Rejections(database).of_data(ready.data.id, _MOST_LOOKED_AT)
    tried, sealed = {it.run for it in found}, set(ready.split.sealed)
    rows = {one.number: tuned_on(one, ready) for one in earlier if one.number in tried}
    fair = {run for run, those in rows.items() if those is not None and sealed.isdisjoint(those)}
    return [it.form() for it in found if it.run in fair][-_MOST_TOLD:]


def recalled(forms: Sequence[Mapping[str, Any]]) -> tuple[Recalled, ...]:
    """Return rejections in plain values as a writer is told of them."""
    kept = map(Rejection.from_form, forms)
    return tuple(Recalled(it.sentence, it.reason, it.prompt_id, it.tried_id) for it in kept)


def rejected(run: int, offers: Mapping[str, Offer], memo: Memo) -> list[Rejection]:
    """Return the proposals that did no better than the prompts they were made for.

    Both must have been scored on five rows or more in common.
    """
    scores: dict[str, dict[int, float]] = {}
    for (program, row), outcome in memo.items():
        if outcome.score is not None:
            scores.setdefault(program, {})[row] = outcome.score
    found = []
    for tried, offer in offers.items():
        before, after = scores.get(offer.prompt_id, {}), scores.get(tried, {})
        shared = sorted(before.keys() & after.keys())
        if len(shared) < _LEAST_SHARED:
            continue
        difference = sum(after[row] - before[row] for row in shared) / len(shared)
        if difference > 0:
            continue
        edits = offer.proposal.edits
        found.append(
            Rejection(
                run=run,
                prompt_id=offer.prompt_id,
                tried_id=tried,
                edits=tuple(edit.form() for edit in edits),
                sentence=", ".join(edit.sentence for edit in edits),
                reason=_reason(difference, len(shared)),
                difference=round(difference, 6),
                rows=len(shared),
            )
        )
    return found


def _reason(difference: float, rows: int) -> str:
    points = round(-100 * difference)
    change = f"{points} point{'s' if points != 1 else ''} worse" if points else "no better"
    return f"{change} on {rows} rows"
