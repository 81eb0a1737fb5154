"""combine.py: votes and chains against single prompts on a fake; its differences by hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from combine import METHODS, chain_of, main, shown
from kept_results import read_results
from quality_tasks import Drawing, drawn

from tests.benchmarks.own_tasks import arguments, labelled, write

_CITIES = ("Rome", "Oslo")


def sums(folder: Path) -> Path:
    """Write a task of numbers and one of JSON, and a fake that solves both."""
    numbers, slots, rules = [], [], []
    for place in range(30):
        city = json.dumps({"city": _CITIES[place % 2]})
        numbers.append({"input": f"Ann gets 3 pears from tree {place}.", "target": str(place + 3)})
        slots.append({"input": f"A table in {_CITIES[place % 2]} on day {place}.", "target": city})
        rules += [(f"tree {place}.", str(place + 3)), (f"on day {place}.", city)]
    for name, rows in (("svamp", numbers), ("snips_slots", slots)):
        write(folder / "data" / name / "train.jsonl", rows[:20])
        write(folder / "data" / name / "test.jsonl", rows[20:])
    script = [f"[[rules]]\nwhen = '{when}'\nanswer = '{answer}'" for when, answer in rules]
    (folder / "script.toml").write_text("\n".join(script))
    return folder


def sizes(*more: str) -> list[str]:
    return ["--calls", "90", "--rows", "20", "--test-rows", "10", *more]


def test_a_vote_is_held_against_its_rivals_at_equal_calls(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    labelled(tmp_path)
    told = arguments(tmp_path, *sizes("--parts", "vote", "--tasks", "sms_spam"))
    assert main(told) == 0
    (out,) = (tmp_path / "out").iterdir()
    records = {record["method"]: record for record in read_results(out)}
    assert tuple(records) == METHODS["vote"]
    assert "day" not in out.read_text()  # no text of the task
    assert records["single"]["members"] == 0 and records["single-x5"]["members"] == 5
    assert 3 <= records["single-x5"]["calls_a_row"] <= 5  # three of five decide it
    for record in records.values():
        assert len(record["rows"]) == record["n"] == 10 and record["tuned_calls"] <= 90
    first = out.read_text()
    assert "single-x5 minus single" in capsys.readouterr().out
    assert main(told) == 0
    assert out.read_text() == first and "answers were new" not in capsys.readouterr().out


def test_chains_are_tuned_with_the_same_calls(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told = arguments(sums(tmp_path), *sizes("--parts", "chain"))
    assert main(told) == 0
    (out,) = (tmp_path / "out").iterdir()
    records = read_results(out)
    assert [(record["task"], record["method"]) for record in records] == [
        (task, method) for task in ("snips_slots", "svamp") for method in METHODS["chain"]
    ]
    for record in records:
        chain = record["method"] != "single"
        assert record["score"] == 1.0
        assert record["calls_a_row"] == pytest.approx(3.0 if chain else 1.0)
        assert record["tuned_calls"] <= 90
    printed = capsys.readouterr().out
    assert "chain minus single | undecided +0.0" in printed


def test_the_chains_ask_for_what_their_graders_read(tmp_path: Path) -> None:
    drawing = Drawing(sums(tmp_path) / "data", tmp_path / "work", 20, 10)
    for name, grader in (("svamp", "number"), ("snips_slots", "json")):
        task = drawn(name, 0, drawing)
        assert (task.grader, task.labels) == (grader, ())
        chain = chain_of(task)
        assert chain.final.name == "checked" and chain.max_calls == 3
        assert chain.variables == {"input"}


def test_what_there_is_not_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for wrong in (["--parts", "choir"], ["--tasks", "chess"]):
        assert main(arguments(tmp_path, *wrong)) == 2
        assert f"unknown '{wrong[1]}'" in capsys.readouterr().out


def test_differences_are_paired_and_averaged_over_seeds() -> None:
    def record(method: str, seed: int, rows: str) -> dict[str, Any]:
        form = {"part": "vote", "task": "a", "method": method, "seed": seed, "rows": rows}
        score = rows.count("1") / len(rows)
        sizes = {"score": score, "n": 40, "calls_a_row": 3.5, "tuned_calls": 90}
        return form | sizes | {"kind": "vote", "members": 5}

    table = shown(
        [
            record("single", 0, "0" * 40),
            record("single", 1, "0" * 40),
            record("vote", 0, "1" * 20 + "0" * 20),
            record("vote", 1, "0" * 40),
            record("vote", 2, "1" * 40),  # no single to pair it with
        ]
    )
    assert "| vote minus single | better +25.0 [" in table
    assert "single-x5 minus" not in table
