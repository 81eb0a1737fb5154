"""Intone tunes prompts with data, a budget and a verdict.

The public names are those in `__all__`. They load when first used, so `import intone` is cheap.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from intone.errors import BackendError, BudgetEnded, InputError, IntoneError
    from intone.evaluate.budget import Budget
    from intone.feedback.complaint import Complaint
    from intone.feedback.wish import Wish
    from intone.llm.fake import FakeBackend
    from intone.prompt.chain import Chain
    from intone.prompt.prompt import Demonstration, Prompt
    from intone.prompt.step import Step
    from intone.prompt.vote import Vote
    from intone.runs.about import Feedback
    from intone.runs.feedback import add_feedback, import_feedback, list_feedback
    from intone.runs.feedback_ask import Ask
    from intone.runs.python import Task, acompare, arun, atune, compare, run, tune
    from intone.runs.python_feedback import FeedbackResult, aapply_feedback, apply_feedback
    from intone.runs.python_stress import StressResult, astress, stress
    from intone.runs.results import CompareResult, RunResult, TuneResult
    from intone.verdict.verdict import Verdict

__all__ = [
    "Ask",
    "BackendError",
    "Budget",
    "BudgetEnded",
    "Chain",
    "CompareResult",
    "Complaint",
    "Demonstration",
    "FakeBackend",
    "Feedback",
    "FeedbackResult",
    "InputError",
    "IntoneError",
    "Prompt",
    "RunResult",
    "Step",
    "StressResult",
    "Task",
    "TuneResult",
    "Verdict",
    "Vote",
    "Wish",
    "aapply_feedback",
    "acompare",
    "add_feedback",
    "apply_feedback",
    "arun",
    "astress",
    "atune",
    "compare",
    "import_feedback",
    "list_feedback",
    "run",
    "stress",
    "tune",
]
__version__ = "0.1.0"

_HOMES = {
    "intone.errors": ("BackendError", "BudgetEnded", "InputError", "IntoneError"),
    "intone.evaluate.budget": ("Budget",),
    "intone.feedback.complaint": ("Complaint",),
    "intone.feedback.wish": ("Wish",),
    "intone.llm.fake": ("FakeBackend",),
    "intone.prompt.chain": ("Chain",),
    "intone.prompt.prompt": ("Demonstration", "Prompt"),
    "intone.prompt.step": ("Step",),
    "intone.prompt.vote": ("Vote",),
    "intone.runs.about": ("Feedback",),
    "intone.runs.feedback": ("add_feedback", "import_feedback", "list_feedback"),
    "intone.runs.python": ("Task", "acompare", "arun", "atune", "compare", "run", "tune"),
    "intone.runs.results": ("CompareResult", "RunResult", "TuneResult"),
    "intone.runs.feedback_ask": ("Ask",),
    "intone.runs.python_feedback": ("FeedbackResult", "aapply_feedback", "apply_feedback"),
    "intone.runs.python_stress": ("StressResult", "astress", "stress"),
    "intone.verdict.verdict": ("Verdict",),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> Any:
    if name not in _HOME_OF:
        raise AttributeError(f"module 'intone' has no attribute {name!r}")
    value = getattr(importlib.import_module(_HOME_OF[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)


class _Package(ModuleType):
    """The package itself: `intone.tune` is the function, also once the room `tune` is loaded.

    And so is `intone.stress`.
    """

    @property
    def tune(self) -> Callable[..., Any]:
        from intone.runs.python import tune

        return tune

    @tune.setter
    def tune(self, room: ModuleType) -> None:
        """Ignore the import system, which puts a loaded room here."""

    @property
    def stress(self) -> Callable[..., Any]:
        from intone.runs.python_stress import stress

        return stress

    @stress.setter
    def stress(self, room: ModuleType) -> None:
        """Ignore the import system, as above."""


sys.modules[__name__].__class__ = _Package
