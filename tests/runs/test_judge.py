"""Runs that a judge grades: one budget, one ledger, a plan that counts its calls, and people."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from intone.data.split import Split
from intone.errors import DataError, PromptError, SettingError
from intone.report.plans import full_plan
from intone.report.scored import run_screen
from intone.runs.orders import Order, execute, order_of, plan, prepare
from intone.store.runs import Runs
from tests.runs.projects import order, project, rows

GOOD = '{"reason": "it names a team", "score": 5}'
POOR = '{"reason": "it names none", "score": 1}'
JUDGE = f"""
answer = '{GOOD}'
log = "judge.log"
[[rules]]
when = "> I am not sure"
answer = '{POOR}'
"""
JUNK = '[[rules]]\nmatch = "number 00[0-4]."\nanswer = "a 5, surely"\n'


def judged(folder: Path, kind: str = "run", *, judge: str = JUDGE, **changes: Any) -> Order:
    """Return an order on a small project without targets, graded by a judge of its own."""
    project(folder, 60)
    (folder / "judge.toml").write_text(judge)
    return asked(folder, kind, **changes)


def asked(folder: Path, kind: str = "run", **changes: Any) -> Order:
    settings: dict[str, Any] = {
        "task__grader": "judge",
        "task__options": {"rubric": "It names the right team."},
        "task__target": None,
        "judge__name": "fake:judge.toml",
    }
    return order(folder, kind, **{**settings, **changes})


def calls_of_judge(folder: Path) -> int:
    log = folder / "judge.log"
    return len(log.read_text().splitlines()) if log.exists() else 0


def done(that: Order) -> dict[str, Any]:
    return asyncio.run(execute(that))


def screen(result: dict[str, Any]) -> str:
    return "\n".join(str(getattr(part, "plain", "")) for part in run_screen(result))


def test_a_run_is_graded_by_the_judge(tmp_path: Path) -> None:
    result = done(judged(tmp_path))
    assert result["n"] == 42 and result["spent"]["calls"] == 84  # 18 of 60 are sealed
    assert calls_of_judge(tmp_path) == 42
    assert 0.2 < result["score"] < 0.8
    reasons = {outcome["reason"] for outcome in result["outcomes"]}
    assert reasons == {"5 of 5: it names a team", "1 of 5: it names none"}
    assert result["judge"] == {"model": "fake:judge.toml", "agreement": None}
    assert "task.options.human" in result["notices"][-1]
    assert "judged by fake:judge.toml" in screen(result)


@pytest.mark.parametrize("calls", [3, 20, 83])
def test_the_budget_is_shared_and_never_exceeded(tmp_path: Path, calls: int) -> None:
    result = done(judged(tmp_path, budget__calls=calls))
    assert result["spent"]["calls"] <= calls
    assert result["n"] == calls // 2 == calls_of_judge(tmp_path)


def test_a_stress_test_plans_with_the_calls_of_its_judge(tmp_path: Path) -> None:
    that = judged(tmp_path, "stress", budget__calls=100, stress__kinds=("layout",))
    told = plan(that)
    each = 2 * (1 + len(told["variants"]))
    assert (told["calls_a_row"], told["reached"]) == (each, 100 // each)
    result = done(that)
    assert (result["n"], result["spent"]["calls"]) == (told["reached"], told["calls"])


def test_a_replay_makes_no_call(tmp_path: Path) -> None:
    for kind in ("run", "tune"):
        that = judged(tmp_path, kind, judge=JUDGE + JUNK, budget__calls=300)
        first = done(that)
        before = calls_of_judge(tmp_path)
        again = done(that)
        assert calls_of_judge(tmp_path) == before
        assert again["spent"]["replayed"] == again["spent"]["calls"] == first["spent"]["calls"]
        assert again["statuses"] == first["statuses"]
        if kind == "run":
            assert again["outcomes"] == first["outcomes"]
        else:
            assert again["winner"] == first["winner"]
            assert again["verdict"] | {"opened": 1} == first["verdict"]


def test_junk_is_missing_and_a_run_goes_on(tmp_path: Path) -> None:
    result = done(judged(tmp_path, judge=JUDGE + JUNK))
    failed = [outcome for outcome in result["outcomes"] if outcome["status"] == "failed"]
    assert failed and result["n"] == 42 - len(failed)
    assert all(o["score"] is None and "cannot be read" in o["reason"] for o in failed)
    result = done(judged(tmp_path, judge='answer = "junk"'))
    assert result["score"] is None and result["statuses"] == {"failed": 42}


def test_failed_calls_of_the_judge_are_kept_with_the_run_until_told_to_retry(
    tmp_path: Path,
) -> None:
    failing = '[[rules]]\nmatch = "number 00[0-4]."\nerror = 500\n'
    that = judged(tmp_path, judge=JUDGE + failing, judge__attempts=1)
    first = done(that)
    assert first["statuses"]["failed"] > 5
    with that.project.open() as database:
        record = Runs(database).get(1)
    assert done(order_of(record))["statuses"] == first["statuses"]
    assert done(order_of(record, retry_failed=True))["statuses"] == first["statuses"]


def test_compare_judges_both_prompts(tmp_path: Path) -> None:
    that = judged(tmp_path, "compare")
    better = "Answer with exactly one of the teams.\n\n{{ body }}"
    that = Order("compare", that.spec, (*that.prompts, better))
    result = done(that)
    assert result["verdicts"][0]["word"] == "better"
    assert result["spent"]["calls"] <= 2 * 84


def test_a_tuning_is_judged_under_its_budget(tmp_path: Path) -> None:
    that = judged(tmp_path, "tune", budget__calls=300)
    planned = plan(that)
    assert (planned["calls_an_answer"], planned["judge"]) == (2, "fake:judge.toml")
    assert planned["sealed_used"] == 18 and planned["verdict_calls"] == 18 * 3 * 2
    assert calls_of_judge(tmp_path) == 0
    result = done(that)
    assert result["spent"]["calls"] <= 300
    verdict = result["verdict"]
    assert verdict["n"] == 18 and verdict["missing"] == 0


def test_few_rows_are_cross_validated_with_a_judge(tmp_path: Path) -> None:
    that = judged(tmp_path, "tune", budget__calls=200)
    project(tmp_path, 24)
    result = done(that)
    assert result["plan"]["cross_validated"] and result["spent"]["calls"] <= 200
    assert result["verdict"] is None or result["verdict"]["word"] == "undecided"


def test_the_plan_counts_the_judge(tmp_path: Path) -> None:
    price = {"input": 1.0, "output": 2.0}
    that = judged(tmp_path, "tune", model__price=price, judge__price=price)
    alone = order(tmp_path, "tune", model__price=price)
    assert plan(that)["usd"] > plan(alone)["usd"]
    dear = {"input": 100.0, "output": 200.0}
    costly = judged(tmp_path, "tune", model__price=price, judge__price=dear)
    assert plan(costly)["usd"] > 20 * plan(alone)["usd"]
    text = "\n".join(str(getattr(part, "plain", "")) for part in full_plan(plan(that)))
    assert "a judge (fake:judge.toml) grades every answer, so each takes 2 calls" in text


def test_a_budget_in_money_needs_the_judges_price_and_is_kept(tmp_path: Path) -> None:
    price = {"input": 1.0, "output": 1.0}
    with pytest.raises(SettingError, match=r"judge\.price"):
        done(judged(tmp_path, model__price=price, budget__usd=0.01, budget__calls=None))
    dear = {"input": 10.0, "output": 10.0}
    result = done(
        judged(
            tmp_path, model__price=price, judge__price=dear, budget__usd=0.05, budget__calls=None
        )
    )
    assert 0 < result["n"] < 42 and 0 < result["spent"]["usd"] <= 0.05


def test_the_tasks_model_is_the_judge_by_default(tmp_path: Path) -> None:
    project(tmp_path, 40, extra=f"answer = '{GOOD}'")
    that = asked(tmp_path, judge__name="fake:fake.toml")
    assert done(that)["judge"]["model"] == "fake:fake.toml"
    spec = that.spec.model_copy(update={"judge": None})
    assert done(Order("run", spec, that.prompts))["judge"]["model"] == "fake:fake.toml"


def with_ratings(
    folder: Path, ratings: list[str], *, answers: list[str] | None = None, **options: Any
) -> Order:
    """Return an order whose rows have people's ratings, and perhaps the answers they rated."""
    data = [row | {"stars": stars} for row, stars in zip(rows(60), ratings, strict=True)]
    if answers is not None:
        data = [row | {"old": old} for row, old in zip(data, answers, strict=True)]
        options["rated"] = "old"
    that = judged(folder)
    (folder / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in data))
    told = {"rubric": "It names the right team.", "human": "stars", **options}
    return asked(folder, task__options=told, task__sealed=0.0, budget__calls=400) or that


