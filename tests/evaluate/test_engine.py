import asyncio
from collections.abc import Sequence
from dataclasses import replace

import pytest

from intone.data.row import Row
from intone.errors import BackendError, ContextOverflow, Unreachable
from intone.evaluate.budget import Budget, Price, Purse
from intone.evaluate.engine import Engine, Job
from intone.evaluate.ledger import MemoryLedger
from intone.evaluate.metered import Metered, NoFailures, Patience
from intone.evaluate.outcome import Outcome
from intone.llm.answers import FreeText
from intone.llm.completion import Completion, Usage
from intone.llm.fake import FakeBackend
from intone.llm.messages import Message
from intone.llm.request import Request, Sampling
from intone.metrics.grade import Grade
from intone.metrics.number import NumberGrader
from intone.prompt import Answer, Chain, Got, Lost, Program, Prompt, Step, Vote
from intone.prompt.parts import fewest_calls
from intone.prompt.perturbations import AtTemperature

QUICK = Patience(attempts=3, timeout=5.0, pause=0.001, longest_pause=0.01, pressure=1.0)


class SameAsTarget:
    """The smallest grader: the text is the target."""

    name = "same"
    expects = FreeText()
    needs_target = True
    binary = True

    async def grade(self, answer: Answer, row: Row) -> Grade:
        if answer.text == "unreadable":
            return Grade(0.0, "cannot be read")
        if answer.text == "ask somebody":
            return Grade(None, "the grader cannot tell")
        right = answer.text == row.target
        return Grade(float(right), "right" if right else "wrong", answer.text)


def rows(count: int) -> list[Row]:
    return [Row(i, f"r{i}", {"q": f"question {i}."}, f"answer {i}") for i in range(count)]


PROMPT = Prompt("{{ q }}")


def engine_on(
    backend: FakeBackend,
    budget: Budget | None = None,
    *,
    concurrency: int = 8,
    ledger: MemoryLedger | None = None,
    price: Price | None = None,
    failures: NoFailures | None = None,
    sampling: Sampling | None = None,
) -> Engine:
    metered = Metered(
        backend,
        ledger or MemoryLedger(),
        Purse(budget or Budget(), price),
        concurrency=concurrency,
        patience=QUICK,
        failures=failures,
    )
    return Engine(metered, SameAsTarget(), sampling or Sampling(max_tokens=16))


def run(engine: Engine, programs: Sequence[Program], data: Sequence[Row]) -> list[Outcome]:
    return asyncio.run(engine.run([Job(p, row) for p in programs for row in data]))


def right(request: Request) -> str:
    return request.messages[-1].content.replace("question", "answer").rstrip(".")


def test_outcomes_come_in_row_order() -> None:
    outcomes = run(engine_on(FakeBackend(right)), [PROMPT], rows(50))
    assert [o.row for o in outcomes] == list(range(50))
    assert all(o.status == "answered" and o.score == 1.0 for o in outcomes)


@pytest.mark.parametrize(
    ("said", "status", "score"),
    [
        ("answer 0", "answered", 1.0),
        ("nonsense", "answered", 0.0),
        ("unreadable", "unparseable", 0.0),
        ("ask somebody", "failed", None),
        (Completion("answer 0", "length", Usage(3, 16)), "truncated", 0.0),
        (Completion("", "refusal"), "refused", 0.0),
        (ContextOverflow(9000, 4096), "truncated", 0.0),
        (BackendError("broken", retryable=False), "failed", None),
    ],
)
def test_what_each_status_scores(said: str | Completion, status: str, score: float | None) -> None:
    (outcome,) = run(engine_on(FakeBackend(lambda request: said)), [PROMPT], rows(1))
    assert (outcome.status, outcome.score) == (status, score)
    assert outcome.reason


def test_a_row_without_a_target_is_answered_but_not_scored() -> None:
    row = Row(0, "r", {"q": "question 0."}, None)
    (outcome,) = run(engine_on(FakeBackend("hello")), [PROMPT], [row])
    assert (outcome.status, outcome.score) == ("answered", None)


