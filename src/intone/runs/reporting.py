"""The report of a run: what it is made from is gathered here, then written.

Owns where reports lie (`.intone/reports/run-N.html`), and finding the texts of a run's rows again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from intone.data.canonical import content_id
from intone.data.row import Row
from intone.errors import InputError
from intone.evaluate.outcome import Outcome, with_model
from intone.prompt.files import write_whole
from intone.report.figure import svg
from intone.report.material import Material
from intone.report.page import html, page_of
from intone.report.raster import png
from intone.runs.kit import BEGUN, made_with
from intone.runs.orders import prepare, recorded_order
from intone.runs.project import Project
from intone.runs.task import Ready, Rows
from intone.store.database import Database
from intone.store.outcomes import RunOutcomes
from intone.store.runs import RunRecord, Runs

REPORTS = "reports"


@dataclass(frozen=True)
class Written:
    """The files that a report was written to."""

    run: int
    page: Path
    figures: tuple[Path, ...] = ()


def write_report(
    project: Project,
    number: int | None = None,
    *,
    page: Path | None = None,
    figures: Path | None = None,
    rows: Rows | None = None,
) -> Written:
    """Write the report of a run (None: the latest), and its figures into a folder if one is named.

    `page` is the file (default: `.intone/reports/run-N.html`); `rows` are those of a run that was
    made on rows of its own. Raises InputError for a run that is not there or has no result, and
    where a file cannot be written.
    """
    gathered = material(project, number, rows)
    made = page_of(gathered)
    number = gathered.record.number
    path = page or project.state / REPORTS / f"run-{number}.html"
    write_whole(path, html(made))
    written: list[Path] = []
    for figure in made.figures if figures else ():
        base = Path(figures or "") / f"run-{number}-{figure.name}"
        write_whole(base.with_name(f"{base.name}.svg"), svg(figure, alone=True) + "\n")
        _write_bytes(base.with_name(f"{base.name}.png"), png(figure))
        written += [base.with_name(f"{base.name}{suffix}") for suffix in (".svg", ".png")]
    return Written(number, path, tuple(written))


def material(project: Project, number: int | None = None, rows: Rows | None = None) -> Material:
    """Gather what a run's report is made from; see `write_report`."""
    if not project.exists:
        raise InputError(f"there are no runs in {project.folder.resolve()} yet")
    with project.open() as database:
        record = _recorded(Runs(database), number)
        if record.summary is None:
            raise InputError(
                f"run {record.number} has no result yet, so there is nothing to report; "
                f"intone runs resume {record.number} goes on"
            )
        outcomes = _outcomes(database, record)
        begun = [it.facts for it in Runs(database).events(record.number) if it.kind == BEGUN]
    ready, why = _ready(project, record, rows)
    return Material(
        record=record,
        result=record.summary,
        outcomes=outcomes,
        rows={} if ready is None else _rows(ready, outcomes),
        no_rows=why,
        sealed=None if ready is None else frozenset(ready.split.sealed),
        versions=_versions(begun),
    )


def _recorded(runs: Runs, number: int | None) -> RunRecord:
    if number is not None:
        return runs.get(number)
    latest = runs.newest(1)
    if not latest:
        raise InputError("there are no runs yet (see: intone run, intone tune)")
    return latest[0]


def _outcomes(database: Database, record: RunRecord) -> dict[str, Sequence[Outcome]]:
    """Return the outcomes of the prompts that were given, and of the one that was found."""
    wanted = [content_id(form) for form in record.spec["prompts"]]
    models = [model["name"] for model in record.spec.get("models", ())]
    if models:
        wanted = [with_model(program, model) for program in wanted for model in models]
    result = record.summary or {}
    found = (result.get("winner") or {}).get("prompt_id") or result.get("proposal_id")
    wanted += [found] if found else []
    kept = RunOutcomes(database, record.number)
    return {program: kept.all(program) for program in dict.fromkeys(wanted)}


def _ready(project: Project, record: RunRecord, rows: Rows | None) -> tuple[Ready | None, str]:
    """Return a run's task as it was; None, and why, where its rows cannot be read again."""
    kept = record.spec
    if rows is None and not (kept.get("from_file") or kept.get("from_complaints")):
        return None, (
            "The texts of the rows are not shown: they came from a Python program, which can "
            "show them (result.report())."
        )
    order = recorded_order(record)
    spec = order.spec.model_copy(update={"folder": project.folder})
    order = replace(order, spec=spec, data=rows)
    if record.kind != "feedback":
        order = replace(order, kind="run")  # which needs no documents
    try:
        ready = prepare(order)
    except InputError as error:
        return None, f"The texts of the rows are not shown: {error}."
    if ready.data.id != record.data_id:
        return None, "The texts of the rows are not shown: the data has changed since the run."
    return ready, ""


def _rows(ready: Ready, outcomes: Mapping[str, Sequence[Outcome]]) -> dict[int, Row]:
    """Return the rows that were answered; inputs of complaints, which come after, are none."""
    answered = {outcome.row for those in outcomes.values() for outcome in those}
    return {index: ready.data[index] for index in sorted(answered) if index < len(ready.data)}


def _versions(begun: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Return what the run was made with (each version that took part), and this report."""
    found = {}
    for name in ("intone", "python"):
        those = dict.fromkeys(str(facts[name]) for facts in begun if name in facts)
        if those:
            found[name] = ", then ".join(those)
    return found | {"report by intone": made_with()["intone"]}


def _write_bytes(path: Path, content: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        beside = path.with_name(f".{path.name}.part")
        beside.write_bytes(content)
        beside.replace(path)  # whole or not at all
    except OSError as error:
        raise InputError(f"cannot write {path}: {error.strerror}") from None
