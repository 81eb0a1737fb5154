from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.project import Command


def test_the_project_runs_as_it_is(
    intone: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    said = intone("init", "desk")
    assert said.status == 0
    assert "next: cd desk && intone run" in said.out
    monkeypatch.chdir(tmp_path / "desk")
    assert intone("run", "--model", "fake:random", "--json").form["n"] == 18
    said = intone("tune", "--model", "fake:random")
    assert said.status == 0
    assert "18 rows: too few to seal any" in said.out


def test_nothing_is_overwritten(
    intone: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "messages.csv").write_text("mine")
    said = intone("init")
    assert said.status == 2
    assert said.err.startswith("intone: messages.csv is there already")
    assert [path.name for path in tmp_path.iterdir()] == ["messages.csv"]
    assert (tmp_path / "messages.csv").read_text() == "mine"
    (tmp_path / "file").write_text("")
    assert intone("init", "file").status == 2
