"""The grader `module:function`: a function of the user's own judges the answer.

Owns how it is found, called and what it may return. It is called with the answer's text and the
row, in a thread of its own if it is not async, and may return

- a number in 0..1, or True or False
- `(score, reason)`
- a `Grade`
- None: it cannot tell, so the answer counts as missing

A function that raises, or returns anything else, gives a missing score, never a 0.
"""

from __future__ import annotations

import asyncio
import importlib
import inspect
import math
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, SupportsFloat

from intone.data.row import Row
from intone.errors import SettingError
from intone.llm.answers import FreeText
from intone.metrics.grade import Grade
from intone.metrics.quoting import quoted
from intone.prompt.program import Answer

UserFunction = Callable[[str, Row], Any]


@dataclass(frozen=True)
class FunctionGrader:
    """Grades by `function(answer_text, row)`; `name` is what reports call it."""

    name: str
    function: UserFunction

    @property
    def expects(self) -> FreeText:
        return FreeText()

    @property
    def needs_target(self) -> bool:
        """False: only the function knows whether it looks at the target."""
        return False

    @property
    def binary(self) -> bool:
        """Whether the function says, by `-> bool`, that it gives nothing but 0 and 1."""
        return inspect.get_annotations(self.function).get("return") in (bool, "bool")

    async def grade(self, answer: Answer, row: Row) -> Grade:
        try:
            returned = await self._called(answer.text, row)
        except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever a user's code raises
            said = " ".join(f"{type(error).__name__}: {error}".split())[:200]
            return Grade(None, f"{self.name} raised {said}", answer.text)
        return self._graded(returned, answer.text)

    async def _called(self, text: str, row: Row) -> object:
        if inspect.iscoroutinefunction(self.function):
            return await self.function(text, row)
        # in a thread, so that a slow function (a call to a service) does not hold up the others
        returned, error = await asyncio.to_thread(_caught, self.function, text, row)
        if error is not None:
            raise error
        return await returned if inspect.isawaitable(returned) else returned

    def _graded(self, returned: object, text: str) -> Grade:
        reason = ""
        if isinstance(returned, Grade):
            score, reason = returned.score, returned.reason
            if score is None or _in_range(score):
                kept = replace(returned, reason=reason or f"{self.name} gave {score}")
                # an answer with credit was read, whether or not the function says what it read
                return kept if kept.parsed is not None or not score else replace(kept, parsed=text)
            returned = score
        elif isinstance(returned, tuple) and len(returned) == 2:
            returned, said = returned
            reason = str(said)
        if returned is None:
            return Grade(None, reason or f"{self.name} could not tell", text)
        if isinstance(returned, SupportsFloat) and _in_range(returned):
            number = float(returned)
            return Grade(number, reason or f"{self.name} gave {number:.4g}", text)
        wrong = f"{self.name} returned {quoted(_shown(returned))}, which is no score in 0..1"
        return Grade(None, wrong, text)


def load_function(name: str, folder: Path | None = None) -> FunctionGrader:
    """Return the grader for a name such as `checks:polite`.

    The module is looked for in `folder` (default: the current one), then among what is installed.
    Raises SettingError if there is no such module or function, if importing it fails, or if it
    cannot be called with two arguments.
    """
    module_name, _, path = name.partition(":")
    where = str((folder or Path()).resolve())
    if where not in sys.path:
        sys.path.insert(0, where)
    found = _module(name, module_name, where)
    for part in path.split("."):
        try:
            found = getattr(found, part)
        except AttributeError:
            raise SettingError(
                f"task.grader {name!r}: {module_name} has no {path!r}; "
                f"write MODULE:FUNCTION, a function that is defined there"
            ) from None
    if not callable(found):
        raise SettingError(f"task.grader {name!r}: {path} is no function but a {type(found)!r}")
    try:
        inspect.signature(found).bind("", None)
    except TypeError:
        raise SettingError(
            f"task.grader {name!r}: {path} cannot be called with (answer, row); "
            "give it these two parameters"
        ) from None
    except ValueError:  # a built-in without a signature: it shows when it is called
        pass
    return FunctionGrader(name, found)


def _module(name: str, module: str, where: str) -> Any:
    importlib.invalidate_caches()  # the file may have been written a moment ago
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name is not None and (module == error.name or module.startswith(f"{error.name}.")):
            raise SettingError(
                f"task.grader {name!r}: there is no module {module!r} in {where} or installed"
            ) from None
        raise SettingError(
            f"task.grader {name!r}: {module} imports {error.name!r}, which is not installed"
        ) from error
    except (Exception, SystemExit) as error:
        said = " ".join(f"{type(error).__name__}: {error}".split())[:200]
        raise SettingError(f"task.grader {name!r}: importing {module} failed: {said}") from error


def _caught(
    function: UserFunction, text: str, row: Row
) -> tuple[Any, Exception | SystemExit | None]:
    """Call in the thread; an exception is carried out as a value (a future takes not every one)."""
    try:
        return function(text, row), None
    except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever a user's code raises
        return None, error


def _in_range(value: SupportsFloat) -> bool:
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return False
    return math.isfinite(number) and 0.0 <= number <= 1.0


def _shown(value: object) -> str:
    if isinstance(value, str | int | float):
        return str(value)[:200]
    return f"a {type(value).__name__}"
