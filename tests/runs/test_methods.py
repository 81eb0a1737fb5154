"""Whole runs with every method on the fake backend: pinned, cut off and taken up again."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from intone.evaluate.budget import Spent
from intone.evaluate.outcome import Outcome
from intone.runs.methods import METHODS, TUNERS
from intone.runs.orders import Order, execute, order_of
from intone.runs.watch import Unwatched
from intone.store.database import open_database
from intone.store.runs import Runs
from tests.runs.projects import order, project

Heats = list[tuple[int, int]]
GOLDEN: dict[str, tuple[str, Heats]] = {
    "auto": ("97e386923573aced", [(48, 6), (32, 4), (0, 1), (47, 5)]),
    "random": ("b72fa32e61859bf7", [(89, 8), (39, 4)]),
    "grid": ("072dba6a1bff4d16", [(89, 8), (38, 4)]),
    "ape": ("072dba6a1bff4d16", [(57, 7), (26, 4), (15, 2), (22, 4)]),
    "opro": ("cd39d918b816e254", [(24, 3), (32, 4), (30, 4), (30, 4), (3, 3)]),
    "evoprompt": ("c73aac28692a434f", [(24, 3), (8, 4), (23, 5), (24, 6), (22, 5), (24, 4)]),
    "evoprompt-de": ("56abe9062515856d", [(24, 3), (24, 5), (15, 3), (24, 4), (8, 3), (16, 3)]),
    "mipro": ("072dba6a1bff4d16", [(21, 1), (6, 1), (6, 1), (5, 1), (6, 1), (4, 1)]),
    "gepa": ("c73aac28692a434f", [(8, 1), (3, 1), (3, 1), (8, 1), (3, 1), (3, 1)]),
    "capo": ("072dba6a1bff4d16", [(12, 3), (4, 1), (4, 1), (16, 4), (16, 4), (16, 4)]),
}
"""For each method: the winner's id, and for the first heats the calls and the candidates.

The writer is the task's fake model, whose answers are no proposals: they are dropped,
its calls are paid, and the winner is the one it would be without.
"""


class CutOff(Unwatched):
    """Cancels the run when so many rows are answered."""

    def __init__(self, answers: int) -> None:
        self._left = answers

    def outcome(self, outcome: Outcome, spent: Spent) -> None:
        self._left -= 1
        task = asyncio.current_task()
        if self._left == 0 and task is not None:
            task.cancel()


def done(that: Order) -> dict[str, Any]:
    return asyncio.run(execute(that))


def steady(result: dict[str, Any]) -> dict[str, Any]:
    """Return what must not differ between a run and one that was taken up again."""
    spent = {k: v for k, v in result["spent"].items() if k not in ("seconds", "replayed")}
    return result | {"spent": spent, "run": None}


@pytest.mark.parametrize("method", TUNERS)
def test_the_trajectory_is_golden(tmp_path: Path, method: str) -> None:
    project(tmp_path, 80)
    result = done(order(tmp_path, tune__method=method, budget__calls=200))
    heats = [(heat["calls"], len(heat["candidates"])) for heat in result["heats"]]
    assert (result["winner"]["prompt_id"], heats[:6]) == GOLDEN[method]


@pytest.mark.parametrize("method", TUNERS)
def test_a_better_prompt_is_found_judged_and_shipped(tmp_path: Path, method: str) -> None:
    project(tmp_path)
    result = done(order(tmp_path, tune__method=method))
    assert "exactly one of" in str(result["winner"]["prompt"])
    assert result["verdict"]["word"] == "better"
    assert result["shipped"] is True
    assert result["spent"]["calls"] <= 400


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("answers", [5, 60])
def test_a_run_cut_off_and_taken_up_ends_as_if_it_had_not_been(
    tmp_path: Path, method: str, answers: int
) -> None:
    (tmp_path / "whole").mkdir()
    (tmp_path / "cut").mkdir()
    for folder in ("whole", "cut"):
        project(tmp_path / folder, 60)
    settings = {"tune__method": method, "budget__calls": 150}
    whole = done(order(tmp_path / "whole", **settings))
    with pytest.raises(asyncio.CancelledError):
        asyncio.run(execute(order(tmp_path / "cut", **settings), CutOff(answers)))
    with open_database(tmp_path / "cut" / ".intone" / "intone.db") as database:
        record = Runs(database).get(1)
    assert record.state == "interrupted"
    taken_up = done(order_of(record))
    assert steady(taken_up) == steady(whole)
    assert taken_up["spent"]["replayed"] >= answers


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(("count", "calls"), [(10, 30), (12, 100), (60, 3), (60, 45)])
def test_few_rows_and_few_calls(tmp_path: Path, method: str, count: int, calls: int) -> None:
    project(tmp_path, count)
    result = done(order(tmp_path, tune__method=method, budget__calls=calls))
    assert result["spent"]["calls"] <= calls
    assert result["winner"]["prompt_id"]


@pytest.mark.parametrize("method", TUNERS)
def test_a_prompt_that_cannot_be_beaten_is_kept(tmp_path: Path, method: str) -> None:
    project(tmp_path, 60, quality=1.0, gain=0.0)
    result = done(order(tmp_path, tune__method=method, budget__calls=150))
    assert result["shipped"] is False
    assert result["tuned"]["score"] == result["baseline"]["score"] == 1.0


@pytest.mark.parametrize("method", ["mipro", "gepa", "opro"])
def test_a_budget_in_tokens_is_kept(tmp_path: Path, method: str) -> None:
    project(tmp_path)
    changes = {"tune__method": method, "budget__calls": None, "budget__tokens": 9000}
    spent = done(order(tmp_path, **changes))["spent"]
    assert spent["prompt_tokens"] + spent["completion_tokens"] <= 9000
