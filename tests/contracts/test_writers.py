"""What every writer promises, run over every implementation."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from intone.errors import BudgetEnded
from intone.prompt import Demonstration
from intone.prompt.edits import apply_all
from intone.writer.model_writer import ModelWriter
from intone.writer.writer import Proposals, Scored, Writer
from tests.writer.writers import FAILURES, LABELS, RULE, TRIAGE, Junk, Scripted, metered, wise

OTHER = TRIAGE.with_(template="Name the team.\n\n{{ subject }}\n{{ body }}")
EXAMPLES = [Demonstration({"subject": f"s{i}", "body": f"b{i}"}, LABELS[i % 3]) for i in range(9)]

Asking = Callable[[Writer, int, int], Awaitable[Proposals]]
ASKS: dict[str, Asking] = {
    "critique": lambda w, count, turn: w.critique(TRIAGE, FAILURES, count=count, turn=turn),
    "rephrase": lambda w, count, turn: w.rephrase(TRIAGE, count=count, turn=turn),
    "climb": lambda w, count, turn: w.rephrase(
        TRIAGE, count=count, turn=turn, scored=[Scored(OTHER, 0.25), Scored(TRIAGE, 0.5)]
    ),
    "cross": lambda w, count, turn: w.cross(TRIAGE, OTHER, count=count, turn=turn),
    "induce": lambda w, count, turn: w.induce(TRIAGE, EXAMPLES, count=count, turn=turn),
}
MAKERS: dict[str, Callable[[int], Writer]] = {
    "model": lambda calls: ModelWriter(metered(wise, calls=calls), labels=LABELS),
    "model, junk": lambda calls: ModelWriter(metered("Certainly!", calls=calls), labels=LABELS),
    "scripted": lambda calls: Scripted((RULE, "Do not explain."), calls),
    "junk": lambda calls: Junk(calls=calls),
}


@pytest.fixture(params=sorted(MAKERS))
def make(request: pytest.FixtureRequest) -> Callable[[int], Writer]:
    return MAKERS[request.param]


@pytest.fixture(params=sorted(ASKS))
def ask(request: pytest.FixtureRequest) -> Asking:
    return ASKS[request.param]


def asked(writer: Writer, ask: Asking, count: int, turn: int) -> Proposals:
    async def answer() -> Proposals:
        return await ask(writer, count, turn)

    return asyncio.run(answer())


def test_no_more_come_back_than_were_wanted(make: Callable[[int], Writer], ask: Asking) -> None:
    for count in (0, 1, 3):
        found = asked(make(100), ask, count, 0)
        assert len(found.proposals) + sum(found.dropped.values()) <= count


def test_proposals_fit_and_keep_every_input(make: Callable[[int], Writer], ask: Asking) -> None:
    for proposal in asked(make(100), ask, 4, 1).proposals:
        edited = apply_all(TRIAGE, proposal.edits)
        assert edited.variables == TRIAGE.variables
        assert edited.id != TRIAGE.id


def test_the_same_turn_gives_the_same_proposals(make: Callable[[int], Writer], ask: Asking) -> None:
    assert asked(make(100), ask, 3, 2) == asked(make(100), ask, 3, 2)


def test_no_room_for_a_call_ends_the_budget(make: Callable[[int], Writer], ask: Asking) -> None:
    writer = make(1)
    asked(writer, ask, 3, 0)  # the one call there is
    with pytest.raises(BudgetEnded):
        asked(writer, ask, 1, 1)


def test_nothing_to_learn_from_is_no_proposal(make: Callable[[int], Writer]) -> None:
    writer = make(100)
    assert not asyncio.run(writer.critique(TRIAGE, [], count=2, turn=0)).proposals
    assert not asyncio.run(writer.induce(TRIAGE, [], count=2, turn=0)).proposals
    assert not asyncio.run(writer.cross(TRIAGE, TRIAGE, count=2, turn=0)).proposals
