"""The OpenAI wire format: bodies, labels by logprob and schema, concessions, errors."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from intone.llm.answers import AnswerSpec, FreeText, Json, Labels
from intone.llm.completion import Completion, Usage
from intone.llm.http import address
from intone.llm.messages import Message
from intone.llm.openai import OpenAIBackend
from intone.llm.request import Request, Sampling
from tests.llm.servers import OpenAIServer, planned

TEAMS = Labels(("billing", "technical", "sales"))
CARDS = Labels(("card", "card_arrival", "transfer"))


def ask(answer: AnswerSpec = TEAMS, sampling: Sampling = Sampling(), sample: int = 0) -> Request:
    messages = (Message("system", "You route tickets."), Message("user", "Which team? «é»"))
    return Request(messages, answer, sampling, sample)


def with_server(
    server: OpenAIServer,
    scenario: Callable[[OpenAIBackend], Awaitable[Any]],
) -> Any:
    async def run() -> Any:
        async with server:
            backend = OpenAIBackend(address(server.url), "m")
            try:
                return await scenario(backend)
            finally:
                await backend.close()

    return asyncio.run(run())


def answer(server: OpenAIServer, request: Request) -> Completion:
    async def scenario(backend: OpenAIBackend) -> Completion:
        return await backend.complete(request)

    result = with_server(server, scenario)
    assert isinstance(result, Completion)
    return result


def test_the_body_has_the_messages_the_sampling_and_the_seed() -> None:
    server = OpenAIServer()
    sampling = Sampling(temperature=0.5, max_tokens=7, stop=("\n",), top_p=0.9)
    answer(server, ask(FreeText(), sampling, sample=3))
    assert server.paths == ["/v1/chat/completions"]
    assert server.seen == [
        {
            "model": "m",
            "max_tokens": 7,
            "temperature": 0.5,
            "top_p": 0.9,
            "stop": ["\n"],
            "seed": 3,
            "messages": [
                {"role": "system", "content": "You route tickets."},
                {"role": "user", "content": "Which team? «é»"},
            ],
        }
    ]


def test_usage_counts_cached_tokens() -> None:
    usage = {
        "prompt_tokens": 90,
        "completion_tokens": 4,
        "prompt_tokens_details": {"cached_tokens": 64},
    }
    assert answer(OpenAIServer(usage=usage), ask()).usage == Usage(90, 4, 64)


def test_usage_that_is_missing_is_estimated_from_above() -> None:
    request = ask(FreeText(), Sampling(max_tokens=50))
    usage = answer(OpenAIServer(lambda body: "word " * 20, usage={}), request).usage
    text = sum(len(message.content) for message in request.messages)
    assert text / 4 < usage.prompt_tokens <= text
    assert 20 <= usage.completion_tokens <= 50


def test_a_label_is_read_from_the_first_word() -> None:
    server = OpenAIServer(chances={"bill": 0.6, " tech": 0.2, "The": 0.1})
    got = answer(server, ask())
    assert server.seen[0]["logprobs"] is True
    assert server.seen[0]["top_logprobs"] == 20
    assert got.text == "billing"
    assert got.choices == pytest.approx({"billing": 0.75, "technical": 0.25, "sales": 0.0})
    assert sum(got.choices.values()) == pytest.approx(1)
    assert got.logprob is not None and got.logprob < 0


def test_a_rambling_answer_that_begins_with_a_label_is_that_label() -> None:
    server = OpenAIServer(lambda body: "billing, or maybe sales, since the", chances={"bill": 0.9})
    server.finish = "length"
    got = answer(server, ask())
    assert (got.text, got.finish) == ("billing", "stop")


def test_an_answer_that_begins_otherwise_is_left_as_it_is() -> None:
    server = OpenAIServer(lambda body: "The team is sales.", chances={"The": 0.9, "sales": 0.05})
    got = answer(server, ask())
    assert (got.text, got.choices) == ("The team is sales.", {})
    assert TEAMS.parse(got.text) == "sales"


def test_codes_are_read_as_their_labels() -> None:
    spec = Labels(("billing", "technical"), {"billing": "A", "technical": "B"})
    got = answer(OpenAIServer(lambda body: "B", chances={"B": 0.8, "A": 0.1, "a": 0.1}), ask(spec))
    assert got.text == "B"
    assert got.choices == pytest.approx({"billing": 1 / 9, "technical": 8 / 9})


def test_labels_that_begin_alike_are_constrained_by_a_schema_and_unwrapped() -> None:
    server = OpenAIServer(lambda body: "card_arrival")
    got = answer(server, ask(CARDS))
    told = server.seen[0]["response_format"]["json_schema"]
    assert told["strict"] is True
    assert told["schema"]["properties"]["answer"]["enum"] == list(CARDS.labels)
    assert "logprobs" not in server.seen[0]
    assert got.text == "card_arrival"


def test_no_schema_without_room_for_its_wrapping() -> None:
    server = OpenAIServer(lambda body: "card")
    answer(server, ask(CARDS, Sampling(max_tokens=8)))
    assert "response_format" not in server.seen[0]


@pytest.mark.parametrize(
    ("schema", "strict"),
    [
        ({"type": "object", "properties": {"a": {"type": "string"}}}, False),
        (
            {
                "type": "object",
                "properties": {"a": {"type": "string"}},
                "required": ["a"],
                "additionalProperties": False,
            },
            True,
        ),
    ],
)
def test_a_json_schema_is_sent_and_strict_where_it_qualifies(
    schema: dict[str, Any], strict: bool
) -> None:
    server = OpenAIServer(lambda body: '{"a": "x"}')
    got = answer(server, ask(Json(schema)))
    sent = server.seen[0]["response_format"]["json_schema"]
    assert (sent["schema"], sent["strict"]) == (schema, strict)
    assert json.loads(got.text) == {"a": "x"}


REFUSALS = {
    "logprobs": "You are not allowed to request logprobs from this model.",
    "temperature": "Unsupported value: 'temperature' does not support 0.0 with this model. "
    "Only the default (1) value is supported.",
    "max_tokens": "Unsupported parameter: 'max_tokens' is not supported with this model. "
    "Use 'max_completion_tokens' instead.",
    "seed": "Unrecognized request argument supplied: seed",
}


def test_what_a_server_refuses_is_left_out_for_good() -> None:
    server = OpenAIServer(refuses=REFUSALS)

    async def scenario(backend: OpenAIBackend) -> None:
        features, identity = backend.features, backend.identity
        first = await backend.complete(ask())
        asked = len(server.seen)
        second = await backend.complete(ask(sample=1))
        assert len(server.seen) == asked + 1
        assert first.text == second.text == "billing"
        last = server.seen[-1]
        assert not last.keys() & {"temperature", "max_tokens", "logprobs", "seed", "top_logprobs"}
        assert last["max_completion_tokens"] == 256
        assert last["response_format"]["type"] == "json_schema"
        assert backend.refused == {"logprobs", "temperature", "max_tokens", "seed"}
        assert (backend.features, backend.identity) == (features, identity)

    with_server(server, scenario)


def test_the_answered_body_does_not_depend_on_which_request_came_first() -> None:
    requests = [ask(), ask(CARDS), ask(FreeText()), ask(Json({"type": "object"}))]

    def bodies(order: list[Request]) -> set[str]:
        def say(body: dict[str, Any]) -> str:
            found = [label for label in ("card_arrival", "billing") if label in str(body)]
            return found[0] if found else "x"

        server = OpenAIServer(say, refuses=REFUSALS)
        answered: set[str] = set()

        async def scenario(backend: OpenAIBackend) -> None:
            for request in order:
                await backend.complete(request)
                answered.add(json.dumps(server.seen[-1], sort_keys=True))

        with_server(server, scenario)
        return answered

    assert bodies(requests) == bodies(requests[::-1])


def test_many_at_once_learn_together() -> None:
    server = OpenAIServer(refuses=REFUSALS)

    async def scenario(backend: OpenAIBackend) -> None:
        done = await asyncio.gather(*(backend.complete(ask(sample=n)) for n in range(20)))
        assert {completion.text for completion in done} == {"billing"}

    with_server(server, scenario)


def test_fewer_likeliest_tokens_are_asked_for_before_none() -> None:
    server = OpenAIServer()
    server.replies.append(
        server.error(400, "top_logprobs must be at most 5", "invalid", "top_logprobs")
    )
    got = answer(server, ask())
    assert [body["top_logprobs"] for body in server.seen] == [20, 5]
    assert got.choices
    server = OpenAIServer(refuses={"top_logprobs": "top_logprobs: not here"})
    assert answer(server, ask()).text == "billing"
    assert "response_format" in server.seen[-1]


def test_a_refusal_without_a_reason_drops_what_we_added_ourselves() -> None:
    server = OpenAIServer()
    server.replies.append(planned(400, b"Bad Request"))
    answer(server, ask())
    assert not server.seen[-1].keys() & {"logprobs", "top_logprobs", "seed"}
    assert server.seen[-1]["temperature"] == 0.0


def test_one_schema_refused_does_not_speak_for_another() -> None:
    server = OpenAIServer(lambda body: "card")
    good, bad = Json({"type": "object"}), Json({"type": "array"})

    async def scenario(backend: OpenAIBackend) -> None:
        server.replies.append(server.error(400, "Invalid schema", "", "response_format"))
        await backend.complete(ask(bad))
        assert "response_format" not in server.seen[-1]
        await backend.complete(ask(good))
        assert "response_format" in server.seen[-1]
        await backend.complete(ask(bad))
        assert "response_format" not in server.seen[-1]
        assert len(server.seen) == 4

    with_server(server, scenario)


@pytest.mark.parametrize(
    ("choice", "finish"),
    [
        ({"message": {"content": None, "refusal": "I cannot."}}, "refusal"),
        ({"message": {"content": ""}, "finish_reason": "content_filter"}, "refusal"),
        ({"message": {"content": "half of"}, "finish_reason": "length"}, "length"),
        ({"message": {"content": "whole"}, "finish_reason": "stop"}, "stop"),
        ({"message": {"content": [{"type": "text", "text": "parts"}]}}, "stop"),
    ],
)
def test_how_an_answer_ended(choice: dict[str, Any], finish: str) -> None:
    server = OpenAIServer()
    server.always = planned(200, {"choices": [choice]})
    assert answer(server, ask(FreeText())).finish == finish


def test_a_prompt_the_filter_declines_is_a_refusal_not_a_failure() -> None:
    server = OpenAIServer()
    server.always = server.error(400, "The response was filtered", "content_filter", "prompt")
    got = answer(server, ask())
    assert got.finish == "refusal"
    assert len(server.seen) == 1


def test_stop_texts_the_server_leaves_in_are_cut() -> None:
    server = OpenAIServer(lambda body: "one\ntwo", refuses={"stop": "'stop' is not supported"})
    assert answer(server, ask(FreeText(), Sampling(stop=("\n",)))).text == "one"


def test_text_that_is_no_unicode_is_replaced() -> None:
    assert answer(OpenAIServer(lambda body: "a\ud800b"), ask(FreeText())).text == "a?b"
