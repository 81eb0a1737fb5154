import asyncio
import time

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from intone.errors import (
    BackendError,
    BudgetEnded,
    CallTimedOut,
    KeyRejected,
    RateLimited,
    SettingError,
)
from intone.evaluate.budget import Bill, Budget, Cost, Price, Purse
from intone.evaluate.ledger import MemoryLedger, request_key
from intone.evaluate.limiter import Limiter
from intone.evaluate.metered import Metered, NoFailures, Patience
from intone.llm.answers import Labels
from intone.llm.completion import Completion, Usage
from intone.llm.fake import FakeBackend
from intone.llm.messages import Message
from intone.llm.request import Request, Sampling

REQUEST = Request((Message("user", "hello"),))
QUICK = Patience(attempts=4, timeout=0.2, pause=0.001, longest_pause=0.01, pressure=0.5)


def metered(backend: FakeBackend, budget: Budget | None = None) -> Metered:
    return Metered(backend, MemoryLedger(), Purse(budget or Budget()), patience=QUICK)


def complete(backend: FakeBackend) -> Completion:
    return asyncio.run(metered(backend).complete(REQUEST))


def test_retryable_failures_are_retried() -> None:
    backend = FakeBackend([BackendError("500", retryable=True), CallTimedOut("slow"), "fine"])
    assert complete(backend).text == "fine"
    assert backend.calls == 3


def test_others_are_not() -> None:
    backend = FakeBackend([BackendError("400", retryable=False), "fine"])
    with pytest.raises(BackendError, match="400"):
        complete(backend)
    assert backend.calls == 1


def test_attempts_are_counted() -> None:
    backend = FakeBackend(lambda request: BackendError("500", retryable=True))
    with pytest.raises(BackendError, match="500"):
        complete(backend)
    assert backend.calls == QUICK.attempts


def test_an_attempt_that_broke_off_is_paid_and_one_that_was_refused_is_not() -> None:
    refused, broken = BackendError("500", retryable=True), CallTimedOut("slow")
    backend = FakeBackend([refused, broken, RateLimited("429"), broken, "fine"])
    meter = metered(backend, Budget(calls=9))
    completion = asyncio.run(meter.complete(REQUEST))
    spent, worst = meter.purse.spent, meter.purse.worst(REQUEST)
    assert completion.broken == 2
    assert (spent.calls, spent.broken, spent.broken_tokens) == (3, 2, 2 * worst.tokens)
    assert spent.tokens == completion.usage.prompt_tokens + completion.usage.completion_tokens + (
        2 * worst.tokens
    )
    assert meter.purse.left.calls == 6


def test_a_call_that_broke_off_for_good_is_paid_by_its_attempts() -> None:
    meter = metered(FakeBackend(lambda request: CallTimedOut("slow")), Budget(calls=9))
    with pytest.raises(CallTimedOut):
        asyncio.run(meter.complete(REQUEST))
    assert meter.purse.spent.calls == meter.purse.spent.broken == QUICK.attempts
    assert meter.purse.left.calls == 9 - QUICK.attempts


@given(
    breaking=st.lists(st.integers(0, 5), min_size=1, max_size=12),
    limit=st.integers(1, 20),
    twice=st.booleans(),
)
@settings(max_examples=60, deadline=None)
def test_the_server_never_sees_more_calls_than_the_budget_has(
    breaking: list[int], limit: int, twice: bool
) -> None:
    """And a resumed run spends the same without asking again, failures included."""
    left = {f"row {i}": times for i, times in enumerate(breaking)}

    def breaks(request: Request) -> str | BackendError:
        text = request.messages[-1].content
        left[text] -= 1
        return "fine" if left[text] < 0 else BackendError("cut", retryable=True, broke_off=True)

    requests = [Request((Message("user", text),)) for text in left] * (1 + twice)
    ledger, failures = MemoryLedger(), NoFailures()
    patience = Patience(attempts=3, timeout=5.0, pause=0.0)

    def play(backend: FakeBackend) -> tuple[list[bool], Purse]:
        meter = Metered(
            backend, ledger, Purse(Budget(calls=limit)), patience=patience, failures=failures
        )
        try:
            replies = asyncio.run(meter.answer(requests))
        except BackendError:  # eight failures and no answer: the run would end here
            assume(False)
        answered = [reply is not None and reply.completion is not None for reply in replies]
        return answered, meter.purse

    backend = FakeBackend(breaks, identity="one")
    first, purse = play(backend)
    assert backend.calls <= purse.spent.calls <= limit
    assert purse.left.calls == limit - purse.spent.calls
    silent = FakeBackend(lambda request: BackendError("asked again"), identity="one")
    second, again = play(silent)
    assert silent.calls == 0
    assert (second, again.spent.calls, again.spent.broken) == (
        first,
        purse.spent.calls,
        purse.spent.broken,
    )


