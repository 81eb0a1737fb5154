"""What refusals, broken networks and nonsense answers become."""

import asyncio

import pytest

from intone.errors import (
    BackendError,
    BadRequest,
    CallTimedOut,
    ContextOverflow,
    KeyRejected,
    RateLimited,
    UnknownModel,
    Unreachable,
)
from intone.llm.answers import Labels
from intone.llm.http import Key, address
from intone.llm.messages import Message
from intone.llm.openai import OpenAIBackend
from intone.llm.request import Request
from tests.llm.servers import OpenAIServer, planned

ASK = Request((Message("user", "Which team?"),), Labels(("billing", "sales")))
KEY = "sk-secret-0123456789"


async def asked(server: OpenAIServer, key: str | None = None) -> None:
    async with server:
        named = Key("MY_KEY", key) if key else None
        backend = OpenAIBackend(address(server.url), "m", key=named)
        try:
            await backend.complete(ASK)
        finally:
            await backend.close()


def failing(status: int, body: object, key: str | None = None, **headers: str) -> BackendError:
    server = OpenAIServer()
    server.always = planned(status, body, **headers)
    with pytest.raises(BackendError) as caught:
        asyncio.run(asked(server, key))
    assert "\n" not in str(caught.value)
    return caught.value


def test_a_value_that_is_wrong_is_not_mistaken_for_a_field_that_is() -> None:
    error = failing(
        400, {"error": {"message": "temperature must be at most 2", "param": "temperature"}}
    )
    assert isinstance(error, BadRequest)
    assert "at most 2" in str(error)


def test_rejected_key() -> None:
    server = OpenAIServer(key="another")
    with pytest.raises(KeyRejected, match="MY_KEY") as caught:
        asyncio.run(asked(server, KEY))
    assert KEY not in str(caught.value)
    assert isinstance(failing(401, {"error": "no"}), KeyRejected)
    error = failing(403, {"error": {"message": f"key {KEY} may not\nuse this"}}, KEY)
    assert isinstance(error, KeyRejected)
    assert KEY not in str(error) and "[key]" in str(error)


@pytest.mark.parametrize("status", [402, 429])
def test_no_credit_left_is_fatal(status: int) -> None:
    error = failing(status, {"error": {"code": "insufficient_quota", "message": "pay"}})
    assert error.fatal and not error.retryable


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (404, {"error": {"message": "The model `m` does not exist", "code": "model_not_found"}}),
        (404, b"Not Found"),
        (400, {"error": {"message": "model 'm' not found, try pulling it first"}}),
        (400, {"object": "error", "message": "Invalid model: m"}),
    ],
)
def test_unknown_model(status: int, body: object) -> None:
    error = failing(status, body)
    assert isinstance(error, UnknownModel) and "'m'" in str(error)


@pytest.mark.parametrize(
    ("status", "body", "have", "room"),
    [
        (
            400,
            {
                "error": {
                    "message": "This model's maximum context length is 8192 tokens. However, your "
                    "messages resulted in 9001 tokens.",
                    "code": "context_length_exceeded",
                    "param": "messages",
                }
            },
            9001,
            8192,
        ),
        (
            400,
            {
                "error": {
                    "code": 400,
                    "message": "the request exceeds the available context size",
                    "type": "exceed_context_size_error",
                    "n_prompt_tokens": 5000,
                    "n_ctx": 4096,
                }
            },
            5000,
            4096,
        ),
        (
            400,
            {
                "object": "error",
                "message": "This model's maximum context length is 2048 tokens. However, you "
                "requested 3000 tokens (2744 in the messages, 256 in the completion). Please "
                "reduce the length of the messages or completion. max_tokens",
            },
            3000,
            2048,
        ),
    ],
)
def test_context_overflow(status: int, body: object, have: int, room: int) -> None:
    error = failing(status, body)
    assert isinstance(error, ContextOverflow)
    assert (error.prompt_tokens, error.context) == (have, room)


