"""Which rows a run uses, and what it says of those it does not."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from intone.errors import DataError, PromptError, SettingError
from intone.prompt import Demonstration, Prompt
from intone.runs.orders import Order, execute, plan
from intone.runs.task import read_prompt
from tests.runs.projects import order, project

LEFT_OUT = "90 of 120 rows have no 'team' to grade against; left out"


def done(that: Order) -> dict[str, Any]:
    return asyncio.run(execute(that))


def unlabel(folder: Path, keep: int) -> None:
    """Take the target away from all rows but the first `keep`."""
    path = folder / "rows.jsonl"
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    for row in rows[keep:]:
        row["team"] = None
    path.write_text("\n".join(map(json.dumps, rows)) + "\n")


def test_rows_without_a_target_are_neither_shown_nor_raced_nor_sealed(tmp_path: Path) -> None:
    project(tmp_path, 200)
    unlabel(tmp_path, 50)
    result = done(order(tmp_path, budget__calls=300))
    found = result["plan"]
    assert (found["rows"], found["tuning"], found["sealed"], found["pool"]) == (50, 35, 15, 11)
    assert result["verdict"]["n"] == 15
    assert result["notices"] == ["150 of 200 rows have no 'team' to grade against; left out"]
    assert result["statuses"].keys() == {"answered"}


def test_the_rules_for_few_rows_count_rows_with_a_target(tmp_path: Path) -> None:
    project(tmp_path)
    unlabel(tmp_path, 30)
    found = plan(order(tmp_path))
    assert (found["rows"], found["sealed"], found["cross_validated"]) == (30, 0, True)
    assert found["notices"] == [LEFT_OUT]
    unlabel(tmp_path, 9)
    with pytest.raises(DataError, match=r"9 rows with a 'team' \(120 in all\); at least 10"):
        plan(order(tmp_path))
    unlabel(tmp_path, 0)
    with pytest.raises(DataError, match="'team' is empty in every row"):
        plan(order(tmp_path))


@pytest.mark.parametrize("which", ["tuning", "all"])
def test_run_answers_only_rows_that_can_be_graded(tmp_path: Path, which: Any) -> None:
    project(tmp_path)
    unlabel(tmp_path, 30)
    result = done(replace(order(tmp_path, "run"), rows=which))
    assert result["n"] == result["asked"] == result["spent"]["calls"] == 30
    assert result["notices"] == [LEFT_OUT]
    unlabel(tmp_path, 0)
    with pytest.raises(DataError, match="'team' is empty in every row"):
        done(order(tmp_path, "run"))


def test_compare_answers_only_rows_that_can_be_graded(tmp_path: Path) -> None:
    project(tmp_path)
    unlabel(tmp_path, 30)
    prompts = ("Which team?\n\n{{ body }}", "Which one?\n\n{{ body }}")
    result = done(replace(order(tmp_path, "compare"), prompts=prompts))
    assert (result["verdicts"][0]["n"], result["spent"]["calls"]) == (30, 60)
    assert result["notices"] == [LEFT_OUT]


def test_a_grader_that_needs_no_target_uses_all_rows(tmp_path: Path) -> None:
    project(tmp_path)
    unlabel(tmp_path, 30)
    options = {"pattern": "billing"}
    settings = {"task__grader": "regex", "task__options": options}
    result = done(order(tmp_path, "run", **settings))
    assert result["spent"]["calls"] == 111  # nine of the thirty with a target are sealed
    tuned = done(order(tmp_path, **settings))
    assert tuned["plan"]["rows"] == 120
    assert max(c["rows"] for heat in tuned["heats"] for c in heat["candidates"]) > 0


def rename(folder: Path, **headers: str) -> None:
    """Give columns of the rows other headers."""
    path = folder / "rows.jsonl"
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    renamed = [{headers.get(name, name): value for name, value in row.items()} for row in rows]
    path.write_text("\n".join(map(json.dumps, renamed)) + "\n")


def test_a_header_that_is_no_name_gets_one_and_is_still_shown(tmp_path: Path) -> None:
    project(tmp_path)
    rename(tmp_path, body="Ticket text", team="Team name")
    that = replace(order(tmp_path, task__target="Team name"), prompts=("Which team?",))
    result = done(that)
    prompt = result["winner"]["prompt"]
    assert "Ticket text: {{ Ticket_text }}" in prompt["template"]
    assert all(set(d["inputs"]) == {"Ticket_text"} for d in prompt.get("demonstrations", []))
    assert result["notices"] == ["column 'Ticket text' is named {{ Ticket_text }} in prompts"]
    assert result["verdict"]["word"] == "better"


@pytest.mark.parametrize("given", ["Ticket text", "Ticket_text"])
def test_inputs_and_target_by_header_or_name(tmp_path: Path, given: str) -> None:
    project(tmp_path)
    rename(tmp_path, body="Ticket text", team="Team name")
    settings = {"task__input": (given,), "task__target": "Team_name"}
    that = replace(order(tmp_path, "run", **settings), prompts=("Which? {{ Ticket_text }}",))
    assert done(that)["n"] == 84


@pytest.mark.parametrize(
    ("template", "words"),
    [
        ("Which? {{ Ticket text }}", r"column 'Ticket text' is written \{\{ Ticket_text \}\}"),
        ("Which? {{ self-id }}", r"column 'self-id' is written \{\{ self_id \}\}"),
        ("Which? {{ body }}", "there are: Ticket_text, self_id"),
        ("Which? {{ Team_name }}", "is the target"),
    ],
)
def test_a_template_that_spells_a_header_is_told_the_name(
    tmp_path: Path, template: str, words: str
) -> None:
    rows = [{"Ticket text": f"t{n}", "self-id": n, "Team name": "ab"[n % 2]} for n in range(40)]
    (tmp_path / "rows.jsonl").write_text("\n".join(map(json.dumps, rows)))
    that = replace(order(tmp_path, "run", task__target="Team name"), prompts=(template,))
    with pytest.raises(PromptError, match=words):
        plan(that)


def in_two_files(folder: Path, change: dict[str, str]) -> None:
    """Put the last thirty rows into a file of their own, the fifth of them with other values."""
    rows = [json.loads(line) for line in (folder / "rows.jsonl").read_text().splitlines()]
    rows[94] |= change
    for name, part in (("rows", rows[:90]), ("sealed", rows[90:])):
        (folder / f"{name}.jsonl").write_text("\n".join(map(json.dumps, part)))


def test_an_unseen_label_names_the_row_and_the_nearest_label(tmp_path: Path) -> None:
    project(tmp_path)
    labels = ("billing", "shiping", "sales")
    with pytest.raises(SettingError) as caught:
        plan(order(tmp_path, task__labels=labels))
    assert str(caught.value) == (
        "row 2 has the target 'shipping', which is not in task.labels (billing, shiping, sales); "
        "add it there or mend the row (did you mean 'shiping'?)"
    )
    in_two_files(tmp_path, {"team": "returns"})
    settings = {
        "task__sealed_data": "sealed.jsonl",
        "task__labels": ("billing", "shipping", "sales"),
    }
    with pytest.raises(SettingError, match=r"row 5 of .*sealed\.jsonl has the target 'returns'"):
        plan(order(tmp_path, **settings))


def test_a_label_of_the_sealed_file_alone_is_noted(tmp_path: Path) -> None:
    project(tmp_path)
    in_two_files(tmp_path, {"team": "returns"})
    found = plan(order(tmp_path, task__sealed_data="sealed.jsonl"))
    assert found["notices"][0] == (
        "the label 'returns' occurs in the sealed rows only; "
        "prompts may list every label all the same"
    )
    project(tmp_path)
    in_two_files(tmp_path, {})
    assert plan(order(tmp_path, task__sealed_data="sealed.jsonl"))["notices"] == []


def test_a_row_of_a_sealed_file_is_numbered_as_in_its_file(tmp_path: Path) -> None:
    project(tmp_path)
    in_two_files(tmp_path, {"team": "many"})
    for name in ("rows", "sealed"):
        path = tmp_path / f"{name}.jsonl"
        rows = [json.loads(line) for line in path.read_text().splitlines()]
        numbered = [row | {"team": row["team"] if row["team"] == "many" else 7} for row in rows]
        path.write_text("\n".join(map(json.dumps, numbered)))
    settings = {"task__sealed_data": "sealed.jsonl", "task__grader": "number"}
    with pytest.raises(DataError, match=r"sealed\.jsonl: row 5 has the target “many”"):
        plan(order(tmp_path, **settings))


def test_outcomes_are_in_the_order_of_rows_and_samples(tmp_path: Path) -> None:
    project(tmp_path, 40)
    settings = {"task__samples": 2, "model__temperature": 0.5, "budget__calls": 31}
    result = done(order(tmp_path, "run", **settings))
    places = [(outcome["row"], outcome["sample"]) for outcome in result["outcomes"]]
    assert places == sorted(places)
    assert len(places) == 31
    assert places[-1][0] > 20  # a sample of all rows was answered, not the first of them
    assert result["asked"] == 56


def test_rows_that_a_prompt_shows_are_not_among_those_asked(tmp_path: Path) -> None:
    project(tmp_path, 60)
    shown = Demonstration({"body": "ticket number 0003 here"}, "billing")
    prompts = (
        Prompt("Which?\n\n{{ body }}"),
        Prompt("Which?\n\n{{ body }}", demonstrations=[shown]),
    )
    that = replace(order(tmp_path, "compare", task__sealed=0.0), prompts=prompts)
    result = done(that)
    assert (result["asked"], sum(result["statuses"].values())) == (118, 118)


@pytest.mark.parametrize(
    "text", ["What?", "Classify:", "Which team", "{{body}}", "何？", "a\nb", "?"]
)
def test_a_text_is_told_by_how_it_is_written(tmp_path: Path, text: str) -> None:
    assert read_prompt(text, tmp_path) == (Prompt(text), "prompt")


@pytest.mark.parametrize(
    "name", ["What", "triage", "prompts/a.toml", "../a", "prompts/", ".", "何"]
)
def test_a_name_of_no_file_is_no_text(tmp_path: Path, name: str) -> None:
    with pytest.raises(PromptError):
        read_prompt(name, tmp_path)


def test_a_file_comes_before_a_text(tmp_path: Path) -> None:
    (tmp_path / "What?").write_text("template = 'Which one?'")
    assert read_prompt("What?", tmp_path)[0] == Prompt("Which one?")


def test_labels_that_only_look_different_are_noted(tmp_path: Path) -> None:
    project(tmp_path)
    path = tmp_path / "rows.jsonl"
    path.write_text(path.read_text().replace('"sales"', '"Sales"', 3))
    (notice,) = plan(order(tmp_path))["notices"]
    assert "'Sales' and 'sales'" in notice
    assert plan(order(tmp_path, task__grader="exact"))["notices"] == []
