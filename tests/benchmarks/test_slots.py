"""Several plain texts at once: who answers what, and whose time it was."""

import asyncio

import pytest
from model_server import Kept
from slots import Clock, Slots

from intone.evaluate.ledger import MemoryLedger
from intone.llm.answers import Labels, Number
from intone.llm.backend import Feature
from intone.llm.fake import FakeBackend
from intone.llm.messages import Message
from intone.llm.request import Request


def asked(text: str) -> Request:
    return Request((Message("user", text),))


def test_labels_go_to_one_engine_and_plain_text_to_the_other() -> None:
    rest = FakeBackend("good", features=frozenset({Feature.CHOICES}), identity="rest")
    both = Slots(rest, FakeBackend("a text", identity="texts"), 4)
    label = Request(asked("a").messages, Labels(("good", "bad")))
    number = Request(asked("a").messages, Number())

    async def check() -> list[str]:
        return [(await both.complete(request)).text for request in (label, asked("a"), number)]

    assert asyncio.run(check()) == ["good", "a text", "a text"]
    assert both.features == {Feature.CHOICES}
    assert (both.identity, both.concurrency) == ("fake:rest/slots-4", 4)


def test_a_kept_model_asks_as_many_at_once_as_it_has_slots() -> None:
    under_way: list[int] = []

    class Counting(FakeBackend):
        running = 0

        async def complete(self, request: Request):  # type: ignore[no-untyped-def]
            self.running += 1
            under_way.append(self.running)
            try:
                return await super().complete(request)
            finally:
                self.running -= 1

    async def check(backend: Slots | FakeBackend) -> int:
        under_way.clear()
        kept = Kept(backend, MemoryLedger())
        await asyncio.gather(*(kept.complete(asked(str(number))) for number in range(9)))
        return max(under_way)

    rest = FakeBackend("x")
    assert asyncio.run(check(Slots(rest, Counting("x", delay=0.001), 4))) == 4
    assert asyncio.run(check(Counting("x", delay=0.001))) == 1


def test_calls_at_once_share_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr("time.perf_counter", lambda: now[0])
    clock = Clock()
    now[0] = 5.0  # nothing runs
    long = clock.begin()
    now[0] = 6.0  # one runs
    short = clock.begin()
    now[0] = 10.0  # two run
    assert clock.end(short) == 2.0
    now[0] = 11.0  # one runs
    assert clock.end(long) == 4.0
    now[0] = 20.0
    assert clock.end(clock.begin()) == 0.0
