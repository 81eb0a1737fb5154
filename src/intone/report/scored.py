"""The screens of `run` (one prompt's score) and `compare` (several, with verdicts)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from intone.report import numbers
from intone.report.console import Part, blank, columns, line
from intone.report.plans import notices
from intone.report.verdicts import STYLES, difference, remarks
from intone.report.words import model_name, one_line

_ROWS_SHOWN = 5
KINDS = {"tuning": "tuning row", "sealed": "sealed row", "all": "row"}
_TRUST = {"trusted": "green", "unproven": "yellow", "distrusted": "red"}
_WHY = {
    "trusted": "",
    "unproven": " (at least 20 ratings and an interval from 0.4 on are needed)",
    "distrusted": " (do not go by its scores)",
}
_STATUSES = ("answered", "unparseable", "refused", "truncated", "failed")


def run_screen(result: Mapping[str, Any]) -> list[Part]:
    """Return the screen of a run; `outcomes` in the result give the rows that went wrong."""
    rows = numbers.counted(result["n"], KINDS[result["rows"]])
    interval = numbers.interval(result["low"], result["high"])
    if result["score"] is None:
        scored = line(_unscored(result["statuses"]))
    else:
        scored = line(
            ("score ", "bold"),
            (numbers.score(result["score"]), "bold"),
            f" {interval} on {rows} ({result['metric']} of {result['grader']})",
        )
    parts: list[Part] = [
        line(f"{result['name']} · {model_name(result['model'])}"),
        *notices(result.get("notices")),
        scored,
        *judged(result.get("judge")),
        line(statuses(result["statuses"])),
        *_steps(result.get("steps") or {}),
        *_calls([(result["name"], result.get("calls_a_row"))]),
    ]
    parts += ended(result)
    parts += opened(result)
    parts += _wrong(result.get("outcomes") or ())
    return [*parts, *spent(result)]


def _unscored(counts: Mapping[str, int]) -> str:
    if counts.get("failed"):
        return "no score: not one answer could be graded (the reasons are below)"
    return "not graded: there is nothing to grade against"


def judged(judge: Mapping[str, Any] | None) -> list[Part]:
    """Return how far the judge of a run agrees with people, if a judge graded it."""
    if judge is None:
        return []
    model, found = model_name(judge["model"]), judge["agreement"]
    if found is None:
        return [line(f"judged by {model}")]
    if not found["n"]:
        none = "none of its scores is of an answer that people rated"
        return [line(f"judged by {model}: ", (none, "yellow"))]
    rated = f"agrees with people on {found['exact']:.0%} of {numbers.counted(found['n'], 'answer')}"
    kappa = found["kappa"]
    if kappa is not None:
        rated += f", weighted kappa {kappa:.2f} [{found['low']:.2f}, {found['high']:.2f}]"
    word, style = found["word"], _TRUST[found["word"]]
    return [line(f"judged by {model}: {rated}: ", (word, style), _WHY[word])]


def compare_screen(result: Mapping[str, Any]) -> list[Part]:
    """Return the screen of a comparison: each prompt's score, and its verdict."""
    arms = result["prompts"]
    rows = numbers.counted(arms[0]["n"], KINDS[result["rows"]])
    head = f"{numbers.counted(len(arms), 'prompt')} on {rows} · {model_name(result['model'])}"
    parts: list[Part] = [line(head), *notices(result.get("notices")), blank()]
    table = columns("", "right", "", "", "fold")
    given, *others = arms
    interval = numbers.interval(given["low"], given["high"])
    table.add_row(one_line(given["name"], 30), numbers.score(given["score"]), interval, "", "")
    for arm, verdict in zip(others, result["verdicts"], strict=True):
        word = verdict["word"]
        table.add_row(
            one_line(arm["name"], 30),
            numbers.score(arm["score"]),
            numbers.interval(arm["low"], arm["high"]),
            line((word, STYLES.get(word, "bold"))),
            f"{difference(verdict)}{_on(verdict, given)}, {numbers.chance(verdict['p'])}",
        )
    parts += [table, blank()]
    for verdict in result["verdicts"]:
        said = remarks({**verdict, "opened": None})
        if said and len(others) > 1:
            parts.append(line((f"{verdict['prompt']}:", "dim")))
        parts += said
    parts.append(line((f"each prompt against the first, {given['name']}, row by row", "dim")))
    parts.append(line(statuses(result["statuses"])))
    parts += _calls([(arm["name"], arm.get("calls_a_row")) for arm in arms])
    return [*parts, *ended(result), *opened(result), *spent(result)]


