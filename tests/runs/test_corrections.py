"""Users' right answers among the rows to tune on: which, where, and what a resumed run sees."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import intone
from intone.feedback.complaint import Complaint
from intone.runs.orders import Order, execute, order_of, plan, prepare
from intone.runs.project import Project
from intone.store.complaints import Complaints
from intone.store.runs import RunRecord, Runs
from tests.runs.projects import LABELS, order, project, rows


def done(that: Order) -> dict[str, Any]:
    return asyncio.run(execute(that))


def say(folder: Path, *answers: tuple[str, str], **more: Any) -> list[int]:
    """Keep complaints that give right answers to some bodies; return their numbers."""
    those = [Complaint("", inputs={"body": b}, answer=a, **more) for b, a in answers]
    with Project(folder).open() as database:
        return list(Complaints(database).add_many(those))


def record(folder: Path, number: int) -> RunRecord:
    with Project(folder).open() as database:
        return Runs(database).get(number)


def other(target: str) -> str:
    return next(label for label in LABELS if label != target)


def sides(folder: Path) -> tuple[int, int]:
    """Return a row to tune on and a sealed one."""
    parts = prepare(order(folder)).split
    return parts.tuning[3], parts.sealed[3]


def test_rows_are_changed_added_or_left_alone(tmp_path: Path) -> None:
    project(tmp_path)
    before = prepare(order(tmp_path))
    tuning, sealed = sides(tmp_path)
    data = rows(120)
    say(
        tmp_path,
        (data[tuning]["body"].upper(), other(data[tuning]["team"])),
        (data[sealed]["body"], other(data[sealed]["team"])),
        ("another ticket", " Billing"),
        (data[before.split.tuning[0]]["body"], data[before.split.tuning[0]]["team"]),
        ("a third", "no such team"),
    )
    after = prepare(order(tmp_path))
    assert list(after.split.sealed) == list(before.split.sealed)
    assert [after.data[i] for i in after.split.sealed] == [
        before.data[i] for i in before.split.sealed
    ]
    assert set(after.split.tuning) - set(before.split.tuning) == {120}
    assert after.data[tuning].target == other(data[tuning]["team"])
    assert after.data[tuning].inputs == before.data[tuning].inputs
    assert (after.data[120].inputs, after.data[120].target) == (
        {"body": "another ticket"},
        "billing",
    )
    assert after.corrected is not None and after.corrected.count == 2
    assert after.data.id != before.data.id == after.base.id
    assert after.labels == before.labels
    said = list(after.notices)
    assert (
        "complaint 2 corrects a sealed row, which stay as they are: only a verdict sees them"
        in said
    )
    assert any("complaint 5 gives a right answer that the task cannot have" in it for it in said)


def test_the_plan_says_how_many_rows_and_the_setting_leaves_them_out(tmp_path: Path) -> None:
    project(tmp_path)
    say(tmp_path, ("another", "sales"), ("and another", "sales"))
    planned = plan(order(tmp_path))
    assert (planned["corrections"], planned["rows"], planned["tuning"]) == (2, 122, 86)
    without = plan(order(tmp_path, task__corrections=False))
    assert (without["corrections"], without["rows"]) == (0, 120)


def test_what_was_declined_or_is_another_task_s_is_no_row(tmp_path: Path) -> None:
    project(tmp_path)
    numbers = say(tmp_path, ("another", "sales"))
    say(tmp_path, ("a third", "sales"), target="language")
    say(tmp_path, ("a fourth", "sales"), target="team")
    assert plan(order(tmp_path))["corrections"] == 2
    with Project(tmp_path).open() as database:
        Complaints(database).mark(numbers, "declined")
    assert plan(order(tmp_path))["corrections"] == 1


@pytest.mark.parametrize("kind", ["run", "compare"])
def test_run_and_compare_answer_them_among_the_tuning_rows(tmp_path: Path, kind: str) -> None:
    project(tmp_path)
    say(tmp_path, ("number 9999 here", "sales"))
    prompts = ("Which team?\n\n{{ body }}", "Which one?\n\n{{ body }}")[: 1 + (kind == "compare")]
    result = done(replace(order(tmp_path, kind), prompts=prompts))
    assert result["asked"] == 85 * len(prompts)
    assert result["notices"] == ["1 of the rows to tune on comes from users' corrections"]
    sealed = done(replace(order(tmp_path, kind), prompts=prompts, rows="sealed"))
    assert sealed["asked"] == 36 * len(prompts)


def test_later_feedback_does_not_change_a_resumed_run(tmp_path: Path) -> None:
    project(tmp_path)
    first = say(tmp_path, ("number 9999 here", "sales"))
    result = done(order(tmp_path))
    assert result["plan"]["corrections"] == 1
    kept = record(tmp_path, 1).spec
    assert kept["corrections"] == first and kept["base_data_id"]
    say(tmp_path, ("number 8888 here", "billing"), ("number 9999 here", "billing"))
    with Project(tmp_path).open() as database:
        Complaints(database).mark(first, "declined")
    again = done(order_of(record(tmp_path, 1)))
    assert again["spent"]["replayed"] == again["spent"]["calls"] == result["spent"]["calls"]
    assert again["verdict"] == result["verdict"] and again["prompt_id"] == result["prompt_id"]
    fresh = done(order(tmp_path))
    assert fresh["plan"]["corrections"] == 2
    assert record(tmp_path, 2).data_id != record(tmp_path, 1).data_id


def test_a_run_without_corrections_is_resumed_without(tmp_path: Path) -> None:
    project(tmp_path)
    done(order(tmp_path, "run"))
    say(tmp_path, ("number 9999 here", "sales"))
    assert "corrections" not in record(tmp_path, 1).spec
    assert done(order_of(record(tmp_path, 1)))["asked"] == 84


def test_openings_of_the_sealed_rows_are_counted_over_corrections(tmp_path: Path) -> None:
    project(tmp_path)
    assert done(order(tmp_path))["verdict"]["opened"] == 1
    say(tmp_path, ("number 9999 here", "sales"))
    assert done(order(tmp_path))["verdict"]["opened"] == 2


def test_a_prompt_chosen_on_the_rows_is_told_over_corrections(tmp_path: Path) -> None:
    project(tmp_path)
    say(tmp_path, ("number 9999 here", "sales"))
    tuned = done(order(tmp_path))
    winner = intone.Prompt.from_canonical(tuned["winner"]["prompt"])
    say(tmp_path, ("number 8888 here", "sales"))
    result = done(replace(order(tmp_path, "run"), prompts=(winner,)))
    assert result["chosen_by"] == 1
    other_rows = replace(order(tmp_path, "run"), prompts=(winner,), rows="sealed")
    assert done(other_rows)["chosen_by"] is None


def test_corrections_do_not_make_up_for_rows_to_seal(tmp_path: Path) -> None:
    project(tmp_path, 39)
    say(tmp_path, *((f"number {n} here", "sales") for n in range(8000, 8010)))
    planned = plan(order(tmp_path))
    assert (planned["rows"], planned["sealed"], planned["cross_validated"]) == (49, 0, True)
    assert done(order(tmp_path))["verdict"]["word"] == "undecided"


def test_a_row_without_a_target_gets_one(tmp_path: Path) -> None:
    project(tmp_path)
    path = tmp_path / "rows.jsonl"
    those = [json.loads(line) for line in path.read_text().splitlines()]
    those[7]["team"] = None
    path.write_text("\n".join(map(json.dumps, those)))
    assert 7 not in prepare(order(tmp_path)).rows
    say(tmp_path, (those[7]["body"], "sales"))
    ready = prepare(order(tmp_path))
    assert 7 in ready.rows and 7 in ready.split.tuning and len(ready.data) == 120


def test_rows_of_a_sealed_file_are_left_alone(tmp_path: Path) -> None:
    project(tmp_path)
    lines = (tmp_path / "rows.jsonl").read_text().splitlines()
    (tmp_path / "rows.jsonl").write_text("\n".join(lines[:80]))
    (tmp_path / "sealed.jsonl").write_text("\n".join(lines[80:]))
    data = rows(120)
    say(
        tmp_path,
        (data[3]["body"], other(data[3]["team"])),
        (data[90]["body"], "sales"),
        ("x", "sales"),
    )
    ready = prepare(order(tmp_path, task__sealed_data="sealed.jsonl"))
    assert list(ready.split.tuning) == [*range(80), 120]
    assert list(ready.split.sealed) == list(range(80, 120))
    assert ready.data[3].target == other(data[3]["team"])
    assert ready.data[90].target == data[90]["team"]
    assert ready.data.place(120) == "correction 1"


def test_a_target_that_cannot_be_graded_is_left_out(tmp_path: Path) -> None:
    those = [{"body": f"b{n}", "team": n % 50} for n in range(60)]
    say(tmp_path, ("b7", "seven"), ("new", "1,234"))
    settings = {"task__grader": "number"}
    ready = prepare(replace(order(tmp_path, **settings), data=those))
    assert ready.corrected is not None and ready.corrected.count == 1
    assert ready.data[60].target == "1,234"
    assert any("complaint 1 gives a right answer" in it and "'seven'" in it for it in ready.notices)


def test_python_tasks_take_them_too(tmp_path: Path) -> None:
    say(tmp_path, ("number 9999 here", "sales"))
    told: dict[str, Any] = {"model": intone.FakeBackend({"": "sales"}), "folder": tmp_path}
    with_them = intone.run("Which? {{ body }}", intone.Task(rows(60), target="team"), **told)
    without = intone.Task(rows(60), target="team", corrections=False)
    assert with_them.form["asked"] == 43
    assert intone.run("Which? {{ body }}", without, **told).form["asked"] == 42
