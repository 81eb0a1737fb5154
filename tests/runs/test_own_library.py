"""A project's own library: its entries are tried by a tuning and belong to the run."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from intone.errors import InputError, PromptError
from intone.runs.orders import Order, execute, order_of, prepare
from intone.store.database import open_database
from intone.store.runs import Runs
from tests.runs.projects import order, project
from tests.runs.test_methods import CutOff

DESK = """
[[template]]
name = "desk"
kind = "{kind}"
instruction = "Which desk is in charge: [[labels]]?"
"""
SETTINGS = {"budget__calls": 200}


def done(that: Order) -> dict[str, Any]:
    return asyncio.run(execute(that))


def own_template(folder: Path, kind: str) -> Path:
    (folder / "library").mkdir(exist_ok=True)
    file = folder / "library" / "templates.toml"
    file.write_text(DESK.format(kind=kind))
    return file


def tried(result: dict[str, Any]) -> str:
    return " | ".join(c["sentence"] for heat in result["heats"] for c in heat["candidates"])


def test_a_projects_own_template_is_tried(tmp_path: Path) -> None:
    project(tmp_path, 80)
    own_template(tmp_path, "classify")
    assert "Which desk is in charge" in tried(done(order(tmp_path, **SETTINGS)))


def test_the_kind_of_task_can_be_said(tmp_path: Path) -> None:
    project(tmp_path, 80)
    own_template(tmp_path, "explain")
    assert "Which desk" not in tried(done(order(tmp_path, **SETTINGS)))
    assert "Which desk" in tried(done(order(tmp_path, task__kind="explain", **SETTINGS)))


def test_a_run_does_not_go_on_with_another_library(tmp_path: Path) -> None:
    project(tmp_path, 60)
    file = own_template(tmp_path, "classify")
    with pytest.raises(asyncio.CancelledError):
        asyncio.run(execute(order(tmp_path, **SETTINGS), CutOff(20)))
    with open_database(tmp_path / ".intone" / "intone.db") as database:
        kept = Runs(database).get(1)
    file.unlink()
    with pytest.raises(InputError, match="the library entries of run 1 have changed"):
        done(order_of(kept))
    own_template(tmp_path, "classify")
    assert done(order_of(kept))["run"] == 1


def test_a_mistake_in_it_is_told_before_anything_is_spent(tmp_path: Path) -> None:
    project(tmp_path, 60)
    own_template(tmp_path, "clasify")
    with pytest.raises(PromptError, match=r"templates\.toml"):
        prepare(order(tmp_path, **SETTINGS))
