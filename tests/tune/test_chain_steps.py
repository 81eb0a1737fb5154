"""Tuning a chain: which step is changed, what it promises as a tuner, what is never recommended."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from intone.data.canonical import draw
from intone.data.row import Row
from intone.evaluate.budget import Budget
from intone.evaluate.outcome import Outcome
from intone.prompt import Chain, Program, Prompt, Step
from intone.prompt.phrasings import phrasings
from intone.tune.candidate import Trial
from intone.tune.chain_steps import ChainMaterial, ChainSteps, step_pool
from intone.tune.material import Material

LABELS = ("billing", "shipping", "sales")
GIVEN = Chain(
    [
        Step("topic", Prompt("Topic?\n\n{{ body }}"), labels=LABELS, target="gold"),
        Step("facts", Prompt("Facts?\n\n{{ body }}")),
        Step("team", Prompt("Team for {{ topic }}?\n\n{{ body }} {{ facts }}")),
    ]
)
ROWS = [
    Row(i, f"r{i}", {"body": f"ticket {i}", "gold": LABELS[i % 3]}, LABELS[i % 3])
    for i in range(40)
]
World = Callable[[Program, int], float | None]


def tuner(rows: list[Row] = ROWS) -> ChainSteps:
    steps = {}
    for step in GIVEN.steps:
        assert isinstance(step.program, Prompt)
        edits = phrasings(step.program, kind="classify", labels=LABELS, target="team")
        steps[step.name] = Material(
            step.program, edits, ("Be brief.",), [], rows, 3, None, LABELS, kind="classify"
        )
    return ChainSteps(ChainMaterial(GIVEN, steps, rows))


def played(made: ChainSteps, calls: int, world: World) -> list[list[Trial]]:
    """Play a tuner to its end; every call of a program is paid."""
    asks: list[list[Trial]] = []
    while len(asks) < 300:
        trials = list(asyncio.run(made.ask(Budget(calls=calls))))
        if not trials:
            return asks
        asks.append(trials)
        assert sum(trial.calls or 0 for trial in trials) <= calls
        for trial in trials:
            program = trial.candidate.program
            count = (trial.calls or 0) // program.max_calls
            named = trial.rows or [row.index for row in ROWS[:count]]
            for row in named:
                score = world(program, row)
                status = "failed" if score is None else "answered"
                made.tell([Outcome(program.id, row, 0, status, score, "")])  # type: ignore[arg-type]
            calls -= len(named) * program.max_calls
    raise AssertionError("it never ends")


def hanging_on(step: str, words: str = "exactly one of") -> World:
    """Return a world where a chain is right if this step says these words, or is known."""

    def score(program: Program, row: int) -> float | None:
        assert isinstance(program, Chain)
        of = program.step(step)
        good = bool(of.known) or words in str(of.program.canonical())
        return float(draw(1, "row", row).random() < (0.95 if good else 0.3))

    return score


def changed_steps(asks: list[list[Trial]]) -> list[str]:
    """Return which step each trial changes last, without measurements."""
    found = []
    for trial in (trial for trials in asks for trial in trials):
        for step in GIVEN.steps:
            assert isinstance(trial.candidate.program, Chain)
            now = trial.candidate.program.step(step.name)
            if now.program != step.program and not now.known:
                found.append(step.name)
    return found


@pytest.mark.parametrize("step", ["topic", "facts", "team"])
def test_edits_go_to_the_step_that_costs_most(step: str) -> None:
    made = tuner()
    asks = played(made, 900, hanging_on(step))
    best = made.best()[0].program
    assert isinstance(best, Chain)
    assert "exactly one of" in str(best.step(step).program.canonical())
    if step == "topic":  # known from its own right answers: no other step gets more tries
        tried = changed_steps(asks)
        assert tried.count("topic") >= max(tried.count("facts"), tried.count("team"))


def test_what_a_known_step_does_is_measured_and_never_recommended() -> None:
    made = tuner()
    asks = played(made, 600, hanging_on("topic"))
    probes = [
        t for trials in asks for t in trials if "known" in str(t.candidate.program.canonical())
    ]
    assert probes and all(trial.candidate.program.max_calls == 2 for trial in probes)
    assert all("known" not in str(c.program.canonical()) for c in made.best())
    assert probes[0].candidate.sentence == "topic: always right (from the column gold)"


@pytest.mark.parametrize("calls", [1, 3, 10, 50, 200])
def test_few_calls_end_well(calls: int) -> None:
    made = tuner()
    asks = played(made, calls, hanging_on("team"))
    assert made.best()[0].id in {GIVEN.id} or asks
    assert not asyncio.run(made.ask(Budget(calls=0)))


def test_edits_lead_from_the_given_chain_to_each_candidate() -> None:
    for trials in played(tuner(), 600, hanging_on("topic")):
        for candidate in (trial.candidate for trial in trials):
            program: Program = GIVEN
            for edit in candidate.edits:
                program = edit.apply(program)  # type: ignore[arg-type]
            assert program.id == candidate.id
            assert bool(candidate.parents) == bool(candidate.edits)
            assert program.variables >= GIVEN.variables


def test_the_same_search_makes_the_same_asks() -> None:
    def form() -> list[list[object]]:
        asks = played(tuner(), 400, hanging_on("facts"))
        return [[(t.candidate.id, t.rows, t.calls) for t in trials] for trials in asks]

    assert form() == form()


def test_the_recommendation_is_at_least_as_strong_as_the_given_chain() -> None:
    made = tuner()

    def noise(program: Program, row: int) -> float | None:
        chance = draw(0, program.id, row).random()
        return None if chance < 0.05 else float(chance < 0.5)

    played(made, 500, noise)
    strengths = made.known.strengths()
    assert strengths[made.best()[0].id] >= strengths[GIVEN.id] - 1e-9


def test_rows_are_shown_in_a_step_with_its_own_right_answers() -> None:
    shown = step_pool(GIVEN, "topic", ROWS)
    assert [row.target for row in shown[:3]] == list(LABELS)
    assert step_pool(GIVEN, "facts", ROWS) == []  # it has none
    assert step_pool(GIVEN, "team", ROWS) == []  # it uses a step that has none
    short = Chain([GIVEN.steps[0], Step("team", Prompt("Team for {{ topic }}? {{ body }}"))])
    assert step_pool(short, "team", ROWS)[1].inputs["topic"] == "shipping"
    assert step_pool(Chain(short.steps, context=["{{ notes }}"]), "team", ROWS) == []
