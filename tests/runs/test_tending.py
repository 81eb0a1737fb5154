"""Runs steered from outside: started, held, stopped and resumed, followed and compared."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from intone.errors import InputError, NotThere, SettingError
from intone.llm.fake import FakeBackend
from intone.llm.open import ModelSettings
from intone.prompt.prompt import Prompt
from intone.runs.beside import Pool
from intone.runs.following import Progress, follow
from intone.runs.holding import Hold
from intone.runs.orders import execute
from intone.runs.project import Project
from intone.runs.spec import Spec
from intone.runs.tending import Tending, Wanted
from intone.store.registry import Registry
from intone.store.runs import Runs
from tests.runs.projects import order, project

SLOW = 'delay = 0.02\nlog = "calls.log"'
SPEC = """
prompt = "Which team?\\n\\n{{ body }}"
task.data = "rows.jsonl"
task.target = "team"
model.name = "fake:fake.toml"
budget.calls = 400
"""
_COMMAND = "import sys; from intone.cli.main import main; sys.exit(main(sys.argv[1:]))"


def spec_of(folder: Path, **settings: Any) -> Spec:
    return order(folder, prompt="Which team?\n\n{{ body }}", **settings).spec


@contextmanager
def tended(folder: Path, spec: Spec | None = None) -> Iterator[Tending]:
    with Project(folder).open() as database:
        tending = Tending(spec or spec_of(folder), database, FakeBackend())
        try:
            yield tending
        finally:
            tending.close()


def until(
    tending: Tending, run: int, true: Callable[[Progress], bool], seconds: float = 60.0
) -> Progress:
    """Wait until something is true of a run; what it was then."""
    end = time.monotonic() + seconds
    while not true(going := tending.follow(run)):
        assert time.monotonic() < end, going
        time.sleep(0.02)
    return going


def summary(folder: Path, run: int) -> dict[str, Any]:
    """Return a run's result without what may differ from another run's."""
    with Project(folder).open() as database:
        found = Runs(database).get(run).summary
    assert found is not None
    may = ("run", "spent", "version", "verdict", "over_rephrased")
    return {name: value for name, value in found.items() if name not in may}


def uninterrupted(folder: Path) -> dict[str, Any]:
    """Return the result of the same tuning, done in one go elsewhere."""
    folder.mkdir()
    project(folder)
    asyncio.run(execute(order(folder)))
    return summary(folder, 1) | {"name": "prompt"}


def made(folder: Path) -> list[str]:
    """Return the calls that the model was asked and answered, one by one."""
    log = folder / "calls.log"
    return log.read_text().split() if log.exists() else []


def test_what_it_costs_is_said_before_a_run_is_started_and_then_kept(tmp_path: Path) -> None:
    project(tmp_path)
    with tended(tmp_path) as tending:
        wanted = tending.defaults()
        assert wanted == Wanted(None, "auto", 400, None, None, 0)
        offer = tending.offer(replace(wanted, calls=300))
        assert offer.most == "At most 300 calls: this is never exceeded."
        assert "84 to tune on, 36 sealed" in offer.lines[0]
        assert tending.runs() == []  # nothing was begun
        run = tending.start(replace(wanted, calls=300))
        assert run == 1
        done = until(tending, run, lambda it: it.state == "done")
        assert 0 < done.calls <= 300
        assert done.result[0].startswith("Better: +")
        assert done.chart is not None and "<svg" in done.chart.picture
        (listed,) = tending.runs()
        assert (listed.kind, listed.said, listed.result[:6]) == ("tune", "done", "better")
        assert tending.reported(done) and "ticket number" in tending.report(run)
        with pytest.raises(InputError, match="is done"):
            tending.resume(run)
        with pytest.raises(InputError, match="not under way"):
            tending.pause(run)


def test_a_run_that_ends_while_it_is_looked_at_is_told_as_of_one_moment(tmp_path: Path) -> None:
    project(tmp_path)
    with tended(tmp_path) as tending:
        for seed in range(5):
            run = tending.start(replace(tending.defaults(), calls=60, seed=seed))
            state = "running"
            while state == "running":
                (listed, *_), going = tending.runs(), tending.follow(run)
                assert listed.state in ("running", "done") and going.state in ("running", "done")
                assert bool(going.result) == (going.state == "done")
                assert bool(listed.result) == (listed.state == "done")
                state = going.state


def test_a_paused_run_makes_no_call_and_comes_to_the_same_end(tmp_path: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    here.mkdir()
    project(here, extra=SLOW)
    with tended(here) as tending:
        run = tending.start(tending.defaults())
        until(tending, run, lambda it: len(made(here)) > 20)
        tending.pause(run)
        assert tending.follow(run).said == "paused"
        assert tending.runs()[0].said == "paused"
        with pytest.raises(InputError, match="run 1 is at work here"):
            tending.start(tending.defaults())
        time.sleep(0.3)  # calls that were under way come to their end
        asked = made(here)
        time.sleep(0.5)
        assert made(here) == asked and len(asked) < 200
        with Project(here).open() as database:  # as another process sees it
            told = follow(database, Runs(database).get(run))
            assert (told.state, told.said, told.paused) == ("running", "paused", True)
        tending.go_on(run)
        assert tending.follow(run).said == "under way"
        until(tending, run, lambda it: it.state == "done")
    assert summary(here, run) == uninterrupted(there)
    assert len(made(here)) == len(set(made(here)))  # no call was lost and made again


def test_a_stopped_run_is_resumed_to_the_same_result(tmp_path: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    here.mkdir()
    project(here, extra=SLOW)
    with tended(here) as tending:
        run = tending.start(tending.defaults())
        moving = until(tending, run, lambda it: bool(it.trying) and any(p.rows for p in it.leaders))
        assert moving.state == "running" and moving.stage.startswith("Search")
        assert moving.calls > 0 and moving.budget[0].words.endswith("of 400 calls")
        scored = [it for it in moving.leaders if it.score is not None and it.rows > 1]
        assert all(it.low <= it.score <= it.high for it in scored if it.low is not None)  # type: ignore[operator]
        tending.pause(run)  # a held run can be stopped too
        tending.stop(run)
        stopped = tending.follow(run)
        assert (stopped.said, stopped.paused, stopped.resumable) == ("interrupted", False, True)
        assert stopped.trouble == "It was stopped; what was answered is kept."
        assert tending.at_work is None
        before = len(made(here))
        assert tending.resume(run) == run
        until(tending, run, lambda it: it.state == "done")
    assert summary(here, run) == uninterrupted(there)
    assert len(made(here)) > before


def test_closing_interrupts_and_the_next_server_goes_on(tmp_path: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    here.mkdir()
    project(here, extra=SLOW)
    with tended(here) as tending:
        run = tending.start(tending.defaults())
        until(tending, run, lambda it: len(made(here)) > 20)
    with tended(here) as tending:
        assert tending.follow(run).said == "interrupted"
        tending.resume(run)
        until(tending, run, lambda it: it.state == "done")
    assert summary(here, run) == uninterrupted(there)


def test_a_run_of_another_process_is_followed_and_after_its_death_taken_up(tmp_path: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    here.mkdir()
    project(here, extra=SLOW)
    (here / "intone.toml").write_text(SPEC)
    with tended(here) as tending:
        process = subprocess.Popen(
            [sys.executable, "-c", _COMMAND, "tune"],
            cwd=here,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            end = time.monotonic() + 60
            while not tending.runs():
                assert time.monotonic() < end and process.poll() is None
                time.sleep(0.05)
            moving = until(tending, 1, lambda it: it.calls > 30 and bool(it.trying))
            assert moving.state == "running" and moving.process == process.pid
            with pytest.raises(InputError, match=f"under way in process {process.pid}"):
                tending.stop(1)
        finally:
            process.kill()
            process.wait()
        dead = tending.follow(1)
        assert (dead.said, dead.resumable) == ("interrupted", True)
        assert dead.trouble == "Its process has ended; what was answered is kept."
        tending.resume(1)
        until(tending, 1, lambda it: it.state == "done")
    assert summary(here, 1) == uninterrupted(there)


def test_a_run_of_this_process_that_nobody_does_is_interrupted(tmp_path: Path) -> None:
    project(tmp_path)
    with tended(tmp_path) as tending:
        with Project(tmp_path).open() as database:
            Runs(database).create("tune", {"prompts": [{}], "names": ["lost"]}, "d")
        assert tending.runs()[0].said == "interrupted"


def test_what_keeps_a_run_from_beginning_is_told_and_nothing_is_left_at_work(
    tmp_path: Path,
) -> None:
    project(tmp_path)
    with tended(tmp_path) as tending:
        usual = tending.defaults()
        with pytest.raises(SettingError, match=r"tune\.method"):
            tending.start(replace(usual, method="guess"))
        with pytest.raises(SettingError, match=r"budget\.calls"):
            tending.offer(replace(usual, calls=0))
        with pytest.raises(SettingError, match=r"model\.price"):
            tending.offer(replace(usual, usd=1.0))
        with pytest.raises(NotThere):
            tending.start(replace(usual, prompt="nobody@1"))
        with pytest.raises(NotThere):
            tending.resume(7)
        assert tending.at_work is None and tending.runs() == []


def test_a_file_of_this_machine_cannot_be_named_as_the_prompt(tmp_path: Path) -> None:
    project(tmp_path)
    (tmp_path / "secret.toml").write_text('template = "{{ body }} secret"\n')
    with tended(tmp_path) as tending:
        for word in ("secret.toml", str(tmp_path / "secret.toml"), "{{ body }}"):
            with pytest.raises(InputError):
                tending.offer(replace(tending.defaults(), prompt=word))


def test_kept_prompts_can_be_tuned_and_money_is_named_where_its_price_is_known(
    tmp_path: Path,
) -> None:
    project(tmp_path)
    with Project(tmp_path).open() as database:
        registry = Registry(database)
        registry.save("asked", Prompt("Which of the teams?\n\n{{ body }}").canonical())
        registry.label("asked", "live")
    spec = spec_of(tmp_path, model__price={"input": 1.0, "output": 2.0}, budget__usd=0.5)
    with tended(tmp_path, spec) as tending:
        prompts = tending.prompts()
        assert list(prompts) == ["", "asked@1", "asked@live"]
        offer = tending.offer(replace(tending.defaults(), prompt="asked@live"))
        assert offer.most == "At most 400 calls, $0.5000: this is never exceeded."
        assert "$" in offer.about
        run = tending.start(replace(tending.defaults(), prompt="asked@live", calls=60))
        assert until(tending, run, lambda it: it.state == "done").name == "asked"


def test_without_data_the_runs_are_listed_and_it_is_said_what_is_missing(tmp_path: Path) -> None:
    with tended(tmp_path, Spec(folder=tmp_path)) as tending:
        assert "task.data" in (tending.missing() or "")
        assert tending.runs() == []
        with pytest.raises(InputError, match=r"task\.data"):
            tending.start(tending.defaults())


def test_two_runs_side_by_side_have_their_changed_words_marked(tmp_path: Path) -> None:
    project(tmp_path)
    with tended(tmp_path) as tending:
        first = tending.start(replace(tending.defaults(), calls=300))
        until(tending, first, lambda it: it.state == "done")
        second = tending.start(replace(tending.defaults(), method="random", calls=12, seed=4))
        until(tending, second, lambda it: it.state == "done")
        both = tending.compare(first, second)
        facts = {it.what: (it.first, it.second) for it in both.facts}
        assert facts["method"] == ("auto", "random") and facts["seed"] == ("0", "4")
        assert facts["verdict"][0] == "better" and facts["difference"][0].startswith("+")
        assert int(facts["calls"][0]) > int(facts["calls"][1])
        assert facts["score of the prompt given"][0].endswith("on 36 sealed rows")
        marks = {piece.mark for _, pieces in both.changed for piece in pieces}
        assert marks & {"removed", "added"}
        assert "No test stands behind this" in both.notes[0]
        same = tending.compare(first, first)
        assert same.changed == ()


def test_a_model_that_is_lent_is_used_and_not_closed() -> None:
    class Closes(FakeBackend):
        closed = False

        async def close(self) -> None:
            self.closed = True

    lent, settings = Closes(), ModelSettings("local")
    pool = Pool([(settings, lent)])
    assert pool.open(replace(settings, concurrency=3)) is lent  # the same embedded engine
    other = pool.open(ModelSettings("fake:first"))
    assert other is not lent
    asyncio.run(pool.close())
    assert not lent.closed


def test_a_hold_keeps_those_that_come_until_it_lets_go() -> None:
    async def through() -> list[str]:
        hold, seen = Hold(), list[str]()

        async def caller(name: str) -> None:
            await hold.passed()
            seen.append(name)

        await caller("before")
        hold.hold()
        waiting = [asyncio.create_task(caller(name)) for name in ("a", "b", "gone")]
        await asyncio.sleep(0.01)
        assert seen == ["before"] and hold.on
        waiting[2].cancel()
        await asyncio.sleep(0)
        await asyncio.to_thread(hold.let_go)
        await asyncio.gather(*waiting, return_exceptions=True)
        return seen

    assert asyncio.run(through()) == ["before", "a", "b"]
