"""Comparisons over several models: whole rows, one budget, replayed, and the worst case."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import intone
from intone.errors import BudgetEnded, InputError, SettingError
from intone.prompt import Chain, Prompt, Step, Vote
from intone.prompt.program import Program
from intone.report.across import across_screen
from intone.runs.across import same_answers, worst_cases
from intone.runs.beside import named
from intone.runs.judging import Column
from intone.runs.orders import Order, execute, order_of, over_models
from intone.runs.spec import Spec
from intone.store.outcomes import RunOutcomes
from intone.store.runs import Runs
from tests.runs.projects import LABELS, order, project, rows

TWO = ("fake:good.toml", "fake:poor.toml")
PLAIN = "Which team?\n\n{{ body }}"
CHOOSE = "Answer with exactly one of the teams.\n\n{{ body }}"


def over(
    folder: Path,
    *prompts: str | Program,
    models: tuple[str, ...] = TWO,
    extra: str = "",
    **changes: Any,
) -> Order:
    """Return a comparison of a good and a poor model on 60 rows, 42 of them for tuning."""
    for name, quality, gain in (("good", 0.9, 0.1), ("poor", 0.3, 0.6)):
        project(folder, 60, quality=quality, gain=gain, extra=f'log = "{name}.log"\n{extra}')
        (folder / "fake.toml").rename(folder / f"{name}.toml")
    that = order(folder, "compare", **{"model__name": models[0], **changes})
    given = prompts or (PLAIN,)
    return over_models(
        Order("compare", that.spec, given, names=tuple(map(str, range(len(given))))), models
    )


def calls(folder: Path) -> int:
    logs = [folder / f"{name}.log" for name in ("good", "poor")]
    return sum(len(log.read_text().splitlines()) for log in logs if log.exists())


def done(that: Order) -> dict[str, Any]:
    return asyncio.run(execute(that))


def screen(result: dict[str, Any]) -> str:
    from io import StringIO

    from intone.report.console import console_for, show

    out = StringIO()
    show(console_for(out), across_screen(result))
    return out.getvalue()


def test_one_prompt_has_a_verdict_of_each_model_against_the_first(tmp_path: Path) -> None:
    result = done(over(tmp_path))
    one, other = result["cells"]
    assert (one["model"], other["model"]) == TWO
    assert one["n"] == other["n"] == one["calls"] == 42
    assert one["score"] > other["score"] and one["tokens"] > 0 and one["usd"] is None
    (verdict,) = result["verdicts"]
    assert (verdict["model"], verdict["word"]) == (TWO[1], "worse")
    assert verdict["difference"] == pytest.approx(other["score"] - one["score"])
    (pair,) = result["agreement"]
    assert pair["models"] == list(TWO) and pair["n"] == 42
    assert pair["low"] <= pair["share"] <= pair["high"]
    assert result["best_worst"] is None and result["spent"]["calls"] == 84 == calls(tmp_path)
    json.dumps(result)
    said = screen(result)
    assert "of all" not in said
    assert "0 with 2 models on 42 tuning rows" in said and "fake:poor.toml: worse: -" in said
    assert "the same answer on 0." in said and "42 calls" in said


def test_of_several_prompts_the_best_in_the_worst_case_is_named(tmp_path: Path) -> None:
    result = done(over(tmp_path, PLAIN, CHOOSE))
    assert [(cell["prompt"], cell["model"]) for cell in result["cells"]] == [
        (prompt, model) for prompt in ("0", "1") for model in TWO
    ]
    assert result["verdicts"] == [] and len(result["agreement"]) == 2
    assert result["worst"][0]["model"] == TWO[1]
    assert result["best_worst"] == "1"
    assert "<- best in the worst case" in screen(result)


@pytest.mark.parametrize("most", [4, 5, 41, 83, 84])
def test_the_calls_are_shared_so_that_rows_are_whole(tmp_path: Path, most: int) -> None:
    result = done(over(tmp_path, budget__calls=most))
    assert {cell["n"] for cell in result["cells"]} == {most // 2}
    assert calls(tmp_path) == result["spent"]["calls"] == most // 2 * 2 <= most
    assert ("the budget ended" in screen(result)) == (most < 84)


CHAIN = Chain(
    [
        Step("facts", Prompt("Facts?\n\n{{ body }}")),
        Step("team", Prompt("{{ facts }}\n\n{{ body }}")),
    ]
)
VOTE = Vote([Prompt(f"{word} the team.\n\n{{{{ body }}}}") for word in ("Name", "Give", "Tell me")])


@pytest.mark.parametrize(("most", "reached"), [(8, 2), (43, 10), (168, 42)])
def test_a_chain_leaves_every_model_its_calls(tmp_path: Path, most: int, reached: int) -> None:
    result = done(over(tmp_path, CHAIN, budget__calls=most))
    assert {cell["n"] for cell in result["cells"]} == {reached}
    assert {cell["calls"] for cell in result["cells"]} == {reached * 2}
    assert calls(tmp_path) == result["spent"]["calls"] == reached * 4
    assert ("the budget ended" in screen(result)) == (reached < 42)


def test_a_chain_without_room_for_two_rows_is_said_before_it_is_spent(tmp_path: Path) -> None:
    with pytest.raises(BudgetEnded, match=r"two rows .* raise budget\.calls"):
        done(over(tmp_path, CHAIN, budget__calls=7))
    assert calls(tmp_path) == 0


def test_what_a_vote_does_not_need_reaches_further_rows(tmp_path: Path) -> None:
    that = over(tmp_path, PLAIN, VOTE, budget__calls=150)
    first = done(that)
    (reached,) = {cell["n"] for cell in first["cells"]}
    assert 150 // 8 < reached < 42  # a row takes 8 calls at the most
    assert first["statuses"] == {"answered": reached * 4}
    assert 150 - 8 < calls(tmp_path) == first["spent"]["calls"] <= 150
    again = done(that)
    assert again["cells"] == first["cells"]
    assert again["spent"]["replayed"] == again["spent"]["calls"] == first["spent"]["calls"]


def test_a_budget_in_tokens_is_kept_and_leaves_whole_rows(tmp_path: Path) -> None:
    small: dict[str, Any] = {"budget__calls": None, "model__max_tokens": 8, "model__concurrency": 4}
    result = done(over(tmp_path, budget__tokens=1_000, **small))
    spent = result["spent"]
    assert spent["prompt_tokens"] + spent["completion_tokens"] <= 1_000
    ns = {cell["n"] for cell in result["cells"]}
    assert len(ns) == 1 and 2 <= ns.pop() < 42


def test_too_small_a_budget_is_said_before_it_is_spent(tmp_path: Path) -> None:
    with pytest.raises(BudgetEnded, match=r"two rows .* raise budget\.calls"):
        done(over(tmp_path, budget__calls=3))
    assert calls(tmp_path) == 0


def test_it_is_recorded_and_a_resume_replays_it(tmp_path: Path) -> None:
    that = over(tmp_path, PLAIN, CHOOSE)
    first = done(that)
    made = calls(tmp_path)
    with that.project.open() as database:
        record = Runs(database).get(1)
        kept = RunOutcomes(database, 1).all()
    assert record.state == "done" and len(kept) == 42 * 4  # one model's do not replace another's
    for again in (order_of(record), that):
        result = done(again)
        assert calls(tmp_path) == made
        assert result["cells"] == first["cells"] and result["worst"] == first["worst"]
        assert result["spent"]["replayed"] == result["spent"]["calls"] == made


def test_rows_that_one_model_fails_on_are_left_out_for_all(tmp_path: Path) -> None:
    failing = '[[rules]]\nmatch = "number 00[0-2]."\nerror = 500\n'
    that = over(tmp_path, model__attempts=1)
    good = (tmp_path / "good.toml").read_text()
    (tmp_path / "poor.toml").write_text(good.replace("good.log", "poor.log") + failing)
    result = done(that)
    one, other = result["cells"]
    assert one["statuses"] == {"answered": 42} and other["statuses"]["failed"] > 5
    assert one["n"] == other["n"] == 42 - other["statuses"]["failed"]
    told = f"calls and tokens are of all 42 rows, the scores of the {one['n']} that all answered"
    assert one["calls"] == result["reached"] == 42 and told in screen(result)
    assert result["agreement"][0]["n"] == one["n"] and result["agreement"][0]["share"] == 1.0


def test_one_judge_grades_every_model(tmp_path: Path) -> None:
    that = over(
        tmp_path,
        task__grader="judge",
        task__target=None,
        task__options={"rubric": "It names a team."},
        judge__name="fake:judge.toml",
        budget__calls=120,
    )
    (tmp_path / "judge.toml").write_text(
        """answer = '{"reason": "yes", "score": 5}'
