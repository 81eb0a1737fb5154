"""A/B through the API and the command line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from intone.cli.main import main
from intone.runs.project import Project
from intone.runs.resolving import variant_of
from intone.store.experiments import Experiment
from intone.store.registry import Registry
from tests.serve.projects import Served

PATH = "/api/v1/experiments"
WANTED = {"name": "triage", "label": "live", "version": "2"}


def started(api: Served, **more: Any) -> dict[str, Any]:
    response = api.client.post(PATH, json=WANTED | more)
    assert response.status_code == 201, response.text
    form: dict[str, Any] = response.json()
    return form


def users(api: Served, variant: str, count: int) -> list[str]:
    """Return the traces of answers to different users who get a variant."""
    traces: list[str] = []
    number = 0
    while len(traces) < count:
        answer = api.run(user=f"user {number}")
        number += 1
        if answer["variant"] == variant:
            traces.append(answer["trace"])
    return traces


def worth(api: Served, trace: str, value: float) -> None:
    response = api.client.post("/api/v1/outcomes", json={"trace": trace, "value": value})
    assert response.status_code == 201, response.text


def test_a_user_stays_with_a_variant(api: Served) -> None:
    form = started(api)
    assert (form["number"], form["state"], form["first"], form["second"]) == (1, "running", 1, 2)
    for user in range(20):
        first, again = api.run(user=f"u{user}"), api.run(user=f"u{user}", inputs={"body": "y"})
        assert first["variant"] == again["variant"]
        assert first["version"] == {"a": "triage@1", "b": "triage@2"}[first["variant"]]
    assert {api.run(user=f"u{user}")["variant"] for user in range(20)} == {"a", "b"}
    assert {api.run()["variant"] for _ in range(20)} == {"a", "b"}
    assert api.run("latest")["variant"] is None and api.run("1")["variant"] is None


def test_shares_are_kept_and_experiments_draw_anew() -> None:
    one, two = (Experiment(number, "p", "live", 1, 2, share=0.2) for number in (1, 2))
    drawn = [variant_of(one, f"user {number}") for number in range(3000)]
    assert 0.17 < drawn.count("b") / 3000 < 0.23
    assert drawn != [variant_of(two, f"user {number}") for number in range(3000)]


def test_a_users_first_outcome_counts(api: Served) -> None:
    started(api)
    (trace,) = users(api, "b", 1)
    worth(api, trace, 1.0)
    worth(api, trace, 0.0)
    rated = {"trace": users(api, "a", 1)[0], "rating": 0.5}
    assert api.client.post("/api/v1/feedback", json=rated).status_code == 201
    form = api.client.get(f"{PATH}/1").json()
    assert form["variants"]["b"] == {"version": 2, "outcomes": 1, "mean": 1.0}
    assert form["variants"]["a"] == {"version": 1, "outcomes": 1, "mean": 0.5}
    assert (form["word"], form["pairs"]) == ("undecided", 1)


@pytest.mark.parametrize(
    ("promote", "state", "live"), [(True, "promoted", 2), (False, "running", 1)]
)
def test_a_winner_has_the_label_only_if_it_was_asked_for(
    api: Served, promote: bool, state: str, live: int
) -> None:
    started(api, promote=promote)
    for good, bad in zip(users(api, "b", 12), users(api, "a", 12), strict=True):
        worth(api, bad, 0.0)
        worth(api, good, 1.0)
    form = api.client.get(f"{PATH}/1").json()
    assert (form["word"], form["state"]) == ("better", state)
    assert form["decided_after"] <= 12 and form["p"] < 0.05
    with Project(api.folder).open() as database:
        assert Registry(database).labels("triage")["live"] == live


def test_a_loser_ends_the_experiment(api: Served) -> None:
    started(api, promote=True)
    for good, bad in zip(users(api, "a", 12), users(api, "b", 12), strict=True):
        worth(api, good, 1.0)
        worth(api, bad, 0.0)
    form = api.client.get(f"{PATH}/1").json()
    assert (form["word"], form["state"]) == ("worse", "kept")
    assert {api.run(user=f"u{n}")["version"] for n in range(10)} == {"triage@1"}


def test_it_is_stopped_and_promoted_by_hand_at_once(api: Served) -> None:
    started(api)
    assert api.client.post(PATH, json=WANTED).status_code == 422  # one at a time
    assert api.client.post(f"{PATH}/1:stop").json()["state"] == "stopped"
    assert {api.run(user=f"u{n}")["version"] for n in range(10)} == {"triage@1"}
    assert api.client.post(f"{PATH}/1:stop", json={}).status_code == 422
    started(api)
    assert api.client.post(f"{PATH}/2:promote", json={}).json()["state"] == "promoted"
    assert {api.run(user=f"u{n}")["version"] for n in range(10)} == {"triage@2"}
    assert api.client.post(f"{PATH}/9:promote", json={}).status_code == 404


def test_whoever_moves_the_label_ends_it(api: Served) -> None:
    started(api)
    with Project(api.folder).open() as database:
        Registry(database).label("triage", "live", 2)
    assert api.run(user="u")["variant"] is None
    assert api.client.get(f"{PATH}/1").json()["state"] == "stopped"
    assert api.client.post(f"{PATH}/1:promote", json={}).status_code == 422
    assert started(api, version="1")["number"] == 2


def test_what_cannot_be_compared_is_refused(api: Served) -> None:
    for change, status in (
        ({"version": "1"}, 422),
        ({"version": "7"}, 404),
        ({"label": "latest"}, 422),
        ({"label": "none"}, 404),
        ({"share": 1.0}, 422),
        ({"alpha": 0.0}, 422),
    ):
        assert api.client.post(PATH, json=WANTED | change).status_code == status, change


def test_the_command_line_does_the_same(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(project)
    assert main(["prompts", "ab", "start", "triage", "live", "2", "--share", "0.25"]) == 0
    out = capsys.readouterr().out
    assert "experiment 1 · triage@live · running" in out
    assert "b  triage@2  25% of the users, 0 outcomes" in out
    assert main(["prompts", "ab", "list"]) == 0 and main(["prompts", "ab", "show", "1"]) == 0
    assert main(["prompts", "ab", "promote", "1"]) == 0
    assert main(["prompts", "ab", "stop", "1"]) == 2
    assert "it was promoted" in capsys.readouterr().err
    assert main(["prompts", "rollback", "triage", "live"]) == 0
    assert capsys.readouterr().out == "triage@live is triage@1\n"
