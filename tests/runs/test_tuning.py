import asyncio
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import pytest

from intone.errors import BudgetEnded, DataError, InputError, PromptError, SettingError
from intone.prompt import Demonstration, Prompt
from intone.prompt.forms import read_program
from intone.report.tuned import tune_screen
from intone.runs.orders import Order, execute, order_of, plan
from intone.runs.watch import Unwatched
from intone.store.database import open_database
from intone.store.registry import Registry
from intone.store.runs import Runs
from intone.verdict.detectable import smallest_detectable
from tests.report.results import text
from tests.runs.projects import order, project, rows


def done(that: Order) -> dict[str, Any]:
    return asyncio.run(execute(that))


class Seen(Unwatched):
    """Keeps what is said with the plan."""

    notices: Sequence[str] = ()

    def planned(self, plan: dict[str, Any]) -> None:
        self.notices = plan["notices"]


def steady(result: dict[str, Any]) -> dict[str, Any]:
    """Return what must not differ between a run and its replay."""
    may = ("run", "spent", "version", "verdict", "over_rephrased")
    return {name: value for name, value in result.items() if name not in may}


def test_a_better_prompt_is_found_judged_and_shipped(tmp_path: Path) -> None:
    project(tmp_path)
    result = done(order(tmp_path))
    assert result["verdict"]["word"] == "better"
    assert result["shipped"] is True
    assert "exactly one of" in str(result["prompt"])
    assert result["baseline"]["n"] == result["tuned"]["n"] == result["verdict"]["n"] == 36
    gain = result["tuned"]["score"] - result["baseline"]["score"]
    assert gain == pytest.approx(result["verdict"]["difference"])
    assert result["verdict"]["opened"] == 1
    assert result["spent"]["calls"] <= 400
    assert result["version"] == "prompt@2"


def test_the_trajectory_is_golden(tmp_path: Path) -> None:
    project(tmp_path)
    result = done(order(tmp_path))
    heats = [
        (heat["calls"], [(c["rows"], c["dropped_at"]) for c in heat["candidates"]][:4])
        for heat in result["heats"]
    ]
    assert result["prompt_id"] == "305eb125f17b2381"
    assert heats == [
        (108, [(12, None), (12, None), (12, None), (12, None)]),
        (84, [(12, None), (12, None), (12, None), (12, None)]),
        (8, [(12, None), (8, None)]),
        (88, [(40, None), (40, None), (30, 30), (26, 26)]),
    ]


def test_tokens_can_be_weighed_and_the_front_is_shown(tmp_path: Path) -> None:
    project(tmp_path)
    result = done(order(tmp_path, tune__objective={"tokens": -0.2}))
    points = result["front"]
    assert [point["tokens"] for point in points] == sorted(point["tokens"] for point in points)
    assert [point["score"] for point in points] == sorted(point["score"] for point in points)
    assert sum(point["recommended"] for point in points) == 1
    assert done(order(tmp_path))["front"] is None


@pytest.mark.parametrize(
    "budget",
    [
        {"budget__tokens": 4_000},
        {"budget__tokens": 15_000},
        {"budget__tokens": 60_000},
        {"budget__usd": 0.01, "model__price": {"input": 0.5, "output": 1.0}},
    ],
)
def test_the_rows_promised_to_the_verdict_are_judged(
    tmp_path: Path, budget: dict[str, Any]
) -> None:
    project(tmp_path)
    result = done(order(tmp_path, budget__calls=None, **budget))
    plan, spent = result["plan"], result["spent"]
    assert plan["sealed_used"] >= 2
    assert result["verdict"]["n"] + result["verdict"]["missing"] == plan["sealed_used"]
    assert result["short_of"] is None
    assert spent["prompt_tokens"] + spent["completion_tokens"] <= budget.get("budget__tokens", 1e9)
    assert spent["usd"] <= budget.get("budget__usd", 0.0)


def test_a_budget_that_ends_says_which_limit_it_was(tmp_path: Path) -> None:
    project(tmp_path)
    with pytest.raises(BudgetEnded, match=r"raise budget\.tokens"):
        done(order(tmp_path, "run", budget__calls=None, budget__tokens=50))


