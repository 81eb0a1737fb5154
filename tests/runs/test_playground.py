"""Trying prompts on a few rows, as the Playground page does."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from intone.errors import InputError, KeyRejected, PromptError, Unreachable
from intone.llm.fake import FakeBackend
from intone.prompt.library.library import ours
from intone.prompt.prompt import Prompt
from intone.prompt.vote import Vote
from intone.runs.labelling import Labelling
from intone.runs.orders import execute, prepare
from intone.runs.project import Project
from intone.runs.serving import Serving
from intone.runs.tried import Tried
from intone.store.registry import Registry
from tests.runs.opened import ON_ROWS, opened
from tests.runs.projects import order, project, rows

ONE = Prompt("Which team?\n\n{{ body }}")
TWO = Prompt("Answer with exactly one of the teams.\n\n{{ body }}")
PRICED = ON_ROWS | {"model__price": {"input": 1.0, "output": 2.0}}


def on_many(serving: Serving, loop: asyncio.Runner, *prompts: Prompt) -> Tried:
    task = serving.playground.task()
    return loop.run(serving.playground.try_out(prompts or (ONE,), task.sample, task))


def test_variants_side_by_side_on_twenty_rows(tmp_path: Path) -> None:
    project(tmp_path)
    split = prepare(order(tmp_path)).split
    with opened(tmp_path, **PRICED) as (serving, loop):
        task = serving.playground.task()
        assert len(task.sample) == 20 and {row.index for row in task.sample} <= set(split.tuning)
        assert serving.playground.most_calls(2, 20, task) == 40
        seen: list[int] = []
        work = serving.playground.try_out((ONE, TWO), task.sample, task, seen.append)
        found = loop.run(work)
        assert seen == list(range(1, 41))
        again = on_many(serving, loop, ONE, TWO)
    assert (found.calls, found.replayed, again.calls, again.replayed) == (40, 0, 40, 40)
    first, second = found.totals
    assert first.graded == second.graded == first.answered == 20
    assert second.right > first.right == 20 * (first.score or 0)
    assert first.usd == pytest.approx((first.prompt_tokens + 2 * first.completion_tokens) / 1e6)
    assert found.usd == pytest.approx((first.usd or 0) + (second.usd or 0))
    for row, given in zip(task.sample, found.rows, strict=True):
        assert given.label == row.target and given.name == f"row {row.index + 1}"
        for answer in given.answers:
            assert answer is not None and answer.tokens > 0
            assert answer.mark == ("right" if answer.text == row.target else "wrong")


def test_calls_are_in_the_ledger_so_that_a_run_does_not_pay_them_again(tmp_path: Path) -> None:
    project(tmp_path)
    with opened(tmp_path, **ON_ROWS) as (serving, loop):
        on_many(serving, loop)
    spent = asyncio.run(execute(order(tmp_path, "run", budget__calls=20)))["spent"]
    assert (spent["calls"], spent["replayed"]) == (20, 20)


def test_one_row_or_inputs_by_hand(tmp_path: Path) -> None:
    project(tmp_path, quality=1.0)
    place = prepare(order(tmp_path)).split.tuning[4]
    body = rows(120)[place]["body"]
    with opened(tmp_path, **ON_ROWS) as (serving, loop):
        task = serving.playground.task()
        own = task.by_hand({"body": body}, place)
        assert own == task.row(place)
        changed = task.by_hand({"body": f"{body}!"}, place)
        assert changed.target is None and changed.inputs == {"body": f"{body}!"}
        found = loop.run(serving.playground.try_out([ONE], [own], task))
        assert [it.name for it in found.rows] == [f"row {place + 1}"]
        assert found.rows[0].answers[0] and found.rows[0].answers[0].mark == "right"
        found = loop.run(serving.playground.try_out([ONE], [changed], task))
        assert found.rows[0].name == "by hand" and found.totals[0].score is None
        assert found.rows[0].answers[0] and found.rows[0].answers[0].mark == ""


def test_sealed_rows_cannot_be_tried(tmp_path: Path) -> None:
    project(tmp_path)
    place = prepare(order(tmp_path)).split.sealed[0]
    with opened(tmp_path, **ON_ROWS) as (serving, _):
        task = serving.playground.task()
        with pytest.raises(InputError, match="only a verdict sees it"):
            task.row(place)
        with pytest.raises(InputError, match="only a verdict sees it"):
            task.by_hand({"body": "x"}, place)


def test_a_fixed_label_is_what_answers_are_held_against(tmp_path: Path) -> None:
    project(tmp_path)
    with opened(tmp_path, **ON_ROWS) as (serving, _):
        row = serving.playground.task().sample[0]
        label = next(it for it in ("billing", "sales") if it != row.target)
        door: Labelling = serving.labelling
        door.fix(row.index, label)
        assert serving.playground.task().sample[0] == replace(row, target=label)


def test_without_rows_inputs_are_written_by_hand(tmp_path: Path) -> None:
    with Project(tmp_path).open() as database:
        Registry(database).save("triage", ONE.canonical())
    backend = FakeBackend(lambda request: request.messages[-1].content.upper())
    with opened(tmp_path, backend) as (serving, loop):
        playground = serving.playground
        task = playground.task()
        assert task.rows is None and task.sample == []
        row = task.by_hand({"body": "late"})
        found = loop.run(playground.try_out([playground.prompt("triage@1")], [row], task))
        (answer,) = found.rows[0].answers
        assert answer is not None and answer.text == "LATE"
        assert found.usd is None
        with pytest.raises(InputError, match=r"variant A names \{\{ subject \}\}, which no input"):
            loop.run(playground.try_out([Prompt("{{ subject }}")], [row], task))
        assert playground.messages(ONE, row, task) == [
            ("system", "Which team?"),
            ("user", "late"),
        ]


def test_a_prompt_that_does_not_fit_the_rows_is_one_line(tmp_path: Path) -> None:
    project(tmp_path)
    with opened(tmp_path, **ON_ROWS) as (serving, loop):
        with pytest.raises(InputError, match=r"variant B: .*boddy"):
            on_many(serving, loop, ONE, Prompt("{{ boddy }}"))
        with pytest.raises(InputError, match=r"variant A: .*which is the target"):
            on_many(serving, loop, Prompt("{{ team }} {{ body }}"))
        with pytest.raises(InputError, match="at most 3 prompts"):
            on_many(serving, loop, ONE, ONE, ONE, ONE)
        task = serving.playground.task()
        with pytest.raises(InputError, match="on 20 rows"):
            loop.run(serving.playground.try_out([ONE], [task.sample[0]] * 21, task))
        bare = on_many(serving, loop, Prompt("Which team?"))
        assert bare.totals[0].answered == 20


def test_a_model_that_cannot_be_used_is_one_error_and_nothing_hangs(tmp_path: Path) -> None:
    project(tmp_path)
    refused = FakeBackend([KeyRejected("the key is not accepted")] * 40)
    with opened(tmp_path, refused, **ON_ROWS) as (serving, loop):
        with pytest.raises(KeyRejected, match="the key is not accepted"):
            on_many(serving, loop)
    away = FakeBackend([Unreachable("no connection")] * 200)
    with opened(tmp_path, away, model__attempts=1, **ON_ROWS) as (serving, loop):
        with pytest.raises(Unreachable, match="no connection"):
            on_many(serving, loop, ONE, TWO)


def test_what_is_asked_is_answered_and_kept_though_nobody_waits(tmp_path: Path) -> None:
    project(tmp_path)
    backend = FakeBackend({"": "billing"}, delay=0.01)
    with opened(tmp_path, backend, **ON_ROWS) as (serving, loop):

        async def leave() -> None:
            task = serving.playground.task()
            waiting = asyncio.create_task(serving.playground.try_out([ONE], task.sample, task))
            await asyncio.sleep(0.005)
            waiting.cancel()

        loop.run(leave())
    assert backend.calls == 20
    with opened(tmp_path, backend, **ON_ROWS) as (serving, loop):
        assert on_many(serving, loop).replayed == 20


def test_a_judge_s_calls_are_in_the_limit_that_is_said(tmp_path: Path) -> None:
    project(tmp_path)
    (tmp_path / "judge.toml").write_text('answer = \'{"reason": "good", "score": 5}\'\n')
    backend = FakeBackend({"": "An answer."})
    settings = ON_ROWS | {
        "task__grader": "judge",
        "task__options": {"rubric": "It is good."},
        "judge__name": "fake:judge.toml",
    }
    with opened(tmp_path, backend, **settings) as (serving, loop):
        task = serving.playground.task()
        assert serving.playground.most_calls(1, 20, task) == 40
        found = on_many(serving, loop)
        assert found.totals[0].graded == 20 and found.calls <= 40 and backend.calls == 1 * 20


def test_prompts_to_start_from_and_saving_one(tmp_path: Path) -> None:
    project(tmp_path)
    (tmp_path / "mine.toml").write_text('template = "Which? {{ body }}"\n')
    with Project(tmp_path).open() as database:
        registry = Registry(database)
        registry.save("triage", ONE.canonical())
        registry.label("triage", "live")
        registry.save("vote", Vote((ONE, TWO, Prompt("{{ body }}?"))).canonical())
    with opened(tmp_path, prompt="mine.toml", **ON_ROWS) as (serving, _):
        playground = serving.playground
        first, second = playground.sources()
        assert (first.title, first.name) == ("mine (the project's prompt)", "mine")
        assert (second.ref, second.title) == ("triage@1", "triage@1 (live)")
        assert playground.prompt(first.ref).template == "Which? {{ body }}"
        with pytest.raises(InputError, match="made of several prompts"):
            playground.prompt("vote@1")
        saved = playground.save("triage", TWO, "triage@1", "me")
        assert (saved.ref, saved.parent, saved.new) == ("triage@2", "triage@1", True)
        assert playground.save("triage", TWO, "triage@2", "me") == replace(saved, new=False)
        assert playground.save("mine", TWO, first.ref, "me").parent is None
        with pytest.raises(InputError, match="cannot be a name"):
            playground.save("no name", TWO, None, "me")
    with Project(tmp_path).open() as database:
        assert Registry(database).labels("triage") == {"live": 1}
        assert Registry(database).get("triage").author == "me"


def test_clarifiers_are_the_task_s_and_the_project_s_own(tmp_path: Path) -> None:
    project(tmp_path)
    (tmp_path / "library").mkdir()
    own = (
        '[[clarifier]]\nname = "mine"\npurpose = "tone"\nkinds = ["classify"]\nstrengths = ["Hm."]'
    )
    (tmp_path / "library" / "clarifiers.toml").write_text(own)
    with opened(tmp_path, **ON_ROWS) as (serving, _):
        found = serving.playground.clarifiers(serving.playground.task())
        assert found[0].name == "mine"
        assert found[1:] == ours().clarifiers("classify")
        assert len(serving.playground.clarifiers()) == len(ours().all_clarifiers) + 1
        (tmp_path / "library" / "clarifiers.toml").write_text("[[clarifier]]\n")
        with pytest.raises(PromptError, match=r"clarifiers\.toml"):
            serving.playground.clarifiers()


def test_directives_that_contradict_each_other_are_said(tmp_path: Path) -> None:
    project(tmp_path)
    with opened(tmp_path, **ON_ROWS) as (serving, loop):
        torn = ONE.with_(clarifiers=["Answer in French.", "Answer in German."])
        (said,) = on_many(serving, loop, ONE, torn).notices
        assert said.startswith("variant B: ")
