import asyncio
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from intone.data.row import Row
from intone.errors import SettingError
from intone.metrics.function import FunctionGrader
from intone.metrics.grade import Grade
from intone.metrics.grading import grader_for
from intone.prompt.program import Answer

ROW = Row(0, "id", {"text": "t"}, "x")


def returned(value: Any) -> Grade:
    grader = FunctionGrader("m:f", lambda text, row: value)
    return asyncio.run(grader.grade(Answer("answer"), ROW))


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    path, modules = list(sys.path), set(sys.modules)
    yield tmp_path
    sys.path[:] = path
    for name in set(sys.modules) - modules:
        del sys.modules[name]


@pytest.mark.parametrize(
    ("value", "grade"),
    [
        (1, Grade(1.0, "m:f gave 1", "answer")),
        (0.25, Grade(0.25, "m:f gave 0.25", "answer")),
        (False, Grade(0.0, "m:f gave 0", "answer")),
        (np.float32(0.5), Grade(0.5, "m:f gave 0.5", "answer")),
        (np.bool_(True), Grade(1.0, "m:f gave 1", "answer")),
        ((0.5, "half of it"), Grade(0.5, "half of it", "answer")),
        ((None, "no idea"), Grade(None, "no idea", "answer")),
        (None, Grade(None, "m:f could not tell", "answer")),
        (Grade(1.0, "good"), Grade(1.0, "good", "answer")),
        (Grade(0.0, "no verb found", None), Grade(0.0, "no verb found", None)),
        (Grade(0.0, "wrong", "read"), Grade(0.0, "wrong", "read")),
        (Grade(None, "unsure"), Grade(None, "unsure", None)),
    ],
)
def test_what_a_function_may_return(value: Any, grade: Grade) -> None:
    assert returned(value) == grade


@pytest.mark.parametrize("value", [1.5, -0.1, float("nan"), "0.5", [1], (2, "much"), Grade(7, "")])
def test_other_values_are_missing_not_0(value: Any) -> None:
    grade = returned(value)
    assert grade.score is None
    assert "no score in 0..1" in grade.reason


@pytest.mark.parametrize("error", [ValueError("not\nso"), StopIteration(), SystemExit(3)])
@pytest.mark.parametrize("later", [False, True])
def test_a_function_that_raises_is_missing_not_0(error: BaseException, later: bool) -> None:
    def now(text: str, row: Row) -> float:
        raise error

    async def then(text: str, row: Row) -> float:
        raise error

    grade = asyncio.run(FunctionGrader("m:f", then if later else now).grade(Answer("a"), ROW))
    assert grade.score is None
    assert "raised" in grade.reason and "\n" not in grade.reason


def test_it_is_given_the_text_and_the_row(folder: Path) -> None:
    (folder / "own_one.py").write_text(
        "async def seen(answer, row):\n    return 1.0, f'{answer}/{row.target}'\n"
    )
    grader = grader_for("own_one:seen", folder=folder)
    assert grader.name == "own_one:seen"
    assert asyncio.run(grader.grade(Answer("a"), ROW)).reason == "a/x"


def test_a_method_and_a_package_are_found(folder: Path) -> None:
    (folder / "own_pack").mkdir()
    (folder / "own_pack" / "inner.py").write_text(
        "class Check:\n    @staticmethod\n    def ok(answer, row):\n        return True\n"
    )
    grader = grader_for("own_pack.inner:Check.ok", folder=folder)
    assert asyncio.run(grader.grade(Answer("a"), ROW)).score == 1.0


@pytest.mark.parametrize(
    ("source", "name", "says"),
    [
        ("", "own_absent:f", "no module 'own_absent' in "),
        ("", "own_two:f", "has no 'f'"),
        ("f = 3", "own_two:f", "is no function"),
        ("def f(answer): ...", "own_two:f", "cannot be called with"),
        ("def f(:", "own_two:f", "importing own_two failed: SyntaxError"),
        ("import own_lacking", "own_two:f", "imports 'own_lacking', which is not installed"),
        ("raise SystemExit(1)", "own_two:f", "failed: SystemExit"),
        ("1 / 0", "own_two:f", "failed: ZeroDivisionError"),
    ],
)
def test_import_errors_are_one_line(folder: Path, source: str, name: str, says: str) -> None:
    (folder / "own_two.py").write_text(source)
    with pytest.raises(SettingError, match=says) as caught:
        grader_for(name, folder=folder)
    assert "\n" not in str(caught.value)
