from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.project import Command


def test_list_says_what_can_be_used_and_never_a_key(
    intone: Command, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    monkeypatch.delenv("ANTHROPIC_API_KEY", raising=False)
    said = intone("models", "list", "--json")
    usable = {model["name"]: model["usable"] for model in said.form["models"]}
    assert usable["openai:NAME"] and not usable["anthropic:NAME"] and usable["fake:SCRIPT"]
    plain = intone("models", "list").out
    assert "ANTHROPIC_API_KEY is not set" in " ".join(plain.split())
    assert "sk-secret" not in plain + said.out


def test_check_asks_the_model(intone: Command, project: Path) -> None:
    said = intone("models", "check")
    assert said.status == 0
    assert said.out.startswith("fake:fake.toml answers in ")
    form = intone("models", "check", "fake:echo", "--json").form
    assert form["answer"] == "Say ok." and "chat" in form["features"]


def test_check_a_model_that_cannot_be_reached(intone: Command, project: Path) -> None:
    said = intone("models", "check", "http://127.0.0.1:1/v1#m")
    assert said.status == 3
    assert said.err.startswith("intone: cannot connect to 127.0.0.1:1")
    assert said.err.count("\n") == 1
    assert intone("models", "check", "fake:ecko").status == 2
