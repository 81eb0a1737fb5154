"""The graders by name. Owns which names there are and the check of their options."""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from intone.errors import SettingError
from intone.metrics.contains import ContainsGrader
from intone.metrics.exact import ExactGrader
from intone.metrics.fields import JsonGrader
from intone.metrics.function import load_function
from intone.metrics.grade import Grader
from intone.metrics.label import LabelGrader
from intone.metrics.number import NumberGrader
from intone.metrics.regex import RegexGrader

_MAKERS: Mapping[str, Callable[..., Grader]] = {
    "contains": ContainsGrader,
    "exact": ExactGrader,
    "json": JsonGrader,
    "number": NumberGrader,
    "regex": RegexGrader,
}
GRADERS = ("label", *_MAKERS)


def grader_for(
    name: str,
    labels: Sequence[str] = (),
    options: Mapping[str, Any] | None = None,
    folder: Path | None = None,
) -> Grader:
    """Make the grader a spec names; `options` are those of `[task.options]`.

    `folder` is where a `module:function` is looked for. Raises SettingError for a name or an
    option there is not, with the nearest right one.
    """
    told = dict(options or {})
    if ":" in name:
        _check(name, told, ())
        return load_function(name, folder)
    if name == "label":
        _check(name, told, ())
        return LabelGrader(labels)
    if name not in _MAKERS:
        near = difflib.get_close_matches(name, GRADERS, n=1, cutoff=0.5)
        hint = f"did you mean {near[0]!r}?" if near else f"there are: {', '.join(GRADERS)}"
        raise SettingError(f"unknown grader {name!r}; {hint} (or your own as module:function)")
    maker = _MAKERS[name]
    _check(name, told, tuple(inspect.signature(maker).parameters))
    try:
        return maker(**told)
    except TypeError as error:
        raise SettingError(f"task.options do not fit the grader {name}: {error}") from None


def _check(name: str, told: Mapping[str, Any], known: Sequence[str]) -> None:
    for option in told:
        if option not in known:
            have = f"there are: {', '.join(known)}" if known else "it has none"
            raise SettingError(f"the grader {name} has no option {option!r}; {have}")
