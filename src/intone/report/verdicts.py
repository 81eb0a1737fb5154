"""Verdicts in words. Owns the verdict's line and the sentence on what was shipped, and why."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.text import Text

from intone.report import numbers
from intone.report.console import line
from intone.report.words import one_line

STYLES = {"better": "bold green", "worse": "bold red", "undecided": "bold yellow"}


def difference(verdict: Mapping[str, Any]) -> str:
    """Return the difference with its interval: `+19.4 points [8.2, 30.1]`."""
    low, high = (numbers.points(verdict[end], sign=False) for end in ("low", "high"))
    return f"{numbers.points(verdict['difference'])} points [{low}, {high}]"


def verdict_line(verdict: Mapping[str, Any]) -> Text:
    """Return the verdict's line: word, difference, interval, rows, p, format and substance."""
    kind = "sealed row" if verdict.get("opened") is not None else "row"
    on = f"on {numbers.counted(verdict['n'], kind)}, {numbers.chance(verdict['p'])}"
    split = (
        f"   (format {numbers.about_points(verdict['format'])}, "
        f"substance {numbers.about_points(verdict['substance'])})"
    )
    word = verdict["word"]
    return line((word, STYLES.get(word, "bold")), f": {difference(verdict)} {on}", (split, "dim"))


def remarks(verdict: Mapping[str, Any]) -> list[Text]:
    """Return what else a reader has to know about a verdict, a line each."""
    found = []
    if verdict.get("note"):
        found.append(line(("  " + one_line(verdict["note"]), "dim")))
    if verdict.get("missing") and not verdict.get("note"):
        left_out = numbers.counted(verdict["missing"], "row")
        found.append(line((f"  {left_out} left out: no score for one of the two", "dim")))
    if (verdict.get("opened") or 0) > 1:
        times = numbers.count(verdict["opened"])
        worn = f"  opening {times} of these sealed rows; fresh rows would say more"
        found.append(line((worn, "dim")))
    return found


def shipping(result: Mapping[str, Any]) -> str:
    """Return what is handed back by a tuning, and why, in one sentence."""
    verdict, plan = result["verdict"], result["plan"]
    if not result["winner"]["edits"]:
        return "nothing better was found: your prompt is kept"
    if verdict is None:
        return _unjudged(result)
    if result["shipped"]:
        if verdict["word"] == "better":
            return ""
        chance = numbers.chance(verdict["p_one_sided"])
        return (
            "shipped: the gain is more likely real than not, but these rows do not prove it "
            f"(one-sided {chance})"
        )
    if plan["cross_validated"] or verdict["exploratory"]:
        return (
            f"your prompt is kept: {numbers.counted(plan['rows'], 'row')} are too few to seal any "
            "(40 are needed), so nothing could be put to the test"
        )
    if verdict["difference"] <= 0:
        return "your prompt is kept: on the sealed rows the tuned one did no better"
    chance = numbers.chance(verdict["p_one_sided"])
    return (
        "your prompt is kept: so small a gain may well be chance "
        f"(one-sided {chance}; to ship it takes 0.2 or less)"
    )


def _unjudged(result: Mapping[str, Any]) -> str:
    """Return why there is no verdict, and what is handed back then."""
    if result["prompt_id"] == result["winner"]["prompt_id"]:
        return "no verdict: no rows were sealed, so the tuned prompt is handed back untested"
    if result["plan"]["sealed"] == 0 and not result["plan"]["cross_validated"]:
        return "no verdict, since no rows were sealed: your prompt is kept"
    return (
        "no verdict: the budget left no rows to judge on, so your prompt is kept "
        f"(raise {result.get('short_of') or 'budget.calls'})"
    )


def cut_short(result: Mapping[str, Any]) -> list[Text]:
    """Return the line that says that the budget ended before all promised rows were judged."""
    verdict, planned = result["verdict"], result["plan"]["sealed_used"]
    if verdict is None or not result.get("short_of"):
        return []
    judged = verdict["n"] + verdict["missing"]
    rows = numbers.counted(planned, "sealed row")
    text = f"judged on {numbers.count(judged)} of the planned {rows}: the budget ended"
    return [line((f"  {text} (raise {result['short_of']})", "yellow"))]