@pytest.mark.parametrize(
    ("said", "status"),
    [
        (Completion("answer 0", "length", Usage(3, 16)), "truncated"),
        (Completion("", "refusal"), "refused"),
        (ContextOverflow(9000, 4096), "truncated"),
    ],
)
def test_nothing_is_scored_where_nothing_could_be_graded(
    said: Completion | ContextOverflow, status: str
) -> None:
    row = Row(0, "r", {"q": "question 0."}, None)
    (outcome,) = run(engine_on(FakeBackend(lambda request: said)), [PROMPT], [row])
    assert (outcome.status, outcome.score) == (status, None)


def test_what_is_in_the_ledger_is_not_asked_again_but_paid() -> None:
    ledger = MemoryLedger()
    first, second = FakeBackend(right, identity="f"), FakeBackend(right, identity="f")
    engine = engine_on(first, ledger=ledger)
    before = run(engine, [PROMPT], rows(20))
    again = engine_on(second, ledger=ledger)
    after = run(again, [PROMPT], rows(20))
    assert (first.calls, second.calls) == (20, 0)
    assert [o.score for o in before] == [o.score for o in after]
    spent = again.backend.purse.spent
    assert (spent.calls, spent.replayed) == (20, 20)
    assert spent.tokens == engine.backend.purse.spent.tokens


def test_identical_requests_in_flight_share_one_call() -> None:
    backend = FakeBackend("x", delay=0.01)
    same = [Row(i, f"r{i}", {"q": "the same"}, "x") for i in range(10)]
    outcomes = run(engine_on(backend), [PROMPT], same)
    assert backend.calls == 1
    assert len(outcomes) == 10


def test_samples_are_calls_of_their_own() -> None:
    backend = FakeBackend(right)
    jobs = [Job(PROMPT, row, sample) for row in rows(3) for sample in range(4)]
    outcomes = asyncio.run(engine_on(backend).run(jobs))
    assert backend.calls == 12
    assert [(o.row, o.sample) for o in outcomes] == [(r, s) for r in range(3) for s in range(4)]


@pytest.mark.parametrize("calls", [0, 1, 7, 19, 20, 21])
def test_the_budget_in_calls_is_never_exceeded(calls: int) -> None:
    backend = FakeBackend(right)
    outcomes = run(engine_on(backend, Budget(calls=calls)), [PROMPT], rows(20))
    assert backend.calls == len(outcomes) == min(calls, 20)
    assert [o.row for o in outcomes] == list(range(len(outcomes)))


@pytest.mark.parametrize("tokens", [50, 400, 1000, 3000])
def test_the_budget_in_tokens_is_never_exceeded_and_little_is_left(tokens: int) -> None:
    engine = engine_on(FakeBackend(right), Budget(tokens=tokens))
    run(engine, [PROMPT], rows(1000))
    spent = engine.backend.purse.spent.tokens
    assert spent <= tokens
    worst = engine.backend.purse.worst(Request(tuple(PROMPT.messages(rows(1)[0]))))
    assert tokens - spent < worst.tokens + 20


def test_the_budget_in_money_is_never_exceeded() -> None:
    engine = engine_on(FakeBackend(right), Budget(usd=0.001), price=Price(1.0, 4.0))
    outcomes = run(engine, [PROMPT], rows(1000))
    assert 0 < engine.backend.purse.spent.usd <= 0.001
    assert 0 < len(outcomes) < 1000


class TwoSteps:
    """A chain of two calls: the second sees what the first said."""

    id = "two-steps"
    max_calls = 2
    variables = frozenset({"q"})

    def next(
        self, row: Row, done: Sequence[Got], blank: Request
    ) -> Sequence[Request] | Answer | Lost:
        lost = next((got for got in done if isinstance(got, Lost)), None)
        if lost is not None:
            return lost
        texts = [got.text for got in done if isinstance(got, Completion)]
        if len(texts) == 2:
            return Answer(texts[1])
        before = f"{texts[0]}: " if texts else "step: "
        return (blank.filled([Message("user", before + row.inputs["q"])]),)

    def shows(self, row: Row) -> bool:
        return False

    def canonical(self) -> dict[str, object]:
        return {"two": "steps"}


