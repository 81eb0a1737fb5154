"""The contract of every backend: one suite, run over all of them.

The HTTP backends talk to loopback servers that speak the real wire formats. The embedded engine
is tested where it and its weights are installed (marker `model`).
"""

import asyncio
import importlib.util
import logging
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import pytest

from intone.errors import BackendError, CallTimedOut, MissingExtra, RateLimited
from intone.llm.answers import Labels
from intone.llm.anthropic import AnthropicBackend
from intone.llm.backend import Backend, Feature
from intone.llm.completion import Completion
from intone.llm.fake import FakeBackend
from intone.llm.http import Key, address
from intone.llm.messages import Message
from intone.llm.open import ModelSettings, open_backend
from intone.llm.openai import OpenAIBackend
from intone.llm.request import Request, Sampling
from intone.runs.lending import Lent
from tests.llm.servers import AnthropicServer, Loopback, OpenAIServer, planned

KEY = "sk-secret-0123456789"
TEAMS = Labels(("billing", "technical", "sales"))
TICKET = Request(
    (
        Message("system", "Answer with one word: billing, technical or sales."),
        Message("user", "I was charged twice and want a refund. Which team? billing?"),
    ),
    TEAMS,
    Sampling(max_tokens=32),
)

Opening = Callable[[], AbstractAsyncContextManager[Backend]]


@asynccontextmanager
async def opened_fake() -> AsyncIterator[Backend]:
    backend = FakeBackend("billing")
    yield backend
    await backend.close()


@asynccontextmanager
async def opened_lent() -> AsyncIterator[Backend]:
    """A backend whose event loop is in another thread."""
    home = asyncio.new_event_loop()
    thread = threading.Thread(target=home.run_forever)
    thread.start()
    yield Lent(FakeBackend("billing"), home)
    home.call_soon_threadsafe(home.stop)
    thread.join()
    home.close()


@asynccontextmanager
async def opened_openai() -> AsyncIterator[Backend]:
    async with OpenAIServer(key=KEY) as server:
        backend = OpenAIBackend(address(server.url), "m", key=Key("MY_KEY", KEY))
        yield backend
        await backend.close()


@asynccontextmanager
async def opened_bare_openai() -> AsyncIterator[Backend]:
    """A server that refuses every field it can."""
    refuses = {
        name: f"'{name}' is not supported"
        for name in ("logprobs", "response_format", "seed", "temperature", "stop")
    }
    async with OpenAIServer(refuses=refuses, usage={}) as server:
        backend = OpenAIBackend(address(server.url), "m")
        yield backend
        await backend.close()


@asynccontextmanager
async def opened_anthropic() -> AsyncIterator[Backend]:
    async with AnthropicServer(key=KEY) as server:
        backend = AnthropicBackend(address(server.url), "m", key=Key("MY_KEY", KEY))
        yield backend
        await backend.close()


@asynccontextmanager
async def opened_local() -> AsyncIterator[Backend]:
    try:
        backend = open_backend(ModelSettings("local-small"))
    except MissingExtra as error:
        pytest.skip(str(error))
    yield backend
    await backend.close()


@pytest.fixture(
    params=[
        pytest.param(opened_fake, id="fake"),
        pytest.param(opened_lent, id="lent"),
        pytest.param(opened_openai, id="openai"),
        pytest.param(opened_bare_openai, id="bare-openai"),
        pytest.param(opened_anthropic, id="anthropic"),
        pytest.param(opened_local, id="local", marks=pytest.mark.model),
    ]
)
def opening(request: pytest.FixtureRequest) -> Opening:
    if request.param is opened_local and not importlib.util.find_spec("xllamacpp"):
        pytest.skip("the embedded engine is not installed")
    chosen: Opening = request.param
    return chosen


def with_backend(opening: Opening, scenario: Callable[[Backend], Awaitable[Any]]) -> Any:
    async def run() -> Any:
        async with opening() as backend:
            return await scenario(backend)

    return asyncio.run(run())


def test_it_answers(opening: Opening) -> None:
    done: Completion = with_backend(opening, lambda backend: backend.complete(TICKET))
    assert isinstance(done, Completion)
    assert done.text
    assert done.finish in ("stop", "length", "refusal")
    assert done.seconds >= 0


def test_usage_is_booked_and_bounded(opening: Opening) -> None:
    usage = with_backend(opening, lambda backend: backend.complete(TICKET)).usage
    assert 0 < usage.prompt_tokens < 1000
    assert 0 < usage.completion_tokens <= TICKET.sampling.max_tokens
    assert 0 <= usage.cached_tokens <= usage.prompt_tokens


