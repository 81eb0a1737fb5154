"""The grader `label`: the answer has to name the target, one of a fixed set of labels."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass

from intone.data.row import Row
from intone.errors import DataError, SettingError
from intone.llm.answers import Labels
from intone.metrics.grade import Grade
from intone.metrics.quoting import quoted
from intone.prompt.program import Answer


@dataclass(frozen=True)
class LabelGrader:
    """Scores 1 if the label read is the target, else 0.

    The label is the answer itself if it is a label; else the likeliest where the backend gives
    probabilities; else the one label the text names (`Labels.parse`). An answer that names none
    or several is unparseable. Targets are compared as they are written, white space around them
    aside. Raises SettingError without labels, or if two are the same or one is empty.
    """

    labels: tuple[str, ...]

    def __post_init__(self) -> None:
        if not self.labels:
            raise SettingError(
                "the grader 'label' has no labels; set task.labels, or task.target to the "
                "column that holds them"
            )
        if any(not label.strip() for label in self.labels):
            raise SettingError("task.labels has an empty label; remove it or name it")
        seen: set[str] = set()
        for label in self.labels:
            if label.strip() in seen:
                raise SettingError(f"task.labels has {label.strip()!r} twice; remove one")
            seen.add(label.strip())
        object.__setattr__(self, "_spec", Labels(self.labels))

    @property
    def name(self) -> str:
        return "label"

    @property
    def expects(self) -> Labels:
        spec: Labels = self.__dict__["_spec"]
        return spec

    @property
    def needs_target(self) -> bool:
        return True

    @property
    def binary(self) -> bool:
        return True

    def check(self, row: Row) -> None:
        """Raise DataError if the row's target is a label never seen."""
        if row.target is not None and self._known(row.target) is None:
            near = difflib.get_close_matches(row.target, self.labels, 1, 0.5)
            meant = f"; did you mean {near[0]!r}?" if near else ""
            some = ", ".join(self.labels[:8]) + (", …" if len(self.labels) > 8 else "")
            raise DataError(
                f"row {row.index + 1} has the target {quoted(row.target)}, a label never seen; "
                f"the labels are: {some}{meant}; add it to task.labels or mend the row"
            )

    async def grade(self, answer: Answer, row: Row) -> Grade:
        read = self._read(answer)
        if row.target is None:
            return Grade(None, "the row has no target", read)
        wanted = self._known(row.target)
        if wanted is None:
            reason = f"the row's target {quoted(row.target)} is none of the labels"
            return Grade(None, reason, read)
        if read is None and not answer.text.strip():
            return Grade(0.0, f"the answer is empty; wanted {quoted(wanted)}")
        if read is None:
            return Grade(
                0.0, f"no label, or several, in {quoted(answer.text)}; wanted {quoted(wanted)}"
            )
        if read == wanted:
            return Grade(1.0, f"read {quoted(read)}, as wanted", read)
        return Grade(0.0, f"read {quoted(read)}, wanted {quoted(wanted)}", read)

    def _read(self, answer: Answer) -> str | None:
        return (
            self.expects.label_of(answer.text)
            or self._likeliest(answer.choices)
            or self.expects.parse(answer.text)
        )

    def _likeliest(self, choices: Mapping[str, float]) -> str | None:
        known = [label for label in self.labels if label in choices]
        return max(known, key=lambda label: choices[label]) if known else None

    def _known(self, target: str) -> str | None:
        if target in self.labels:
            return target
        bare = target.strip()
        return next((label for label in self.labels if label.strip() == bare), None)