class ThreeVotes(TwoSteps):
    """A vote over three calls made at once; two that agree decide."""

    id = "three-votes"
    max_calls = 3

    def next(
        self, row: Row, done: Sequence[Got], blank: Request
    ) -> Sequence[Request] | Answer | Lost:
        if not done:
            ask = [Message("user", row.inputs["q"] + "?" * i) for i in range(3)]
            return [blank.filled([message]) for message in ask]
        texts = [got.text for got in done if isinstance(got, Completion)]
        return Answer(max(set(texts), key=texts.count))


def test_programs_of_several_calls() -> None:
    backend = FakeBackend(lambda r: f"<{r.messages[-1].content[:4]}>")
    outcomes = run(engine_on(backend), [TwoSteps(), ThreeVotes()], rows(3))
    assert [o.calls for o in outcomes] == [2, 2, 2, 3, 3, 3]
    assert outcomes[0].answer == "<<ste>"
    assert outcomes[3].answer == "<ques>"


def test_a_budget_that_ends_inside_a_program_gives_no_half_outcome() -> None:
    backend = FakeBackend("x")
    engine = engine_on(backend, Budget(calls=5))
    outcomes = run(engine, [TwoSteps()], rows(4))
    assert [(o.row, o.calls) for o in outcomes] == [(0, 2), (1, 2)]
    assert engine.backend.purse.spent.calls == backend.calls == 4  # a third row is not begun


@pytest.mark.parametrize(("calls", "answered"), [(1, 0), (2, 1), (3, 1), (4, 2), (5, 2)])
def test_a_vote_is_begun_where_it_can_still_be_decided(calls: int, answered: int) -> None:
    vote = Vote([Prompt("{{ q }}"), Prompt("{{ q }}?"), Prompt("{{ q }}!")])
    metered = Metered(FakeBackend("7"), MemoryLedger(), Purse(Budget(calls=calls)))
    engine = Engine(metered, NumberGrader(), Sampling(max_tokens=16))
    data = [replace(row, target="7") for row in rows(5)]
    outcomes = run(engine, [vote], data)
    assert [outcome.calls for outcome in outcomes] == [2] * answered
    assert metered.purse.spent.calls == 2 * answered
    warmer = AtTemperature(
        Chain([Step("a", vote, answer="number"), Step("b", Prompt("{{ a }}"))]), 1
    )
    assert (warmer.max_calls, fewest_calls(warmer)) == (4, 3)


def test_what_a_search_has_paid_for_is_begun_with_nothing_left() -> None:
    members = [Prompt("{{ q }}"), Prompt("{{ q }}?"), Prompt("{{ q }}!")]
    metered = Metered(FakeBackend("7"), MemoryLedger(), Purse(Budget(calls=6)), once=True)
    engine = Engine(metered, NumberGrader(), Sampling(max_tokens=16))
    data = [replace(row, target="7") for row in rows(2)]
    assert len(run(engine, members, data)) == 6
    assert len(run(engine, [Vote(members)], [*data, *rows(3)[2:]])) == 2
    assert metered.purse.spent.calls == 6


CHAIN = Chain(
    [
        Step("kind", Prompt("Kind? {{ q }}"), labels=["a", "b"], target="gold"),
        Step("end", Prompt("End of {{ kind }}? {{ q }}")),
    ]
)


def test_a_row_without_what_is_known_is_missing_and_costs_nothing() -> None:
    backend = FakeBackend("end")
    known = CHAIN.with_step("kind", known="gold", target="")
    data = [Row(i, f"r{i}", {"q": "?", "gold": gold}, "end") for i, gold in enumerate(["", "a"])]
    lost, answered = run(engine_on(backend), [known], data)
    assert (lost.status, lost.score, lost.calls) == ("failed", None, 0)
    assert lost.reason == "step 'kind': the column 'gold' is empty here"
    assert (answered.score, backend.calls) == (1.0, 1)


