"""What every tuner promises, run over every implementation, with and without a writer."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pytest

from intone.data.canonical import draw
from intone.data.row import Row
from intone.evaluate.budget import Budget
from intone.evaluate.outcome import Outcome
from intone.llm.completion import Usage
from intone.prompt import Prompt
from intone.prompt.library.library import ours
from intone.prompt.phrasings import phrasings
from intone.prompt.program import Program
from intone.runs.methods import METHODS, TUNERS, raceable
from intone.tune.candidate import Trial
from intone.tune.material import Material
from intone.tune.scores import Scores
from intone.tune.tuner import Tuner
from intone.tune.variation import edits_of
from intone.writer.writer import Writer
from tests.tune.writers import INSIGHT, Broke, Good, Junk

GIVEN = Prompt("Which team?\n\n{{ body }}")
LABELS = ("billing", "shipping", "sales")
POOL = [Row(100 + i, f"p{i}", {"body": f"example {i}"}, LABELS[i % 3]) for i in range(24)]
ROWS = [Row(i, f"r{i}", {"body": f"ticket {i}"}, LABELS[i % 3]) for i in range(40)]
WRITERS: dict[str, Callable[[], Writer | None]] = {
    "no writer": lambda: None,
    "good": Good,
    "junk": Junk,
    "broke": Broke,
}
UNWRITTEN = ("random", "grid")


def material(writer: Writer | None = None, rows: Sequence[Row] = ROWS) -> Material:
    edits = phrasings(GIVEN, kind="classify", labels=LABELS, target="team")
    pool = POOL if rows is ROWS else POOL[:3]
    return Material(GIVEN, edits, raceable(ours(), "classify"), pool, rows, 3, writer, LABELS)


def made(method: str, that: Material) -> Tuner:
    return TUNERS[method](that)


@dataclass(frozen=True)
class Make:
    """Makes a tuner of one method with one kind of writer."""

    method: str
    writer: str

    def __call__(self, rows: Sequence[Row] = ROWS) -> Tuner:
        return made(self.method, material(WRITERS[self.writer](), rows))


CASES = [(method, writer) for method in METHODS for writer in WRITERS]


@pytest.fixture(params=CASES, ids=lambda case: f"{case[0]}, {case[1]}")
def make(request: pytest.FixtureRequest) -> Make:
    return Make(*request.param)


World = Callable[[Program, int], float | None]


def noise(program: Program, row: int) -> float | None:
    """A world where prompts differ for no reason; some rows fail."""
    chance = draw(0, program.id, row)
    if chance.random() < 0.05:
        return None
    return float(chance.random() < int(program.id, 16) % 10 / 10)


def telling(words: str, good: float = 0.9, bad: float = 0.3) -> World:
    """Return a world where prompts with these words do better."""

    def score(program: Program, row: int) -> float:
        quality = good if words in str(program.canonical()) else bad
        return float(draw(1, "row", row).random() < quality)

    return score


def played(
    tuner: Tuner,
    calls: int,
    world: World = noise,
    rows: Sequence[Row] = ROWS,
    tokens: Callable[[Program], int] = lambda program: 0,
) -> list[list[Trial]]:
    """Play a tuner to its end; give its asks. Raced trials get what they are worth."""
    asks: list[list[Trial]] = []
    met: set[tuple[str, int]] = set()
    while len(asks) < 200:
        trials = list(asyncio.run(tuner.ask(Budget(calls=calls))))
        if not trials:
            return asks
        asks.append(trials)
        assert sum(trial.calls or 0 for trial in trials) <= calls
        for trial in trials:
            program = trial.candidate.program
            named = trial.rows or [row.index for row in rows[: trial.calls]]
            tuner.tell(
                [
                    Outcome(
                        program.id,
                        row,
                        0,
                        "answered" if score is not None else "failed",
                        score,
                        "",
                        usage=Usage(tokens(program)),
                    )
                    for row in named
                    for score in [world(program, row)]
                ]
            )
            calls -= len({(program.id, row) for row in named} - met)
            met |= {(program.id, row) for row in named}
        assert calls >= 0
    raise AssertionError("it never ends")


def test_it_ends_and_recommends_something_it_asked_for(make: Make) -> None:
    for calls in (10, 200):
        tuner = make()
        asks = played(tuner, calls)
        asked = {trial.candidate.id for trials in asks for trial in trials}
        best = [candidate.scored_as for candidate in tuner.best()]
        assert best and set(best) <= asked
        assert GIVEN.id in best


def test_the_given_prompt_is_among_the_first_trials(make: Make) -> None:
    for calls in (1, 200):
        first = asyncio.run(make().ask(Budget(calls=calls)))
        assert GIVEN.id in {trial.candidate.id for trial in first}


def test_the_same_seed_makes_the_same_asks(make: Make) -> None:
    def form(asks: list[list[Trial]]) -> list[list[object]]:
        return [[(t.candidate.id, t.rows, t.calls) for t in trials] for trials in asks]

    assert form(played(make(), 200)) == form(played(make(), 200))


def test_no_candidate_loses_an_input(make: Make) -> None:
    for trials in played(make(), 300):
        assert all(trial.candidate.program.variables >= GIVEN.variables for trial in trials)


def test_a_candidates_edits_lead_to_it_from_the_given_prompt(make: Make) -> None:
    for trials in played(make(), 300):
        for candidate in (trial.candidate for trial in trials):
            prompt = GIVEN
            for edit in edits_of(candidate):
                prompt = edit.apply(prompt)
            assert prompt.id == candidate.id
            assert bool(candidate.parents) == bool(candidate.edits)


def test_a_rephrasing_shows_no_rows(make: Make) -> None:
    for trials in played(make(), 300):
        for program in (t.candidate.program for t in trials if t.candidate.rephrasing):
            assert isinstance(program, Prompt) and not program.demonstrations


def test_trials_are_worth_no_more_than_is_left(make: Make) -> None:
    for calls in (1, 5, 17, 300):
        trials = asyncio.run(make().ask(Budget(calls=calls)))
        assert sum(trial.calls or 0 for trial in trials) <= calls


def test_it_asks_nothing_when_nothing_is_left(make: Make) -> None:
    assert not asyncio.run(make().ask(Budget(calls=0)))


@pytest.mark.parametrize("calls", [1, 3, 10, 30, 100])
def test_few_rows_and_few_calls_end_well(make: Make, calls: int) -> None:
    for count in (1, 3, 7):
        tuner = make(ROWS[:count])
        played(tuner, calls, rows=ROWS[:count])
        assert tuner.best()


def test_many_calls_end_too(make: Make) -> None:
    tuner = make()
    assert played(tuner, 3000)
    assert tuner.best()


def test_unasked_and_missing_outcomes_are_accepted(make: Make) -> None:
    tuner = make()
    tuner.tell([Outcome("unknown", 0, 0, "answered", 1.0, "")])
    tuner.tell([Outcome(GIVEN.id, 0, 0, "failed", None, "no answer")])
    tuner.tell([])
    assert asyncio.run(tuner.ask(Budget(calls=100)))
    assert asyncio.run(tuner.ask(Budget(calls=90)))  # not one of the trials was answered
    assert GIVEN.id in {candidate.id for candidate in tuner.best()}


def test_the_recommendation_is_at_least_as_strong_as_the_given_prompt(make: Make) -> None:
    tuner, scores = make(), Scores()

    def watched(program: Program, row: int) -> float | None:
        score = noise(program, row)
        scores.add([Outcome(program.id, row, 0, "answered", score, "")])
        return score

    played(tuner, 150, watched)
    strengths = scores.strengths()
    assert strengths[tuner.best()[0].id] >= strengths[GIVEN.id] - 1e-9


def test_it_finds_what_the_library_knows(make: Make) -> None:
    tuner = make()
    played(tuner, 300, telling("exactly one of"))
    best = tuner.best()[0].program.canonical()
    assert "exactly one of" in str(best) or INSIGHT in str(best)


@pytest.mark.parametrize("method", [m for m in TUNERS if m not in UNWRITTEN])
def test_it_finds_what_only_the_writer_knows(method: str) -> None:
    writer = Good()
    tuner = made(method, material(writer))
    played(tuner, 300, telling(INSIGHT))
    assert INSIGHT in str(tuner.best()[0].program.canonical())
    assert writer.asked


@pytest.mark.parametrize("method", TUNERS)
def test_junk_costs_a_few_requests_and_changes_nothing(method: str) -> None:
    writer = Junk()
    with_junk, without = made(method, material(writer)), made(method, material())
    found = [
        [[trial.candidate.id for trial in trials] for trials in played(tuner, 300)]
        for tuner in (with_junk, without)
    ]
    assert found[0] == found[1]
    assert writer.asked <= 3
    assert (writer.asked == 0) is (method in UNWRITTEN)


def test_every_method_is_here() -> None:
    assert {method for method, _ in CASES} == set(METHODS)