@pytest.mark.parametrize("status", [429, 503, 529])
def test_rate_limits_say_when_to_come_back(status: int) -> None:
    error = failing(status, b"", Retry_After="7.5")
    assert isinstance(error, RateLimited) and error.retryable
    assert error.retry_after == 7.5
    assert failing(status, b"", retry_after_ms="250", Retry_After="1").retry_after == 0.25
    assert failing(status, b"", Retry_After="soon").retry_after is None
    past = failing(status, b"", Retry_After="Wed, 21 Oct 2015 07:28:00 GMT")
    assert past.retry_after == 0.0
    later = failing(status, b"", Retry_After="Wed, 21 Oct 2115 07:28:00 GMT").retry_after
    assert later is not None and later > 1e9


@pytest.mark.parametrize("status", [408, 500, 502, 504, 524])
def test_a_server_that_fails_may_be_asked_again(status: int) -> None:
    error = failing(status, b"<html>Bad gateway</html>")
    assert type(error) is BackendError and error.retryable and not error.fatal


@pytest.mark.parametrize(
    "body",
    [b"<!DOCTYPE html><p>hi", b"", b'{"choices": [{"mess', b"[]", b"null", b'{"choices": []}'],
)
def test_an_answer_that_is_none_may_be_asked_again(body: bytes) -> None:
    error = failing(200, body)
    assert type(error) is BackendError and error.retryable
    assert "JSON" in str(error)


def test_an_error_inside_a_200_is_that_error() -> None:
    assert isinstance(failing(200, {"error": {"message": "slow", "code": 429}}), RateLimited)
    assert failing(200, {"error": {"message": "upstream"}}).retryable


def test_other_refusals_quote_the_server_shortly() -> None:
    error = failing(400, {"error": {"message": "no\n" * 500}})
    assert isinstance(error, BadRequest) and len(str(error)) < 300
    error = failing(422, {"detail": [{"loc": ["body", "messages"], "msg": "field required"}]})
    assert isinstance(error, BadRequest) and "field required" in str(error)
    assert isinstance(failing(307, b"", Location="http://elsewhere/"), BadRequest)


def test_nobody_there() -> None:
    async def refused(url: str) -> BackendError:
        backend = OpenAIBackend(address(url), "m")
        with pytest.raises(Unreachable) as caught:
            await backend.complete(ASK)
        await backend.close()
        return caught.value

    error = asyncio.run(refused("http://user:hush@127.0.0.1:1/v1"))
    assert "127.0.0.1:1" in str(error) and "hush" not in str(error)
    assert error.fatal and error.retryable and error.exit_status == 3
    assert "no such host" in str(asyncio.run(refused("http://nowhere.invalid/v1")))
    assert "no host's name" in str(asyncio.run(refused(f"http://{'a' * 70}.example/v1")))


def test_no_tls_there() -> None:
    async def run() -> str:
        async with OpenAIServer() as server:
            backend = OpenAIBackend(address(server.url.replace("http:", "https:")), "m")
            with pytest.raises(Unreachable) as caught:
                await backend.complete(ASK)
            await backend.close()
            return str(caught.value)

    assert "TLS" in asyncio.run(run())


def raw_server(reply: bytes | None) -> BackendError:
    """Serve raw bytes (None: nothing, ever) and return what a call raises."""

    async def run() -> BackendError:
        served = asyncio.Event()

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.read(10_000)
            if reply is None:
                await reader.read()  # until the client has given up
            else:
                writer.write(reply)
            writer.close()
            await writer.wait_closed()
            served.set()

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        backend = OpenAIBackend(address(f"http://127.0.0.1:{port}/v1"), "m", timeout=0.2)
        with pytest.raises(BackendError) as caught:
            await backend.complete(ASK)
        await backend.close()
        await served.wait()
        server.close()
        await server.wait_closed()
        return caught.value

    return asyncio.run(run())


def test_no_answer_in_time() -> None:
    error = raw_server(None)
    assert isinstance(error, CallTimedOut) and "0.2 s" in str(error) and error.retryable


@pytest.mark.parametrize(
    "reply",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{",
        b"SSH-2.0-OpenSSH\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    ],
)
def test_a_broken_connection_may_be_tried_again(reply: bytes) -> None:
    error = raw_server(reply)
    assert type(error) is BackendError and error.retryable