def test_a_label_parses_and_its_chances_sum_to_one(opening: Opening) -> None:
    done = with_backend(opening, lambda backend: backend.complete(TICKET))
    assert TEAMS.parse(done.text) in TEAMS.labels
    assert set(done.choices) <= set(TEAMS.labels)
    if done.choices:
        assert sum(done.choices.values()) == pytest.approx(1)


def test_the_same_request_gets_the_same_answer(opening: Opening) -> None:
    async def scenario(backend: Backend) -> None:
        one, two = await backend.complete(TICKET), await backend.complete(TICKET)
        assert (one.text, one.finish) == (two.text, two.finish)

    with_backend(opening, scenario)


def test_several_at_once(opening: Opening) -> None:
    async def scenario(backend: Backend) -> None:
        done = await asyncio.gather(*(backend.complete(TICKET) for _ in range(4)))
        assert len({completion.text for completion in done}) == 1

    with_backend(opening, scenario)


def test_identity_and_features_stay_and_hold_no_key(opening: Opening) -> None:
    async def scenario(backend: Backend) -> None:
        before = backend.identity, backend.features, backend.concurrency
        await backend.complete(TICKET)
        assert (backend.identity, backend.features, backend.concurrency) == before
        assert backend.identity and KEY not in backend.identity
        assert all(isinstance(feature, Feature) for feature in backend.features)
        assert backend.concurrency is None or backend.concurrency >= 1

    with_backend(opening, scenario)


def test_choices_are_promised_where_they_are_given(opening: Opening) -> None:
    async def scenario(backend: Backend) -> None:
        if (await backend.complete(TICKET)).choices:
            assert Feature.CHOICES in backend.features

    with_backend(opening, scenario)


def test_it_closes_twice(opening: Opening) -> None:
    async def scenario(backend: Backend) -> None:
        completion = await backend.complete(TICKET)
        await backend.close()
        await backend.close()  # raises nothing
        assert completion.text

    with_backend(opening, scenario)


def test_the_key_is_printed_nowhere(opening: Opening, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)

    async def scenario(backend: Backend) -> str:
        await backend.complete(TICKET)
        return f"{backend!r} {backend!s}"

    assert KEY not in with_backend(opening, scenario)
    assert KEY not in caplog.text


def served_openai(server: Loopback) -> Backend:
    return OpenAIBackend(address(server.url), "m", key=Key("MY_KEY", KEY), timeout=0.5)


def served_anthropic(server: Loopback) -> Backend:
    return AnthropicBackend(address(server.url), "m", key=Key("MY_KEY", KEY), timeout=0.5)


SERVED = [
    pytest.param(OpenAIServer, served_openai, id="openai"),
    pytest.param(AnthropicServer, served_anthropic, id="anthropic"),
]


@pytest.mark.parametrize(("kind", "serve"), SERVED)
@pytest.mark.parametrize("status", [200, 302, 400, 401, 402, 403, 404, 413, 422, 429, 500, 503])
def test_every_failure_is_one_line_without_the_key(
    kind: type[Loopback],
    serve: Callable[[Loopback], Backend],
    status: int,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)

    async def run() -> BackendError:
        async with kind() as server:
            message = f"no,\nBearer {KEY} temperature seed is not supported " * 9
            server.always = planned(status, {"error": {"message": message}}, Retry_After="2")
            backend = serve(server)
            with pytest.raises(BackendError) as caught:
                await backend.complete(TICKET)
            await backend.close()
            return caught.value

    error = asyncio.run(run())
    assert "\n" not in str(error) and len(str(error)) < 400
    assert KEY not in f"{error} {error!r} {error.__cause__!r} {error.__context__!r}"
    assert KEY not in caplog.text
    assert isinstance(error, RateLimited) == (status in (429, 503))
    if isinstance(error, RateLimited):
        assert error.retry_after == 2


@pytest.mark.parametrize(("kind", "serve"), SERVED)
def test_a_call_that_takes_too_long(
    kind: type[Loopback], serve: Callable[[Loopback], Backend]
) -> None:
    async def run() -> None:
        async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.read()
            writer.close()
            await writer.wait_closed()
            gone.set()

        gone = asyncio.Event()
        silent = await asyncio.start_server(accept, "127.0.0.1", 0)
        server = kind()
        server.port = silent.sockets[0].getsockname()[1]
        backend = serve(server)
        with pytest.raises(CallTimedOut):
            await backend.complete(TICKET)
        await backend.close()
        await gone.wait()
        silent.close()
        await silent.wait_closed()

    asyncio.run(run())
