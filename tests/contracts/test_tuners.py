"""What every tuner promises, run over every implementation."""

import asyncio
from collections.abc import Callable, Sequence

import pytest

from intone.data.row import Row
from intone.evaluate.budget import Budget
from intone.evaluate.outcome import Outcome
from intone.prompt import Prompt
from intone.prompt.phrasings import phrasings
from intone.tune.auto import Auto
from intone.tune.candidate import Trial
from intone.tune.tuner import Tuner

GIVEN = Prompt("Which team?\n\n{{ body }}")
LABELS = ("billing", "shipping", "sales")
POOL = [Row(100 + i, f"p{i}", {"body": f"example {i}"}, LABELS[i % 3]) for i in range(24)]


def auto() -> Tuner:
    edits = phrasings(GIVEN, kind="classify", labels=LABELS, target="team")
    return Auto(GIVEN, edits, POOL, seed=3)


MAKERS: dict[str, Callable[[], Tuner]] = {"auto": auto}


@pytest.fixture(params=sorted(MAKERS))
def make(request: pytest.FixtureRequest) -> Callable[[], Tuner]:
    return MAKERS[request.param]


def played(tuner: Tuner, calls: int) -> list[list[Trial]]:
    """Play a tuner to its end on a made-up world; give its asks."""
    asks: list[list[Trial]] = []
    while len(asks) < 100:
        trials = list(asyncio.run(tuner.ask(Budget(calls=calls))))
        if not trials:
            return asks
        asks.append(trials)
        for trial in trials:
            rows: Sequence[int] = trial.rows or range(4)
            good = int(trial.candidate.id, 16) % 10 / 10
            outcomes = [
                Outcome(trial.candidate.id, row, 0, "answered", float(row / 4 < good), "")
                for row in rows
            ]
            tuner.tell(outcomes)
            calls = max(0, calls - len(outcomes))
    raise AssertionError("it never ends")


def test_it_ends_and_recommends_something_it_asked_for(make: Callable[[], Tuner]) -> None:
    tuner = make()
    asks = played(tuner, 200)
    asked = {trial.candidate.id for trials in asks for trial in trials}
    best = tuner.best()
    assert best and {candidate.id for candidate in best} <= asked


def test_the_given_prompt_is_among_the_first_trials(make: Callable[[], Tuner]) -> None:
    first = asyncio.run(make().ask(Budget(calls=200)))
    assert GIVEN.id in {trial.candidate.id for trial in first}


def test_the_same_seed_makes_the_same_asks(make: Callable[[], Tuner]) -> None:
    one, other = played(make(), 200), played(make(), 200)
    assert [[t.candidate.id for t in a] for a in one] == [
        [t.candidate.id for t in a] for a in other
    ]


def test_no_candidate_loses_an_input(make: Callable[[], Tuner]) -> None:
    for trials in played(make(), 300):
        assert all(trial.candidate.program.variables >= GIVEN.variables for trial in trials)


def test_trials_are_worth_no_more_than_is_left(make: Callable[[], Tuner]) -> None:
    for calls in (1, 5, 17, 300):
        trials = asyncio.run(make().ask(Budget(calls=calls)))
        assert sum(trial.calls or 0 for trial in trials) <= calls


def test_it_asks_nothing_when_nothing_is_left(make: Callable[[], Tuner]) -> None:
    assert not asyncio.run(make().ask(Budget(calls=0)))


def test_unasked_and_missing_outcomes_are_accepted(make: Callable[[], Tuner]) -> None:
    tuner = make()
    tuner.tell([Outcome("unknown", 0, 0, "answered", 1.0, "")])
    tuner.tell([Outcome(GIVEN.id, 0, 0, "failed", None, "no answer")])
    tuner.tell([])
    assert asyncio.run(tuner.ask(Budget(calls=100)))
