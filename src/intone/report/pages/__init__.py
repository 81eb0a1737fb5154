"""One file a kind of run: which sections its report has. `PAGES` says which kind has which."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from intone.report.blocks import Page
from intone.report.material import Material
from intone.report.pages.compare import compare_page
from intone.report.pages.feedback import feedback_page
from intone.report.pages.run import run_page
from intone.report.pages.stress import stress_page
from intone.report.pages.tune import tune_page

PAGES: Mapping[str, Callable[[Material], Page]] = {
    "tune": tune_page,
    "compare": compare_page,
    "run": run_page,
    "feedback": feedback_page,
    "stress": stress_page,
}
"""What a kind of run's report is made by. A new kind is a file here and a line in this table."""
