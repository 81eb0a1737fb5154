"""What happened to a name of the registry: versions, verdicts, labels moved, in order of time."""

from __future__ import annotations

from typing import Any

from intone.report import numbers
from intone.report.console import Part, columns, line
from intone.report.listed import in_short, when
from intone.report.verdicts import STYLES, difference
from intone.report.words import one_line
from intone.store.lineage import Lineage, Move, Version

_Row = tuple[str, str, str, str, str]


def chronicle(lineage: Lineage) -> list[Part]:
    """Return the table of all that happened to a name, oldest first."""
    table = columns("", "", "", "fold")
    table.add_row(*(line((name, "dim")) for name in ("when", "who", "what", "")))
    for at, author, what, more, style in happenings(lineage):
        table.add_row(when(one_line(at)), one_line(author, 20), what, line((more, style)))
    return [line((lineage.name, "bold")), table]


def happenings(lineage: Lineage) -> list[_Row]:
    """Return (when, who, what, more about it, style) of all that happened, oldest first."""
    those: list[_Row] = [_made(version) for version in lineage.versions]
    for version in lineage.versions:
        if version.deleted is not None:
            gone = version.deleted
            those.append((gone.at, gone.author, version.ref, "deleted", ""))
    for move, came_from in _with_origin(lineage):
        origin = "" if came_from is None else f"from {came_from}"
        more = f"back {origin}" if move.back else origin
        what = f"{move.label} -> {move.version}"
        those.append((move.at, move.author, what, more, "yellow" if move.back else ""))
    return sorted(those, key=lambda row: row[0])  # stable: what is of one second keeps its order


def chronicle_form(lineage: Lineage) -> dict[str, Any]:
    """Return a name's history in plain values."""
    return {
        "name": lineage.name,
        "labels": lineage.labels,
        "versions": [
            {
                "ref": version.ref,
                "version": version.number,
                "prompt_id": version.program_id,
                "parent": version.parent,
                "edits": list(version.edits),
                "verdict": version.verdict,
                "run": version.run,
                "author": version.author,
                "created": version.created,
                "deleted": None
                if version.deleted is None
                else {"at": version.deleted.at, "author": version.deleted.author},
            }
            for version in lineage.versions
        ],
        "moves": [
            {
                "label": move.label,
                "from": came_from,
                "to": move.version,
                "back": move.back,
                "author": move.author,
                "at": move.at,
            }
            for move, came_from in _with_origin(lineage)
        ],
    }


def _with_origin(lineage: Lineage) -> list[tuple[Move, int | None]]:
    """Return each move with the version the label was at before."""
    found = []
    at: dict[str, int] = {}
    for move in lineage.moves:
        found.append((move, at.get(move.label)))
        at[move.label] = move.version
    return found


def _made(version: Version) -> _Row:
    origin = f"from {version.parent}" if version.parent else ""
    if version.run is not None:
        origin = f"{origin} by run {version.run}".strip()
    verdict = version.verdict
    if verdict is None:
        return (version.created, version.author, version.ref, origin, "")
    if verdict.get("kind") == "feedback":
        more = f"{origin} · {in_short(verdict)}".strip(" ·")
        return (version.created, version.author, version.ref, more, "")
    said = f"{verdict['word']}: "
    try:
        said += f"{difference(verdict)} on {numbers.counted(verdict['n'], 'row')}"
    except KeyError:  # kept by an earlier version, or another program: with less in it
        said += f"{numbers.points(verdict['difference'])} points"
    style = STYLES.get(verdict["word"], "")
    return (version.created, version.author, version.ref, f"{origin} · {said}".strip(" ·"), style)
