"""Anthropic's wire format: bodies, stop reasons, usage, errors."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from intone.errors import BackendError, ContextOverflow, KeyRejected, RateLimited, UnknownModel
from intone.llm.answers import Labels
from intone.llm.anthropic import AnthropicBackend
from intone.llm.completion import Completion, Usage
from intone.llm.http import Key, address
from intone.llm.messages import Message, Speaker
from intone.llm.request import Request, Sampling
from tests.llm.servers import AnthropicServer, planned

TEAMS = Labels(("billing", "technical"))


def with_server(
    server: AnthropicServer, scenario: Callable[[AnthropicBackend], Awaitable[Any]]
) -> Any:
    async def run() -> Any:
        async with server:
            backend = AnthropicBackend(address(server.url), "claude-x", key=Key("A_KEY", "k-1"))
            try:
                return await scenario(backend)
            finally:
                await backend.close()

    return asyncio.run(run())


def answer(server: AnthropicServer, request: Request) -> Completion:
    result = with_server(server, lambda backend: backend.complete(request))
    assert isinstance(result, Completion)
    return result


def ask(*turns: tuple[Speaker, str], sampling: Sampling = Sampling()) -> Request:
    messages = tuple(Message(role, text) for role, text in turns)
    plain = (Message("system", "You route tickets."), Message("user", "Which team?"))
    return Request(messages or plain, TEAMS, sampling)


def failing(status: int, kind: str, message: str, **headers: str) -> BackendError:
    server = AnthropicServer()
    body = {"type": "error", "error": {"type": kind, "message": message}}
    server.always = planned(status, body, **headers)
    with pytest.raises(BackendError) as caught:
        answer(server, ask())
    return caught.value


def test_the_system_prompt_is_apart_and_cached() -> None:
    server = AnthropicServer(key="k-1")
    answer(server, ask(sampling=Sampling(max_tokens=9, stop=("END", "\n"))))
    assert server.paths == ["/v1/messages"]
    assert server.seen == [
        {
            "model": "claude-x",
            "max_tokens": 9,
            "temperature": 0.0,
            "stop_sequences": ["END"],
            "system": [
                {
                    "type": "text",
                    "text": "You route tickets.",
                    "cache_control": {"type": "ephemeral"},
                }
            ],
            "messages": [{"role": "user", "content": "Which team?"}],
        }
    ]


def test_turns_alternate() -> None:
    server = AnthropicServer()
    answer(
        server,
        ask(
            ("system", "a"),
            ("user", "b"),
            ("user", "c"),
            ("system", ""),
            ("assistant", "d"),
            ("system", "e"),
            ("user", "f"),
            ("assistant", "g "),
        ),
    )
    assert server.seen[0]["system"][0]["text"] == "a\n\ne"
    assert [(turn["role"], turn["content"]) for turn in server.seen[0]["messages"]] == [
        ("user", "b\n\nc"),
        ("assistant", "d"),
        ("user", "f"),
        ("assistant", "g"),
    ]


def test_usage_adds_up_what_was_read_and_written() -> None:
    assert answer(AnthropicServer(), ask()).usage == Usage(60, 1, 30)


@pytest.mark.parametrize(
    ("reason", "finish"),
    [
        ("end_turn", "stop"),
        ("stop_sequence", "stop"),
        ("max_tokens", "length"),
        ("refusal", "refusal"),
        (None, "stop"),
    ],
)
def test_how_an_answer_ended(reason: str, finish: str) -> None:
    server = AnthropicServer()
    server.stop_reason = reason
    assert answer(server, ask()).finish == finish


def test_stop_texts_of_white_space_are_cut_here() -> None:
    server = AnthropicServer(lambda body: "billing\nbecause")
    assert answer(server, ask(sampling=Sampling(stop=("\n",)))).text == "billing"
    assert "stop_sequences" not in server.seen[0]


def test_a_sampling_setting_the_model_does_not_take_is_left_out() -> None:
    server = AnthropicServer()
    server.refuses["top_p"] = "`temperature` and `top_p` cannot both be specified for this model."

    async def scenario(backend: AnthropicBackend) -> None:
        for _ in range(2):
            await backend.complete(ask(sampling=Sampling(0.5, top_p=0.9)))
        assert len(server.seen) == 3

    with_server(server, scenario)


def test_errors_have_their_kinds() -> None:
    assert isinstance(failing(401, "authentication_error", "invalid x-api-key"), KeyRejected)
    assert isinstance(failing(404, "not_found_error", "model: claude-x"), UnknownModel)
    busy = failing(529, "overloaded_error", "Overloaded", Retry_After="3")
    assert isinstance(busy, RateLimited) and busy.retry_after == 3
    broke = failing(
        400, "invalid_request_error", "Your credit balance is too low to access the API."
    )
    assert isinstance(broke, KeyRejected)
    failed = failing(500, "api_error", "Internal server error")
    assert failed.retryable


@pytest.mark.parametrize(
    ("message", "have", "room"),
    [
        ("prompt is too long: 210000 tokens > 200000 maximum", 210000, 200000),
        (
            "input length and `max_tokens` exceed context limit: 190000 + 20000 > 200000, "
            "decrease input length or `max_tokens` and try again",
            None,
            None,
        ),
    ],
)
def test_context_overflow(message: str, have: int | None, room: int | None) -> None:
    error = failing(400, "invalid_request_error", message)
    assert isinstance(error, ContextOverflow)
    assert (error.prompt_tokens, error.context) == (have, room)


def test_an_answer_that_is_none_may_be_asked_again() -> None:
    server = AnthropicServer()
    server.always = planned(200, b"<html>")
    with pytest.raises(BackendError, match="web page") as caught:
        answer(server, ask())
    assert caught.value.retryable
