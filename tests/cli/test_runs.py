from __future__ import annotations

from pathlib import Path

from tests.cli.project import Command


def test_nothing_was_run_yet(intone: Command, project: Path) -> None:
    assert "no runs yet" in intone("runs", "list").out
    assert intone("runs", "list", "--json").form == {"runs": []}
    said = intone("runs", "show")
    assert said.status == 2
    assert said.err.startswith("intone: there are no runs in ")
    assert not (project / ".intone").exists()


def test_list_names_every_run(intone: Command, project: Path) -> None:
    intone("run")
    intone("tune")
    said = intone("runs", "list")
    rows = said.out.splitlines()
    assert rows[0].split() == ["run", "what", "state", "began", "prompt", "result"]
    assert "tune" in rows[1] and "better, +" in said.out and "triage@2" in said.out
    assert [run["run"] for run in intone("runs", "list", "--json").form["runs"]] == [2, 1]
    assert len(intone("runs", "list", "--limit", "1", "--json").form["runs"]) == 1


def test_show_is_the_last_screen_with_the_history(intone: Command, project: Path) -> None:
    last = intone("tune").out
    shown = intone("runs", "show").out
    assert last in shown
    for text in (
        "where the gain came from",
        "substance",
        "what was changed",
        "heat 1 · ",
        "as given",
    ):
        assert text in shown
    form = intone("runs", "show", "1", "--json").form
    assert form["result"]["verdict"]["word"] == "better"
    assert form["candidates"][0]["number"] == 1


def test_show_a_run_and_a_comparison(intone: Command, project: Path) -> None:
    first = intone("run").out
    assert first in intone("runs", "show", "1").out
    second = intone("compare", "prompts/triage.toml", "exactly one of {{ case }} {{ body }}").out
    assert second in intone("runs", "show", "2").out


def test_resume_a_run_that_is_done_shows_its_result(intone: Command, project: Path) -> None:
    last = intone("tune").out
    said = intone("runs", "resume", "1")
    assert (said.status, said.out) == (0, last)
    assert said.err == "intone: run 1 is done; this is its result\n"
    assert intone("runs", "resume", "5").status == 2
    assert intone("runs", "resume", "1", "--set", "budget.calls=5").status == 2


def test_resume_tries_failed_calls_again(intone: Command, project: Path) -> None:
    script = (project / "fake.toml").read_text()
    broken = script + '[[rules]]\nwhen = "crash"\nerror = 500\n'
    (project / "fake.toml").write_text(broken)
    assert intone("run", "--set", "model.attempts=1", "--json").form["statuses"]["failed"] == 14
    said = intone("runs", "resume", "1", "--json")
    assert said.form["statuses"]["failed"] == 14
    (project / "fake.toml").write_text(script)
    said = intone("runs", "resume", "1", "--retry-failed", "--json")
    assert said.form["statuses"] == {"answered": 42}


def test_a_retry_that_fails_keeps_the_result_there_was(intone: Command, project: Path) -> None:
    script = (project / "fake.toml").read_text()
    (project / "fake.toml").write_text(script + '[[rules]]\nwhen = "crash"\nerror = 500\n')
    first = intone("run", "--set", "model.attempts=1", "--json").form
    # the same spec again decides the same, though every fresh call fails
    assert intone("run", "--set", "model.attempts=1", "--json").form["score"] == first["score"]
    (project / "fake.toml").write_text(script + '[[rules]]\nwhen = "crash"\nerror = 401\n')
    assert intone("runs", "resume", "1", "--retry-failed").status == 2
    assert intone("runs", "list", "--json").form["runs"][-1]["state"] == "done"
    assert intone("runs", "resume", "1", "--json").form["score"] == first["score"]
    (project / "fake.toml").write_text(script)
    said = intone("runs", "resume", "1", "--retry-failed", "--json")
    assert said.form["statuses"] == {"answered": 42}
