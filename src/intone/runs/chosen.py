"""Which prompts were chosen on the rows they are about to be scored on.

Tuning rows choose a prompt; they must not argue for it afterwards. A prompt counts by its content,
whether it is named as a version, a file or a text. Owns finding it out and what is said about it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from intone.data.row import Row
from intone.errors import InputError
from intone.prompt.forms import read_program
from intone.runs.corrections import BASE
from intone.runs.spec import Spec
from intone.runs.task import Ready, read_rows, split_rows
from intone.store.runs import RunRecord, Runs


def chosen_on(ready: Ready, rows: Sequence[Row], runs: Runs) -> dict[str, int]:
    """Return the prompts (by id) that a tuning chose on some of these rows, with its number.

    Rows that the tuning sealed did not choose. A run whose rows cannot be read again (they have
    changed, or were a Python program's own and other columns of them were used) is passed over.
    """
    wanted = {prompt.id for prompt in ready.prompts}
    indices = {row.index for row in rows}
    found: dict[str, int] = {}
    for record in runs.tunings():
        made = (_made_by(record.summary or {}) & wanted) - found.keys()
        if made and not indices.isdisjoint(tuned_on(record, ready) or ()):
            found.update(dict.fromkeys(made, record.number))
    return found


def flattery(
    ready: Ready,
    chosen: Mapping[str, int],
    *,
    what: str,
    sealed: bool,
    where: str = "these rows",
) -> list[str]:
    """Return a notice for each prompt that was chosen; `what` flatters it, on the rows of `where`.

    `sealed` says that the rows are the sealed ones already, so that others have to be found.
    """
    fresh = not sealed and ready.split.sealed
    way = "use --rows sealed" if fresh else "only rows it was not chosen on can tell"
    return [
        f"{name} was chosen on {where} by run {chosen[prompt.id]}: {what} flatters it; {way}"
        for name, prompt in zip(ready.names, ready.prompts, strict=True)
        if prompt.id in chosen
    ]


def _made_by(summary: Mapping[str, Any]) -> set[str]:
    """Return the ids of the prompts that a tuning came to; the user's own is not one of them."""
    found = [summary.get("winner"), summary.get("best_rephrasing")]
    return {entry["prompt_id"] for entry in found if entry and entry["edits"]}


def tuned_on(record: RunRecord, ready: Ready) -> Collection[int] | None:
    """Return which of the rows a tuning could choose on; none if they are other rows.

    None where that cannot be told any more: what graded its rows is gone, say.
    """
    kept = record.spec
    spec = Spec.model_validate({**kept["spec"], "folder": Path(kept["folder"])})
    # Corrections neither move rows nor seal others, so data are compared without them.
    base_id = kept.get(BASE, record.data_id)
    try:
        if base_id == ready.base.id:
            return frozenset(split_rows(spec, ready.base).tuning)
        if not (kept.get("from_file") and _same_file(spec, ready.spec)):
            return ()
        # The same file may have another hash where the prompts name other columns.
        data = read_rows(spec, [read_program(form) for form in kept["prompts"]])
        return frozenset(split_rows(spec, data).tuning) if data.id == base_id else ()
    except InputError:
        return None


def _same_file(one: Spec, other: Spec) -> bool:
    if one.task.data is None or other.task.data is None:
        return False
    return one.path(one.task.data).resolve() == other.path(other.task.data).resolve()
