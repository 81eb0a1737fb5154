"""Results with invented figures, in the form in which runs keep them."""

from __future__ import annotations

import io
from collections.abc import Iterable
from typing import Any

from intone.report.console import Part, console_for, show

PLAN: dict[str, Any] = {
    "rows": 240,
    "tuning": 168,
    "sealed": 72,
    "sealed_used": 72,
    "pool": 40,
    "labels": 6,
    "grader": "label",
    "model": "local",
    "budget": {"calls": 480, "tokens": None, "usd": None},
    "verdict_calls": 216,
    "search_calls": 264,
    "smallest_detectable": 0.171,
    "cross_validated": False,
    "tokens": 101_000,
    "usd": None,
}
FEW: dict[str, Any] = PLAN | {
    "rows": 30,
    "tuning": 30,
    "sealed": 0,
    "sealed_used": 0,
    "verdict_calls": 60,
    "search_calls": 420,
    "cross_validated": True,
}
VERDICT: dict[str, Any] = {
    "word": "better",
    "difference": 0.194,
    "low": 0.082,
    "high": 0.301,
    "p": 0.0012,
    "n": 72,
    "smallest_detectable": 0.171,
    "format": 0.04,
    "substance": 0.154,
    "missing": 0,
    "opened": 1,
    "exploratory": False,
    "note": "",
    "p_one_sided": 0.0006,
}
UNDECIDED: dict[str, Any] = VERDICT | {
    "word": "undecided",
    "difference": 0.03,
    "low": -0.05,
    "high": 0.11,
    "p": 0.47,
    "p_one_sided": 0.235,
}
ASKED = [
    {"section": "template", "sentence": "ask as “Which one team …”"},
    {"section": "layout", "sentence": "markdown layout"},
]
SHOWN = [*ASKED, {"section": "demonstrations", "sentence": "show 8 demonstrations"}]
SPENT: dict[str, Any] = {
    "calls": 466,
    "replayed": 0,
    "prompt_tokens": 100_000,
    "completion_tokens": 1_100,
    "usd": 0.0,
    "seconds": 372.0,
}


def described(name: str, edits: list[dict[str, str]], *, rephrasing: bool) -> dict[str, Any]:
    return {
        "prompt_id": name,
        "prompt": {"template": "x"},
        "edits": edits,
        "sentence": "",
        "rephrasing": rephrasing,
    }


def scored(score: float) -> dict[str, Any]:
    return {"score": score, "n": 72, "low": score - 0.1, "high": score + 0.1}


def tuned(**changes: Any) -> dict[str, Any]:
    """Return the result of a tuning that shipped, with some parts changed."""
    result = {
        "run": 7,
        "prompt": {"template": "x"},
        "prompt_id": "won",
        "baseline": scored(0.58),
        "rephrased": scored(0.69),
        "tuned": scored(0.78),
        "verdict": VERDICT,
        "over_rephrased": VERDICT | {"difference": 0.09, "low": -0.01, "high": 0.19},
        "shipped": True,
        "winner": described("won", SHOWN, rephrasing=False),
        "best_rephrasing": described("asked", ASKED, rephrasing=True),
        "name": "triage",
        "plan": PLAN,
        "heats": [],
        "statuses": {"answered": 466},
        "unanswered": 0,
        "finished": True,
        "notices": [],
        "version": "triage@2",
        "spent": SPENT,
    }
    return result | changes


def text(parts: Iterable[Part]) -> str:
    """Return a screen as a file gets it."""
    file = io.StringIO()
    show(console_for(file), parts)
    return file.getvalue()
