"""The writer of a run: opened when asked for, paid from the purse, remembered for the next run."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from intone.errors import SettingError
from intone.evaluate.budget import Budget
from intone.evaluate.outcome import Outcome
from intone.llm.open import ModelSettings
from intone.prompt import Prompt
from intone.prompt.edits import apply_all
from intone.runs.beside import price, same_model
from intone.runs.kit import Begin, Kit, opened
from intone.runs.methods import make_race
from intone.runs.orders import Order, execute, plan, prepare
from intone.runs.spec import ModelSpec, Spec
from intone.runs.watch import Unwatched
from intone.runs.writing import rejected, sampling
from intone.store import Rejections, Runs
from intone.tune.candidate import Candidate, Trial
from intone.tune.loop import Found, Memo, search
from intone.tune.scores import Scores
from intone.writer.writer import Failure, Writer
from tests.runs.projects import order, project

GOOD = "Answer with exactly one of the team names."
WRITER = """
answer = '''
{answer}
'''
log = "writer.log"
"""


def rule(text: str) -> str:
    return f"PROBLEM: It is vague.\nCHANGE: add rule\nTEXT: {text}"


@dataclass
class Reflecting:
    """A tuner in four lines: the given prompt, then twice what a writer makes of its failures."""

    given: Prompt
    rows: dict[int, Any]
    writer: Writer
    calls: int = 20
    turn: int = 0
    seen: dict[str, Candidate] = field(default_factory=dict)
    failures: list[Failure] = field(default_factory=list)
    scores: Scores = field(default_factory=Scores)
    dropped: list[dict[str, int]] = field(default_factory=list)

    async def ask(self, left: Budget) -> Sequence[Trial]:
        self.turn += 1
        if self.turn > 3 or not left.calls:
            return ()
        tried = [Candidate(self.given)]
        if self.turn > 1:
            found = await self.writer.critique(self.given, self.failures, count=2, turn=self.turn)
            self.dropped.append(dict(found.dropped))
            tried = [Candidate(apply_all(self.given, p.edits), p.edits) for p in found.proposals]
        self.seen.update((candidate.id, candidate) for candidate in tried)
        return [Trial(candidate, calls=self.calls) for candidate in tried]

    def tell(self, outcomes: Sequence[Outcome]) -> None:
        self.scores.add(outcomes)
        self.failures += [
            Failure(self.rows[it.row], it)
            for it in outcomes
            if it.program == self.given.id and not it.score
        ]

    def best(self) -> Sequence[Candidate]:
        return sorted(self.seen.values(), key=lambda c: -(self.scores.score(c.id) or 0.0))


def with_writer(folder: Path, answer: str, **changes: Any) -> Order:
    """Return an order on a small project whose writer says this."""
    project(folder, 60)
    (folder / "writer.toml").write_text(WRITER.format(answer=answer))
    return order(folder, writer__name="fake:writer.toml", **changes)


async def reflected(kit: Kit) -> tuple[Found, Reflecting, Memo]:
    rows = {i: kit.ready.data[i] for i in kit.ready.split.tuning}
    tuner = Reflecting(kit.ready.sole_prompt, rows, kit.writer())
    memo: Memo = {}
    found = await search(tuner, make_race(list(rows)), kit.engine, rows, memo=memo)
    kit.keep_rejections(memo)
    kit.flush()
    kit.runs.end(kit.number, "done", {})
    return found, tuner, memo


def done(that: Order, number: int | None = None) -> tuple[Found, Reflecting, dict[str, Any]]:
    async def play() -> tuple[Found, Reflecting, dict[str, Any]]:
        begin = Begin("tune", number=number)
        async with opened(prepare(that), that.project, begin, Unwatched()) as kit:
            found, tuner, _ = await reflected(kit)
            tally = kit.writing.tally
            assert tally is not None
            assert sum(tally["dropped"].values()) == sum(sum(d.values()) for d in tuner.dropped)
            return found, tuner, kit.spent()

    return asyncio.run(play())


def asked_of_writer(folder: Path) -> int:
    log = folder / "writer.log"
    return len(log.read_text().splitlines()) if log.exists() else 0


def test_a_good_writer_s_edit_wins(tmp_path: Path) -> None:
    found, tuner, spent = done(with_writer(tmp_path, rule(GOOD)))
    assert found.best[0].program.canonical()["clarifiers"] == [GOOD]
    assert tuner.dropped == [{"tried before": 1}, {"tried before": 2}]
    assert asked_of_writer(tmp_path) == 4
    assert spent["calls"] <= 400


def test_junk_is_counted_and_changes_nothing(tmp_path: Path) -> None:
    found, tuner, _ = done(with_writer(tmp_path, "Certainly!"))
    assert [candidate.id for candidate in found.best] == [tuner.given.id]
    assert tuner.dropped[0] == {"unreadable": 2}


def test_the_writer_is_paid_from_the_same_budget(tmp_path: Path) -> None:
    for calls in (2, 20, 21, 22, 43):
        found, _, spent = done(with_writer(tmp_path, rule(GOOD), budget__calls=calls))
        assert spent["calls"] <= calls
        assert found.best


def test_a_budget_that_ends_at_the_writer_ends_the_search(tmp_path: Path) -> None:
    """In tokens: the task's calls fit, the writer's longer one does not."""
    that = with_writer(tmp_path, rule(GOOD), budget__calls=None, budget__tokens=1300)
    that = replace(that, spec=that.spec.model_copy(update={"model": _short(that.spec.model)}))
    found, tuner, _ = done(that)
    assert not found.finished
    assert tuner.turn == 2 and tuner.dropped == []
    assert asked_of_writer(tmp_path) == 0


def _short(model: ModelSpec) -> ModelSpec:
    return model.model_copy(update={"max_tokens": 8})


def test_a_run_without_a_writer_opens_none(tmp_path: Path) -> None:
    that = with_writer(tmp_path, rule(GOOD))
    wrong = order(tmp_path, writer__name="fake:no-such-script.toml", tune__method="random")
    assert asyncio.run(execute(wrong))["writer"] is None  # nobody asked for it
    wrong = order(tmp_path, writer__name="fake:no-such-script.toml")
    with pytest.raises(SettingError, match="no-such-script"):
        done(wrong)
    done(that)


def said_of_writer(that: Order) -> list[str]:
    return [notice for notice in plan(that)["notices"] if "writer" in notice]


def test_the_plan_says_that_a_writer_will_not_be_asked_and_why(tmp_path: Path) -> None:
    project(tmp_path, 60)  # 18 of them sealed, so 54 calls are the verdict's
    named: dict[str, Any] = {"writer__name": "fake:first"}
    assert said_of_writer(order(tmp_path, **named, budget__calls=294)) == []
    few = order(tmp_path, **named, budget__calls=293)
    told = "[writer] is not used: auto asks it in searches of 240 answers, this one has 239"
    assert said_of_writer(few) == [told]
    found = asyncio.run(execute(few))
    assert found["writer"]["proposed"] == 0
    assert sum("writer" in notice for notice in found["notices"]) == 1  # the run says it once
    assert said_of_writer(order(tmp_path, budget__calls=293)) == []  # none is named
    other = order(tmp_path, **named, budget__calls=293, tune__method="ape")
    assert said_of_writer(other) == []
    none = order(tmp_path, **named, budget__calls=294, tune__method="grid")
    assert said_of_writer(none) == ["[writer] is not used: grid asks none"]
    assert "[writer] is not used: grid asks none" in asyncio.run(execute(none))["notices"]


def test_the_same_model_is_opened_once(tmp_path: Path) -> None:
    project(tmp_path, 60)

    async def play(that: Order) -> tuple[bool, bool]:
        begin = Begin("tune")
        async with opened(prepare(that), that.project, begin, Unwatched()) as kit:
            one, other = kit.writer(), kit.writer()
            task = kit.engine.backend
            assert kit.writing.tally == {"proposed": 0, "dropped": {}}
            assert one._backend is other._backend
            return one._backend.backend is task.backend, one._backend.purse is task.purse

    assert asyncio.run(play(order(tmp_path))) == (True, True)
    same = order(tmp_path, writer__name="fake:fake.toml", writer__temperature=1.0)
    assert asyncio.run(play(same)) == (True, True)
    other = order(tmp_path, writer__name="fake:first")
    assert asyncio.run(play(other)) == (False, True)


def test_an_embedded_engine_is_shared_whatever_its_settings() -> None:
    local = ModelSettings("local")
    assert same_model(local, ModelSettings("local", timeout=300.0))
    assert not same_model(local, ModelSettings("local-small"))
    url = "http://127.0.0.1:1/v1#m"
    assert not same_model(ModelSettings(url), ModelSettings(url, api_key_env="OTHER"))


def test_each_model_has_its_price(tmp_path: Path) -> None:
    cheap, dear = {"input": 1.0, "output": 1.0}, {"input": 1000.0, "output": 1000.0}
    that = with_writer(tmp_path, rule(GOOD), model__price=cheap, writer__price=dear)
    _, _, spent = done(that)
    tokens = spent["prompt_tokens"] + spent["completion_tokens"]
    assert spent["usd"] > 3 * tokens / 1e6  # a few of the writer's calls are most of it
    limited = with_writer(
        tmp_path, rule(GOOD), model__price=cheap, writer__price=dear, budget__usd=0.7
    )
    found, _, spent = done(limited)
    assert spent["usd"] <= 0.7 and not found.finished


def test_whose_price_it_is() -> None:
    model = {"name": "local", "price": {"input": 1.0, "output": 2.0}}
    alone = Spec.model_validate({"model": model, "budget": {"usd": 1.0}})
    same = Spec.model_validate({**alone.form(), "writer": {"name": "local"}})
    other = Spec.model_validate({**alone.form(), "writer": {"name": "openai:x"}})
    free = other.model_copy(update={"budget": alone.budget.model_copy(update={"usd": None})})
    assert price(alone, "writer") == price(same, "writer") == alone.model.pricing()
    with pytest.raises(SettingError, match=r"writer\.price"):
        price(other, "writer")
    unpriced = price(free, "writer")
    assert unpriced is not None and unpriced.input == 0.0


def test_a_writer_never_has_temperature_zero() -> None:
    cold = Spec.model_validate({"writer": {"name": "local", "max_tokens": 99}})
    warm = Spec.model_validate({"writer": {"name": "local", "temperature": 1.2}})
    assert sampling(Spec()).temperature > 0
    assert sampling(cold).temperature > 0 and sampling(cold).max_tokens == 99
    assert sampling(warm).temperature == 1.2


def test_what_did_not_pay_is_told_to_the_next_run(tmp_path: Path) -> None:
    that = with_writer(tmp_path, rule("Take your time."))
    _, first, _ = done(that)
    with that.project.open() as database:
        (kept,) = Rejections(database).of_data(prepare(that).data.id)
        assert Runs(database).get(1).spec["recalled"] == []
    assert kept.sentence == "add “Take your time.”"
    assert kept.prompt_id == first.given.id and kept.rows == 20 and kept.difference == 0
    assert kept.reason == "no better on 20 rows"
    _, second, _ = done(with_writer(tmp_path, rule("Take your time."), budget__calls=399))
    assert second.dropped[0] == {"tried before": 2}
    with that.project.open() as database:
        (told,) = Runs(database).get(2).spec["recalled"]
    assert told == kept.form()


def test_nothing_is_told_that_was_learnt_on_rows_sealed_now(tmp_path: Path) -> None:
    that = with_writer(tmp_path, rule("Take your time."))
    done(that)
    other_seed = with_writer(tmp_path, rule("Take your time."), tune__seed=1)
    done(other_seed)
    third, _, _ = done(replace(other_seed, spec=_short_of(other_seed.spec)))
    with that.project.open() as database:
        told = [Runs(database).get(number).spec["recalled"] for number in (1, 2, 3)]
    assert told[:2] == [[], []]
    assert [it["run"] for it in told[2]] == [2]  # the run that sealed the same rows
    assert third.best


def _short_of(spec: Spec) -> Spec:
    return spec.model_copy(update={"budget": spec.budget.model_copy(update={"calls": 399})})


def test_a_writer_that_auto_had_too_few_calls_to_ask_is_named(tmp_path: Path) -> None:
    said = "the writer (fake:writer.toml) was not asked: the search had too few calls"
    few = asyncio.run(execute(with_writer(tmp_path, rule(GOOD), budget__calls=120)))
    assert few["notices"][-1].startswith(said)
    enough = asyncio.run(execute(with_writer(tmp_path, rule(GOOD), budget__calls=400)))
    assert enough["writer"]["proposed"] or enough["writer"]["dropped"]
    assert not any("was not asked" in notice for notice in enough["notices"])


def test_a_resumed_run_and_the_same_run_again_are_told_the_same(tmp_path: Path) -> None:
    that = with_writer(tmp_path, rule("Take your time."))
    first, before, spent = done(that)
    asked = asked_of_writer(tmp_path)
    for number in (1, None):
        again, after, paid = done(that, number)
        assert [c.id for c in again.best] == [c.id for c in first.best]
        assert after.dropped == before.dropped
        assert paid["replayed"] == paid["calls"] == spent["calls"]
    assert asked_of_writer(tmp_path) == asked


def test_only_what_was_compared_on_enough_rows_is_rejected(tmp_path: Path) -> None:
    that = with_writer(tmp_path, rule("Take your time."))

    async def play() -> None:
        async with opened(prepare(that), that.project, Begin("tune"), Unwatched()) as kit:
            found, tuner, memo = await reflected(kit)
            offers = kit.writing.offers
            ((tried, _),) = offers.items()
            assert [it.tried_id for it in rejected(1, offers, memo)] == [tried]
            few = dict([item for item in memo.items() if item[0][0] == tried][:4])
            given = {key: it for key, it in memo.items() if key[0] == tuner.given.id}
            assert rejected(1, offers, given | few) == []
            better = {key: replace(it, score=0.0) for key, it in given.items()}
            assert rejected(1, offers, dict(memo) | better) == []
            assert found.finished

    asyncio.run(play())