def test_agreement_with_people_is_reported(tmp_path: Path) -> None:
    first = done(judged(tmp_path, task__sealed=0.0))
    stars = ["5" if o["score"] == 1.0 else "1" for o in first["outcomes"]]
    result = done(with_ratings(tmp_path, ["", *stars[1:]]))
    found = result["judge"]["agreement"]
    assert (found["n"], found["exact"], found["word"]) == (59, 1.0, "trusted")
    assert "agrees with people on 100% of 59 answers, weighted kappa 1.00" in screen(result)
    assert not any("task.options.human" in notice for notice in result["notices"])
    turned = ["1" if star == "5" else "5" for star in stars]
    result = done(with_ratings(tmp_path, turned))
    assert result["judge"]["agreement"]["word"] == "distrusted"
    result = done(with_ratings(tmp_path, stars[:9] + [""] * 51))
    assert result["judge"]["agreement"]["word"] == "unproven"
    result = done(with_ratings(tmp_path, [""] * 60))
    assert "none of its scores is of an answer that people rated" in screen(result)


def test_the_answers_that_people_rated_are_judged_where_the_data_have_them(
    tmp_path: Path,
) -> None:
    answers = ["I am not sure, sorry" if n % 3 else "sales" for n in range(60)]
    stars = ["1" if n % 3 else "5" for n in range(60)]
    result = done(with_ratings(tmp_path, stars, answers=answers))
    assert result["judge"]["agreement"]["word"] == "trusted"
    assert result["judge"]["agreement"]["n"] == 60
    assert result["spent"]["calls"] == 60 + 60 + 60