def test_a_prompt_that_cannot_be_beaten_is_kept(tmp_path: Path) -> None:
    project(tmp_path, quality=1.0, gain=0.0)
    result = done(order(tmp_path))
    assert result["shipped"] is False
    assert result["prompt"] == Prompt("Which team?\n\n{{ body }}").canonical()
    assert result["version"] is None
    assert result["verdict"]["word"] == "undecided"


def test_the_same_spec_again_is_replayed(tmp_path: Path) -> None:
    project(tmp_path)
    first, second = done(order(tmp_path)), done(order(tmp_path))
    assert steady(first) == steady(second)
    assert second["spent"]["replayed"] == second["spent"]["calls"] == first["spent"]["calls"]
    assert second["verdict"] == first["verdict"] | {"opened": 2}
    assert second["version"] == first["version"] == "prompt@2"  # no version is made twice


def test_a_resumed_run_counts_no_second_opening(tmp_path: Path) -> None:
    project(tmp_path)
    first = done(order(tmp_path))
    with open_database(tmp_path / ".intone" / "intone.db") as database:
        record = Runs(database).get(1)
    again = done(order_of(record))
    assert again["run"] == 1
    assert again["verdict"] == first["verdict"]
    assert steady(again) == steady(first)


def test_a_run_whose_data_changed_cannot_be_resumed(tmp_path: Path) -> None:
    project(tmp_path)
    done(order(tmp_path))
    with open_database(tmp_path / ".intone" / "intone.db") as database:
        record = Runs(database).get(1)
    project(tmp_path, 121)
    with pytest.raises(InputError, match="has changed"):
        done(order_of(record))


@pytest.mark.parametrize("calls", [3, 10, 30, 60, 150])
def test_small_budgets_end_cleanly(tmp_path: Path, calls: int) -> None:
    project(tmp_path)
    result = done(order(tmp_path, budget__calls=calls))
    assert result["spent"]["calls"] <= calls
    assert result["plan"]["verdict_calls"] <= calls / 2


def test_a_budget_in_tokens_is_kept(tmp_path: Path) -> None:
    project(tmp_path)
    result = done(order(tmp_path, budget__calls=None, budget__tokens=9000))
    spent = result["spent"]
    assert spent["prompt_tokens"] + spent["completion_tokens"] <= 9000
    assert result["verdict"]["n"] > 5


def test_a_budget_in_money_is_kept(tmp_path: Path) -> None:
    project(tmp_path)
    price = {"input": 1.0, "output": 2.0}
    result = done(order(tmp_path, budget__calls=None, budget__usd=0.01, model__price=price))
    assert 0.004 < result["spent"]["usd"] <= 0.01


@pytest.mark.parametrize(("count", "calls"), [(10, 30), (12, 100), (39, 200)])
def test_few_rows_are_cross_validated_and_undecided(tmp_path: Path, count: int, calls: int) -> None:
    project(tmp_path, count)
    result = done(order(tmp_path, budget__calls=calls))
    assert result["plan"]["cross_validated"] is True
    assert result["plan"]["sealed"] == 0
    assert result["verdict"] is None or result["verdict"]["word"] == "undecided"
    for verdict in (result["verdict"], result["over_rephrased"]):
        assert verdict is None or verdict["exploratory"] is True
    assert result["shipped"] is False
    assert result["spent"]["calls"] <= calls


def test_nothing_sealed_gives_no_verdict_but_the_winner(tmp_path: Path) -> None:
    project(tmp_path)
    result = done(order(tmp_path, task__sealed=0.0))
    assert result["verdict"] is None
    assert result["shipped"] is False
    assert result["prompt_id"] == result["winner"]["prompt_id"]
    assert "exactly one of" in str(result["prompt"])


def test_a_run_that_ended_by_itself_was_short_of_nothing(tmp_path: Path) -> None:
    project(tmp_path, 5)
    rows = (tmp_path / "rows.jsonl").read_text() * 12
    (tmp_path / "rows.jsonl").write_text(rows)  # so few different ones that none can be sealed
    for changes in ({}, {"task__sealed": 0.0}):
        result = done(order(tmp_path, budget__calls=100, **changes))
        assert result["verdict"] is None and result["plan"]["sealed"] == 0
        assert result["finished"] and result["spent"]["calls"] < 100
        assert result["short_of"] is None


def test_a_budget_without_room_for_a_verdict_is_named(tmp_path: Path) -> None:
    project(tmp_path)
    few = done(order(tmp_path, budget__calls=10))
    assert (few["verdict"], few["short_of"]) == (None, "budget.calls")
    few = done(order(tmp_path, budget__calls=None, budget__tokens=900))
    assert (few["verdict"], few["short_of"]) == (None, "budget.tokens")


