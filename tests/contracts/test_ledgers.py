"""What every ledger does, whichever it is."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from intone.evaluate.ledger import Ledger, MemoryLedger, request_key
from intone.llm.completion import Completion, Usage
from intone.llm.messages import Message
from intone.llm.request import Request
from intone.store import SqlLedger, open_database

HERE = "fake:here"


@pytest.fixture(params=["memory", "sql"])
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Ledger]:
    if request.param == "memory":
        yield MemoryLedger()
        return
    with open_database(tmp_path / "intone.db") as database, SqlLedger(database) as kept:
        yield kept


def ask(question: str, sample: int = 0) -> tuple[str, Request]:
    request = Request((Message("user", question),), sample=sample)
    return request_key(HERE, request), request


def test_an_unknown_key_is_left_out(ledger: Ledger) -> None:
    key, _ = ask("Which team?")
    assert asyncio.run(ledger.lookup([key])) == {}
    assert asyncio.run(ledger.lookup([])) == {}


def test_a_recorded_call_is_found_again_whole(ledger: Ledger) -> None:
    key, request = ask("Which team?")
    completion = Completion(
        text="billing \ud83d – «ü» \x00",  # half a surrogate pair: models do write it
        finish="length",
        usage=Usage(12, 3, 8),
        choices={"billing": 0.1 + 0.2, "technical": 1e-300},
        logprob=-0.1234567890123,
        seconds=0.25,
        broken=2,
    )

    async def go() -> dict[str, Completion]:
        await ledger.record(key, HERE, request, completion)
        return await ledger.lookup([key])

    assert asyncio.run(go()) == {key: completion}


def test_the_first_completion_of_a_key_stays(ledger: Ledger) -> None:
    key, request = ask("Which team?")

    async def go() -> dict[str, Completion]:
        await ledger.record(key, HERE, request, Completion("first"))
        await ledger.record(key, HERE, request, Completion("second"))
        return await ledger.lookup([key])

    assert asyncio.run(go())[key].text == "first"


def test_samples_are_calls_of_their_own(ledger: Ledger) -> None:
    async def go() -> list[str]:
        keys = []
        for sample in range(3):
            key, request = ask("Which team?", sample)
            await ledger.record(key, HERE, request, Completion(str(sample)))
            keys.append(key)
        found = await ledger.lookup(keys)
        return [found[key].text for key in keys]

    assert asyncio.run(go()) == ["0", "1", "2"]


@pytest.mark.parametrize("count", [1, 3, 700])
def test_many_at_once(ledger: Ledger, count: int) -> None:
    asked = [ask(f"Question {number}?") for number in range(count)]

    async def go() -> dict[str, Completion]:
        await asyncio.gather(
            *(ledger.record(key, HERE, request, Completion(key)) for key, request in asked)
        )
        return await ledger.lookup([key for key, _ in asked] + [asked[0][0], "00" * 16])

    found = asyncio.run(go())
    assert {key: completion.text for key, completion in found.items()} == {
        key: key for key, _ in asked
    }


def test_it_outlasts_an_event_loop(ledger: Ledger) -> None:
    key, request = ask("Which team?")
    asyncio.run(ledger.record(key, HERE, request, Completion("billing")))
    assert asyncio.run(ledger.lookup([key])) == {key: Completion("billing")}
