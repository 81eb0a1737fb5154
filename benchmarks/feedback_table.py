"""The tables of feedback.py, and whether its aims were met. Calls no model."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from kept_results import Record, markdown
from quality_table import difference, unmarked

_THIRD = 1 / 3
_KEPT = 0.1  # of the topics' terms: as much as the product itself lets go
_COLUMNS = (
    "words",
    "different_terms",
    "particulars",
    "reading_grade",
    "long_words",
    "points",
    "apologies",
    "terms",
)

Means = Mapping[str, float]
AIMS: Mapping[str, Callable[[Means, Means], bool]] = {
    "detailed": lambda before, after: (
        after["words"] <= (1 - _THIRD) * before["words"]
        and after["different_terms"] < before["different_terms"]
        and after["particulars"] <= before["particulars"]
    ),
    "technical": lambda before, after: (
        after["reading_grade"] < before["reading_grade"]
        and after["long_words"] < before["long_words"]
    ),
    "short": lambda before, after: after["words"] > before["words"],
    "list": lambda before, after: after["points"] > before["points"],
    "sorry": lambda before, after: after["apologies"] < before["apologies"],
}
"""What each everyday complaint asks for, by the means before and after."""


def shown(records: Sequence[Record]) -> str:
    """Return the tables of both parts, nothing without results."""
    everyday = [record for record in records if record["part"] == "everyday"]
    corrected = [record for record in records if record["part"] == "corrections"]
    parts = [_applied(everyday), _measured(everyday), _corrected(corrected)]
    return "\n\n".join(filter(None, parts))


def met(record: Record, which: str) -> bool:
    """Say whether a complaint's aim was met on the topics replayed, or the fresh ones."""
    before, after = means(record, which, "before"), means(record, which, "after")
    kept = after["terms"] >= before["terms"] - _KEPT
    return bool(record["applied"]) and kept and AIMS[record["case"]](before, after)


def means(record: Record, which: str, when: str) -> dict[str, float]:
    """Return the means of all measures over topics."""
    values = record["measured"][which][when]
    return {name: sum(of) / len(of) for name, of in values.items()}


def _applied(records: Sequence[Record]) -> str:
    if not records:
        return ""
    lines = [["complaint", "read as", "came to", "strength", "change", "aim, replayed", "fresh"]]
    for record in records:
        aims = [
            ("met" if met(record, which) else "not met") if which in record["measured"] else ""
            for which in ("replayed", "fresh")
        ]
        wishes = record["wishes"]
        ended = [f"{it['state']}: {it['reason']}".removesuffix(": ") for it in wishes]
        lines.append(
            [
                f"“{record['comment']}”",
                ", ".join(wish["wish"] for wish in wishes),
                "; ".join(ended),
                ", ".join(f"{it['strength'] or '-'} of {it['tries']}" for it in wishes),
                record["edit"] or "",
                *aims,
            ]
        )
    return markdown(lines)


def _measured(records: Sequence[Record]) -> str:
    if not records:
        return ""
    lines = [["complaint", "topics", *(name.replace("_", " ") for name in _COLUMNS), "cut off"]]
    for record in records:
        for which in record["measured"]:
            before, after = means(record, which, "before"), means(record, which, "after")
            count = len(record["measured"][which]["before"]["words"])
            cells = [f"{before[name]:.2f} → {after[name]:.2f}" for name in (*_COLUMNS, "cut off")]
            lines.append([record["case"], f"{count} {which}", *cells])
    return markdown(lines)


def _corrected(records: Sequence[Record]) -> str:
    if not records:
        return ""
    head = ["task", "seed", "corrections", "came to", "change", "before", "after", "difference"]
    lines = [head]
    for record in records:
        ended = "; ".join(f"{it['state']}: {it['reason']}" for it in record["wishes"])
        cells = ["", "", ""]
        if record["applied"]:
            before, after = unmarked(record["rows_before"]), unmarked(record["rows_after"])
            found = difference([before], [after])
            cells = [_percent(before), _percent(after), f"{found.word} {found}"]
        lines.append(
            [
                record["task"],
                str(record["seed"]),
                str(record["wrong"]),
                ended.removesuffix(": "),
                record["edit"] or "",
                *cells,
            ]
        )
    return markdown(lines)


def _percent(scores: Sequence[float | None]) -> str:
    known = [score for score in scores if score is not None]
    return f"{100 * sum(known) / max(1, len(known)):.1f} of {len(known)}"
