"""Every route of the API, with the fake model."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select

from intone.errors import InputError, RateLimited, UnknownModel
from intone.feedback.complaint import Complaint
from intone.llm.completion import Completion
from intone.llm.fake import FakeBackend
from intone.prompt import Chain, Prompt, Step
from intone.runs.experimenting import Experimenting
from intone.runs.project import Project
from intone.runs.serving import Serving
from intone.runs.spec import read_spec
from intone.store.complaints import Complaints
from intone.store.registry import Registry
from intone.store.runs import Runs
from intone.store.tables import trace_outcomes
from intone.store.traces import Traces
from tests.serve.projects import Served, served


def test_a_prompt_is_run_and_its_answer_traced(api: Served) -> None:
    answer = api.run(user="ann")
    assert (answer["output"], answer["status"]) == ("MY PARCEL IS LATE", "answered")
    assert (answer["version"], answer["variant"]) == ("triage@1", None)
    assert answer["usage"]["calls"] == 1 and answer["usage"]["replayed"] == 0
    kept = api.client.get(f"/api/v1/traces/{answer['trace']}").json()
    assert kept["inputs"] == {"body": "my parcel is late"}
    assert (kept["output"], kept["ref"], kept["label"]) == (answer["output"], "triage@1", "live")
    assert "ann" not in str(kept) and "user" not in kept


def test_the_same_question_is_asked_once_and_traced_twice(api: Served) -> None:
    first, second = api.run(), api.run()
    assert second["usage"]["replayed"] == 1 and first["trace"] != second["trace"]
    assert api.run(sample=1)["usage"]["replayed"] == 0
    assert len(api.client.get("/api/v1/traces").json()["traces"]) == 3
    assert api.client.get("/api/v1/traces?name=pair").json() == {"traces": []}


def test_numbers_and_labels_name_versions(api: Served) -> None:
    assert api.run("2")["version"] == api.run("latest")["version"] == "triage@2"
    with Project(api.folder).open() as database:  # as another process would
        Registry(database).label("triage", "live", 2)
    assert api.run("live")["version"] == "triage@2"
    with Project(api.folder).open() as database:
        Registry(database).rollback("triage", "live")
    assert api.run("live")["version"] == "triage@1"


def test_a_chain_that_reads_right_answers_is_not_served(api: Served) -> None:
    topic, team = Prompt("Topic? {{ body }}"), Prompt("Team? {{ topic }}")
    chain = Chain([Step("topic", topic, known="gold"), Step("team", team)])
    with Project(api.folder).open() as database:
        registry = Registry(database)
        ref = registry.save("triage", chain.canonical()).ref
        with pytest.raises(InputError, match="can only be measured"):
            registry.label("triage", "live")
        with pytest.raises(InputError, match="can only be measured"):
            Experimenting(database).start("triage", "live", "latest")
    sent = {"inputs": {"body": "my parcel is late", "gold": "shipping"}}
    response = api.client.post("/api/v1/prompts/triage/latest:run", json=sent)
    assert response.status_code == 422 and f"{ref}: step 'topic' is taken" in response.text
    assert api.run("live")["version"] == "triage@1"


def test_values_become_text_as_in_data(api: Served) -> None:
    sent = {"inputs": {"first": 3.0, "second": ["a", True], "unused": None}}
    form = api.client.post("/api/v1/prompts/pair/latest:render", json=sent).json()
    assert form["messages"] == [{"role": "user", "content": '3 or ["a", true]?'}]
    assert form["version"] == "pair@1" and form["requests"] == [form["messages"]]


def test_rendering_asks_nothing(project: Path) -> None:
    backend = FakeBackend("no")
    with served(project, backend) as api:
        sent = {"inputs": {"body": "{{ body }}"}}
        form = api.client.post("/api/v1/prompts/triage/live:render", json=sent).json()
        assert form["messages"][-1]["content"].endswith("{{ body }}")
        assert api.client.get("/api/v1/traces").json() == {"traces": []}
    assert backend.calls == 0


def test_what_is_missing_is_named(api: Served) -> None:
    response = api.client.post("/api/v1/prompts/pair/latest:run", json={"inputs": {"first": "a"}})
    assert response.status_code == 422
    assert response.json()["error"]["message"] == (
        "the inputs lack second; pair@1 needs: first, second"
    )
    response = api.client.post("/api/v1/prompts/trage/live:run", json={"inputs": {}})
    assert response.status_code == 404
    assert "did you mean 'triage'?" in response.json()["error"]["message"]
    for path in ("/api/v1/prompts/triage/9", "/api/v1/runs/4", "/api/v1/traces/x", "/api/v1/no"):
        assert api.client.get(path).status_code == 404, path
    assert api.client.get("/api/v1/prompts/triage/live:run").status_code in (404, 405)


def test_a_model_that_fails_is_traced_and_is_no_defect(project: Path) -> None:
    backend = FakeBackend([UnknownModel("no such model"), "fine"])
    with served(project, backend) as api:
        sent = {"inputs": {"body": "x"}}
        response = api.client.post("/api/v1/prompts/triage/live:run", json=sent)
        assert response.status_code == 502
        error = response.json()["error"]
        assert error["message"] == "the model did not answer: no such model"
        trace = api.client.get(f"/api/v1/traces/{error['trace']}").json()
        assert (trace["status"], trace["output"]) == ("failed", "")
        assert api.run(inputs=sent["inputs"])["output"] == "fine"  # the failure is not replayed


def test_a_model_under_pressure_is_waited_for(project: Path) -> None:
    with served(project, FakeBackend([RateLimited("slow down", retry_after=0.01), "ok"])) as api:
        assert api.run()["output"] == "ok"


def test_what_the_model_brought_about_has_its_status(project: Path) -> None:
    with served(project, FakeBackend("x" * 100), settings={"model.max_tokens": 5}) as api:
        answer = api.run()
        assert (answer["status"], answer["output"]) == ("truncated", "x" * 20)
        assert "model.max_tokens" in answer["reason"]


def test_labels_are_read_out_of_answers(project: Path) -> None:
    settings = {"task.labels": ["billing", "shipping"]}
    with served(project, FakeBackend(["I think shipping.", "neither"]), settings=settings) as api:
        assert api.run()["output"] == "shipping"
        answer = api.run(sample=1)
        assert (answer["status"], answer["output"]) == ("unparseable", "neither")


def test_half_a_surrogate_pair_comes_and_goes(project: Path) -> None:
    with served(project, FakeBackend(lambda request: Completion("half \ud83d of one"))) as api:
        response = api.client.post(
            "/api/v1/prompts/triage/live:run",
            content=b'{"inputs": {"body": "\\ud83d"}}',
            headers={"content-type": "application/json"},
        )
        assert response.status_code in (200, 422)
        assert api.run()["output"] == "half \ufffd of one"
        response = api.client.post(
            "/api/v1/feedback",
            content=b'{"trace": "\\ud83d", "comment": "\\ud83d"}',
            headers={"content-type": "application/json"},
        )
        assert response.status_code in (404, 422)


def test_feedback_is_kept_with_what_was_answered(api: Served) -> None:
    trace = api.run(user="ann")["trace"]
    sent = {"trace": trace, "comment": "too long", "rating": 0.25, "answer": "shipping"}
    response = api.client.post("/api/v1/feedback", json=sent)
    assert (response.status_code, response.json()) == (201, {"trace": trace, "kept": True})
    with Project(api.folder).open() as database:
        (kept,) = Complaints(database).list()
        version = Registry(database).get("triage", 1)
    assert (kept.comment, kept.rating, kept.answer) == ("too long", 0.25, "shipping")
    assert kept.inputs == {"body": "my parcel is late"} and kept.output == "MY PARCEL IS LATE"
    assert (kept.name, kept.program_id) == ("triage", version.program_id)
    assert kept.program == version.program and kept.version == "triage@1"
    assert kept.who and kept.who != "ann"
    assert kept.at and kept.state == "open" and kept.target == ""


def test_a_right_answer_is_one_of_the_tasks_target(project: Path) -> None:
    with served(project, settings={"task.target": "team"}) as api:
        trace = api.run()["trace"]
        sent = {"trace": trace, "answer": "shipping"}
        assert api.client.post("/api/v1/feedback", json=sent).status_code == 201
    with Project(project).open() as database:
        (kept,) = Complaints(database).corrections()
    assert (kept.target, kept.answer, kept.comment) == ("team", "shipping", "")


def test_a_rating_alone_is_no_complaint(api: Served) -> None:
    trace = api.run()["trace"]
    sent = {"trace": trace, "rating": 0.5, "comment": " "}
    assert api.client.post("/api/v1/feedback", json=sent).status_code == 201
    with Project(api.folder).open() as database:
        assert Complaints(database).list() == ()
        with database.read() as connection:
            (worth,) = connection.execute(select(trace_outcomes))
    assert (worth.trace, worth.value, worth.source) == (trace, 0.5, "rating")


def test_a_word_about_a_version_that_is_deleted_is_kept(api: Served) -> None:
    trace = api.run("2")["trace"]
    with Project(api.folder).open() as database:
        deleted = Registry(database).delete("triage@2")
    response = api.client.post("/api/v1/prompts/triage/2:run", json={"inputs": {"body": "x"}})
    assert response.status_code == 404 and "was deleted" in response.text
    sent = {"trace": trace, "comment": "too long"}
    assert api.client.post("/api/v1/feedback", json=sent).status_code == 201
    with Project(api.folder).open() as database:
        (kept,) = Complaints(database).list()
    assert (kept.version, kept.program_id, kept.program) == ("triage@2", deleted.program_id, {})


def test_feedback_must_say_something_about_an_answer_there_is(api: Served) -> None:
    trace = api.run()["trace"]
    for body, status in (
        ({"trace": trace}, 422),
        ({"trace": trace, "comment": "  "}, 422),
        ({"trace": trace, "rating": 1.5}, 422),
        ({"trace": "0" * 32, "comment": "bad"}, 404),
        ({"trace": trace, "coment": "bad"}, 422),
    ):
        assert api.client.post("/api/v1/feedback", json=body).status_code == status, body
    for body in ({"trace": "no", "value": 1}, {"trace": trace, "value": "x"}):
        assert api.client.post("/api/v1/outcomes", json=body).status_code in (404, 422)
    assert api.client.post("/api/v1/outcomes", json={"trace": trace, "value": 1}).status_code == 201


def test_complaints_go_where_they_are_told_to(project: Path) -> None:
    kept: list[Complaint] = []
    spec = read_spec(None, {"model.name": "fake:echo"}, project, alone=True)

    import asyncio

    from intone.runs.serving import Question, Remark

    async def work() -> None:
        serving = Serving.open(spec, sink=kept.append)
        trace = await serving.answer(Question("triage", "live", {"body": "x"}))
        await serving.remark(Remark(trace.id, "too short"))
        await serving.remark(Remark(trace.id, rating=1.0))  # nothing in words
        await serving.close()

    asyncio.run(work())
    assert [complaint.comment for complaint in kept] == ["too short"]


def test_an_answer_is_kept_though_nobody_waits_for_it(project: Path) -> None:
    import asyncio

    from intone.runs.serving import Question

    spec = read_spec(None, {"model.name": "fake:echo"}, project, alone=True)

    async def work() -> None:
        serving = Serving.open(spec, backend=FakeBackend("late", delay=0.05))
        task = asyncio.create_task(serving.answer(Question("triage", "live", {"body": "x"})))
        await asyncio.sleep(0.01)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await serving.close()

    asyncio.run(work())
    with Project(project).open() as database:
        assert [trace.output for trace in Traces(database).newest()] == ["late"]


def test_prompts_versions_and_runs_are_listed(api: Served) -> None:
    prompts = api.client.get("/api/v1/prompts").json()["prompts"]
    assert [(p["name"], p["latest"], p["labels"]) for p in prompts] == [
        ("pair", 1, {}),
        ("triage", 2, {"live": 1}),
    ]
    versions = api.client.get("/api/v1/prompts/triage").json()["versions"]
    assert [version["ref"] for version in versions] == ["triage@2", "triage@1"]
    one = api.client.get("/api/v1/prompts/triage/live").json()
    assert Prompt.from_canonical(one["program"]).template == "Which team?\n\n{{ body }}"
    with Project(api.folder).open() as database:
        Runs(database).create("tune", {"names": ["triage"], "folder": "/home/x"}, "data")
    (run,) = api.client.get("/api/v1/runs").json()["runs"]
    assert (run["run"], run["kind"], run["prompts"]) == (1, "tune", ["triage"])
    shown = api.client.get("/api/v1/runs/1")
    assert shown.json()["spec"] == {"names": ["triage"]} and "/home/x" not in shown.text


def test_machines_are_told_of_health_and_counts(api: Served) -> None:
    assert api.stranger.get("/api/v1/health").json()["status"] == "ok"
    api.run()
    api.client.get("/nowhere")
    text = api.client.get("/api/v1/metrics").text
    assert 'intone_answers_total{status="answered",version="triage@1"} 1.0' in text
    assert 'intone_tokens_total{kind="completion"}' in text
    assert 'route="other",status="404"} 1.0' in text


def test_the_api_describes_itself(api: Served) -> None:
    paths = api.client.get("/api/v1/openapi.json").json()["paths"]
    assert "/api/v1/prompts/{name}/{label}:run" in paths and "/v1/chat/completions" in paths
    page = api.client.get("/api/v1/docs")
    assert page.status_code == 200 and "<script" not in page.text
    assert "POST /api/v1/feedback" in page.text
