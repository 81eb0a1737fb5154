"""The report of a run: what it is made from is gathered here, then written.

Owns where reports lie (`.intone/reports/run-N.html`), and finding the texts of a run's rows again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from intone.data.canonical import content_id
from intone.data.dataset import Dataset
from intone.errors import InputError
from intone.evaluate.outcome import Outcome
from intone.prompt.files import write_whole
from intone.prompt.prompt import Prompt
from intone.report.figure import svg
from intone.report.material import Material
from intone.report.page import html, page_of
from intone.report.raster import png
from intone.runs.kit import BEGUN, made_with
from intone.runs.project import Project
from intone.runs.spec import Spec
from intone.runs.task import Rows, read_rows, split_rows
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
    data, why = _data(project, record, rows)
    wanted = {outcome.row for those in outcomes.values() for outcome in those}
    return Material(
        record=record,
        result=record.summary,
        outcomes=outcomes,
        rows={} if data is None else {index: data[index] for index in sorted(wanted)},
        no_rows=why,
        sealed=None if data is None else frozenset(_sealed(project, record, data)),
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
    """Return the outcomes of the prompts that were given and of the winner."""
    wanted = [content_id(form) for form in record.spec["prompts"]]
    winner = (record.summary or {}).get("winner")
    if winner:
        wanted.append(winner["prompt_id"])
    kept = RunOutcomes(database, record.number)
    return {program: kept.all(program) for program in dict.fromkeys(wanted)}


def _data(project: Project, record: RunRecord, rows: Rows | None) -> tuple[Dataset | None, str]:
    """Return the rows a run was made on; None, and why, where they cannot be read again."""
    if rows is None and not record.spec.get("from_file"):
        return None, (
            "The texts of the rows are not shown: they came from a Python program, which can "
            "show them (result.report())."
        )
    used: set[str] | None = set()
    for form in record.spec["prompts"]:
        used = used | Prompt.from_canonical(form).variables if used is not None else None
    try:
        data = read_rows(_spec(project, record), used, rows)
    except InputError as error:
        return None, f"The texts of the rows are not shown: {error}."
    if data.id != record.data_id:
        return None, "The texts of the rows are not shown: the data has changed since the run."
    return data, ""


def _sealed(project: Project, record: RunRecord, data: Dataset) -> Sequence[int]:
    return split_rows(_spec(project, record), data).sealed


def _spec(project: Project, record: RunRecord) -> Spec:
    return Spec.model_validate({**record.spec["spec"], "folder": project.folder})


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