@pytest.mark.parametrize(
    ("said", "status", "score", "reason"),
    [
        ("a", "answered", 0.0, "wrong"),
        ("neither", "unparseable", 0.0, "step 'kind': its answer cannot be read"),
        ("I'm sorry, I cannot.", "refused", 0.0, "step 'kind': its answer cannot be read"),
        (Completion("", "refusal"), "refused", 0.0, "step 'kind': the model declined"),
        (
            Completion("a", "length", Usage(3, 16)),
            "truncated",
            0.0,
            "step 'kind': cut off after 16",
        ),
        (ContextOverflow(9, 4), "truncated", 0.0, "step 'kind': the prompt has 9 tokens"),
        (BackendError("broken", retryable=False), "failed", None, "step 'kind': broken"),
    ],
)
def test_a_chain_says_at_which_step_it_ended(
    said: str | Completion | BackendError, status: str, score: float | None, reason: str
) -> None:
    backend = FakeBackend(lambda r: said if "Kind?" in r.messages[-1].content else "end")
    row = Row(0, "r", {"q": "?", "gold": "a"}, "answer 0")
    (outcome,) = run(engine_on(backend), [CHAIN], [row])
    assert (outcome.status, outcome.score) == (status, score)
    assert outcome.reason.startswith(reason)
    assert outcome.steps.get("kind", 0.0) == float(status == "answered")
    assert outcome.calls == backend.calls == (2 if status == "answered" else 1)


class Sometimes(TwoSteps):
    """One call on odd rows, two on even ones."""

    id = "sometimes"

    def next(
        self, row: Row, done: Sequence[Got], blank: Request
    ) -> Sequence[Request] | Answer | Lost:
        if done and row.index % 2:
            return Answer("early")
        return super().next(row, done, blank)


@pytest.mark.parametrize("calls", [0, 1, 2, 3, 7, 12, 100])
def test_outcomes_are_those_of_the_first_jobs_whatever_the_budget(calls: int) -> None:
    engine = engine_on(FakeBackend("x"), Budget(calls=calls))
    programs = [Sometimes(), ThreeVotes()]
    outcomes = run(engine, programs, rows(6))
    wanted = [(program.id, row.index) for program in programs for row in rows(6)]
    assert [(o.program, o.row) for o in outcomes] == wanted[: len(outcomes)]
    assert engine.backend.purse.spent.calls <= calls
    assert len(outcomes) == 12 or (engine.backend.purse.left.calls or 0) < 3
    assert sum(o.calls for o in outcomes) > calls - 3 or len(outcomes) == 12


def test_failures_are_recorded_and_fail_again_without_a_call() -> None:
    def broken(request: Request) -> str | BackendError:
        if "question 1." in request.messages[-1].content:
            return BackendError("500 from the server", retryable=True)
        return right(request)

    failures = NoFailures()
    ledger = MemoryLedger()
    backend = FakeBackend(broken, identity="f")
    outcomes = run(engine_on(backend, ledger=ledger, failures=failures), [PROMPT], rows(3))
    assert [o.status for o in outcomes] == ["answered", "failed", "answered"]
    assert backend.calls == 2 + QUICK.attempts
    assert len(failures.known) == 1
    mended = FakeBackend(right, identity="f")
    again = run(engine_on(mended, ledger=ledger, failures=failures), [PROMPT], rows(3))
    assert mended.calls == 0
    assert [o.status for o in again] == ["answered", "failed", "answered"]


def test_a_backend_that_cannot_be_used_stops_the_run() -> None:
    backend = FakeBackend(lambda request: Unreachable("no server at localhost:1"))
    with pytest.raises(Unreachable):
        run(engine_on(backend), [PROMPT], rows(100))
    assert backend.calls <= 16  # two tries by each of eight workers


def test_a_backend_that_refuses_everything_stops_the_run() -> None:
    backend = FakeBackend(lambda request: BackendError("bad field", retryable=False))
    with pytest.raises(BackendError, match="bad field"):
        run(engine_on(backend, concurrency=2), [PROMPT], rows(100))
    assert backend.calls < 20


def test_rows_of_one_prompt_follow_each_other() -> None:
    backend = FakeBackend(lambda request: "x", keep=100)
    other = Prompt("other {{ q }}")
    jobs = [Job(p, row) for row in rows(6) for p in (PROMPT, other)]
    asyncio.run(engine_on(backend, concurrency=1).run(jobs))
    asked = [r.messages[-1].content.startswith("other") for r in backend.requests]
    assert asked == [False] * 6 + [True] * 6


def test_the_listener_sees_every_outcome() -> None:
    seen: list[int] = []
    engine = engine_on(FakeBackend(right))
    engine.listener = lambda outcome: seen.append(outcome.row)
    run(engine, [PROMPT], rows(5))
    assert seen == [0, 1, 2, 3, 4]
