"""The server as a process: how it starts, how it ends, and what outlives it."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from pathlib import Path

import httpx
import psutil
import pytest

from intone.runs.project import Project
from intone.store.complaints import Complaints
from intone.store.runs import Runs
from intone.store.traces import Traces
from tests.runs.projects import project as write_project
from tests.serve.process import listening

HEAVY = ("optuna", "pyarrow", "scipy.special", "scipy.stats", "snowballstemmer", "xllamacpp")
RUN = "/api/v1/prompts/triage/live:run"


def test_nothing_heavy_is_loaded_to_start() -> None:
    code = f"import sys, intone.serve.running; print([m for m in {HEAVY} if m in sys.modules])"
    assert subprocess.check_output([sys.executable, "-c", code], text=True) == "[]\n"


def test_it_starts_and_ends_cleanly(project: Path) -> None:
    with listening(project) as server:
        process = psutil.Process(server.process.pid)
        addresses = {c.laddr.ip for c in process.net_connections() if c.status == "LISTEN"}
        assert addresses == {"127.0.0.1"}
        with server.client() as client:
            assert client.post(RUN, json={"inputs": {"body": "x"}}).status_code == 200
            assert client.get("/").status_code == 200
        server.process.send_signal(signal.SIGTERM)
        out, err = server.process.communicate(timeout=60)
        assert (server.process.returncode, out, err) == (0, "", "")


def test_a_run_at_work_is_interrupted_when_the_server_is_ended(tmp_path: Path) -> None:
    write_project(tmp_path, extra="delay = 0.1")
    (tmp_path / "intone.toml").write_text(
        'prompt = "Which team?\\n\\n{{ body }}"\n[task]\ndata = "rows.jsonl"\ntarget = "team"\n'
    )
    with listening(tmp_path, "--model", "fake:fake.toml") as server:
        with server.client() as client:
            assert client.post("/api/v1/runs", json={}).json()["state"] == "running"
            while client.get("/api/v1/runs/1/progress").json()["calls"] < 10:
                assert server.process.poll() is None
        server.process.send_signal(signal.SIGTERM)
        out, err = server.process.communicate(timeout=60)
        assert (server.process.returncode, out, err) == (0, "", "")
    with Project(tmp_path).open() as database:
        record = Runs(database).get(1)
    assert record.state == "interrupted" and record.ended is not None


def test_what_was_acknowledged_outlives_a_kill(project: Path) -> None:
    traces: list[str] = []
    comments: list[str] = []

    def ask(start: int) -> None:
        with server.client() as client:
            try:
                for number in range(start, start + 10_000):
                    sent = {"inputs": {"body": f"number {number}"}}
                    traces.append(trace := client.post(RUN, json=sent).json()["trace"])
                    said = {"trace": trace, "comment": f"{number}", "rating": 0.5}
                    if client.post("/api/v1/feedback", json=said).status_code == 201:
                        comments.append(f"{number}")
            except httpx.TransportError:
                return  # the server was killed in the middle of it

    with listening(project) as server:
        threads = [threading.Thread(target=ask, args=(part * 10_000,)) for part in range(4)]
        for thread in threads:
            thread.start()
        while len(comments) < 40:
            threads[0].join(0.01)
        server.process.kill()
        for thread in threads:
            thread.join()
    with Project(project).open() as database:
        kept = {trace.id for trace in Traces(database).newest(100_000)}
        said = {complaint.comment for complaint in Complaints(database).list()}
    assert len(traces) >= 40 and set(traces) <= kept
    assert set(comments) <= said


def test_a_port_that_is_taken_is_one_line(project: Path) -> None:
    with listening(project) as server:
        port = server.url.rpartition(":")[2]
        with pytest.raises(AssertionError, match=f"cannot listen on 127.0.0.1, port {port}"):
            with listening(project, "--port", port):
                pass


def test_others_are_not_let_in_by_a_random_token(project: Path) -> None:
    with pytest.raises(AssertionError, match="lets other machines in"):
        with listening(project, "--host", "0.0.0.0"):
            pass
