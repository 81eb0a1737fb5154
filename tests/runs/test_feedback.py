"""What feedback is about, however a run came about, and files of it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import intone
from intone.errors import DataError, InputError
from intone.prompt import Prompt
from intone.runs.about import Feedback
from intone.runs.feedback import add, decline, listed
from intone.runs.orders import Order, execute
from intone.runs.project import Project
from intone.runs.spec import Spec, read_spec
from intone.store.complaints import Complaints
from intone.store.registry import Registry
from tests.runs.projects import order, project, rows

ONE, OTHER = "Which team?\n\n{{ body }}", "Which one team is it?\n\n{{ body }}"


def done(that: Order) -> dict[str, Any]:
    return asyncio.run(execute(that))


def spec(folder: Path, **settings: Any) -> Spec:
    return read_spec(None, settings, folder)


@pytest.fixture
def ran(tmp_path: Path) -> Path:
    project(tmp_path)
    done(order(tmp_path, "run"))
    return tmp_path


def test_inputs_and_output_are_those_of_the_row(ran: Path) -> None:
    result = done(order(ran, "run"))
    outcome = result["outcomes"][5]
    kept, notices = add(Feedback("no", run=2, row=outcome["row"]), spec(ran))
    assert kept.inputs == {"body": rows(120)[outcome["row"]]["body"]}
    assert (kept.output, kept.run, kept.row) == (outcome["text"], 2, outcome["row"])
    assert (kept.program_id, dict(kept.program)) == (result["prompt_id"], result["prompt"])
    assert (kept.name, kept.version, kept.target, notices) == ("prompt", "", "team", ())


def test_changed_data_leave_the_output_and_are_said(ran: Path) -> None:
    row = done(order(ran, "run"))["outcomes"][0]["row"]
    path = ran / "rows.jsonl"
    path.write_text(path.read_text() + json.dumps({"body": "new", "team": "sales"}) + "\n")
    kept, (notice,) = add(Feedback("no", row=row), spec(ran))
    assert kept.inputs == {} and kept.output and kept.row == row
    assert notice == "the inputs are not known: run 2 was on data that have changed since"
    path.unlink()
    _, (notice,) = add(Feedback("no", row=row), spec(ran))
    assert notice.startswith("the inputs are not known: run 2 cannot be read again (")
    given, notices = add(Feedback("no", row=row, inputs={"body": "mine"}), spec(ran))
    assert (given.inputs, notices) == ({"body": "mine"}, ())


def test_rows_of_a_program_s_own_are_not_known(tmp_path: Path) -> None:
    backend = intone.FakeBackend({"": "sales"})
    task = intone.Task(rows(60), target="team")
    result = intone.run(ONE, task, model=backend, folder=tmp_path)
    row = result.outcomes[0]["row"]
    kept, (notice,) = add(Feedback("no", row=row), spec(tmp_path))
    assert (kept.output, kept.inputs) == ("sales", {})
    assert "run 1 was made in Python on rows of its own" in notice


def test_of_a_run_of_one_row_that_row_is_meant(tmp_path: Path) -> None:
    project(tmp_path)
    done(order(tmp_path, "run", budget__calls=1))
    kept, _ = add(Feedback("no"), spec(tmp_path))
    assert kept.row is not None and kept.output and kept.inputs
    done(order(tmp_path, "run", budget__calls=2))
    assert add(Feedback("no"), spec(tmp_path))[0].row is None


def test_a_comparison_s_first_prompt_or_the_one_named(tmp_path: Path) -> None:
    project(tmp_path)
    that = replace(order(tmp_path, "compare"), prompts=(ONE, OTHER), names=("one", "other"))
    done(that)
    with Project(tmp_path).open() as database:
        Registry(database).save("kept", Prompt(OTHER).canonical())
    first, _ = add(Feedback("no", row=4), spec(tmp_path))
    assert (first.name, first.program_id) == ("one", Prompt(ONE).id)
    for wanted in ("other", "kept@1", Prompt(OTHER), OTHER):
        second, _ = add(Feedback("no", run=1, row=4, prompt=wanted), spec(tmp_path))
        assert (second.name, second.program_id) == ("other", Prompt(OTHER).id)
    with pytest.raises(InputError, match="run 1 did not ask that prompt; it asked one, other"):
        add(Feedback("no", run=1, prompt=Prompt("x")), spec(tmp_path))


def test_a_tuning_s_own_prompt_is_what_it_handed_back(tmp_path: Path) -> None:
    project(tmp_path)
    result = done(order(tmp_path))
    assert result["shipped"]
    kept, _ = add(Feedback("no"), spec(tmp_path))
    assert (kept.program_id, kept.version) == (result["prompt_id"], "prompt@2")
    given, _ = add(Feedback("no", run=1, prompt="prompt@1"), spec(tmp_path))
    assert (given.program_id, given.version) == (Prompt(ONE).id, "prompt@1")


def test_a_row_that_is_a_correction_has_inputs_too(tmp_path: Path) -> None:
    project(tmp_path)
    add(Feedback(answer="sales", inputs={"body": "number 9999 here"}, prompt=ONE), spec(tmp_path))
    result = done(order(tmp_path, "run"))
    assert result["outcomes"][-1]["row"] == 120
    add(Feedback(answer="billing", inputs={"body": "number 7777 here"}, prompt=ONE), spec(tmp_path))
    kept, _ = add(Feedback("no", row=120), spec(tmp_path))
    assert kept.inputs == {"body": "number 9999 here"}


def test_the_version_is_known_once_the_prompt_is_kept(ran: Path) -> None:
    add(Feedback("no"), spec(ran))
    assert listed(Project(ran))[0].version == ""
    with Project(ran).open() as database:
        Registry(database).save("prompt", Prompt(ONE).canonical())
    assert listed(Project(ran))[0].version == "prompt@1"


def test_without_a_run_it_must_be_said_what_it_is_about(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there are no runs yet: say what it is about"):
        add(Feedback("no"), spec(tmp_path))
    with pytest.raises(InputError, match="there are no runs yet"):
        add(Feedback("no", output="x"), spec(tmp_path))
    kept, _ = add(Feedback("no", output="x"), spec(tmp_path, prompt=ONE))
    assert (kept.name, kept.program_id, kept.output) == ("prompt", Prompt(ONE).id, "x")


def test_an_answered_complaint_cannot_be_declined(ran: Path) -> None:
    add(Feedback("no"), spec(ran))
    add(Feedback("no"), spec(ran))
    with Project(ran).open() as database:
        Complaints(database).mark([2], "applied", "prompt@2")
    with pytest.raises(InputError, match="complaint 2 is answered by prompt@2 already"):
        decline(Project(ran), [1, 2])
    assert [it.state for it in listed(Project(ran))] == ["open", "applied"]


RECORDS: list[Mapping[str, object]] = [
    {"comment": "too long", "rating": 0.2, "row": 5},
    {"Comment": "by inputs", "inputs": {"body": "x", "n": 3}, "prompt": "kept"},
    {"answer": 7, "input.body": "y", "output": "z", "prompt": "kept@1"},
]


def test_mappings_of_any_shape_are_brought_in(ran: Path) -> None:
    with Project(ran).open() as database:
        Registry(database).save("kept", Prompt(OTHER).canonical())
    assert intone.import_feedback(RECORDS, folder=ran) == (1, 2, 3)
    one, two, three = intone.list_feedback(folder=ran)
    assert (one.run, one.row, one.rating) == (1, 4, 0.2)
    assert (two.inputs, two.version, two.comment) == (
        {"body": "x", "n": "3"},
        "kept@1",
        "by inputs",
    )
    assert (three.answer, three.inputs, three.output) == ("7", {"body": "y"}, "z")


@pytest.mark.parametrize(
    ("record", "words"),
    [
        ({"comment": ""}, "row 2: nothing is said"),
        ({"comment": "x", "row": "first"}, "row 2: row is 'first'; it is a number from 1"),
        ({"comment": "x", "row": 0}, "row 2: row is '0'"),
        ({"comment": "x", "run": 10**12}, "row 2: run is"),
        ({"comment": "x", "run": 9}, "row 2: there is no run 9"),
        ({"comment": "x", "row": 999}, "row 2: run 1 has no answer of prompt to row 999"),
        ({"comment": "x", "inputs": "[1]"}, "row 2: inputs is no JSON object"),
        ({"comment": "x", "prompt": "gone"}, "row 2: there is no prompt named 'gone'"),
        ({"comment": "x", "prompt": "secret.toml"}, "row 2: there is no prompt named"),
        ({"comment": "x", "prompt": "{{ body }}"}, "row 2: cannot read"),
        ({"comment": "x" * 1_000_001}, "row 2: the comment has 1,000,001 characters"),
    ],
)
def test_one_record_that_is_wrong_keeps_all_out(
    ran: Path, record: Mapping[str, object], words: str
) -> None:
    (ran / "secret.toml").write_text('template = "{{ body }}"')
    with pytest.raises(InputError, match=words):
        intone.import_feedback([{"comment": "fine"}, record], folder=ran)
    assert intone.list_feedback(folder=ran) == ()


def test_tables_that_say_nothing(ran: Path) -> None:
    with pytest.raises(InputError, match="no column comment, rating or answer; is it 'coment'"):
        intone.import_feedback([{"coment": "x"}], folder=ran)
    (ran / "head.csv").write_text("comment,rating\n")
    with pytest.raises(InputError, match="has columns but no rows"):
        intone.import_feedback(ran / "head.csv", folder=ran)
    (ran / "bad.jsonl").write_text('{"comment": "x"}\n{\n')
    with pytest.raises(DataError, match=r"bad\.jsonl, line 2"):
        intone.import_feedback(ran / "bad.jsonl", folder=ran)
    assert intone.list_feedback(folder=ran) == ()


ANY: Any = intone


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (lambda: 3, "give a comment or an intone.Feedback"),
        (lambda: ANY.Feedback(3), "comment is 3; give a text"),
        (lambda: ANY.Feedback("x", run="1"), "run is '1'"),
        (lambda: ANY.Feedback("x", row=-1), "row is -1"),
        (lambda: ANY.Feedback("x", row=True), "row is True"),
        (lambda: ANY.Feedback("x", rating=[1]), r"rating is \[1\]"),
        (lambda: ANY.Feedback("x", rating=2), "the rating is '2'"),
        (lambda: ANY.Feedback("x", inputs={"a": 1}), "give a dict of texts"),
        (lambda: ANY.Feedback("x", prompt=1), "prompt is 1"),
    ],
)
def test_a_wrong_argument_is_one_line(ran: Path, given: Any, words: str) -> None:
    with pytest.raises(InputError, match=words):
        intone.add_feedback(given(), folder=ran)


def test_python_gets_what_is_kept(ran: Path) -> None:
    kept = intone.add_feedback("too long", folder=ran)
    assert (kept.number, kept.comment, kept.run) == (1, "too long", 1)
    assert intone.list_feedback(open_only=True, name="prompt", folder=ran) == (kept,)
    assert intone.list_feedback(name="other", folder=ran) == ()