def statuses(counts: Mapping[str, int]) -> str:
    """Return how many answers came to which status, in a fixed order."""
    known = [*_STATUSES, *(name for name in counts if name not in _STATUSES)]
    found = []
    for name in known:
        if counts.get(name):
            hint = " (missing, not counted)" if name == "failed" else ""
            found.append(f"{name} {numbers.count(counts[name])}{hint}")
    return " · ".join(found) or "nothing was answered"


def spent(result: Mapping[str, Any]) -> list[Part]:
    """Return what a run has spent, and where to see it again."""
    failed = result["statuses"].get("failed", 0)
    hint = f"intone runs show {result['run']}"
    if failed:
        hint = f"try the failed again: intone runs resume {result['run']} --retry-failed"
    return [line(f"spent {numbers.spent(result['spent'])} · {hint}")]


def _steps(steps: Mapping[str, Mapping[str, Any]]) -> list[Part]:
    """Return the scores of a chain's steps against right answers of their own."""
    if not steps:
        return []
    found = [
        f"{one_line(name, 30)} {numbers.score(step['score'])} on {numbers.count(int(step['n']))}"
        for name, step in steps.items()
    ]
    return [line("steps by themselves: " + " · ".join(found))]


def _calls(those: Sequence[tuple[str, float | None]]) -> list[Part]:
    """Return how many calls an answer took, where that is not one for all."""
    if all(calls in (None, 1.0) for _, calls in those):
        return []
    if len(those) == 1:
        return [line(f"{those[0][1]:g} calls an answer")]
    each = [f"{one_line(name, 30)} {calls:g}" for name, calls in those if calls is not None]
    return [line("calls an answer: " + " · ".join(each))]


def ended(result: Mapping[str, Any]) -> list[Part]:
    """Return that the budget cut the rows short, where it did."""
    answered = sum(result["statuses"].values())
    asked = result.get("asked", answered)  # comparisons did not always keep it
    if answered >= asked:
        return []
    left = f"the budget ended after {numbers.count(answered)} of "
    return [line((left + numbers.counted(asked, "answer"), "yellow"))]


def _on(verdict: Mapping[str, Any], given: Mapping[str, Any]) -> str:
    """Return on how many rows a verdict is, where they are not those of the scores shown."""
    n = verdict["n"]
    return "" if n == given["n"] else f" on {numbers.counted(n, 'row')}"


def opened(result: Mapping[str, Any]) -> list[Part]:
    """Return how often the sealed rows were opened, if this run looked at them."""
    times = result.get("opened")
    if times is None:
        return []
    text = f"opening {numbers.count(times)} of the sealed rows"
    return [line((text + ("; fresh rows would say more" if times > 1 else ""), "dim"))]


def _wrong(outcomes: Sequence[Mapping[str, Any]]) -> list[Part]:
    """Return a few rows that lost points, the gravest kinds first."""
    lost = [o for o in outcomes if o["status"] != "answered" or (o["score"] or 0.0) < 1.0]
    lost = [o for o in lost if o["status"] != "answered" or o["score"] is not None]
    if not lost:
        return []
    lost.sort(key=lambda o: o["row"])
    unread = [o for o in lost if o["status"] != "answered"]
    wrong = [o for o in lost if o["status"] == "answered"]
    half = min(len(unread), max(_ROWS_SHOWN - len(wrong), (_ROWS_SHOWN + 1) // 2))
    chosen = [*unread[:half], *wrong[: _ROWS_SHOWN - half]]
    rows = numbers.counted(len(lost), "row")
    shown = "" if len(chosen) == len(lost) else f", {len(chosen)} of them"
    table = columns("right", "", "fold")
    for outcome in chosen:
        status = "wrong" if outcome["status"] == "answered" else outcome["status"]
        # `row` counts from 0, people from 1.
        table.add_row(f"row {outcome['row'] + 1}", status, one_line(outcome["reason"], 200))
    title = line((f"{rows} below full score{shown}", "bold"))
    return [blank(), title, table, blank()]
