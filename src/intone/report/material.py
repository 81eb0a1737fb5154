"""What a report is made from, gathered by `runs` and read here. Owns the value only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from intone.data.canonical import content_id
from intone.data.row import Row
from intone.evaluate.outcome import Outcome
from intone.store.runs import RunRecord


@dataclass(frozen=True)
class Material:
    """A run with all that its report shows.

    `outcomes` are by program id; `rows` are the data by index, empty where the texts cannot be
    read again (`no_rows` says why); `sealed` the sealed rows' indices, None where that is not
    known; `versions` what the run and the report were made with.
    """

    record: RunRecord
    result: Mapping[str, Any]
    outcomes: Mapping[str, Sequence[Outcome]]
    rows: Mapping[int, Row]
    no_rows: str
    sealed: frozenset[int] | None
    versions: Mapping[str, str]

    @property
    def prompts(self) -> Sequence[Mapping[str, Any]]:
        """The canonical forms of the prompts that were given."""
        return list(self.record.spec["prompts"])

    @property
    def names(self) -> Sequence[str]:
        """What these prompts are called."""
        return list(self.record.spec["names"])

    @property
    def given(self) -> str:
        """The id of the first prompt, which others are compared with."""
        return content_id(self.prompts[0])
