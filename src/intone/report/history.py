"""How a tuning went: its candidates, heat by heat, and where the gain came from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from intone.report import numbers
from intone.report.console import Part, blank, columns, line
from intone.report.words import one_line


def history(heats: Sequence[Mapping[str, Any]], winner: str | None = None) -> list[Part]:
    """Return the candidates of each heat, best first among those that met as many rows.

    `winner` is the id of the prompt that came first in the end: it is marked where it was last
    met. Different candidates described by one sentence are numbered.
    """
    parts: list[Part] = []
    sentences = _told_apart(heats)
    last = [heat["number"] for heat in heats if any(_id(c) == winner for c in heat["candidates"])]
    for heat in heats:
        calls = numbers.counted(heat["calls"], "call")
        parts += [blank(), line((f"heat {heat['number']}", "bold"), f" · {calls}")]
        table = columns("right", "right", "", "fold")
        for candidate in sorted(heat["candidates"], key=_place):
            won = winner is not None and _id(candidate) == winner and heat["number"] == last[-1]
            table.add_row(
                numbers.score(candidate["score"]),
                numbers.counted(candidate["rows"], "row"),
                line(("winner", "bold green")) if won else _fate(candidate),
                sentences.get(_id(candidate), one_line(candidate["sentence"])),
            )
        parts.append(table)
    return parts


def _told_apart(heats: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Return each candidate's sentence by its id, numbered in order of appearance where needed."""
    those: dict[str, list[str]] = {}
    for heat in heats:
        for candidate in heat["candidates"]:
            ids = those.setdefault(one_line(candidate["sentence"]), [])
            if _id(candidate) not in ids:
                ids.append(_id(candidate))
    found = {}
    for sentence, ids in those.items():
        kind = "set " if sentence.endswith("demonstrations") else ""
        for number, one in enumerate(ids, 1):
            found[one] = sentence if len(ids) == 1 else f"{sentence} ({kind}{number})"
    return found


def _id(candidate: Mapping[str, Any]) -> str:
    return str(candidate["prompt_id"])


def sources(result: Mapping[str, Any]) -> list[Part]:
    """Return where the gain came from: wording or more, format or substance, which sections."""
    given, tuned = result["baseline"]["score"], result["tuned"]["score"]
    rephrased = result["rephrased"]["score"] if result["rephrased"] else None
    if not result["winner"]["edits"] or given is None or tuned is None:
        return []
    parts: list[Part] = [blank(), line(("where the gain came from", "bold"))]
    table = columns("", "right", "fold")
    is_rephrasing = result["winner"]["rephrasing"]
    if rephrased is not None and not is_rephrasing:
        table.add_row("rephrasing", f"{numbers.points(rephrased - given)} points", "")
        table.add_row("beyond rephrasing", f"{numbers.points(tuned - rephrased)} points", "")
    else:
        table.add_row("rephrasing", f"{numbers.points(tuned - given)} points", "")
    verdict = result["verdict"]
    if verdict is not None:
        table.add_row("", "", "")
        table.add_row(
            "format",
            f"{numbers.points(verdict['format'])} points",
            "answers that can be read now and could not before, or the reverse",
        )
        table.add_row(
            "substance",
            f"{numbers.points(verdict['substance'])} points",
            "rows where both prompts' answers could be read",
        )
    return [*parts, table, *what_was_changed(result["winner"]["edits"])]


def what_was_changed(edits: Sequence[Mapping[str, Any]]) -> list[Part]:
    """Return the sentences of edits, each beside its section."""
    changed = columns("", "fold")
    for edit in edits:
        changed.add_row(edit["section"], one_line(edit["sentence"]))
    return [blank(), line(("what was changed", "bold")), changed]


def _place(candidate: Mapping[str, Any]) -> tuple[int, float]:
    score = candidate["score"]
    return (-candidate["rows"], -(score if score is not None else -1.0))


def _fate(candidate: Mapping[str, Any]) -> str:
    dropped = candidate["dropped_at"]
    return "" if dropped is None else f"dropped at {dropped}"
