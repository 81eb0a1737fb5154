from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.project import Command

CHOOSE = 'template = "Case: {{ case }}\\n{{ body }}"\noutput_format = "exactly one of: a team"\n'


def test_run_prints_score_failures_and_cost(intone: Command, project: Path) -> None:
    said = intone("run", "prompts/triage.toml")
    assert said.status == 0
    assert "score 0." in said.out and "on 42 tuning rows (mean of label)" in said.out
    assert "answered 42" in said.out
    assert "spent 42 calls" in said.out
    assert said.err == ""
    shown = intone("run", "--json").form
    assert {"score", "low", "high", "n", "statuses", "spent", "outcomes"} <= shown.keys()
    assert len(shown["outcomes"]) == 42


@pytest.mark.parametrize(("rows", "count"), [("tuning", 42), ("sealed", 18), ("all", 60)])
def test_run_answers_the_rows_it_is_told_to(
    intone: Command, project: Path, rows: str, count: int
) -> None:
    said = intone("run", "--rows", rows, "--json")
    assert said.form["n"] == count


def test_run_says_that_the_budget_ended(intone: Command, project: Path) -> None:
    (project / "fake.toml").write_text(
        'answer = "billing"\n[[rules]]\nwhen = ""\nerror = "refusal"\n'
    )
    said = intone("run", "--calls", "7")
    assert said.status == 0
    assert "refused 7" in said.out
    assert "the budget ended after 7 of 42 answers" in said.out
    (project / "choose.toml").write_text(CHOOSE)
    said = intone("compare", "prompts/triage.toml", "choose.toml", "--calls", "7")
    assert "the budget ended after 7 of 84 answers" in said.out
    assert "the budget ended" not in intone("run", "--calls", "42").out
    assert [run["state"] for run in intone("runs", "list", "--json").form["runs"]] == [
        "done",
        "stopped",
        "stopped",
    ]


def test_run_reports_failed_rows_and_how_to_try_them_again(intone: Command, project: Path) -> None:
    (project / "fake.toml").write_text(
        'answer = "billing"\n[[rules]]\nwhen = "crash"\nerror = 500\n'
    )
    said = intone("run", "--set", "model.attempts=1")
    assert said.status == 0
    assert "failed 14 (missing, not counted)" in said.out
    assert "intone runs resume 1 --retry-failed" in said.out
    (project / "fake.toml").write_text('answer = "billing"\n')


def test_where_every_call_fails_there_is_nothing_to_report(intone: Command, project: Path) -> None:
    (project / "fake.toml").write_text('[[rules]]\nwhen = ""\nerror = 500\n')
    for command in (["run"], ["compare", "prompts/triage.toml", "Team? {{ body }}"]):
        said = intone(*command, "--calls", "4", "--set", "model.attempts=1")
        assert (said.status, said.out) == (3, "")
        assert said.err.startswith("intone: all 4 calls failed: ")
        assert said.err.count("\n") == 1


def test_answers_that_no_grader_can_judge_say_why(intone: Command, project: Path) -> None:
    (project / "mine.py").write_text("def grade(answer, row):\n    raise ValueError('my fault')\n")
    said = intone("run", "--set", "task.grader=mine:grade", "--calls", "4")
    assert said.status == 0
    assert "no score: not one answer could be graded" in said.out
    assert "my fault" in said.out


def test_compare_gives_each_prompt_its_verdict(intone: Command, project: Path) -> None:
    (project / "choose.toml").write_text(CHOOSE)
    (project / "again.toml").write_text(CHOOSE.replace("a team", "the teams"))
    said = intone("compare", "prompts/triage.toml", "choose.toml", "again.toml")
    assert said.status == 0
    assert "3 prompts on 42 tuning rows" in said.out
    assert said.out.count("better   +") == 2
    assert "Holm" in said.out


def test_compare_require_better_needs_one_better_prompt(intone: Command, project: Path) -> None:
    (project / "choose.toml").write_text(CHOOSE)
    assert (
        intone("compare", "prompts/triage.toml", "choose.toml", "--require", "better").status == 0
    )
    said = intone("compare", "choose.toml", "prompts/triage.toml", "--require", "better", "--json")
    assert said.status == 1
    assert said.form["verdicts"][0]["word"] == "worse"
    assert said.err == "intone: --require better: no prompt is better than the first\n"


def test_prompts_of_one_name_are_told_apart(intone: Command, project: Path) -> None:
    (project / "triage.toml").write_text(CHOOSE)
    said = intone("compare", "prompts/triage.toml", "triage.toml", "--json")
    assert [arm["name"] for arm in said.form["prompts"]] == ["prompts/triage.toml", "triage.toml"]
    said = intone("compare", "Team? {{ body }}", "Which? {{ body }}", "--json")
    assert [arm["name"] for arm in said.form["prompts"]] == ["prompt (1)", "prompt (2)"]


def test_a_version_that_is_kept_can_be_run(intone: Command, project: Path) -> None:
    intone("prompts", "import", "prompts/triage.toml")
    intone("prompts", "label", "triage", "production")
    for ref in ("triage", "triage@1", "triage@production"):
        assert intone("run", ref, "--json").form["name"] == "triage"
    said = intone("run", "triage@9")
    assert (said.status, said.err) == (2, "intone: there is no triage@9; the latest is triage@1\n")
