"""Which grader a name and its options stand for, and whether it can grade the data.

Owns the names; each grader is a file of its own.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from intone.data.row import Row
from intone.errors import SettingError
from intone.metrics.contains import ContainsGrader
from intone.metrics.exact import ExactGrader
from intone.metrics.function import load_function
from intone.metrics.grade import Grader
from intone.metrics.json_fields import JsonGrader
from intone.metrics.judge import SCALE, JudgeGrader
from intone.metrics.label import LabelGrader
from intone.metrics.number import NumberGrader
from intone.metrics.regex import RegexGrader

_OPTIONS: dict[str, dict[str, type]] = {
    "label": {},
    "exact": {"case_sensitive": bool},
    "number": {"tolerance": float, "relative": float},
    "contains": {"case_sensitive": bool, "whole_words": bool},
    "regex": {"pattern": str, "ignore_case": bool, "whole": bool},
    "json": {"schema": dict, "case_sensitive": bool},
    "judge": {"rubric": str, "scale": list, "human": str, "rated": str},
}
GRADERS = tuple(_OPTIONS)
"""The names of the graders that come with Intone."""

_KINDS = {
    bool: "true or false",
    float: "a number",
    str: "text",
    dict: "a table",
    list: "a list",
}


@runtime_checkable
class ChecksTargets(Protocol):
    """A grader that not every target suits."""

    def check(self, row: Row) -> None:
        """Raise DataError if the row cannot be graded because of its target."""
        ...


def grader_for(
    name: str,
    labels: Sequence[str] = (),
    options: Mapping[str, Any] | None = None,
    folder: Path | None = None,
) -> Grader:
    """Return the grader of this name: one of GRADERS, or `module:function`.

    `labels` are for the grader `label`. `options` are the grader's own settings (its class says
    which). `folder` is where the user's module is looked for (default: the current folder).
    Raises SettingError for an unknown name or option, with the nearest right one, and for a value
    of the wrong kind.
    """
    given = dict(options or {})
    if ":" in name:
        if not all(part.strip() for part in name.split(":", 1)):
            raise SettingError(f"task.grader {name!r}: write MODULE:FUNCTION")
        _no_others(name, given, {})
        return load_function(name, folder)
    if name not in _OPTIONS:
        raise SettingError(
            f"task.grader is {name!r}, an unknown grader{_nearest(name, GRADERS)}; "
            f"there are: {', '.join(GRADERS)}, and MODULE:FUNCTION for your own"
        )
    checked = _no_others(name, given, _OPTIONS[name])
    match name:
        case "label":
            return LabelGrader(tuple(labels))
        case "exact":
            return ExactGrader(**checked)
        case "number":
            return NumberGrader(**checked)
        case "contains":
            return ContainsGrader(**checked)
        case "regex":
            return RegexGrader(**checked)
        case "judge":
            return _judge(checked)
        case _:
            return JsonGrader(**checked)


def check_targets(grader: Grader, rows: Iterable[Row]) -> None:
    """Raise DataError for the first row whose target the grader cannot grade against.

    Rows without a target pass: they are not graded.
    """
    if isinstance(grader, ChecksTargets):
        for row in rows:
            grader.check(row)


def _judge(options: Mapping[str, Any]) -> JudgeGrader:
    """Return the judge; the columns of people's ratings are for whoever reads the data."""
    scale = options.get("scale", list(SCALE))
    whole = [level for level in scale if isinstance(level, int) and not isinstance(level, bool)]
    if len(scale) != 2 or len(whole) != 2:
        raise SettingError(
            f"task.options.scale is {scale!r}; give the lowest and the highest level, as [1, 5]"
        )
    return JudgeGrader(options.get("rubric", ""), (whole[0], whole[1]))


def _no_others(grader: str, given: Mapping[str, Any], known: Mapping[str, type]) -> dict[str, Any]:
    checked: dict[str, Any] = {}
    for option, value in given.items():
        if option not in known:
            there_are = f"it has: {', '.join(known)}" if known else "it has none"
            raise SettingError(
                f"task.options.{option} is no option of the grader {grader!r}"
                f"{_nearest(option, tuple(known))}; {there_are}"
            )
        kind = known[option]
        if kind is float and isinstance(value, int) and not isinstance(value, bool):
            value = float(value)
        if kind is list and isinstance(value, tuple):
            value = list(value)
        if not isinstance(value, kind):
            raise SettingError(f"task.options.{option} is {value!r}; give {_KINDS[kind]}")
        checked[option] = value
    return checked


def _nearest(name: str, known: Sequence[str]) -> str:
    near = difflib.get_close_matches(name.lower(), known, 1, 0.5)
    return f" (did you mean {near[0]!r}?)" if near else ""
