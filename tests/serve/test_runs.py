"""Runs over the API: started, held, stopped, resumed, followed, reported."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from intone.prompt.prompt import Prompt
from intone.runs.project import Project
from intone.store.registry import Registry
from tests.runs.projects import project
from tests.serve.projects import Served, served

SETTINGS = {
    "prompt": "Which team?\n\n{{ body }}",
    "task.data": "rows.jsonl",
    "task.target": "team",
    "model.name": "fake:fake.toml",
    "budget.calls": 200,
}


def _until(api: Served, run: int, true: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    end = time.monotonic() + 60
    while True:
        going: dict[str, Any] = api.client.get(f"/api/v1/runs/{run}/progress").json()
        if true(going):
            return going
        assert time.monotonic() < end, going
        time.sleep(0.02)


def test_a_tuning_is_started_held_stopped_resumed_and_reported(tmp_path: Path) -> None:
    project(tmp_path, extra="delay = 0.02")
    with served(tmp_path, settings=SETTINGS) as api:
        started = api.client.post("/api/v1/runs", json={"calls": 300, "seed": 3})
        assert started.status_code == 201
        assert started.json() == {"run": 1, "state": "running", "paused": False}
        busy = api.client.post("/api/v1/runs", json={})
        assert busy.status_code == 422 and "one at a time" in busy.json()["error"]["message"]
        moving = _until(api, 1, lambda it: it["calls"] > 10)
        assert moving["budget"][0]["words"].endswith("of 300 calls")
        assert api.client.post("/api/v1/runs/1:pause").json()["paused"] is True
        assert api.client.post("/api/v1/runs/1:continue").json()["paused"] is False
        assert api.client.post("/api/v1/runs/1:stop").json()["state"] == "interrupted"
        early = api.client.get("/api/v1/runs/1/report")
        assert early.status_code == 422 and "no result yet" in early.json()["error"]["message"]
        assert api.client.post("/api/v1/runs/1:resume").json()["state"] == "running"
        done = _until(api, 1, lambda it: it["state"] == "done")
        assert done["result"]
        page = api.client.get("/api/v1/runs/1/report")
        assert page.headers["content-type"].startswith("text/html")
        policy = page.headers["content-security-policy"]
        assert "script-src" not in policy and policy.startswith("default-src 'none'")
        assert "sandbox" in policy and "ticket number" in page.text
        kept = api.client.get("/api/v1/runs/1/report", params={"download": True})
        assert kept.headers["content-disposition"] == 'attachment; filename="run-1.html"'
        assert api.client.post("/api/v1/runs/1:resume").status_code == 422
        assert api.client.post("/api/v1/runs/9:stop").status_code == 404
        for path in ("/api/v1/runs/1/report", "/api/v1/runs/1/progress"):
            assert api.stranger.get(path).status_code == 401
        assert api.stranger.post("/api/v1/runs", json={}).status_code == 401


def test_what_a_user_wrote_is_text_in_the_report(tmp_path: Path) -> None:
    project(tmp_path)
    with Project(tmp_path).open() as database:
        bad = Prompt("<script>alert(1)</script> Which team?\n\n{{ body }}")
        Registry(database).save("bad", bad.canonical())
    with served(tmp_path, settings=SETTINGS) as api:
        api.client.post("/api/v1/runs", json={"prompt": "bad@1"})
        _until(api, 1, lambda it: it["state"] == "done")
        page = api.client.get("/api/v1/runs/1/report").text
        assert "<script" not in page and "&lt;script&gt;" in page


def test_a_project_without_data_says_so(api: Served) -> None:
    refused = api.client.post("/api/v1/runs", json={})
    assert refused.status_code == 422 and "task.data" in refused.json()["error"]["message"]