def test_a_prompt_that_rows_sealed_now_have_chosen_is_told_of(tmp_path: Path) -> None:
    """Another seed seals other rows: on some of those an earlier run chose the prompt."""
    project(tmp_path)
    first = done(order(tmp_path))
    tuned = read_program(first["best_rephrasing"]["prompt"])
    again = replace(order(tmp_path), prompts=(tuned,), names=("best",))
    assert done(again)["notices"] == []  # the same rows are sealed
    seen = Seen()
    other = replace(order(tmp_path, tune__seed=1), prompts=(tuned,), names=("best",))
    result = asyncio.run(execute(other, seen))
    (notice,) = result["notices"]
    assert notice == (
        "best was chosen on some of the sealed rows by run 1: its score there flatters it; "
        "only rows it was not chosen on can tell"
    )
    assert seen.notices == [notice]  # said before anything is spent
    assert notice in text(tune_screen(result))


def test_an_earlier_run_whose_grader_is_gone_is_passed_over(tmp_path: Path) -> None:
    project(tmp_path)
    mine = tmp_path / "gone_grader.py"
    mine.write_text("def same(text, row):\n    return text == row.target\n")
    first = done(order(tmp_path, task__grader="gone_grader:same", model__max_tokens=16))
    tuned = read_program(first["best_rephrasing"]["prompt"])
    mine.unlink()
    del sys.modules["gone_grader"]
    that = order(tmp_path, "run", task__grader="exact", tune__seed=1, model__max_tokens=16)
    assert done(replace(that, prompts=(tuned,)))["chosen_by"] is None


def test_a_prompt_that_shows_all_tuning_rows_leaves_none_to_tune_on(tmp_path: Path) -> None:
    project(tmp_path)
    that = order(tmp_path)
    stock = tuple(Demonstration({"body": row["body"]}, row["team"]) for row in rows(120))
    shown = replace(Prompt("Which team?\n\n{{ body }}"), demonstrations=stock)
    with pytest.raises(InputError, match="shows the tuning rows as demonstrations, and none"):
        done(replace(that, prompts=(shown,)))


def test_a_prompt_that_shows_the_nearest_of_all_tuning_rows_can_be_tuned_on(
    tmp_path: Path,
) -> None:
    project(tmp_path)
    that = order(tmp_path)
    stock = tuple(Demonstration({"body": row["body"]}, row["team"]) for row in rows(120))
    prompt = Prompt("Which team?\n\n{{ body }}", demonstrations=stock)
    result = done(replace(that, prompts=(prompt.with_(nearest={"demonstrations": 2}),)))
    assert result["verdict"]["n"] == result["plan"]["sealed_used"]


def test_sealed_rows_may_be_a_file_of_their_own(tmp_path: Path) -> None:
    project(tmp_path)
    lines = (tmp_path / "rows.jsonl").read_text().splitlines()
    (tmp_path / "rows.jsonl").write_text("\n".join(lines[:70]))
    (tmp_path / "test.jsonl").write_text("\n".join(lines[60:]))
    result = done(order(tmp_path, task__sealed_data="test.jsonl"))
    assert result["plan"]["sealed"] == 50  # ten of the sixty repeat tuning rows
    assert any("left out" in notice for notice in result["notices"])


def test_a_failure_for_good_is_missing_not_zero_and_is_replayed(tmp_path: Path) -> None:
    broken = "[[rules]]\nwhen = 'number 0007 here'\nerror = 400\n"
    project(tmp_path, extra="")
    script = tmp_path / "fake.toml"
    text = script.read_text()
    at = text.index("[[rules]]")
    script.write_text(text[:at] + broken + text[at:])
    result = done(order(tmp_path, "run"))
    failed = [o for o in result["outcomes"] if o["status"] == "failed"]
    assert [o["row"] for o in failed] in ([7], [])
    assert all(o["score"] is None for o in failed)


def test_macro_f1_is_judged_by_its_own_test(tmp_path: Path) -> None:
    project(tmp_path)
    result = done(order(tmp_path, task__metric="macro_f1"))
    assert result["verdict"]["word"] == "better"
    assert result["verdict"]["smallest_detectable"] is None  # nobody knows it beforehand


