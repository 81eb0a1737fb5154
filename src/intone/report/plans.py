"""The plan of a tuning on screen: rows, budget, what it may cost, the smallest gain to be seen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from intone.report import numbers
from intone.report.console import Part, line
from intone.report.words import model_name, one_line

ARMS = "your prompt, the best rephrasing, the tuned one"


def plan_lines(plan: Mapping[str, Any]) -> list[Part]:
    """Return the two lines that stand over every tuning: the rows, and the budget."""
    return [line(_rows(plan)), line(_budget(plan))]


def notices(those: object) -> list[Part]:
    """Return what was noticed about the data, a line each."""
    found = those if isinstance(those, list | tuple) else ()
    return [line(("note: ", "yellow"), one_line(str(notice))) for notice in found]


def full_plan(plan: Mapping[str, Any]) -> list[Part]:
    """Return the whole plan, for `--dry-run`."""
    parts = [*plan_lines(plan)]
    judged = plan["verdict_calls"]
    if plan["cross_validated"] and judged:
        parts.append(line(f"cross-validation: {ARMS}, each on rows its search did not see"))
    elif judged:
        each = f"{numbers.counted(plan['sealed_used'], 'sealed row')}"
        vote = plan.get("vote")
        more = f" and a vote of up to {vote}" if vote else ""
        parts.append(line(f"verdict: 3 prompts ({ARMS}){more} on {each}"))
    elif plan["sealed"] or plan["cross_validated"]:
        parts.append(line("verdict: none, for the budget leaves no rows to judge on"))
    else:
        parts.append(line("verdict: none, for no rows are sealed"))
    if plan.get("judge"):
        parts.append(line(f"grading: {_judge(plan)}"))
    if plan.get("versions"):
        judged, tried = (plan[name] for name in ("versions", "search_versions"))
        asked = f"a row in {numbers.counted(judged, 'harmless version')} of each prompt"
        parts.append(line(f"robust: the verdict asks {asked}, a trial of the search in {tried}"))
    shown = numbers.counted(plan["pool"], "row")
    parts.append(line(f"up to {shown} may be shown as demonstrations; the rest compare prompts"))
    cost = f"about {numbers.tokens(plan['tokens'])}"
    if plan["usd"] is not None:
        cost += f", {numbers.money(plan['usd'])}"
    parts.append(line(f"cost: {cost}, more where demonstrations are shown"))
    parts += notices(plan.get("notices"))
    parts.append(line(("nothing was called and nothing was written", "dim")))
    return parts


def _judge(plan: Mapping[str, Any]) -> str:
    model = model_name(plan["judge"])
    return f"a judge ({model}) grades every answer, so each takes {plan['calls_an_answer']} calls"


def _rows(plan: Mapping[str, Any]) -> str:
    rows = numbers.counted(plan["rows"], "row")
    if plan["cross_validated"]:
        head = f"{rows}: too few to seal any (40 are needed), so cross-validated"
    elif plan["sealed"]:
        tuning, sealed = numbers.count(plan["tuning"]), numbers.count(plan["sealed"])
        head = f"{rows}: {tuning} to tune on, {sealed} sealed"
    else:
        head = f"{rows} to tune on, none sealed"
    if plan.get("corrections"):  # plans did not always have it
        head += f" ({numbers.counted(plan['corrections'], 'row')} from users' corrections)"
    grading = (
        numbers.counted(plan["labels"], "label")
        if plan["labels"]
        else f"graded by {plan['grader']}"
    )
    return " · ".join([head, grading, model_name(plan["model"])])


def _budget(plan: Mapping[str, Any]) -> str:
    judged, search = plan["verdict_calls"], plan["search_calls"]
    head = f"budget {limits(plan['budget'])}"
    if plan["budget"]["calls"] is None and search is not None:
        head += f", about {numbers.counted(judged + search, 'call')}"
    purpose = "cross-validation" if plan["cross_validated"] else "the verdict"
    shares = [f"{numbers.count(judged)} for {purpose}"] if judged else []
    if search is not None:
        shares.append(f"{numbers.count(search)} to search")
    parts = [f"{head}: {', '.join(shares)}" if shares else head]
    if not judged and (plan["sealed"] or plan["cross_validated"]):
        parts.append("too small a budget for a verdict")
    used, sealed = plan["sealed_used"], plan["sealed"]
    if 0 < used < sealed:
        parts.append(f"the verdict can use {numbers.count(used)} of the {sealed} sealed rows")
    smallest = plan["smallest_detectable"]
    if smallest is not None:
        which = "so few rows" if plan["cross_validated"] else numbers.counted(used, "row")
        gain = numbers.points(smallest, sign=False).removesuffix(".0")
        if smallest >= 0.1:
            gain = str(round(100 * smallest))
        parts.append(f"smallest gain {which} can show: about {gain} points")
    elif judged and plan.get("metric") == "macro_f1":
        parts.append("smallest gain they can show: not known for macro-F1")
    return " · ".join(parts)


def limits(budget: Mapping[str, Any]) -> str:
    """Return a budget's limits: `480 calls, $1.00`."""
    found = []
    if budget["calls"] is not None:
        found.append(numbers.counted(budget["calls"], "call"))
    if budget["tokens"] is not None:
        found.append(numbers.tokens(budget["tokens"]))
    if budget["usd"] is not None:
        found.append(numbers.money(budget["usd"]))
    return ", ".join(found) or "without limit"