@given(st.lists(st.lists(st.integers(0, 5), max_size=6), max_size=5), st.integers(0, 8))
@settings(max_examples=60, deadline=None)
def test_a_request_is_paid_once(batches: list[list[int]], limit: int) -> None:
    backend = FakeBackend("fine")
    purse = Purse(Budget(calls=limit))
    meter = Metered(backend, MemoryLedger(), purse, once=True)

    async def play() -> list[int]:
        answered: list[int] = []
        for batch in batches:
            replies = await meter.answer([Request((Message("user", str(i)),)) for i in batch])
            answered += [i for i, reply in zip(batch, replies, strict=True) if reply is not None]
        return answered

    answered = asyncio.run(play())
    assert purse.spent.calls == backend.calls == len(set(answered)) <= limit
    assert purse.left.calls == limit - purse.spent.calls


def test_a_backend_that_has_answered_before_is_not_given_up() -> None:
    """A replayed answer counts: the run then decides as the first time."""
    ledger = MemoryLedger()
    known = Request((Message("user", "known"),))
    fresh = [Request((Message("user", f"new {i}"),)) for i in range(20)]
    answering = FakeBackend("fine", identity="one")
    asyncio.run(Metered(answering, ledger, Purse(Budget())).complete(known))
    down = FakeBackend(lambda request: BackendError("500", retryable=False), identity="one")
    again = Metered(down, ledger, Purse(Budget()), patience=QUICK)
    replies = asyncio.run(again.answer([known, *fresh]))
    assert [reply is not None and reply.error is not None for reply in replies] == [
        False,
        *[True] * 20,
    ]
    with pytest.raises(BackendError, match="500"):
        asyncio.run(Metered(down, MemoryLedger(), Purse(Budget()), patience=QUICK).answer(fresh))


def test_a_slow_call_times_out() -> None:
    backend = FakeBackend("late", delay=1.0)
    patience = Patience(attempts=2, timeout=0.05, pause=0.001)
    meter = Metered(backend, MemoryLedger(), Purse(Budget()), patience=patience)
    with pytest.raises(CallTimedOut, match=r"0.05 s \(model.timeout\)"):
        asyncio.run(meter.complete(REQUEST))
    assert backend.calls == 2


def test_retry_after_is_honoured_and_pressure_is_not_an_attempt() -> None:
    backend = FakeBackend([*[RateLimited("429", retry_after=0.03) for _ in range(6)], "fine"])
    began = time.monotonic()
    assert complete(backend).text == "fine"
    assert time.monotonic() - began >= 6 * 0.03
    assert backend.calls == 7


def test_pressure_without_end_fails() -> None:
    backend = FakeBackend(lambda request: RateLimited("429", retry_after=0.2))
    with pytest.raises(RateLimited):
        complete(backend)
    assert backend.calls == 3  # 0.5 s of patience, 0.2 s and more each time


def test_concurrency_halves_under_pressure_and_grows_back() -> None:
    limiter = Limiter(16)
    limiter.pressed(0.0)
    assert int(limiter.limit) == 8
    for _ in range(500):
        limiter.succeeded()
    assert int(limiter.limit) == 16


def test_one_wave_of_pressure_counts_once() -> None:
    limiter = Limiter(16)
    for _ in range(10):
        limiter.pressed(5.0)
    assert int(limiter.limit) == 8


