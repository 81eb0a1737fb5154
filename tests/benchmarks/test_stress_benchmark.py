"""stress.py: three prompts under harmless changes on a fake, not made twice; its aim by hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from kept_results import read_results
from stress import above_null, aim, instability_of, main, means_of

from tests.benchmarks.own_tasks import arguments, labelled


def stress(folder: Path, *more: str) -> int:
    sizes = ["--tasks", "sms_spam", "--calls", "60", "--rows", "20", "--test-rows", "12"]
    kinds = ["--kinds", "layout,casing", "--variants", "1"]
    return main(arguments(folder, *sizes, *kinds, *more))


def test_three_prompts_are_put_to_the_same_test_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    labelled(tmp_path)
    assert stress(tmp_path) == 0
    (out,) = (tmp_path / "out").iterdir()
    records = {record["method"]: record for record in read_results(out)}
    assert list(records) == ["plain", "auto", "robust"]
    assert "day" not in out.read_text()  # no text of the task
    assert records["plain"]["tuned_calls"] == 0
    for method, record in records.items():
        assert record["tuned_calls"] <= 60
        assert len(record["table"]) == record["n"] == 12, method
        assert {len(row) for row in record["table"]} == {3 - len(record["left_out"])}
        shares = [sum(row[0] == "1" for row in record["table"]) / 12]
        assert record["score"] == pytest.approx(shares[0], abs=1e-6)
    first, printed = out.read_text(), capsys.readouterr().out
    assert "Aim, over sms_spam: " in printed and "| sms_spam 0 | robust |" in printed
    assert stress(tmp_path) == 0
    assert out.read_text() == first
    assert stress(tmp_path, "--table") == 0
    again = capsys.readouterr().out
    assert "answers were new" not in again and again.count("Aim, over") == 2


def test_other_sizes_are_other_results(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    labelled(tmp_path)
    assert stress(tmp_path, "--table") == 0
    assert "no results of this size" in capsys.readouterr().out
    assert stress(tmp_path, "--kinds", "colour") == 2
    assert "there are: paraphrase" in capsys.readouterr().out


def record(method: str, table: list[str], spread: float, null: float) -> dict[str, Any]:
    return {
        "task": "a",
        "seed": 0,
        "method": method,
        "table": table,
        "spread": {"value": spread, "low": 0.0, "high": 1.0},
        "null_spread": {"value": null, "low": 0.0, "high": 1.0, "p": 0.5},
    }


def test_means_and_instability_are_of_the_variants_of_a_row() -> None:
    one = record("plain", ["110", "111", "-00", "--1"], 0.0, 0.0)
    assert means_of(one) == pytest.approx((2 / 3, 1.0, 0.0, 1.0))
    first, *rest = instability_of(one)
    assert first == pytest.approx(2 / 3) and rest == [0.0, 0.0, None]
    assert above_null(record("plain", [], 0.05, 0.08)) == 0.0


@pytest.mark.parametrize(
    ("robust", "spread", "word"),
    [
        (["11"] * 50, 0.10, "met"),
        (["11"] * 50, 0.12, "not met"),  # 7 above null are more than half of 10
        (["11"] * 48 + ["00"] * 2, 0.10, "not met"),  # 4 points lower than auto
    ],
)
def test_the_aim_takes_both_half_the_spread_and_little_of_the_score(
    robust: list[str], spread: float, word: str
) -> None:
    records = [
        record("plain", ["10"] * 50, 0.15, 0.05),
        record("auto", ["11"] * 50, 0.2, 0.05),
        record("robust", robust, spread, 0.05),
    ]
    said = aim(records)
    assert said.endswith(f": {word}.")
    assert json.dumps(aim(records[:2])) == '""'
