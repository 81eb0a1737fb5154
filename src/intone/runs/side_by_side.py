"""Two runs side by side: what each came to, and in which words their prompts differ.

Owns what is put beside what. No test is made here: a verdict on two prompts takes a comparison on
the same rows (`intone compare`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from intone.report import numbers
from intone.report.verdicts import difference
from intone.report.words import model_name
from intone.runs.drafting import Piece, marked_sections
from intone.runs.following import follow
from intone.store.database import Database
from intone.store.runs import RunRecord, Runs


@dataclass(frozen=True, slots=True)
class Beside:
    """What two runs have to say of one thing."""

    what: str
    first: str
    second: str


@dataclass(frozen=True, slots=True)
class SideBySide:
    """Two runs: facts, the sections in which their prompts differ with marked words, and notes."""

    facts: tuple[Beside, ...]
    changed: tuple[tuple[str, list[Piece]], ...]
    notes: tuple[str, ...]


def side_by_side(database: Database, first: int, second: int) -> SideBySide:
    """Return two runs side by side. Raises NotThere."""
    records = [Runs(database).get(number) for number in (first, second)]
    one, other = (_facts(database, record) for record in records)
    facts = [Beside(what, one.get(what, ""), other.get(what, "")) for what in one | other]
    before, after = (_prompt(record) for record in records)
    return SideBySide(
        tuple(it for it in facts if it.first or it.second),
        tuple(marked_sections(before, after)),
        tuple(_notes(*records)),
    )


def _facts(database: Database, record: RunRecord) -> dict[str, str]:
    """Return what is to be known of a run, in words, by what it is."""
    result, spec = record.summary or {}, record.spec.get("spec", {})
    going = follow(database, record)
    tuned = record.kind == "tune"
    verdict = result.get("verdict") if tuned else None
    kind = "sealed row" if verdict and verdict.get("opened") is not None else "row"
    kind = "tuning row" if tuned and result and not verdict else kind
    return {
        "what": record.kind,
        "state": going.said,
        "model": model_name(spec.get("model", {}).get("name", "")),
        "method": spec.get("tune", {}).get("method", "") if tuned else "",
        "seed": str(spec.get("tune", {}).get("seed", "")) if tuned else "",
        "verdict": verdict["word"] if verdict else "none" if tuned and result else "",
        "difference": difference(verdict) if verdict else "",
        "rows of the verdict": numbers.count(verdict["n"]) if verdict else "",
        "score of the prompt given": _score(result.get("baseline") if tuned else None, kind),
        "score of the prompt found": _score(result.get("tuned") if tuned else result, kind),
        "handed back": _handed_back(result) if tuned and result else "",
        "calls": numbers.count(going.calls),
        "cost": going.spent,
    }


def _score(form: Mapping[str, Any] | None, kind: str) -> str:
    if not form or form.get("score") is None:
        return ""
    interval = numbers.interval(form.get("low"), form.get("high"))
    on = f" on {numbers.counted(form['n'], kind)}" if form.get("n") else ""
    return f"{numbers.score(form['score'])} {interval}".strip() + on


def _handed_back(result: Mapping[str, Any]) -> str:
    if not result["shipped"]:
        return "the prompt given"
    return f"the tuned prompt{', kept as ' + result['version'] if result['version'] else ''}"


def _prompt(record: RunRecord) -> Mapping[str, Any]:
    """Return the prompt a run stands for: the best it found, else the (first) one it was given."""
    winner = (record.summary or {}).get("winner") or {}
    form: Mapping[str, Any] = winner.get("prompt") or record.spec["prompts"][0]
    return form


def _notes(first: RunRecord, second: RunRecord) -> list[str]:
    found = []
    if first.data_id != second.data_id:
        found.append("They are about different data, so their scores do not compare.")
    else:
        found.append(
            "No test stands behind this: a verdict on two prompts takes intone compare, which asks "
            "both on the same rows."
        )
    for record in (first, second):
        if record.summary is None:
            found.append(f"Run {record.number} has no result yet.")
    return found
