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


def over_models(said: str, prompts: dict[str, str]) -> dict[str, Any]:
    """Return a comparison over two models of prompts (name to id), said texts and all."""
    models = ["fake:good.toml", said]
    cells = [
        {"prompt": name, "model": model, "calls": 40, "tokens": 2_400, "usd": None, "n": 40}
        | {"score": score, "low": score - 0.1, "high": score + 0.1}
        for name in prompts
        for model, score in zip(models, (0.8, 0.4), strict=True)
    ]
    pair = {"models": models, "share": 0.5, "low": 0.35, "high": 0.65, "n": 40}
    several = len(prompts) > 1
    names = list(prompts)
    return {
        "run": 7,
        "model": models[0],
        "models": models,
        "judge": said,
        "rows": "tuning",
        "prompts": [{"name": name, "prompt_id": known} for name, known in prompts.items()],
        "cells": cells,
        "agreement": [{**pair, "prompt": name} for name in prompts]
        + [{**pair, "prompt": names[0], "share": None, "n": 0}],
        "verdicts": [] if several else [VERDICT | {"model": said, "word": "worse"}],
        "worst": [{"prompt": name, "model": said, "score": 0.4} for name in prompts],
        "best_worst": names[0] if several else None,
        "statuses": {"answered": 40 * len(cells)},
        "spent": SPENT,
        "notices": [said],
    }


def fed(said: str, prompt: dict[str, Any], proposal: dict[str, Any], known: str) -> dict[str, Any]:
    """Return a feedback run that proposes a change (`known` its id) with a doubt to decide."""
    check: dict[str, Any] = {
        "name": "words fewer",
        "before": 120.4,
        "after": 70.0,
        "low": None,
        "high": -38.2,
    }
    check |= {"p": 0.0004, "level": 0.05, "n": 16}
    tried = {"strength": 1, "sentence": f"say “{said}”", "word": "cured", "reason": ""}
    wish: dict[str, Any] = {
        "wish": "shorter",
        "of": "",
        "sentence": said,
        "count": 3,
        "complaints": [4, 9, 0],
    }
    wish |= {"state": "unproven", "reason": f"so few of {said}", "note": "flattered a little"}
    task: dict[str, Any] = {"before": 0.5, "after": 0.49, "difference": -0.01}
    task |= {"low": -0.04, "high": 0.02}
    task |= {"n": 40, "margin": 0.03, "word": "unproven", "rows_needed": 99}
    lost = ["2 answers are gone"]
    return {
        "run": 7,
        "name": said,
        "model": "local",
        "wishes": [
            {**wish, "tries": [{**tried, "check": check, "lost": lost}], "task": task},
            {"sentence": said, "count": 1, "complaints": [12], "state": "budget ended"}
            | {"reason": "", "note": "", "tries": [], "task": None},
        ],
        "conflicts": [
            {"one": {"sentence": said, "count": 2}, "other": {"sentence": "longer", "count": 1}}
            | {"granted": None, "choices": []}
        ],
        "unclear": [{"complaint": 5, "comment": said}],
        "prompt": prompt,
        "edit": {"sentence": f"say “{said}”", "edits": []},
        "checks": [{**check, "wish": said, "word": "cured"}],
        "task": task,
        "outputs": [
            {"inputs": {"body": f"{said} {n}"}, "before": f"{said} at length", "after": said}
            for n in range(3)
        ],
        "tokens": {"before": 160.2, "after": 98.7},
        "proposal": proposal,
        "proposal_id": known,
        "answers": [4, 9],
        "asks": [{"what": "unproven", "why": "40 rows cannot show it", "wish": said}],
        "accepted": False,
        "prompt_id": "given",
        "version": None,
        "undo": None,
        "plan": {"scored": True},
        "statuses": {"answered": 80},
        "spent": SPENT,
        "finished": False,
        "short_of": "budget.calls",
        "notices": [said],
    }


FIGURE = {"value": 0.2, "low": 0.1, "high": 0.3}
NULL = {"value": 0.1, "low": 0.05, "high": 0.15, "p": 0.001}


def part(*scores: float) -> dict[str, Any]:
    variants = [
        {"sentence": f"<change> {at}", "prompt_id": "x", "sample": 0, "score": score, "moved": 1}
        for at, score in enumerate(scores)
    ]
    measures = dict.fromkeys(("spread", "sensitivity", "disagreement", "flipped", "kappa"), FIGURE)
    return {**measures, "null_spread": NULL, "posix": None, "n": 20, "missing": 0, "calls": 60,
            "given": 0.8, "variants": variants}  # fmt: skip


def stressed(**changes: Any) -> dict[str, Any]:
    form = part(0.6, 0.8) | {
        "run": 3, "name": "a & b", "model": "fake:first", "grader": "label", "metric": "mean",
        "rows": "tuning", "score": 0.8, "low": 0.6, "high": 0.9, "there": 20, "opened": None,
        "by_kind": {"layout": part(0.6, 0.8), "casing": part(0.8, 0.8, 0.8)},
        "left_out": {"order": "nothing is listed"}, "notices": [],
        "flips": [{"row": 4, "given": "a", "answers": {"a": 2, "b\x1b[31m": 1}, "moved": 1,
                   "kinds": ["layout"], "lowest": 0.0, "highest": 1.0}],
        "statuses": {"answered": 120},
        "spent": {"calls": 120, "replayed": 0, "prompt_tokens": 9, "completion_tokens": 9,
                  "usd": 0.0, "seconds": 1.0},
    }  # fmt: skip
    return form | changes
