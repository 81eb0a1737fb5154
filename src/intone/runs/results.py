"""What a Python program gets back from a run: its result as an object.

Owns these values over the plain result; making a run is `python`'s, writing a report `reporting`'s.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from intone.prompt.forms import AnyProgram, read_program
from intone.runs.project import Project
from intone.runs.task import Rows
from intone.verdict.verdict import Verdict


@dataclass(frozen=True)
class Result:
    """What a run came to; `form` is what `--json` prints, `folder` the project it is kept in."""

    form: Mapping[str, Any]
    folder: Path = field(default=Path(), repr=False, compare=False)
    _rows: Rows | None = field(default=None, repr=False, compare=False)

    @property
    def spent(self) -> Mapping[str, Any]:
        """Calls, tokens, money and seconds."""
        return dict(self.form["spent"])

    def to_dict(self) -> dict[str, Any]:
        """Return the result in plain values."""
        return dict(self.form)

    def report(self, path: str | Path | None = None, *, figures: str | Path | None = None) -> Path:
        """Write the run as one HTML file; return where it is.

        `path` defaults to `.intone/reports/run-N.html`; into the folder `figures`, if one is given,
        the figures go as SVG and PNG. The page shows texts of rows, those of a list that was given
        as the task's data too. Raises InputError if a file cannot be written.
        """
        from intone.runs.reporting import write_report

        page = None if path is None else Path(path)
        beside = None if figures is None else Path(figures)
        project, number = Project(self.folder), int(self.form["run"])
        return write_report(project, number, page=page, figures=beside, rows=self._rows).page


@dataclass(frozen=True)
class TuneResult(Result):
    """What a tuning came to."""

    @property
    def prompt(self) -> AnyProgram:
        """The prompt to use: the tuned one if it shipped, else the one that was given."""
        return read_program(self.form["prompt"])

    @property
    def winner(self) -> AnyProgram:
        """The best prompt on the tuning rows, whether it shipped or not."""
        return read_program(self.form["winner"]["prompt"])

    @property
    def verdict(self) -> Verdict | None:
        """The verdict on the sealed rows; None if there are none."""
        form = self.form["verdict"]
        return Verdict.from_dict(form) if form else None

    @property
    def shipped(self) -> bool:
        """Whether the tuned prompt replaces the one that was given."""
        return bool(self.form["shipped"])

    @property
    def robust(self) -> Mapping[str, Any] | None:
        """What consistency cost, on sealed rows; None unless the objective weighs it."""
        found: Mapping[str, Any] | None = self.form["robust"]
        return found


@dataclass(frozen=True)
class RunResult(Result):
    """What one prompt came to."""

    @property
    def score(self) -> float | None:
        """The metric's value; None where nothing was graded."""
        value = self.form["score"]
        return None if value is None else float(value)

    @property
    def outcomes(self) -> Sequence[Mapping[str, Any]]:
        """One mapping a row: row, answer, score, status, reason."""
        return list(self.form["outcomes"])


@dataclass(frozen=True)
class CompareResult(Result):
    """What several prompts, or several models, came to on the same rows."""

    @property
    def verdicts(self) -> Sequence[Verdict]:
        """The verdict of each further prompt against the first.

        With several models: of each further model, where there is one prompt; else none.
        """
        return [Verdict.from_dict(form) for form in self.form["verdicts"]]

    @property
    def cells(self) -> Sequence[Mapping[str, Any]]:
        """With several models, one mapping for each prompt and model: score, interval, cost."""
        return list(self.form.get("cells", ()))
