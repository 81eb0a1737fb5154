"""`module:function`: a grader of the user's own."""

from __future__ import annotations

import importlib
import inspect
import math
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from intone.data.row import Row
from intone.errors import SettingError
from intone.llm.answers import AnswerSpec, FreeText
from intone.metrics.grade import Grade
from intone.prompt.program import Answer


class FunctionGrader:
    """Asks a function `(answer text, row)`, which may be async.

    It returns a score in 0..1, a bool, a (score, reason) pair, or a Grade; None means that it
    cannot tell. A function that raises, or returns anything else, gives no score: the row is
    *failed*, never 0. `needs_target` is read off the function's attribute of that name (default
    False: the function is asked about rows without a target too).
    """

    def __init__(self, name: str, function: Callable[..., Any]) -> None:
        self.name = name
        self._function = function
        self.needs_target = bool(getattr(function, "needs_target", False))

    @property
    def expects(self) -> AnswerSpec:
        return FreeText()

    async def grade(self, answer: Answer, row: Row) -> Grade:
        try:
            given = self._function(answer.text, row)
            if inspect.isawaitable(given):
                given = await given
        except Exception as error:  # noqa: BLE001 - a user's function may raise anything
            return Grade(None, f"{self.name} raised {type(error).__name__}: {error}")
        return _as_grade(given, answer.text, self.name)


def load_function(name: str, folder: Path | None = None) -> FunctionGrader:
    """Import `module:function`, looking in `folder` (default: the current one) first.

    Raises SettingError in one line if it cannot be imported or is not a function.
    """
    module_name, _, function_name = name.partition(":")
    home = str((folder or Path()).resolve())
    if home not in sys.path:
        sys.path.insert(0, home)
    try:
        module = importlib.import_module(module_name)
    except Exception as error:  # noqa: BLE001 - importing runs the user's code
        raise SettingError(
            f"task.grader {name!r}: cannot import {module_name}: {type(error).__name__}: {error}"
        ) from None
    function = getattr(module, function_name, None)
    if not callable(function):
        raise SettingError(f"task.grader {name!r}: {module_name} has no function {function_name!r}")
    return FunctionGrader(name, function)


def _as_grade(given: object, text: str, name: str) -> Grade:
    score, reason, parsed = given, "", text
    if isinstance(given, Grade):
        score, reason = given.score, given.reason or "graded without a reason"
        parsed = given.parsed if given.parsed is not None else text
    elif isinstance(given, tuple) and len(given) == 2:
        score, reason = given[0], str(given[1])
    if score is None:
        return Grade(None, reason or f"{name} cannot tell", parsed)
    if isinstance(score, bool | int | float) and math.isfinite(score) and 0 <= score <= 1:
        return Grade(float(score), reason or f"{name} says {float(score):g}", parsed)
    return Grade(None, f"{name} returned {score!r}; a score is a number from 0 to 1", parsed)
