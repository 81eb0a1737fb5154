"""Runs with documents: what is taken from a folder, and a run that goes on only with the same."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

import intone
from intone.errors import DataError, InputError, SettingError
from intone.prompt import Prompt
from intone.runs.orders import Order, execute, order_of, plan
from intone.runs.spec import read_spec
from intone.store.database import open_database
from intone.store.runs import RunRecord, Runs
from tests.runs.projects import order, project, rows
from tests.runs.test_methods import CutOff, steady

SETTINGS = {"budget__calls": 200, "task__documents": "notes"}


def done(that: Order) -> dict[str, Any]:
    return asyncio.run(execute(that))


def noted(folder: Path, count: int = 80, *, quality: float = 0.4) -> None:
    """Write a project with a note on every ticket, which makes the model answer better."""
    tells = '[[improves]]\nwhen = "Desk note"\nby = 0.5'
    project(folder, count, quality=quality, gain=0.0, extra=tells)
    (folder / "notes").mkdir()
    for place, row in enumerate(rows(count)):
        number = row["body"].split()[2]
        text = f"Desk note\n=========\n\nTicket {number} came in by letter."
        (folder / "notes" / f"{place:03}.md").write_text(text)


def record(folder: Path, number: int = 1) -> RunRecord:
    with open_database(folder / ".intone" / "intone.db") as database:
        return Runs(database).get(number)


def test_passages_that_pay_are_in_the_prompt_that_ships(tmp_path: Path) -> None:
    noted(tmp_path, 120)
    result = done(order(tmp_path, **SETTINGS | {"budget__calls": 400}))
    found = Prompt.from_canonical(result["winner"]["prompt"])
    assert found.passages and result["shipped"] is True
    said = f"{tmp_path / 'notes'}: 120 passages from 120 files"
    assert said in result["notices"]
    assert record(tmp_path).spec["documents"]


def test_passages_that_do_not_pay_are_left_out(tmp_path: Path) -> None:
    noted(tmp_path, quality=1.0)
    result = done(order(tmp_path, **SETTINGS))
    tried = [c["sentence"] for heat in result["heats"] for c in heat["candidates"]]
    assert any("passage" in sentence for sentence in tried)
    assert "passages" not in result["winner"]["prompt"]


def test_without_documents_the_record_of_a_run_is_what_it_was(tmp_path: Path) -> None:
    project(tmp_path, 60)
    done(order(tmp_path, budget__calls=30))
    kept = record(tmp_path).spec
    assert "documents" not in kept and "documents" not in kept["spec"]["task"]


@pytest.mark.parametrize("answers", [5, 60, 90])
def test_a_run_cut_off_and_taken_up_ends_as_if_it_had_not_been(
    tmp_path: Path, answers: int
) -> None:
    for folder in ("whole", "cut"):
        (tmp_path / folder).mkdir()
        noted(tmp_path / folder, 60)
    whole = done(order(tmp_path / "whole", **SETTINGS))
    with pytest.raises(asyncio.CancelledError):
        asyncio.run(execute(order(tmp_path / "cut", **SETTINGS), CutOff(answers)))
    taken_up = done(order_of(record(tmp_path / "cut")))
    for result in (whole, taken_up):
        result["notices"] = [n for n in result["notices"] if "passages" not in n]
    assert steady(taken_up) == steady(whole)
    assert taken_up["spent"]["replayed"] >= answers


def test_a_run_does_not_go_on_with_other_documents(tmp_path: Path) -> None:
    noted(tmp_path, 60)
    with pytest.raises(asyncio.CancelledError):
        asyncio.run(execute(order(tmp_path, **SETTINGS), CutOff(20)))
    kept = record(tmp_path)
    note = tmp_path / "notes" / "000.md"
    before = note.read_text()
    note.write_text(before + " It was late.")
    with pytest.raises(InputError, match="the documents of run 1 have changed since it began"):
        done(order_of(kept))
    note.write_text(before)
    (tmp_path / "notes" / "picture.png").write_bytes(b"\xff")  # of which nothing is read
    assert done(order_of(kept))["run"] == 1
    note.write_text("Another.")
    again = done(order(tmp_path, **SETTINGS))
    assert again["run"] == 2 and again["spent"]["replayed"] >= 20


def test_documents_are_named_in_the_spec_one_or_several(tmp_path: Path) -> None:
    spec = tmp_path / "intone.toml"
    spec.write_text('[task]\ndocuments = "notes"\n')
    assert read_spec(spec).task.documents == ("notes",)
    spec.write_text('[task]\ndocuments = ["notes", "more.md"]\n')
    assert read_spec(spec).task.documents == ("notes", "more.md")
    spec.write_text("[task]\ndocuments = 3\n")
    with pytest.raises(SettingError, match=r"task\.documents: .*it is 3"):
        read_spec(spec)


def test_only_a_tuning_reads_them_and_is_told_where_they_are_of_no_use(tmp_path: Path) -> None:
    noted(tmp_path, 60)
    said = plan(order(tmp_path, tune__method="grid", **SETTINGS))["notices"]
    assert "grid makes no use of task.documents; auto does" in said
    assert not any("no use" in note for note in plan(order(tmp_path, **SETTINGS))["notices"])
    gone = {"task__documents": "gone", "budget__calls": 20}
    with pytest.raises(DataError, match=r"cannot read .*gone"):
        plan(order(tmp_path, **gone))
    assert done(order(tmp_path, "run", **gone))["notices"] == []


def test_rows_that_are_in_the_documents_are_told(tmp_path: Path) -> None:
    noted(tmp_path, 60)
    told = "I was charged twice for the one lamp that I bought here"
    data = [
        {"body": f"{told}, order {i}" if i < 2 else f"ticket {i}", "team": "ab"[i % 2]}
        for i in range(60)
    ]
    (tmp_path / "rows.jsonl").write_text("\n".join(map(json.dumps, data)))
    (tmp_path / "notes" / "closed.txt").write_text(f"{told}, order 0: billing.")
    (said,) = [n for n in plan(order(tmp_path, **SETTINGS))["notices"] if "word for word" in n]
    assert said.startswith("2 of 60 rows stand in the documents nearly word for word (as ")


def test_documents_are_given_in_python(tmp_path: Path) -> None:
    noted(tmp_path, 60)
    task = intone.Task(rows(60), target="team", documents=[tmp_path / "notes"])
    result = intone.tune(
        "Which team?\n\n{{ body }}",
        task,
        model=f"fake:{tmp_path / 'fake.toml'}",
        budget=intone.Budget(calls=60),
        folder=tmp_path,
    )
    assert any("60 passages from 60 files" in note for note in result.form["notices"])
    for wrong in (3, [3], {"notes": 1}):
        with pytest.raises(SettingError, match=r"task\.documents is .*give a path"):
            intone.Task("x.csv", documents=wrong)  # type: ignore[arg-type]