def test_all_requests_are_answered_under_pressure() -> None:
    refused: set[str] = set()

    def sometimes(request: Request) -> str | BackendError:
        text = request.messages[-1].content
        if int(text) % 3 == 0 and text not in refused:
            refused.add(text)
            return RateLimited("429", retry_after=0.002)
        return text

    backend = FakeBackend(sometimes)
    meter = Metered(backend, MemoryLedger(), Purse(Budget()), concurrency=32, patience=QUICK)
    requests = [Request((Message("user", str(i)),)) for i in range(200)]
    replies = asyncio.run(meter.answer(requests))
    texts = [r.completion.text for r in replies if r is not None and r.completion is not None]
    assert texts == [str(i) for i in range(200)]


def test_a_wrong_key_stops_everything_at_once() -> None:
    backend = FakeBackend(lambda request: KeyRejected("401"))
    meter = metered(backend)
    requests = [Request((Message("user", str(i)),)) for i in range(100)]
    with pytest.raises(KeyRejected):
        asyncio.run(meter.answer(requests))
    assert backend.calls <= 8
    left = meter.purse.left
    assert meter.purse.spent.calls == 0 and left.calls is None


def test_no_room_for_a_call_is_budget_ended() -> None:
    with pytest.raises(BudgetEnded):
        asyncio.run(metered(FakeBackend("x"), Budget(calls=0)).complete(REQUEST))


def test_a_budget_in_usd_needs_a_price() -> None:
    with pytest.raises(SettingError, match=r"model\.price"):
        Purse(Budget(usd=1.0))


def test_what_is_set_aside_is_not_spent() -> None:
    purse = Purse(Budget(calls=10, tokens=1000))
    purse.set_aside(Cost(4, 400))
    assert purse.left == Budget(6, 600)
    assert purse.reserve([Cost(7)]) == []
    purse.set_aside(Cost())
    assert purse.reserve([Cost(10)]) == [Cost(10)]
    assert purse.left.calls == 0


@given(
    st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)), max_size=30),
    st.integers(0, 400),
)
@settings(max_examples=100, deadline=None)
def test_a_purse_never_goes_over(costs: list[tuple[int, int]], limit: int) -> None:
    purse = Purse(Budget(tokens=limit), Price(1.0, 1.0))
    for worst, less in costs:
        cost = Cost(1, worst)
        if reserved := purse.reserve([cost]):
            used = max(0, worst - less)
            purse.settle(reserved, [Bill(Usage(used, 0), False)])
        assert purse.spent.tokens <= limit
        assert purse.left.tokens == limit - purse.spent.tokens


