"""What a Python program calls: its arguments, its results, and the loops it may run in."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import intone
from intone.errors import InputError, PromptError, SettingError
from intone.runs.blocking import wait_for
from intone.runs.orders import order_of
from intone.store.database import open_database
from intone.store.runs import Runs
from tests.runs.projects import LABELS, rows

TEXT = "Which team?\n\n{{ body }}"


def task(count: int = 60) -> intone.Task:
    return intone.Task(rows(count), target="team")


def fake() -> intone.FakeBackend:
    return intone.FakeBackend({"exactly one of": LABELS[0], "": "what?"})


def test_a_backend_answers_in_place_of_a_name(tmp_path: Path) -> None:
    backend = fake()
    budget = intone.Budget(calls=150)
    tuned = intone.tune(TEXT, task(), model=backend, budget=budget, folder=tmp_path)
    assert tuned.spent["calls"] <= 150 and backend.calls > 0
    ran = intone.run(tuned.prompt, task(), model=backend, folder=tmp_path)  # it is open still
    assert ran.score is not None
    assert ran.form["model"] == backend.identity
    with open_database(tmp_path / ".intone" / "intone.db") as database:
        record = Runs(database).get(1)
    with pytest.raises(InputError, match="on rows and with a backend of its own"):
        order_of(record)


def test_it_works_in_a_running_loop(tmp_path: Path) -> None:
    async def cell() -> tuple[intone.RunResult, intone.CompareResult, intone.TuneResult]:
        told: dict[str, Any] = {"model": fake(), "folder": tmp_path}
        return (
            intone.run(TEXT, task(), **told),
            intone.compare([TEXT, "exactly one of {{ body }}"], task(), **told),
            intone.tune(TEXT, task(), budget=intone.Budget(calls=60), **told),
        )

    ran, compared, tuned = asyncio.run(cell())
    assert len(ran.outcomes) == 42
    assert len(compared.verdicts) == 1
    assert tuned.spent["calls"] <= 60


def test_an_error_in_a_running_loop_is_the_error(tmp_path: Path) -> None:
    async def cell() -> None:
        intone.run("{{ nothing }}", task(), model="fake:first", folder=tmp_path)

    with pytest.raises(PromptError, match="nothing"):
        asyncio.run(cell())


def test_an_interrupt_in_a_running_loop_stops_the_work() -> None:
    ended = []

    async def work() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            ended.append(True)

    async def cell() -> None:
        threading.Timer(0.2, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
        wait_for(work)

    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    loop = asyncio.new_event_loop()  # as a notebook's: Ctrl-C is not the loop's business
    try:
        with pytest.raises(KeyboardInterrupt):
            loop.run_until_complete(cell())
    finally:
        loop.close()
        signal.signal(signal.SIGINT, before)
    assert ended == [True]


ANY: Any = intone  # without the types that would not let such mistakes pass


def tuning(**changes: Any) -> Callable[[], object]:
    given: dict[str, Any] = {"prompt": TEXT, "task": task(), "model": "fake:first"} | changes
    return lambda: intone.tune(**given)


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: ANY.Prompt(template=3), PromptError, "template must be text, not int"),
        (lambda: ANY.Prompt("x", demonstrations=[1]), PromptError, "Demonstration objects"),
        (lambda: ANY.Prompt("x", context="y"), PromptError, r"must be a list.*\['y'\]"),
        (lambda: ANY.Prompt("x", clarifiers=[1]), PromptError, "clarifiers must be text"),
        (lambda: ANY.Prompt("x", context=3), PromptError, "context must be a list"),
        (lambda: ANY.Prompt("x", codes={"a": 1}), PromptError, "codes.a must be text"),
        (lambda: ANY.Prompt("x", codes=["a"]), PromptError, "codes must be a table"),
        (lambda: ANY.Prompt("x", layout=None), PromptError, "layout must be text"),
        (lambda: ANY.Demonstration({"a": 1}, "b"), PromptError, "inputs.a must be text"),
        (lambda: ANY.Demonstration("a", "b"), PromptError, "must be a table"),
        (lambda: ANY.Demonstration({}, None), PromptError, "output must be text"),
        (lambda: ANY.Budget(calls="x"), SettingError, "budget.calls is 'x'"),
        (lambda: ANY.Budget(calls=1.5), SettingError, "a whole number"),
        (lambda: ANY.Budget(tokens=True), SettingError, "a whole number"),
        (lambda: ANY.Budget(usd=float("nan")), SettingError, "budget.usd is nan"),
        (lambda: ANY.Budget(calls=-1), SettingError, "cannot be negative"),
        (lambda: ANY.Task(3), SettingError, "task.data is one int"),
        (lambda: ANY.Task({"body": "x"}), SettingError, "task.data is one dict"),
        (lambda: ANY.Task("x.csv", labels="ab"), SettingError, "task.labels is 'ab'"),
        (lambda: ANY.Task("x.csv", input="ab"), SettingError, "task.input is 'ab'"),
        (lambda: ANY.Task("x.csv", options=3), SettingError, "task.options is 3"),
        (lambda: ANY.compare(TEXT, task()), SettingError, "takes a list"),
        (lambda: ANY.run(TEXT, task(), rows="some"), SettingError, "tuning, sealed, all"),
        (tuning(budget=300), SettingError, r"give intone.Budget"),
        (tuning(task="t.csv"), SettingError, r"give intone.Task"),
        (tuning(prompt=3), SettingError, "prompt is 3"),
        (tuning(model=3), SettingError, "model is 3"),
        (tuning(folder=3), SettingError, "folder is 3"),
        (tuning(settings=[1]), SettingError, "give a dict"),
        (tuning(seed="x"), SettingError, "tune.seed"),
        (tuning(task=ANY.Task("x.csv", target=3)), SettingError, "task.target"),
    ],
)
def test_a_wrong_argument_is_one_line(
    call: Callable[[], object], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words) as caught:
        call()
    assert "\n" not in str(caught.value)


def test_a_result_writes_its_report_with_the_rows_it_had(tmp_path: Path) -> None:
    ran = intone.run(TEXT, task(), model=fake(), folder=tmp_path)
    path = ran.report()
    assert path == tmp_path / ".intone" / "reports" / "run-1.html"
    page = path.read_text()
    assert "rows and a backend of its own" in page and "not shown" not in page
    tuned = intone.tune(TEXT, task(), model=fake(), budget=intone.Budget(calls=60), folder=tmp_path)
    path = tuned.report(tmp_path / "r.html", figures=tmp_path / "figures")
    assert path.is_file() and (tmp_path / "figures" / "run-2-scores.png").is_file()
    # rows that can be read only once are gone
    once = intone.Task(iter(rows(60)), target="team")
    page = intone.run(TEXT, once, model=fake(), folder=tmp_path).report().read_text()
    assert "came from a Python program" in page
