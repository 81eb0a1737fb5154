"""`json`: field by field against a JSON target."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from intone.data.row import Row
from intone.llm.answers import AnswerSpec, Json
from intone.metrics.grade import Grade
from intone.metrics.quote import quote
from intone.prompt.program import Answer


class JsonGrader:
    """F1 over (field, value) pairs; an answer that holds no valid JSON is unread.

    Nested objects count by path, the items of a list in any order. Texts are compared without
    case and surrounding white space, numbers by value. `schema` (a JSON schema) shapes the request
    where the backend can force it; without a target any valid JSON scores 1.
    """

    name = "json"

    def __init__(
        self, *, schema: Mapping[str, Any] | None = None, needs_target: bool = True
    ) -> None:
        self._spec = Json(schema)
        self.needs_target = needs_target

    @property
    def expects(self) -> AnswerSpec:
        return self._spec

    async def grade(self, answer: Answer, row: Row) -> Grade:
        read = self._spec.parse(answer.text)
        if read is None:
            return Grade(0.0, f"no valid JSON in {quote(answer.text)}")
        if row.target is None:
            return Grade(1.0, "valid JSON", read)
        try:
            wanted = Counter(_pairs(json.loads(row.target)))
        except (ValueError, RecursionError):
            return Grade(None, f"the target {quote(row.target)} is not JSON", read)
        try:
            given = Counter(_pairs(json.loads(read)))
        except RecursionError:
            return Grade(0.0, "the JSON is nested too deeply")
        hits = (wanted & given).total()
        total = wanted.total() + given.total()
        score = 1.0 if not total else 2.0 * hits / total
        if score == 1.0:
            return Grade(score, "all fields right", read)
        missing = sorted({path for path, _ in wanted - given})[:3]
        extra = sorted({path for path, _ in given - wanted})[:3]
        reason = f"{hits} of {wanted.total()} fields right"
        if missing:
            reason += f"; missing or wrong: {', '.join(missing)}"
        if extra:
            reason += f"; not wanted as given: {', '.join(extra)}"
        return Grade(score, reason, read)


def _pairs(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Yield (path, value) for every leaf; an empty object or list is a leaf too."""
    if isinstance(value, dict) and value:
        for name, inner in value.items():
            yield from _pairs(inner, f"{path}.{name}" if path else str(name))
    elif isinstance(value, list) and value:
        for inner in value:
            yield from _pairs(inner, path)
    elif isinstance(value, str):
        yield path, "text " + " ".join(value.casefold().split())
    elif isinstance(value, bool) or value is None:
        yield path, f"is {value}"
    elif isinstance(value, int | float):
        yield path, f"number {float(value)!r}" if abs(value) < 1e300 else f"number {value}"
    else:
        yield path, "empty"
