"""One record of a dataset. Owns the value only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """Named inputs and a target.

    `index` is the row's place in its dataset (0-based, over all files), `id` the hash of its
    inputs and target. All values are text; `inputs` are by the names they have in templates (see
    `naming`), `target` is None where there is none, `column` is the target's own such name.
    """

    index: int
    id: str
    inputs: Mapping[str, str]
    target: str | None = None
    column: str = ""

    def right(self, column: str) -> str:
        """Return what a column of right answers says, the target's or another; "" for nothing."""
        if column and column == self.column:
            return self.target or ""
        return self.inputs.get(column, "").strip()
