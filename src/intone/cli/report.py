"""`intone runs report`: a run as one HTML file, and its figures."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from intone.cli import options
from intone.cli.session import Session, emit


def report_run(
    context: typer.Context,
    number: Annotated[
        int | None, typer.Argument(metavar="[N]", help="The run's number (default: the latest).")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", metavar="FILE", help="Where to write it (default: .intone/reports/run-N.html)."
        ),
    ] = None,
    figures: Annotated[
        Path | None,
        typer.Option(
            "--figures", metavar="DIR", help="Also write its figures there, as SVG and PNG."
        ),
    ] = None,
    spec: options.SpecFile = None,
    set: options.Sets = None,
    json: options.Json = False,
) -> int:
    """Write a run as one HTML file that needs nothing else: verdict, prompts, rows, cost."""
    from intone.report.console import line
    from intone.runs.reporting import write_report

    session: Session = context.obj
    project = options.Given(spec, set).project(session)
    written = write_report(project, number, page=out, figures=figures)
    form = {
        "run": written.run,
        "report": str(written.page),
        "figures": [str(path) for path in written.figures],
    }
    parts = [line(f"wrote {path}") for path in (written.page, *written.figures)]
    emit(form, parts, as_json=json)
    return 0
