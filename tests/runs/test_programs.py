"""Tuning chains and building votes, end to end on the fake."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from intone.errors import InputError
from intone.llm.fake import FakeBackend, chance, prompt_text
from intone.llm.request import Request
from intone.prompt import Chain, Prompt, Step, Vote
from intone.report.tuned import tune_screen
from intone.runs.orders import Order, execute, plan
from intone.runs.spec import read_spec
from tests.report.results import text
from tests.runs.projects import LABELS, order, project, rows


def done(order: Order) -> dict[str, Any]:
    return asyncio.run(execute(order))


CHAIN = Chain(
    [
        Step("topic", Prompt("What topic?\n\n{{ body }}"), labels=LABELS, target="gold"),
        Step("team", Prompt("Topic: {{ topic }}\nWhich team?\n\n{{ body }}")),
    ]
)


def chain_project(folder: Path, count: int = 120) -> None:
    project(folder, count, quality=0.45, gain=0.5)
    data = [row | {"gold": row["team"]} for row in rows(count)]
    (folder / "rows.jsonl").write_text("\n".join(map(json.dumps, data)) + "\n")


def chain_order(folder: Path, **changes: Any) -> Order:
    spec = order(folder, **changes).spec
    return Order("tune", spec, (CHAIN,), names=("chain",))


def test_a_chain_is_tuned_as_one_object(tmp_path: Path) -> None:
    chain_project(tmp_path)
    result = done(chain_order(tmp_path, budget__calls=900))
    winner = Chain.from_canonical(result["winner"]["prompt"])
    assert [step.name for step in winner.steps] == ["topic", "team"]
    assert "exactly one of" in str(winner.step("team").program.canonical())
    assert result["verdict"]["word"] == "better" and result["shipped"]
    assert result["spent"]["calls"] <= 900
    assert {edit["step"] for edit in result["winner"]["edits"]} <= {"topic", "team"}
    told = [c["sentence"] for heat in result["heats"] for c in heat["candidates"]]
    assert "topic: always right (from the column gold)" in told
    assert result["version"] == "chain@2"
    again = done(chain_order(tmp_path, budget__calls=900))
    assert again["prompt_id"] == result["prompt_id"]
    assert again["spent"]["replayed"] == again["spent"]["calls"]


def test_few_rows_cross_validate_a_chain(tmp_path: Path) -> None:
    chain_project(tmp_path, 30)
    result = done(chain_order(tmp_path, budget__calls=300))
    assert result["spent"]["calls"] <= 300
    assert result["plan"]["cross_validated"]


def test_the_plan_counts_the_calls_of_a_chain(tmp_path: Path) -> None:
    chain_project(tmp_path)
    planned = plan(chain_order(tmp_path, budget__calls=300))
    assert planned["verdict_calls"] == planned["sealed_used"] * 6 <= 150


def tuned_with_mistakes(folder: Path, *, own: bool) -> dict[str, Any]:
    """Tune with a model that is right on three rows of four: other rows for each prompt, or not."""
    data = rows(200)
    (folder / "rows.jsonl").write_text("\n".join(map(json.dumps, data)) + "\n")
    right = {row["body"]: row["team"] for row in data}

    def said(request: Request) -> str:
        text = prompt_text(request)
        body = next(body for body in right if body in text.rsplit("ticket number", 1)[-1])
        drawn = chance(0, text if own else body)
        return right[body] if drawn < 0.75 else LABELS[int(drawn * 1000) % 3]

    right = {body.removeprefix("ticket number"): team for body, team in right.items()}
    base = order(folder, tune__vote=5, budget__calls=1500)
    return done(Order("tune", base.spec, base.prompts, backend=FakeBackend(said)))


def test_a_vote_that_pays_is_taken_and_compared_with_the_best_single(tmp_path: Path) -> None:
    result = tuned_with_mistakes(tmp_path, own=True)
    vote = Vote.from_canonical(result["winner"]["prompt"])
    assert len(vote.members) in (3, 5)
    assert result["tuned"]["score"] > result["baseline"]["score"]
    assert result["over_single"]["difference"] > 0
    assert result["over_single"]["n"] == result["verdict"]["n"]
    assert result["best_single"]["prompt_id"] != result["winner"]["prompt_id"]
    assert result["spent"]["calls"] <= 1500
    assert result["no_vote"] is None
    (change,) = result["winner"]["edits"]
    assert change["name"] == "vote_of" and change["sentence"].startswith("a ")


def test_prompts_that_make_the_same_mistakes_are_left_single(tmp_path: Path) -> None:
    result = tuned_with_mistakes(tmp_path, own=False)
    assert "members" not in result["winner"]["prompt"]
    assert "best_single" not in result
    assert result["spent"]["calls"] <= 1500
    assert result["no_vote"].startswith("none beat the best single prompt")
    assert "no vote: none beat the best single prompt" in text(tune_screen(result))


def test_too_few_rows_for_a_vote_are_said_from_the_start(tmp_path: Path) -> None:
    project(tmp_path, 30)
    that = order(tmp_path, tune__vote=3, budget__calls=200)
    note = "tune.vote is not used: too few rows to seal any"
    assert [told for told in plan(that)["notices"] if told.startswith(note)]
    result = done(that)
    assert result["no_vote"].startswith("too few rows")
    shown = text(tune_screen(result))
    assert note in shown and "no vote:" not in shown
    assert done(order(tmp_path, budget__calls=200))["no_vote"] is None


@pytest.mark.parametrize(
    ("program", "changes", "wrong"),
    [
        (Vote([Prompt("a {{ body }}"), Prompt("b {{ body }}")]), {}, "is a vote; tune one of its"),
        (CHAIN, {"tune__method": "random"}, "a chain is tuned by auto only"),
        (CHAIN.with_step("topic", known="gold", target=""), {}, "'topic' is taken from column 'go"),
        (CHAIN, {"tune__vote": 3}, "a chain is tuned without it"),
        (Prompt("{{ body }}"), {"tune__vote": 2}, "fewer than 3 decide nothing"),
        (
            Prompt("{{ body }}"),
            {"tune__vote": 3, "task__grader": "exact"},
            "tune.vote: a vote n",
        ),
    ],
)
def test_what_cannot_be_tuned_is_said_before_anything_is_spent(
    tmp_path: Path, program: Any, changes: dict[str, Any], wrong: str
) -> None:
    chain_project(tmp_path, 60)
    spec = order(tmp_path, **changes).spec
    with pytest.raises(InputError, match=wrong):
        done(Order("tune", spec, (program,)))
    assert not (tmp_path / ".intone").exists()


def test_the_spec_is_read(tmp_path: Path) -> None:
    assert read_spec(None, {"tune.vote": 5}, tmp_path, alone=True).tune.vote == 5


def test_columns_of_right_answers_are_no_leak(tmp_path: Path) -> None:
    chain_project(tmp_path)
    notices = plan(chain_order(tmp_path, task__input=["body"]))["notices"]
    assert not [notice for notice in notices if "holds the target" in notice]
    data = [row | {"known": row["team"]} for row in rows(120)]
    (tmp_path / "rows.jsonl").write_text("\n".join(map(json.dumps, data)) + "\n")
    said = Prompt("Which team?\n\n{{ body }} {{ known }}")
    planned = plan(replace(chain_order(tmp_path, task__input=["body", "known"]), prompts=(said,)))
    assert [notice for notice in planned["notices"] if "'known' holds the target" in notice]


def test_a_step_may_have_the_target_itself_for_its_right_answers(tmp_path: Path) -> None:
    project(tmp_path, 120, quality=0.45, gain=0.5)
    first = Step("first", Prompt("Which team?\n\n{{ body }}"), labels=LABELS, target="team")
    last = Step("team", Prompt("Somebody says {{ first }}. Which team?\n\n{{ body }}"))
    chain = Chain([first, last])
    for task in ({}, {"task__input": ["body"]}):
        tuned = order(tmp_path, budget__calls=400, **task)
        result = done(Order("tune", tuned.spec, (chain,), names=("two",)))
        told = [c["sentence"] for heat in result["heats"] for c in heat["candidates"]]
        assert "first: always right (from the column team)" in told
        assert result["spent"]["calls"] <= 400
    seen = Chain([first, Step("team", Prompt("{{ first }} {{ team_of }} {{ body }}"))])
    with pytest.raises(InputError, match="team_of"):
        plan(Order("tune", order(tmp_path).spec, (seen,)))


def test_errors_name_the_file_of_the_prompt(tmp_path: Path) -> None:
    project(tmp_path, 120)
    vote = Vote([Prompt("{{ body }}"), Prompt("Say: {{ body }}")])
    free = order(tmp_path, task__grader="contains")
    with pytest.raises(InputError, match=r"^three: "):
        plan(Order("tune", free.spec, (vote,), names=("three",)))
    missing = Order("tune", order(tmp_path).spec, (Prompt("{{ nothing }}"),), names=("mine",))
    with pytest.raises(InputError, match=r"^mine: .*nothing"):
        plan(missing)