@given(st.lists(st.integers(0, 50), max_size=30), st.integers(0, 400), st.integers(0, 30))
@settings(max_examples=100, deadline=None)
def test_a_wave_takes_what_fits_in_order_and_gives_back_what_was_not_called(
    sizes: list[int], limit: int, answered: int
) -> None:
    purse = Purse(Budget(tokens=limit))
    costs = [Cost(1, size) for size in sizes]
    reserved = purse.reserve(costs)
    assert reserved == costs[: len(reserved)]
    taken = sum(cost.tokens for cost in reserved)
    assert purse.left.tokens == limit - taken
    assert len(reserved) == len(costs) or taken + costs[len(reserved)].tokens > limit
    bills = [Bill(Usage(cost.tokens // 2), False) for cost in reserved[:answered]]
    purse.settle(reserved, bills)
    assert purse.spent.calls == len(bills)
    assert purse.left.tokens == limit - purse.spent.tokens


def test_the_key_tells_what_matters_apart() -> None:
    base = request_key("b", REQUEST)
    assert len(base) == 32
    assert base == request_key("b", Request((Message("user", "hello"),)))
    others = [
        request_key("c", REQUEST),
        request_key("b", Request((Message("user", "hello "),))),
        request_key("b", Request((Message("system", "hello"),))),
        request_key("b", Request((Message("user", "hel"), Message("user", "lo")))),
        request_key("b", Request(REQUEST.messages, sample=1)),
        request_key("b", Request(REQUEST.messages, sampling=Sampling(temperature=0.5))),
        request_key("b", Request(REQUEST.messages, sampling=Sampling(max_tokens=5))),
        request_key("b", Request(REQUEST.messages, answer=Labels(("a", "b")))),
        request_key("b", Request(REQUEST.messages, answer=Labels(("a", "b"), {"a": "A"}))),
    ]
    assert len({base, *others}) == len(others) + 1
    assert base == "065b926f66065647acf8701424ec1fd0"


def test_two_meters_on_one_purse_share_what_is_left() -> None:
    """The writer's and the task's calls at once: neither may count on what the other reserved."""
    purse = Purse(Budget(calls=9))
    task, writer = FakeBackend("a", delay=0.01), FakeBackend("b", delay=0.005)
    ledger = MemoryLedger()
    meters = [Metered(backend, ledger, purse, patience=QUICK) for backend in (task, writer)]
    many = [Request((Message("user", f"row {i}"),)) for i in range(6)]

    async def both() -> list[list[object]]:
        replies = await asyncio.gather(*(meter.answer(many) for meter in meters))
        return [[reply for reply in own if reply is not None] for own in replies]

    assert [len(own) for own in asyncio.run(both())] == [6, 3]
    assert task.calls + writer.calls == purse.spent.calls == 9
    assert purse.left.calls == 0


def test_each_meter_pays_its_own_price() -> None:
    purse = Purse(Budget(usd=1.0), Price(1.0, 1.0))
    task = Metered(FakeBackend("fine"), MemoryLedger(), purse)
    dear = Metered(FakeBackend("fine"), MemoryLedger(), purse, price=Price(1000.0, 1000.0))
    asyncio.run(task.complete(REQUEST))
    cheap = purse.spent.usd
    assert cheap == pytest.approx(purse.spent.tokens / 1e6)
    asyncio.run(dear.complete(REQUEST))
    assert purse.spent.usd - cheap == pytest.approx(1000 * cheap)
    worst = purse.worst(REQUEST, Price(1000.0, 1000.0))
    assert worst.usd == pytest.approx(1000 * purse.worst(REQUEST).usd)


@given(
    limit=st.floats(0.0, 2.0),
    prices=st.tuples(st.floats(0.0, 900.0), st.floats(0.0, 900.0)),
    turns=st.lists(st.booleans(), max_size=8),
)
@settings(max_examples=25, deadline=None)
def test_money_is_never_overspent_at_two_prices(
    limit: float, prices: tuple[float, float], turns: list[bool]
) -> None:
    purse = Purse(Budget(usd=limit), Price(prices[0], prices[0]))
    meters = [
        Metered(FakeBackend("fine", identity=str(at)), MemoryLedger(), purse, price=Price(p, p))
        for at, p in enumerate(prices)
    ]

    async def play() -> None:
        for number, second in enumerate(turns):
            few = [Request((Message("user", f"row {number} {i}"),)) for i in range(3)]
            await meters[second].answer(few)

    asyncio.run(play())
    assert purse.spent.usd <= limit + 1e-9


class Turnstile:
    """A gate that is held until it is opened, and counts."""

    def __init__(self) -> None:
        self.open = asyncio.Event()
        self.came = self.over = 0

    async def passed(self) -> None:
        self.came += 1
        await self.open.wait()

    def answered(self) -> None:
        self.over += 1


def test_every_attempt_passes_the_gate_and_waiting_there_takes_no_time_of_a_call() -> None:
    async def asked() -> Turnstile:
        backend = FakeBackend([BackendError("500", retryable=True), "fine", "fine"])
        meter, gate = metered(backend), Turnstile()
        meter.gate = gate
        task = asyncio.create_task(meter.complete(REQUEST))
        await asyncio.sleep(2 * QUICK.timeout)
        assert (backend.calls, gate.came, gate.over) == (0, 1, 0)
        gate.open.set()
        await task
        assert (backend.calls, gate.came, gate.over) == (2, 2, 1)
        await meter.complete(REQUEST)  # the ledger's answer passes no gate
        return gate

    gate = asyncio.run(asked())
    assert (gate.came, gate.over) == (2, 1)
