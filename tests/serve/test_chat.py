"""The OpenAI-compatible routes."""

from __future__ import annotations

import json
from pathlib import Path

from intone.errors import ContextOverflow
from intone.llm.fake import FakeBackend
from tests.serve.projects import Served, served

CHAT = "/v1/chat/completions"


def test_variables_come_as_inputs(api: Served) -> None:
    sent = {"model": "intone/pair@latest", "inputs": {"first": "tea", "second": "milk"}}
    response = api.client.post(CHAT, json=sent | {"temperature": 0.7, "messages": []})
    form = response.json()
    assert form["object"] == "chat.completion" and form["model"] == "intone/pair@latest"
    (choice,) = form["choices"]
    assert choice["message"] == {"role": "assistant", "content": "TEA OR MILK?"}
    assert choice["finish_reason"] == "stop"
    assert form["usage"]["total_tokens"] == (
        form["usage"]["prompt_tokens"] + form["usage"]["completion_tokens"]
    )
    trace = response.headers["x-intone-trace"]
    assert trace == form["intone"]["trace"]
    assert api.client.get(f"/api/v1/traces/{trace}").json()["ref"] == "pair@1"


def test_the_last_user_message_is_the_only_variable(api: Served) -> None:
    parts = [{"type": "text", "text": "a parcel"}]
    messages = [{"role": "user", "content": "no"}, {"role": "user", "content": parts}]
    sent = {"model": "intone/triage@live", "messages": messages}
    form = api.client.post(CHAT, json=sent).json()
    assert form["choices"][0]["message"]["content"] == "A PARCEL"
    response = api.client.post(CHAT, json=sent | {"model": "intone/pair"})
    assert response.status_code == 422 and "first, second" in response.json()["error"]["message"]
    assert api.client.post(CHAT, json=sent | {"messages": []}).status_code == 422


def test_a_stream_is_the_whole_answer_in_one_chunk(api: Served) -> None:
    sent = {
        "model": "intone/triage@live",
        "inputs": {"body": "a"},
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    response = api.client.post(CHAT, json=sent)
    assert response.headers["content-type"].startswith("text/event-stream")
    events = [line.removeprefix("data: ") for line in response.text.split("\n\n") if line]
    assert events.pop() == "[DONE]"
    chunks = [json.loads(event) for event in events]
    assert [c["choices"][0]["delta"] for c in chunks[:2]] == [
        {"role": "assistant", "content": "A"},
        {},
    ]
    assert chunks[1]["choices"][0]["finish_reason"] == "stop"
    assert chunks[2]["choices"] == [] and chunks[2]["usage"]["completion_tokens"] == 1
    assert len({chunk["id"] for chunk in chunks}) == 1


def test_mistakes_have_the_form_that_clients_know(api: Served) -> None:
    for model in ("gpt-4o", "intone/", "intone/none@live", "triage@live"):
        response = api.client.post(CHAT, json={"model": model, "inputs": {}})
        assert response.status_code == 404, model
        assert response.json()["error"]["message"]
    assert api.client.post(CHAT, json={"model": "intone/triage", "n": 2}).status_code == 422
    assert api.client.post(CHAT, json={"inputs": {}}).status_code == 422


def test_a_question_that_is_too_long_is_the_askers(project: Path) -> None:
    with served(project, FakeBackend(lambda request: ContextOverflow(9000, 4096))) as api:
        sent = {"model": "intone/triage@live", "inputs": {"body": "long"}}
        response = api.client.post(CHAT, json=sent)
        assert response.status_code == 400
        assert response.json()["error"]["code"] == "context_length_exceeded"


def test_a_cut_answer_is_told(project: Path) -> None:
    with served(project, FakeBackend("x" * 100), settings={"model.max_tokens": 5}) as api:
        sent = {"model": "intone/triage@live", "inputs": {"body": "a"}}
        form = api.client.post("/api/v1/chat/completions", json=sent).json()
        assert form["choices"][0]["finish_reason"] == "length"


def test_prompts_are_listed_as_models(api: Served) -> None:
    models = [model["id"] for model in api.client.get("/v1/models").json()["data"]]
    assert models == ["intone/pair@latest", "intone/triage@live", "intone/triage@latest"]
