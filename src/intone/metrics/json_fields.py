"""The grader `json`: how many of the target's fields the answer has right."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from intone.data.row import Row
from intone.errors import DataError
from intone.llm.answers import Json
from intone.llm.read_json import decoded
from intone.metrics.comparing import comparable
from intone.metrics.grade import Grade
from intone.metrics.quoting import quoted
from intone.prompt.program import Answer

_NAMED = 3  # wrong fields a reason names

_Leaf = tuple[str, str, Any]
"""Path, kind of value, value as it is compared."""


@dataclass(frozen=True)
class JsonGrader:
    """Scores the F1 of the answer's (path, value) pairs against the target's.

    F1 = 2 · right / (pairs in the answer + pairs in the target); 1 where neither has any. Nested
    fields have paths such as `address.city`. The items of a list share their field's path and may
    come in any order, each counted as often as it occurs, so one item alone is the same as a list
    of one. null, {} and [] are no field. Texts are compared as in `exact`; 1 is 1.0 but not "1".
    An answer without a JSON object or array is unparseable. `schema` is a JSON schema, with which
    a backend that can do so constrains the answer.
    """

    schema: Mapping[str, Any] | None = field(default=None, hash=False)
    case_sensitive: bool = False

    @property
    def name(self) -> str:
        return "json"

    @property
    def expects(self) -> Json:
        return Json(self.schema)

    @property
    def needs_target(self) -> bool:
        return True

    @property
    def binary(self) -> bool:
        """False: an answer with some of the fields scores in between."""
        return False

    def check(self, row: Row) -> None:
        """Raise DataError if the row's target is no JSON object or array."""
        if row.target is not None and _value(row.target) is None:
            raise DataError(
                f"row {row.index + 1} has the target {quoted(row.target)}, which is no JSON "
                'object or array; mend the row or set task.grader = "exact"'
            )

    async def grade(self, answer: Answer, row: Row) -> Grade:
        read = self.expects.parse(answer.text)
        if row.target is None:
            return Grade(None, "the row has no target", read)
        target = _value(row.target)
        if target is None:
            return Grade(None, f"the row's target {quoted(row.target)} is no JSON", read)
        found = None if read is None else _value(read)
        if found is None and not answer.text.strip():
            return Grade(0.0, "the answer is empty; wanted JSON")
        if found is None:
            return Grade(0.0, f"no valid JSON in {quoted(answer.text)}")
        has = _leaves(found, self.case_sensitive)
        wants = _leaves(target, self.case_sensitive)
        right = (has & wants).total()
        pairs = has.total() + wants.total()
        score = 2 * right / pairs if pairs else 1.0
        return Grade(score, _reason(has, wants, right), read)


def _value(text: str) -> dict[str, Any] | list[Any] | None:
    try:
        value = decoded(text)
    except ValueError:
        return None
    return value if isinstance(value, dict | list) else None


def _leaves(value: object, case_sensitive: bool) -> Counter[_Leaf]:
    """Return the (path, kind, value) of every field. No recursion: depth is the answer's."""
    leaves: Counter[_Leaf] = Counter()
    open_: list[tuple[str, object]] = [("", value)]
    while open_:
        path, item = open_.pop()
        if isinstance(item, dict):
            prefix = f"{path}." if path else ""
            open_ += [(f"{prefix}{name}"[:1000], inner) for name, inner in item.items()]
        elif isinstance(item, list):
            open_ += [(path, inner) for inner in item]
        elif isinstance(item, str):
            leaves[path, "text", comparable(item, case_sensitive=case_sensitive)] += 1
        elif isinstance(item, bool):
            leaves[path, "truth", item] += 1
        elif item is not None:
            leaves[path, "number", item] += 1
    return leaves


def _reason(has: Counter[_Leaf], wants: Counter[_Leaf], right: int) -> str:
    told = f"{right} of {wants.total()} fields right"
    for missed, what in ((wants - has, "wanted"), (has - wants, "not wanted")):
        if missed:
            named = sorted(missed, key=lambda leaf: (leaf[0], leaf[1], str(leaf[2])[:100]))
            shown = ", ".join(_shown(leaf) for leaf in named[:_NAMED])
            more = f" and {len(named) - _NAMED} more" if len(named) > _NAMED else ""
            told += f"; {what} {shown}{more}"
    return told


def _shown(leaf: _Leaf) -> str:
    path, kind, value = leaf
    if kind == "text":
        text = quoted(value)
    elif kind == "truth":
        text = str(value).lower()
    else:
        text = f"{value:.6g}" if isinstance(value, float) or abs(value) < 1e15 else "a large number"
    return f"{quoted(path or 'item')[1:-1]} = {text}"
