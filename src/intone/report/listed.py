"""Tables of what there is: runs, prompts and their versions, models."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.table import Table

from intone.report import numbers
from intone.report.across import worst_in_short
from intone.report.console import Part, columns, line
from intone.report.words import one_line
from intone.store.lineage import Version
from intone.store.runs import RunRecord


def runs_table(records: Sequence[RunRecord]) -> list[Part]:
    """Return the table of runs, newest first."""
    if not records:
        return [line("no runs yet: intone run PROMPT, or intone tune")]
    table = columns("right", "", "", "", "fold", "fold")
    _headings(table, "run", "what", "state", "began", "prompt", "result")
    for record in records:
        table.add_row(
            str(record.number),
            record.kind,
            record.state,
            when(record.started),
            one_line(", ".join(record.spec.get("names", ())), 40),
            came_to(record),
        )
    return [table]


def came_to(record: RunRecord) -> str:
    """Return what a run came to, in a few words."""
    result = record.summary
    if result is None:
        resumable = record.state in ("interrupted", "failed", "stopped")
        return f"intone runs resume {record.number}" if resumable else ""
    if record.kind == "run":
        interval = numbers.interval(result["low"], result["high"])
        return f"{numbers.score(result['score'])} {interval}".strip()
    if record.kind == "feedback":
        return _granted(result)
    if record.kind == "compare":
        words = [verdict["word"] for verdict in result["verdicts"]]
        return ", ".join(words) or worst_in_short(result)
    if record.kind == "stress":
        return _moved(result)
    verdict = result["verdict"]
    if not result["winner"]["edits"]:
        return "nothing better found"
    if verdict is None:
        return f"no verdict, {numbers.score(result['tuned']['score'])} on tuning rows"
    kept = f", {result['version']}" if result["version"] else ", not shipped"
    return f"{in_short(verdict)}{kept}"


def prompts_table(latest: Sequence[Version], labels: Mapping[str, Mapping[str, int]]) -> list[Part]:
    """Return the table of named prompts: latest version, labels, and what was found of it."""
    if not latest:
        return [line("no prompts are kept yet: intone tune keeps what it finds")]
    table = columns("", "", "", "fold", "fold")
    _headings(table, "latest", "made", "by", "labels", "verdict")
    for version in latest:
        held = labels.get(version.name, {})
        named = ", ".join(f"{label} -> {number}" for label, number in sorted(held.items()))
        made, author = when(one_line(version.created)), one_line(version.author, 20)
        table.add_row(version.ref, made, author, named, _found(version))
    return [table]


def versions_table(versions: Sequence[Version], labels: Mapping[str, int]) -> list[Part]:
    """Return the versions of one prompt, newest first, with how each came about."""
    table = columns("", "", "", "", "", "fold")
    _headings(table, "version", "made", "by", "from", "labels", "verdict")
    for version in versions:
        named = ", ".join(label for label, number in labels.items() if number == version.number)
        origin = version.parent or ""
        if version.run is not None:
            origin = f"{origin} by run {version.run}".strip()
        made, author = when(one_line(version.created)), one_line(version.author, 20)
        table.add_row(version.ref, made, author, origin, named, _found(version))
    return [table]


def models_table(models: Sequence[Mapping[str, Any]]) -> list[Part]:
    """Return what models can be named, and whether each can be used here."""
    table = columns("", "", "fold")
    _headings(table, "name", "usable", "what it is")
    for model in models:
        usable = "yes" if model["usable"] else "no"
        what = model["about"] if model["usable"] else f"{model['about']} – {model['lacks']}"
        table.add_row(model["name"], usable, what)
    return [table]


def when(at: str) -> str:
    """Return a UTC time to the minute: `2026-05-01 14:02`."""
    return at[:16].replace("T", " ")


def _moved(result: Mapping[str, Any]) -> str:
    if result["spread"] is not None:
        return f"spread {numbers.points(result['spread']['value'], sign=False)} points"
    if result["disagreement"] is not None:
        return f"{numbers.points(result['disagreement']['value'], sign=False)} % disagree"
    return "nothing answered"


def _found(version: Version) -> str:
    return "" if version.verdict is None else in_short(version.verdict)


def _granted(result: Mapping[str, Any]) -> str:
    if result["version"]:
        return (
            f"{numbers.counted(len(result['answers']), 'complaint')} answered, {result['version']}"
        )
    return "a change is proposed, not applied" if result["proposal"] else "no change found"


def in_short(verdict: Mapping[str, Any]) -> str:
    """Return what a version's verdict says, in a few words; of feedback, what it answers."""
    if verdict.get("kind") == "feedback":
        those = ", ".join(map(str, verdict["complaints"]))
        return f"answers complaint {those}" if those else "answers a complaint"
    return f"{verdict['word']}, {numbers.points(verdict['difference'])} points"


def _headings(table: Table, *names: str) -> None:
    table.add_row(*(line((name, "dim")) for name in names))