def test_no_prompt_and_no_judge_sees_peoples_ratings(tmp_path: Path) -> None:
    that = with_ratings(tmp_path, ["3"] * 60, answers=["sales"] * 60)
    bare = Order("run", that.spec, ("Which team?",))
    assert prepare(bare).data.inputs == ("body", "team")
    with pytest.raises(PromptError, match="stars"):
        prepare(Order("run", that.spec, ("{{ body }} {{ stars }}",)))
    assert isinstance(prepare(bare).split, Split)


@pytest.mark.parametrize("stars", ["6", "2.5", "good", "0"])
def test_a_rating_that_is_no_level_names_its_row(tmp_path: Path, stars: str) -> None:
    with pytest.raises(DataError, match=r"row 8 has the rating .* from 1 to 5"):
        prepare(with_ratings(tmp_path, ["3"] * 7 + [stars] + ["3"] * 52))


def test_settings_of_ratings_that_cannot_be_used(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match=r"task\.options\.human must name"):
        prepare(with_ratings(tmp_path, ["3"] * 60, human=3))
    with pytest.raises(DataError, match="stras"):
        prepare(with_ratings(tmp_path, ["3"] * 60, human="stras"))
    that = with_ratings(tmp_path, ["3"] * 60)
    own = that.spec.task.model_copy(update={"input": ("body", "stars")})
    with pytest.raises(SettingError, match=r"in task\.input too"):
        prepare(Order("run", that.spec.model_copy(update={"task": own}), that.prompts))
