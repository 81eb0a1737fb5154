"""What `auto` adds to a leader, or mends: passages and the form of its answers."""

from __future__ import annotations

import pytest

from intone.evaluate.outcome import Outcome, Status
from intone.llm.completion import Usage
from intone.prompt.edits import apply_all
from intone.prompt.phrasings import asks_last
from intone.prompt.program import Program
from intone.tune.auto import Auto
from intone.tune.material import Material
from intone.tune.pruning import droppable
from tests.tune.playing import (
    GIVEN,
    LABELS,
    NOTES,
    POOL,
    ROWS,
    last_is_better,
    make,
    outcome,
    played,
    prompt_of,
    prompts,
)


def test_passages_that_help_are_found_and_kept() -> None:
    def noted_is_better(program: Program, row: int) -> Outcome:
        text = prompt_of(program).text(ROWS[row % 39])
        return outcome(program.id, row, float(NOTES[row % 39] in text), tokens=len(text))

    tuner = make(passages=NOTES)
    asks = played(tuner, 300, noted_is_better)
    best = prompt_of(tuner.best()[0].program)
    assert best.passages == NOTES and best.nearest == {"passages": 1}  # three earn no more
    tried = {(len(p.passages), p.nearest.get("passages")) for ask in asks for p in prompts(ask)}
    assert tried == {(0, None), (39, 3), (39, 1), (3, None), (1, None)}
    assert sum(len(trial.rows or ()) for ask in asks[:-1] for trial in ask) < 300


def test_passages_that_do_not_help_are_left_out() -> None:
    tuner = make(passages=NOTES)
    asks = played(tuner, 300, last_is_better)
    assert any(prompt.passages for trials in asks for prompt in prompts(trials))
    best = prompt_of(tuner.best()[0].program)
    assert asks_last(best) and not best.passages and not best.demonstrations


def test_with_few_calls_passages_are_tried_once() -> None:
    def all_wrong(program: Program, row: int) -> Outcome:
        return outcome(program.id, row, 0.0)

    asks = played(make(passages=NOTES), 30, all_wrong)
    tried = {p.id: p for trials in asks for p in prompts(trials) if p.passages}
    assert len(tried) == 1


def test_each_passage_can_be_dropped_or_all_that_rows_choose_from() -> None:
    fixed = GIVEN.with_(passages=NOTES[:2], context=["c"])
    dropped = [apply_all(fixed, edits) for edits in droppable(fixed)]
    assert [p.passages for p in dropped[:2]] == [NOTES[1:2], NOTES[:1]]
    assert dropped[2] == fixed.with_(context=[])
    stock = GIVEN.with_(passages=NOTES, nearest={"passages": 3})
    assert [apply_all(stock, edits) for edits in droppable(stock)] == [GIVEN]


def test_a_passage_that_earns_nothing_is_pruned() -> None:
    idle = "The office has a kitchen."
    given = GIVEN.with_(passages=[NOTES[0], idle])

    def first_note(program: Program, row: int) -> Outcome:
        prompt = prompt_of(program)
        good = NOTES[0] in prompt.passages or row % 4 == 0
        return outcome(program.id, row, float(good), tokens=len(prompt.text(ROWS[row % 39])))

    tuner = Auto(Material(given, (), (), (), ROWS, 0, kind="classify"))
    played(tuner, 200, first_note)
    assert prompt_of(tuner.best()[0].program).passages == (NOTES[0],)


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ("unparseable", "Copy the answer letter for letter"),
        ("truncated", "Give the answer only, without explanation"),
        ("refused", "Never decline"),
    ],
)
@pytest.mark.parametrize("calls", [60, 300])
def test_answers_that_cannot_be_read_are_repaired(status: Status, words: str, calls: int) -> None:
    def unread_unless_told(program: Program, row: int) -> Outcome:
        text = prompt_of(program).text(ROWS[row % 39])
        if words in text or row % 4 == 0:
            return outcome(program.id, row, 1.0, tokens=len(text))
        return Outcome(program.id, row, 0, status, 0.0, "", usage=Usage(len(text)))

    tuner = Auto(Material(GIVEN, (), (), POOL, ROWS, 0, None, LABELS, kind="classify"))
    asks = played(tuner, calls, unread_unless_told)
    repairs = prompts(asks[1])
    assert 1 <= len(repairs) <= 3 and not any(p.demonstrations for p in repairs)
    assert all(trial.candidate.rephrasing for trial in asks[1])
    if calls == 300:
        assert words in prompt_of(tuner.best()[0].program).text(ROWS[0])


def test_repairs_are_paid_for_by_the_demonstrations() -> None:
    def unread(program: Program, row: int) -> Outcome:
        return Outcome(program.id, row, 0, "unparseable", 0.0, "")

    def all_wrong(program: Program, row: int) -> Outcome:
        return outcome(program.id, row, 0.0)

    (_, repairs, after, *_), (_, shown, *_) = (
        played(make(), 300, world) for world in (unread, all_wrong)
    )
    assert [len(trial.rows or ()) for trial in repairs] == [8, 8, 8]  # 24 of 90 calls
    assert [len(trial.rows or ()) for trial in after] == [12] * 5
    assert [len(trial.rows or ()) for trial in shown] == [12] * 7


def test_what_can_be_read_is_not_repaired() -> None:
    asks = played(make(), 300, last_is_better)
    assert all(prompt.demonstrations or prompt.context for prompt in prompts(asks[1]))
