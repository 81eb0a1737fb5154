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
    return [*found, *openings(verdict)]


def openings(verdict: Mapping[str, Any]) -> list[Text]:
    """Return how often the sealed rows have been opened, from the second time on."""
    times = verdict.get("opened") or 0
    if times < 2:
        return []
    worn = f"  opening {numbers.count(times)} of these sealed rows; fresh rows would say more"
    return [line((worn, "dim"))]


def shipping(result: Mapping[str, Any]) -> str:
    """Return what is handed back by a tuning, and why, in one sentence."""
    verdict, plan = result["verdict"], result["plan"]
    if not result["winner"]["edits"]:
        return _nothing_found(result)
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


def _nothing_found(result: Mapping[str, Any]) -> str:
    """Return that the user's own prompt came first, and what it scored or why nothing is known."""
    verdict, given = result["verdict"], result["baseline"]
    if verdict is None and _meant_to_judge(result["plan"]):
        return (
            "no verdict: the budget left no rows to judge on; nothing better was found either, so "
            f"your prompt is kept (raise {limit(result['plan']['budget'])})"
        )
    if verdict is None:
        return "nothing better was found: your prompt is kept"
    kind = "sealed row" if verdict.get("opened") is not None else "row"
    interval = numbers.interval(given["low"], given["high"])
    scored = f"{numbers.score(given['score'])} {interval}".strip()
    return (
        "nothing better was found: your prompt is kept; it scored "
        f"{scored} on {numbers.counted(given['n'], kind)}"
    )


def _unjudged(result: Mapping[str, Any]) -> str:
    """Return why there is no verdict, and what is handed back then."""
    plan = result["plan"]
    if result["prompt_id"] == result["winner"]["prompt_id"]:
        return "no verdict: no rows were sealed, so the tuned prompt is handed back untested"
    if not _meant_to_judge(plan):
        return "no verdict, since no rows were sealed: your prompt is kept"
    return (
        "no verdict: the budget left no rows to judge on, so your prompt is kept "
        f"(raise {result.get('short_of') or limit(plan['budget'])})"
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


def _meant_to_judge(plan: Mapping[str, Any]) -> bool:
    """Say whether there were rows for a verdict: only the budget can have prevented it."""
    return bool(plan["sealed"] or plan["cross_validated"])


def limit(budget: Mapping[str, Any]) -> str:
    """Return the settings that limit a budget, to be raised: `budget.calls`."""
    names = [f"budget.{name}" for name in ("calls", "tokens", "usd") if budget[name] is not None]
    return " and ".join(names) or "budget.calls"


def no_vote(result: Mapping[str, Any]) -> str | None:
    """Return why no vote was built of what a search found, where one was asked for.

    Nothing where too few rows are the reason: a note says so from the start.
    """
    why = result.get("no_vote")
    return f"no vote: {why}" if why and not result["plan"]["cross_validated"] else None