[[rules]]
when = "> I am not sure"
answer = '{"reason": "no", "score": 1}'
"""
    )
    result = done(that)
    assert {cell["n"] for cell in result["cells"]} == {30}
    assert result["spent"]["calls"] == 120 and calls(tmp_path) == 60
    assert result["judge"] == "fake:judge.toml" and "judged by fake:judge.toml" in screen(result)
    assert result["verdicts"][0]["word"] == "worse"


def test_prices_and_keys_stay_with_their_models() -> None:
    price = {"input": 1.0, "output": 2.0}
    spec = Spec.model_validate(
        {
            "model": {"name": "openai:a", "price": price, "api_key_env": "MINE", "max_tokens": 9},
            "judge": {"name": "anthropic:j", "price": price, "api_key_env": "THEIRS"},
        }
    )
    assert named(spec, "openai:a") == spec.model
    same, other = named(spec, "openai:b"), named(spec, "http://127.0.0.1:1/v1#b")
    assert (same.api_key_env, same.price, same.max_tokens) == ("MINE", None, 9)
    assert (other.api_key_env, other.price, other.max_tokens) == (None, None, 9)
    judge = named(spec, "anthropic:j")
    assert judge.api_key_env == "THEIRS" and judge.price is not None
    with pytest.raises(SettingError, match="models"):
        named(spec, "http://user:secret@host/v1#b")


def test_costs_are_priced_where_the_price_is_known(tmp_path: Path) -> None:
    price = {"input": 1.0, "output": 1.0}
    result = done(over(tmp_path, model__price=price))
    one, other = result["cells"]
    assert one["usd"] == pytest.approx(one["tokens"] / 1e6) and other["usd"] is None
    assert result["spent"]["usd"] == pytest.approx(one["usd"])
    both = done(over(tmp_path, model__price=price, judge__name=TWO[1], judge__price=price))
    assert both["cells"][1]["usd"] == pytest.approx(both["cells"][1]["tokens"] / 1e6)


@pytest.mark.parametrize(
    ("models", "changes", "words"),
    [
        (("fake:first",), {}, "two or more"),
        (("fake:first", " "), {}, "two or more"),
        (("fake:first", "fake:first"), {}, "fake:first twice"),
        (
            ("fake:first", "fake:random"),
            {"budget__usd": 1.0, "model__price": {"input": 1.0, "output": 1.0}},
            "fake:random is not known",
        ),
        (("fake:first", "fake:no-such"), {}, "no-such"),
    ],
)
def test_models_that_cannot_be_compared(
    tmp_path: Path, models: tuple[str, ...], changes: dict[str, Any], words: str
) -> None:
    with pytest.raises(SettingError, match=words):
        done(over(tmp_path, models=models, **{"model__name": "fake:first", **changes}))
    with pytest.raises(InputError, match="two of the prompts are the same"):
        done(over(tmp_path, PLAIN, PLAIN))


def test_from_python_names_and_backends(tmp_path: Path) -> None:
    mine = intone.FakeBackend({"": LABELS[0]}, identity="mine")
    task = intone.Task(rows(60), target="team")
    result = intone.compare(
        [PLAIN], task, models=[mine, "fake:label-in-text"], folder=tmp_path, rows="all"
    )
    assert [cell["model"] for cell in result.cells] == ["fake:mine", "fake:label-in-text"]
    assert len(result.verdicts) == 1 and mine.calls == 60
    for wrong in ("fake:first", [], [3]):
        with pytest.raises(SettingError, match="models"):
            intone.compare([PLAIN], task, models=wrong, folder=tmp_path)  # type: ignore[arg-type]


SCORES = st.none() | st.floats(0, 1)


@given(st.lists(st.tuples(SCORES, SCORES, SCORES), min_size=1, max_size=5))
def test_the_worst_case_is_the_maximin(table: list[tuple[float | None, ...]]) -> None:
    cells = [
        {"prompt": f"p{p}", "model": f"m{m}", "score": score}
        for p, line in enumerate(table)
        for m, score in enumerate(line)
    ]
    found = worst_cases(cells)
    worst = [min(-1.0 if score is None else score for score in line) for line in table]
    assert [-1.0 if w["score"] is None else w["score"] for w in found["worst"]] == worst
    best = [f"p{p}" for p, score in enumerate(worst) if max(worst) - score < 1e-9]
    if len(table) == 1 or max(worst) < 0:
        best = []
    assert found["best_worst"] == (best[0] if len(best) == 1 else None)
    assert found["equal_worst"] == (best if len(best) > 1 else [])


def test_of_equals_none_is_the_best_in_the_worst_case(tmp_path: Path) -> None:
    result = done(over(tmp_path, PLAIN, PLAIN.replace("Which", "What")))
    assert result["worst"][0]["score"] == result["worst"][1]["score"]
    assert result["best_worst"] is None and result["equal_worst"] == ["0", "1"]
    said = screen(result)
    assert "<-" not in said and "equal in the worst case: 0, 1\n" in said


ANSWERS = st.lists(st.sampled_from(["billing", "Billing ", "sales", None]), max_size=8)


def col(answers: list[str | None]) -> Column:
    scores = tuple(None if a is None else 1.0 for a in answers)
    return Column(scores, tuple(answers), tuple(a is not None for a in answers), ())


@given(ANSWERS)
def test_agreement_is_symmetric_and_full_with_itself(answers: list[str | None]) -> None:
    one, other = col(answers), col(answers[::-1])
    assert repr(same_answers(one, other)) == repr(same_answers(other, one))
    itself = same_answers(one, one)
    assert itself.n == len([a for a in answers if a is not None])
    assert itself.n == 0 or itself.value == 1.0
