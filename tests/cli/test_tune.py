from __future__ import annotations

import os
from pathlib import Path

import pytest

from intone.prompt.prompt import Prompt
from tests.cli.project import Command


def test_a_better_prompt_is_found_judged_saved_and_kept(intone: Command, project: Path) -> None:
    said = intone("tune", "--save", "prompts/tuned.toml")
    assert said.status == 0
    assert "60 rows: 42 to tune on, 18 sealed · 3 labels · fake:fake.toml" in said.out
    assert "better: +" in said.out
    assert "saved prompts/tuned.toml (triage@2) · intone runs show 1" in said.out
    assert "exactly one of" in Prompt.load(project / "prompts/tuned.toml").output_format
    assert "42 to tune on" in said.err  # the plan, before anything is spent
    again = intone("tune", "--json")
    assert again.form["spent"]["replayed"] == again.form["spent"]["calls"] > 0
    assert again.form["verdict"]["word"] == "better"


def test_no_other_file_is_needed(intone: Command, project: Path, tmp_path: Path) -> None:
    for name in ("intone.toml", "prompts/triage.toml"):
        (project / name).unlink()
    data = ("--data", "tickets.csv", "--target", "team", "--model", "fake:fake.toml")
    said = intone("tune", *data, "--prompt", "Which team?", "--calls", 150, "--json")
    assert said.status == 0
    assert {
        "run",
        "prompt",
        "prompt_id",
        "baseline",
        "rephrased",
        "tuned",
        "verdict",
        "shipped",
    } <= (said.form.keys())
    assert said.form["plan"]["budget"]["calls"] == 150
    assert said.form["spent"]["calls"] <= 150


def test_a_dry_run_prints_the_plan_and_writes_nothing(intone: Command, project: Path) -> None:
    said = intone("tune", "--dry-run", "--calls", "120")
    assert said.status == 0
    assert "budget 120 calls: 54 for the verdict, 66 to search" in said.out
    assert "smallest gain 18 rows can show" in said.out
    assert intone("tune", "--dry-run", "--json").form["sealed_used"] == 18
    assert not (project / ".intone").exists()


def test_documents_are_taken_from_where_they_were_typed(
    intone: Command, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("notes", "more"):
        (project / name).mkdir()
        (project / name / "desk.md").write_text(f"# Desk\n\nThe {name} on {{{{ the }}}} desk.")
    said = intone("tune", "--dry-run", "--documents", "notes", "--documents", "more/desk.md")
    assert "notes: 1 passage from 1 file" in said.out and "more/desk.md: 1 passage" in said.out
    monkeypatch.chdir(project / "more")
    typed = intone("tune", "--dry-run", "--spec", "../intone.toml", "--documents", "desk.md")
    assert "desk.md: 1 passage from 1 file" in typed.out


def test_require_better(intone: Command, project: Path) -> None:
    assert intone("tune", "--require", "better").status == 0
    said = intone("tune", "--require", "better", "--set", "task.sealed=0", "--json")
    assert said.status == 1
    assert "--require better: the verdict is missing" in said.err
    assert intone("tune", "--require", "best").status == 2


def test_nothing_sealed_hands_the_winner_back_untested(intone: Command, project: Path) -> None:
    said = intone("tune", "--set", "task.sealed=0", "--save", "out.toml")
    assert "60 rows to tune on, none sealed" in said.out
    assert "handed back untested" in said.out
    assert "saved out.toml (triage@2)" in said.out


def test_few_rows_are_cross_validated_and_keep_the_prompt(intone: Command, project: Path) -> None:
    lines = (project / "tickets.csv").read_text().splitlines()
    (project / "tickets.csv").write_text("\n".join(lines[:31]) + "\n")
    said = intone("tune", "--save", "out.toml")
    assert "30 rows: too few to seal any (40 are needed), so cross-validated" in said.out
    assert "undecided: " in said.out
    assert "your prompt is kept" in said.out
    assert "saved out.toml (your prompt as it was)" in said.out
    assert Prompt.load(project / "out.toml") == Prompt.load(project / "prompts/triage.toml")
    assert intone("runs", "show", "--winner", "winner.toml").status == 0
    assert "exactly one of" in Prompt.load(project / "winner.toml").output_format


def test_a_file_that_cannot_be_saved_is_found_out_before_the_run(
    intone: Command, project: Path
) -> None:
    said = intone("tune", "--save", "prompts")
    assert (said.status, said.err) == (2, "intone: --save prompts is a folder; name a file in it\n")
    said = intone("tune", "--save", "gone/out.toml")
    assert said.status == 2
    assert "there is no folder" in said.err and "gone; make it first" in said.err
    assert not (project / ".intone").exists()


@pytest.mark.parametrize("form", ["--json", ""])
def test_a_result_that_cannot_be_saved_is_shown(intone: Command, project: Path, form: str) -> None:
    if not os.path.exists("/dev/full"):
        pytest.skip("needs /dev/full")
    (project / "out.toml").symlink_to("/dev/full")
    said = intone("tune", "--save", "out.toml", *filter(None, [form]))
    assert said.status == 2
    assert "better" in said.out and "saved" not in said.out
    assert said.err.splitlines()[-1] == (
        "intone: cannot write out.toml: No space left on device; "
        "the run is kept: intone runs show 1"
    )


def test_paths_on_the_command_line_start_at_the_current_folder(
    intone: Command,
    project: Path,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (project / "tickets.csv").rename(elsewhere / "mine.csv")
    (project / "fake.toml").rename(elsewhere / "model.toml")
    monkeypatch.chdir(elsewhere)
    spec = ("--spec", project / "intone.toml")
    said = intone("run", *spec, "--data", "mine.csv", "--model", "fake:model.toml", "--json")
    assert (said.status, said.err) == (0, "")
    assert said.form["n"] == 42
    assert (project / ".intone" / "intone.db").exists()
    assert not (elsewhere / ".intone").exists()


def test_a_file_with_an_odd_name_is_kept_under_a_fit_one(intone: Command, project: Path) -> None:
    (project / "prompts/triage.toml").rename(project / "prompts/my prompt (old).toml")
    said = intone("tune", "--prompt", "prompts/my prompt (old).toml", "--json")
    assert (said.status, said.form["version"]) == (0, "my-prompt-old@2")
