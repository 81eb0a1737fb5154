import asyncio

from intone.evaluate.budget import Bill, Budget, Cost, Purse
from intone.evaluate.engine import Engine
from intone.evaluate.ledger import MemoryLedger
from intone.evaluate.metered import Metered
from intone.evaluate.outcome import Outcome
from intone.llm.completion import Usage
from intone.llm.fake import FakeBackend
from intone.metrics.exact import ExactGrader
from intone.prompt import Prompt
from intone.tune.known import Known, on_rows, raced
from intone.tune.loop import search
from intone.tune.material import Material
from intone.tune.proposing import Proposer
from intone.tune.races.halving import Halving
from intone.tune.races.rounds import Rounds
from intone.tune.stepwise import Steps, Stepwise
from intone.writer.writer import Proposals
from tests.contracts.test_tuners import GIVEN, ROWS, material
from tests.tune.writers import AnyWriter, Broke, Good


def outcome(program: str, row: int, score: float | None) -> Outcome:
    return Outcome(program, row, 0, "answered" if score is not None else "failed", score, "")


class Rewriter(Stepwise):
    """Asks the writer once and scores what it says."""

    def __init__(self, that: Material) -> None:
        super().__init__(that)
        self.proposer = Proposer(self)

    def steps(self) -> Steps:
        yield []  # nothing to score: goes on at once
        found = yield from self.proposer.rephrased(self.known.given, 2)
        yield raced([self.known.given, *found], self.calls)


def test_questions_are_answered_within_an_ask() -> None:
    tuner = Rewriter(material(Good()))
    trials = asyncio.run(tuner.ask(Budget(calls=30)))
    assert [trial.calls for trial in trials] == [10, 10, 10]
    assert trials[1].candidate.rephrasing
    assert not asyncio.run(tuner.ask(Budget(calls=30)))
    assert not asyncio.run(tuner.ask(Budget(calls=30)))  # and it stays finished


def test_a_writer_without_budget_says_nothing() -> None:
    tuner = Rewriter(material(Broke()))
    assert [t.candidate.id for t in asyncio.run(tuner.ask(Budget(calls=30)))] == [GIVEN.id]


def test_the_writer_has_a_quarter_of_the_calls_at_most() -> None:
    writer = Good()
    tuner = Rewriter(material(writer))
    assert len(asyncio.run(tuner.ask(Budget(calls=4)))) == 2  # one proposal, not two
    tuner = Rewriter(material(writer))
    assert len(asyncio.run(tuner.ask(Budget(calls=3)))) == 1
    assert len(writer.asked) == 1


def test_a_heat_is_cut_to_the_calls() -> None:
    class Greedy(Stepwise):
        def steps(self) -> Steps:
            yield [on_rows(self.known.given, range(5)), *raced([Known(Prompt("x")).given], 9)]

    trials = asyncio.run(Greedy(material()).ask(Budget(calls=7)))
    assert [(trial.rows, trial.calls) for trial in trials] == [((0, 1, 2, 3, 4), 5), (None, 2)]
    trials = asyncio.run(Greedy(material()).ask(Budget(calls=3)))
    assert [(trial.rows, trial.calls) for trial in trials] == [((0, 1, 2), 3)]


def test_what_the_writer_spends_is_not_promised_to_the_race() -> None:
    purse = Purse(Budget(calls=20))

    class Paid(AnyWriter):
        def proposals(self, kind: str, prompt: Prompt, count: int, turn: int) -> Proposals:
            purse.settle(purse.reserve([Cost(12)]), [Bill(Usage(), False)] * 12)
            return Proposals()

    metered = Metered(FakeBackend("no"), MemoryLedger(), purse)
    rows = {row.index: row for row in ROWS}
    found = asyncio.run(
        search(
            Rewriter(material(Paid())),
            Rounds(list(rows), Halving()),
            Engine(metered, ExactGrader()),
            rows,
        )
    )
    assert found.finished
    assert found.heats[0].calls == 8 and purse.spent.calls == 20


def test_those_who_met_few_rows_come_after_those_who_met_many() -> None:
    known = Known(GIVEN)
    lucky, steady = Prompt("lucky {{ body }}"), Prompt("steady {{ body }}")
    known.add([Known(lucky).given, Known(steady).given])
    for row in range(10):
        known.tell([outcome(GIVEN.id, row, 0.0), outcome(steady.id, row, float(row < 6))])
    known.tell([outcome(lucky.id, row, 1.0) for row in range(4)])
    assert [c.id for c in known.ranked()] == [steady.id, GIVEN.id, lucky.id]
    assert known.ranked(among=[lucky.id])[0].id == lucky.id


def test_nobody_leads_who_is_weaker_than_the_given_prompt() -> None:
    known = Known(GIVEN)
    weak = Prompt("weak {{ body }}")
    known.add([Known(weak).given])
    known.tell([outcome(GIVEN.id, 0, 1.0)])
    known.tell([outcome(weak.id, row, 0.0) for row in range(10)])
    assert known.ranked()[0].id == GIVEN.id


def test_missing_outcomes_have_no_merit() -> None:
    known = Known(GIVEN)
    known.tell([outcome(GIVEN.id, 0, None), outcome(GIVEN.id, 1, 1.0)])
    assert known.merits(known.given, range(5)) == {1: 1.0}
    assert [o.row for o in known.outcomes(known.given, range(5))] == [0, 1]
