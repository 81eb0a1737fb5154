"""The robust objective: what a trial is worth, which versions it asks, and what it costs."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intone.data.row import Row
from intone.evaluate.budget import Budget, Purse
from intone.evaluate.engine import Engine, Job
from intone.evaluate.ledger import MemoryLedger
from intone.evaluate.metered import Metered
from intone.llm.fake import FakeBackend, prompt_text
from intone.llm.request import Request
from intone.metrics.label import LabelGrader
from intone.prompt import Prompt
from intone.prompt.perturbations import AtTemperature
from intone.tune.robust import Robust, Versions, folded, versions_in_search, worth

LABELS = ("billing", "shipping")
GIVEN = Prompt("Which team should handle it?\n\nTicket: {{ body }}")
OTHER = Prompt("Name the team.\n\nTicket: {{ body }}", layout="xml")
ROWS = [Row(i, f"r{i}", {"body": f"number {i}"}, LABELS[i % 2]) for i in range(20)]
UNIT = st.floats(0, 1)


def robust(
    calls: int = 1000, count: int = 3, weight: float = 0.5, *, drawn: bool = False
) -> Robust:
    def answer(request: Request) -> str:
        row = next(r for r in ROWS[::-1] if r.inputs["body"] in request.messages[-1].content)
        right = row.target or ""
        return LABELS[right == LABELS[0]] if "## " in prompt_text(request) else right

    metered = Metered(FakeBackend(answer), MemoryLedger(), Purse(Budget(calls=calls)), once=True)
    choice = Versions(0, LABELS, count=count, drawn=drawn)
    return Robust(Engine(metered, LabelGrader(LABELS)), choice, weight)


def answered(engine: Robust, jobs: Iterable[Job]) -> list[float | None]:
    return [outcome.score for outcome in asyncio.run(engine.run(jobs))]


def test_a_trial_is_worth_the_mean_less_half_the_difference() -> None:
    assert worth([1, 1, 1], 0.5) == 1
    assert worth([1, 1, 0], 0.5) == pytest.approx(2 / 3 - 0.5 * 2 / 3)
    assert worth([1, 0, 0], 0.5) == pytest.approx(0)
    assert worth([1, 1, 0], 0.2) == pytest.approx(2 / 3 - 0.2 * 2 / 3)
    assert worth([1, None, 1], 0.5) is None and worth([None], 0.5) is None


@given(st.lists(UNIT, min_size=2, max_size=5), st.floats(0, 0.5))
def test_what_a_trial_is_worth_stays_within_the_scores(scores: list[float], weight: float) -> None:
    found = worth(scores, weight)
    assert found is not None
    assert 0 <= found <= max(scores) + 1e-9
    pairs = list(combinations(scores, 2))
    assert worth(scores, 0.5) == pytest.approx(sum(map(min, pairs)) / len(pairs))


def test_versions_are_chosen_by_seed_and_row_for_all_candidates_alike() -> None:
    choice, again, other = Versions(0, LABELS), Versions(0, LABELS), Versions(1, LABELS)
    jobs = [choice.of(GIVEN, row) for row in ROWS]
    assert all(group[0] == Job(GIVEN, row) for group, row in zip(jobs, ROWS, strict=True))
    assert all(len({job.program.id for job in group}) == 3 for group in jobs)
    ids = [[job.program.id for job in group] for group in jobs]
    assert ids == [[job.program.id for job in again.of(GIVEN, row)] for row in ROWS]
    assert ids != [[job.program.id for job in other.of(GIVEN, row)] for row in ROWS]
    assert len({tuple(of_one) for of_one in ids}) > 10
    for row in ROWS:  # the same passage is added to both, where one is added
        texts = [job.program.canonical().get("context") for job in choice.of(GIVEN, row)]
        assert texts == [job.program.canonical().get("context") for job in choice.of(OTHER, row)]


def test_in_a_search_every_row_is_asked_in_one_version_or_two_and_as_it_is_in_its_turn() -> None:
    drawn = Versions(0, LABELS, count=1, drawn=True)
    singles = [drawn.of(GIVEN, row) for row in ROWS]
    assert all(len(jobs) == 1 for jobs in singles)
    assert 1 <= sum(jobs == [Job(GIVEN, row)] for jobs, row in zip(singles, ROWS, strict=True)) < 10
    assert len({jobs[0].program.id for jobs in singles}) > 5
    pairs = [Versions(0, LABELS, count=2, drawn=True).of(GIVEN, row) for row in ROWS]
    assert [pair[:1] for pair in pairs] == singles
    assert all(len({job.program.id for job in pair}) == 2 for pair in pairs)
    assert [versions_in_search(calls) for calls in (30, 599, 600, None)] == [1, 1, 2, 2]


def test_an_outcome_is_that_of_the_candidate_whatever_version_was_asked() -> None:
    engine = robust(count=1, drawn=True)
    outcomes = asyncio.run(engine.run([Job(GIVEN, row) for row in ROWS]))
    assert [(it.program, it.row) for it in outcomes] == [(GIVEN.id, row.index) for row in ROWS]
    assert engine.backend.purse.spent.calls == len(ROWS)
    assert len({engine.told[(GIVEN.id, row.index)][0].program for row in ROWS}) > 5


def test_a_program_that_is_no_prompt_is_drawn_again() -> None:
    jobs = Versions(0).of(AtTemperature(GIVEN, 0.5), ROWS[0])
    assert len(jobs) == 3 and len({(job.program.id, job.sample) for job in jobs}) == 3
    short = Versions(0, kinds=("order",)).of(GIVEN, ROWS[0])
    assert [job.program for job in short] == [GIVEN]  # nothing of it can be ordered


def test_a_trial_costs_its_versions_and_no_more_than_the_budget() -> None:
    engine = robust(calls=20)
    found = answered(engine, [Job(GIVEN, row) for row in ROWS])
    assert len(found) == 6 == 20 // engine.versions
    assert engine.backend.purse.spent.calls <= 20
    assert len(engine.told) == 6


def test_a_prompt_that_a_layout_upsets_is_worth_less() -> None:
    def mean(prompt: Prompt, weight: float) -> float:
        found = answered(robust(weight=weight), [Job(prompt, row) for row in ROWS])
        return sum(score or 0.0 for score in found) / len(found)

    assert 0.3 < mean(GIVEN, 0.5) < mean(GIVEN, 0.0) < 1.0


def test_a_folded_outcome_is_the_first_with_the_worth_of_all() -> None:
    engine = robust()
    (outcome,) = asyncio.run(engine.run([Job(GIVEN, ROWS[3])]))
    told = engine.told[(GIVEN.id, 3)]
    assert outcome == folded(told, 0.5)
    assert (outcome.program, outcome.row, outcome.text) == (GIVEN.id, 3, told[0].text)
    assert outcome.calls == 3
    assert abs(outcome.usage.prompt_tokens - told[0].usage.prompt_tokens) < 30
