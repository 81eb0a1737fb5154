"""Whole stress tests on fakes: one that layouts and casing upset, and one that nothing does."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace
from math import log
from pathlib import Path
from typing import Any

import pytest

import intone
from intone.errors import BackendError, BudgetEnded, InputError, SettingError
from intone.llm.answers import Labels
from intone.llm.backend import Feature
from intone.llm.completion import Completion, Usage
from intone.llm.fake import chance, prompt_text
from intone.llm.request import Request
from intone.prompt import Prompt, Vote
from intone.runs.orders import execute, order_of, plan
from intone.store.database import open_database
from intone.store.runs import Runs
from tests.runs.projects import LABELS, order, project, rows

TEXT = "Which team should handle it?\n\nTicket: {{ body }}"
RIGHT = {row["body"]: row["team"] for row in rows(400)}


def body_of(request: Request) -> str:
    return next(body for body in RIGHT if body in request.messages[-1].content)


def answering(upset: Callable[[str], bool] = lambda text: False) -> intone.FakeBackend:
    """Return a fake that knows four answers in five, and in a prompt that upsets it two in five."""

    def answer(request: Request) -> str:
        body, text = body_of(request), prompt_text(request)
        known = 0.4 if upset(text) else 0.8
        right = RIGHT[body]
        others = [label for label in LABELS if label != right]
        return right if chance(body) < known else others[len(body) % 2]

    return intone.FakeBackend(answer, identity="stressed")


def noisy(request: Request) -> str:
    """Answer by a coin that every prompt tosses again."""
    right = RIGHT[body_of(request)]
    known = chance(prompt_text(request), request.sample, request.sampling.temperature) < 0.7
    return right if known else LABELS[(LABELS.index(right) + 1) % 3]


def stressed(folder: Path, model: intone.FakeBackend, **told: Any) -> intone.StressResult:
    task = told.pop("task", intone.Task(rows(120), target="team"))
    told.setdefault("budget", intone.Budget(calls=4000))
    return intone.stress(TEXT, task, model=model, folder=folder, **told)


def test_a_model_that_layouts_upset_is_found_out(tmp_path: Path) -> None:
    fake = answering(lambda text: "## " in text or "TICKET" in text)
    found = stressed(tmp_path, fake, variants=8)
    assert found.spread is not None and found.p is not None
    assert found.spread.value > 0.3 and found.p < 0.01
    for kind in ("layout", "casing"):
        part = found.by_kind[kind]
        assert part["null_spread"]["p"] < 0.01 and part["disagreement"]["low"] > 0
        assert part["spread"]["value"] > part["null_spread"]["high"]
    for kind in ("paraphrase", "filler", "sampling"):
        part = found.by_kind[kind]
        assert part["spread"]["value"] == 0 and part["null_spread"]["p"] == 1
        assert all(variant["moved"] == 0 for variant in part["variants"])
    assert found.flips and {kind for flip in found.flips for kind in flip["kinds"]} == {
        "layout",
        "casing",
    }
    assert found.posix is None and found.kappa is not None and found.kappa.value < 1


def test_a_model_that_nothing_upsets_has_no_spread(tmp_path: Path) -> None:
    found = stressed(tmp_path, answering())
    assert found.spread is not None and found.disagreement is not None
    assert found.spread.value == found.disagreement.value == 0
    assert found.kappa is not None and found.kappa.value == 1
    assert found.p == 1 and not found.flips


def test_a_model_that_tosses_coins_spreads_no_further_than_noise(tmp_path: Path) -> None:
    found = stressed(tmp_path, intone.FakeBackend(noisy, identity="coins"))
    null = found.form["null_spread"]
    assert found.spread is not None and found.spread.value > 0.05
    assert found.spread.value <= null["high"] and null["p"] > 0.05
    assert found.spread.low == 0
    assert found.disagreement is not None and found.disagreement.value > 0.2


def test_label_probabilities_give_posix(tmp_path: Path) -> None:
    def answer(request: Request) -> Completion:
        right = RIGHT[body_of(request)]
        sure = 0.5 if "## " in prompt_text(request) else 0.9
        rest = (1 - sure) / 2
        choices = {label: sure if label == right else rest for label in LABELS}
        return Completion(right, "stop", Usage(9, 1), choices)

    features = frozenset({Feature.CHAT, Feature.SEED, Feature.LOGPROBS})
    fake = intone.FakeBackend(answer, identity="sure", features=features)
    found = stressed(tmp_path, fake, kinds=["layout", "filler"], variants=6)
    # one of 13 variants moves the right label from 0.9 to 0.5: 24 of 156 ordered pairs
    assert found.posix is not None and found.posix.low > 0
    assert found.posix.value == pytest.approx(24 / 156 * log(0.9 / 0.5), abs=1e-5)
    assert found.by_kind["filler"]["posix"]["value"] == 0
    assert found.disagreement is not None and found.disagreement.value == 0


def test_no_right_answers_are_needed(tmp_path: Path) -> None:
    bare = [{"body": row["body"]} for row in rows(30)]
    fake = answering(lambda text: "## " in text)
    found = stressed(tmp_path, fake, task=intone.Task(bare), kinds=["layout"], variants=6)
    assert found.spread is None and found.p is None and found.form["score"] is None
    assert found.form["sensitivity"] is None
    assert found.disagreement is not None and found.disagreement.value > 0.05
    assert all(part["spread"] is None for part in found.by_kind.values())
    assert found.form["n"] == 30


def test_a_budget_that_ends_early_leaves_whole_rows(tmp_path: Path) -> None:
    fake = answering()
    found = stressed(tmp_path, fake, budget=intone.Budget(calls=100), kinds=["layout", "filler"])
    assert found.form["n"] == 100 // 7 and found.spent["calls"] == 98 == fake.calls
    assert found.form["there"] == 84 and found.form["calls"] == 98
    tokens = stressed(tmp_path, fake, budget=intone.Budget(tokens=6000), kinds=["layout"])
    assert 2 <= tokens.form["n"] < 84
    with pytest.raises(BudgetEnded, match=r"1\d calls a row.*budget\.calls"):
        stressed(tmp_path, fake, budget=intone.Budget(calls=15), kinds=["layout"], variants=12)


def test_what_a_vote_does_not_need_reaches_further_rows(tmp_path: Path) -> None:
    project(tmp_path, quality=0.9)
    vote = Vote([Prompt(f"{word} the team.\n\n{{{{ body }}}}") for word in ("Name", "Give", "Say")])
    told = replace(order(tmp_path, "stress", budget__calls=200), prompts=(vote,))
    planned, first = plan(told), asyncio.run(execute(told))
    each = planned["calls_a_row"]
    assert planned["reached"] == 200 // each < first["n"] < first["there"]
    assert 200 - each < first["spent"]["calls"] == first["calls"] <= 200
    with open_database(tmp_path / ".intone" / "intone.db") as database:
        resumed = asyncio.run(execute(order_of(Runs(database).get(1))))
    assert resumed["spent"]["replayed"] == resumed["spent"]["calls"] == first["spent"]["calls"]
    for name in ("n", "score", "by_kind", "flips"):
        assert resumed[name] == first[name]


def test_failed_calls_are_missing_not_different(tmp_path: Path) -> None:
    def answer(request: Request) -> Any:
        body = body_of(request)
        if "## " in prompt_text(request) and chance("fails", body) < 0.2:
            return BackendError("out of order")
        return RIGHT[body]

    fake = intone.FakeBackend(answer, identity="failing")
    found = stressed(tmp_path, fake, kinds=["layout"], variants=6)
    assert found.form["missing"] > 5 and found.form["n"] + found.form["missing"] == 84
    assert found.disagreement is not None and found.disagreement.value == 0


def test_all_figures_are_of_the_rows_that_every_variant_answered(tmp_path: Path) -> None:
    def answer(request: Request) -> Any:
        body, text = body_of(request), prompt_text(request)
        if chance("fails", text) < 0.05:
            return BackendError("out of order")
        return RIGHT[body] if chance(body) < 0.7 else LABELS[(LABELS.index(RIGHT[body]) + 1) % 3]

    form = stressed(tmp_path, intone.FakeBackend(answer, identity="failing")).form
    assert form["n"] + form["missing"] == 84 and form["missing"] > 20
    assert form["missing_because"] == "out of order"
    for part in form["by_kind"].values():
        assert (part["n"], part["missing"]) == (form["n"], form["missing"])
        assert part["given"] == pytest.approx(form["score"])
        assert {variant["score"] for variant in part["variants"]} == {part["given"]}
    right = form["score"] * form["n"]
    assert right == pytest.approx(round(right))
    assert form["low"] < form["score"] - 1 / form["n"] ** 0.5 / 2  # as wide as so few rows make it


def test_sealed_rows_are_left_alone_unless_asked_for(tmp_path: Path) -> None:
    assert stressed(tmp_path, answering(), kinds=["layout"]).form["opened"] is None
    sealed = stressed(tmp_path, answering(), kinds=["layout"], rows="sealed")
    assert sealed.form["n"] == 36 and sealed.form["opened"] == 1


def test_what_does_not_apply_is_left_out_and_said_so(tmp_path: Path) -> None:
    found = stressed(tmp_path, answering(), kinds=["order", "layout"])
    assert (
        set(found.by_kind) == {"layout"} and "nothing is listed" in found.form["left_out"]["order"]
    )
    with pytest.raises(InputError, match=r"nothing to change about prompt .*nothing is listed"):
        stressed(tmp_path, answering(), kinds=["order"])
    with pytest.raises(SettingError, match="did you mean 'order'"):
        stressed(tmp_path, answering(), kinds=["ordr"])
    with pytest.raises(SettingError, match="kinds is 'order'"):
        stressed(tmp_path, answering(), kinds="order")


def test_the_plan_calls_nothing_and_comes_true(tmp_path: Path) -> None:
    project(tmp_path)
    told = replace(order(tmp_path, "stress", stress__variants=2), prompts=(TEXT,))
    planned = plan(told)
    assert not (tmp_path / ".intone").exists()
    result = asyncio.run(execute(told))
    assert result["calls"] == planned["calls"] <= 400
    assert [v["kind"] for v in planned["variants"]] == [
        kind for kind, part in result["by_kind"].items() for _ in part["variants"]
    ]
    assert planned["left_out"] == result["left_out"]


def test_a_run_that_was_cut_short_goes_on_to_the_same_end(tmp_path: Path) -> None:
    project(tmp_path, extra='log = "calls.log"')
    told = replace(order(tmp_path, "stress"), prompts=(TEXT,))

    class Stops:
        """A watcher that ends the run in the middle."""

        def __init__(self) -> None:
            self.seen = 0

        def begun(self, number: int) -> None: ...
        def planned(self, plan: dict[str, Any]) -> None: ...
        def stage(self, name: str, calls: int | None) -> None: ...
        def trying(self, candidates: Any) -> None: ...

        def heat(self, heat: Any) -> None: ...
        def outcome(self, outcome: Any, spent: Any) -> None:
            self.seen += 1
            if self.seen == 50:
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        asyncio.run(execute(told, Stops()))
    with open_database(tmp_path / ".intone" / "intone.db") as database:
        record = Runs(database).get(1)
    assert record.kind == "stress"
    resumed = asyncio.run(execute(order_of(record)))
    calls = (tmp_path / "calls.log").read_text().count("\n")
    whole = asyncio.run(execute(told))
    assert (tmp_path / "calls.log").read_text().count("\n") == calls  # all of it replayed
    same = ("spread", "null_spread", "disagreement", "kappa", "by_kind", "flips", "n")
    assert {name: resumed[name] for name in same} == {name: whole[name] for name in same}
    assert resumed["run"] == 1 and whole["run"] == 2


def test_a_writer_that_is_named_paraphrases(tmp_path: Path) -> None:
    project(tmp_path)
    (tmp_path / "writer.toml").write_text(
        'answer = "<prompt>Name the team that this ticket belongs to.</prompt>"\n'
    )
    told = order(tmp_path, "stress", writer__name="fake:writer.toml", stress__kinds="paraphrase")
    told = replace(told, prompts=(TEXT,))
    assert plan(told)["writer_calls"] == 3
    result = asyncio.run(execute(told))
    assert result["spent"]["calls"] <= 400
    assert result["writer"] is not None
    assert len(result["by_kind"]["paraphrase"]["variants"]) == 3


def told_to_be_robust(folder: Path, method: str = "auto", **told: Any) -> intone.TuneResult:
    """Tune where naming the labels steadies answers that change with every word of a prompt."""

    def answer(request: Request) -> str:
        if not isinstance(request.answer, Labels):
            return "no idea"  # to what a writer is asked
        body, text = body_of(request), prompt_text(request)
        right = RIGHT[body]
        steady = "exactly one of" in text
        known = 0.75 if steady else 0.45 + 0.5 * chance("mood", text.replace(body, ""))
        return right if chance("row", body) < known else LABELS[(LABELS.index(right) + 1) % 3]

    fake = intone.FakeBackend(answer, identity="moods")
    settings = {"tune.objective": "robust"} | told.pop("settings", {})
    return intone.tune(
        TEXT,
        told.pop("task", intone.Task(rows(160), target="team")),
        model=fake,
        method=method,
        budget=intone.Budget(calls=told.pop("calls", 500)),
        settings=settings,
        folder=folder,
    )


def test_a_robust_tuning_shows_the_price_of_consistency(tmp_path: Path) -> None:
    tuned = told_to_be_robust(tmp_path, calls=1300)
    form = tuned.form
    assert tuned.spent["calls"] <= 1300
    plan = form["plan"]
    assert plan["verdict_calls"] == plan["sealed_used"] * 3 * 3 <= 650
    assert (plan["versions"], plan["search_versions"]) == (3, 2)
    paid = form["robust"]
    assert paid["versions"] == 3 and 2 <= paid["n"] <= plan["sealed_used"]
    assert form["winner"]["edits"]
    again = told_to_be_robust(tmp_path, calls=1300).form
    for name in ("prompt_id", "tuned", "heats"):
        assert again[name] == form[name]
    assert again["robust"]["disagreement"] == form["robust"]["disagreement"]
    assert again["spent"]["replayed"] == again["spent"]["calls"] == form["spent"]["calls"]
    given, won = paid["given"], paid["tuned"]
    assert won["disagreement"] <= given["disagreement"]
    apart = paid["disagreement"]
    assert apart["difference"] == pytest.approx(won["disagreement"] - given["disagreement"])
    assert apart["low"] <= apart["difference"] <= apart["high"]
    assert paid["score"]["difference"] == pytest.approx(won["score"] - given["score"])
    assert paid["score"]["n"] == paid["n"]
    # what is judged is the mean less half the difference, and it is what ships
    verdict = form["verdict"]
    worth = [arm["score"] - 0.5 * arm["sensitivity"] for arm in (given, won)]
    assert verdict["difference"] == pytest.approx(worth[1] - worth[0], abs=1e-6)
    assert form["baseline"]["score"] == pytest.approx(worth[0], abs=1e-6)
    assert form["front"] is None


@pytest.mark.parametrize("method", ["random", "capo", "gepa"])
def test_every_method_can_be_robust(tmp_path: Path, method: str) -> None:
    form = told_to_be_robust(tmp_path, method, calls=200).form
    assert form["spent"]["calls"] <= 200 and form["plan"]["search_versions"] == 1
    assert form["verdict"] is not None


def test_few_rows_and_few_calls_can_be_robust(tmp_path: Path) -> None:
    few = intone.Task(rows(24), target="team")
    form = told_to_be_robust(tmp_path, task=few, calls=240).form
    assert form["plan"]["cross_validated"] and form["spent"]["calls"] <= 240
    assert form["verdict"]["exploratory"] and form["robust"] is None


def test_consistency_is_of_mean_scores_only(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match=r"task\.metric is 'macro_f1'"):
        told_to_be_robust(tmp_path, settings={"task.metric": "macro_f1"})
    assert told_to_be_robust(tmp_path, "grid", calls=90, settings={
        "tune.objective": {"score": 1, "spread": -0.25, "tokens": -0.01}
    }).form["front"]  # fmt: skip


@pytest.mark.parametrize(("kind", "text"), [("order", TEXT), ("paraphrase", "{{ body }}")])
def test_kinds_that_change_nothing_are_refused_before_a_tuning_spends(
    tmp_path: Path, kind: str, text: str
) -> None:
    (tmp_path / "rows.jsonl").write_text("\n".join(map(json.dumps, rows(120))) + "\n")
    told = order(tmp_path, tune__objective="robust", stress__kinds=[kind])
    with pytest.raises(
        InputError, match=rf"nothing to change about prompt \({kind}: .*other kinds"
    ):
        plan(replace(told, prompts=(text,)))
    assert not (tmp_path / ".intone").exists()