def test_samples_are_averaged_and_paid(tmp_path: Path) -> None:
    project(tmp_path, 60)
    result = done(order(tmp_path, task__samples=2, model__temperature=0.7))
    assert result["verdict"]["n"] == 18
    assert result["plan"]["verdict_calls"] == 18 * 3 * 2


def test_the_plan_calls_and_writes_nothing(tmp_path: Path) -> None:
    project(tmp_path)
    found = plan(order(tmp_path))
    assert found["tuning"] == 84 and found["sealed"] == 36
    assert found["verdict_calls"] == 108 and found["search_calls"] == 292
    assert 0.2 < found["smallest_detectable"] < 0.4
    assert not (tmp_path / ".intone").exists()


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({}, "binary"),
        ({"task__samples": 2}, "binary"),  # alike at temperature 0
        ({"task__samples": 2, "model__temperature": 0.7}, "graded"),
        ({"tune__objective": "robust"}, "graded"),
        ({"task__grader": "judge", "task__options": {"rubric": "Is it right?"}}, "graded"),
    ],
)
def test_the_smallest_gain_is_that_of_the_test_to_come(
    tmp_path: Path, changes: dict[str, Any], kind: Literal["binary", "graded"]
) -> None:
    project(tmp_path)
    found = plan(order(tmp_path, **changes))
    assert found["smallest_detectable"] == smallest_detectable(found["sealed_used"], kind)


def test_the_registry_has_both_prompts_with_the_verdict(tmp_path: Path) -> None:
    project(tmp_path)
    result = done(order(tmp_path))
    with open_database(tmp_path / ".intone" / "intone.db") as database:
        newest, first = Registry(database).versions("prompt")
    assert newest.parent == first.ref == "prompt@1"
    assert newest.verdict == result["verdict"]
    assert newest.program == result["prompt"]


def test_compare_judges_against_the_first(tmp_path: Path) -> None:
    project(tmp_path)
    prompts = ("Which team?\n\n{{ body }}", "Which team? exactly one of those.\n\n{{ body }}")
    result = done(replace(order(tmp_path, "compare"), prompts=prompts))
    (verdict,) = result["verdicts"]
    assert verdict["word"] == "better"
    assert verdict["n"] == 84  # the sealed rows stay sealed
    assert verdict["opened"] is None
    assert result["prompts"][1]["score"] > result["prompts"][0]["score"]


@pytest.mark.parametrize(
    ("changes", "error", "words"),
    [
        ({"task__data": "none.csv"}, DataError, "none.csv"),
        ({"task__target": "teem"}, DataError, "team"),
        ({"task__grader": "labell"}, SettingError, "did you mean 'label'"),
        ({"task__metric": "f2"}, SettingError, "macro_f1"),
        ({"task__labels": ("billing", "sales")}, SettingError, "'shipping'"),
        ({"tune__method": "magic"}, SettingError, "auto"),
        ({"tune__objective": "roboust"}, SettingError, "score"),
        ({"model__name": "locl"}, SettingError, "local"),
        ({"budget__usd": 1.0}, SettingError, "model.price"),
    ],
)
def test_wrong_settings_are_one_line(
    tmp_path: Path, changes: dict[str, Any], error: type[Exception], words: str
) -> None:
    project(tmp_path)
    with pytest.raises(error, match=words) as caught:
        done(order(tmp_path, **changes))
    assert "\n" not in str(caught.value)


def test_a_template_that_names_the_target_is_refused(tmp_path: Path) -> None:
    project(tmp_path)
    cheat = replace(order(tmp_path), prompts=("Say {{ team }} for {{ body }}",))
    with pytest.raises(PromptError, match="must not see the right answer"):
        done(cheat)


def test_too_few_rows_and_one_class(tmp_path: Path) -> None:
    project(tmp_path, 9)
    with pytest.raises(DataError, match="9 rows; at least 10"):
        done(order(tmp_path))
    (tmp_path / "rows.jsonl").write_text('{"body": "a", "team": "x"}\n' * 20)
    with pytest.raises(DataError, match="x"):
        done(order(tmp_path, task__grader="exact"))


def test_no_call_at_all_is_budget_ended(tmp_path: Path) -> None:
    project(tmp_path)
    with pytest.raises(BudgetEnded):
        done(order(tmp_path, "run", budget__calls=None, budget__tokens=20))
