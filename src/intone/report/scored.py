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
        line(statuses(result["statuses"])),
    ]
    parts += _ended(result)
    parts += _opened(result)
    parts += _wrong(result.get("outcomes") or ())
    return [*parts, *spent(result)]


def _unscored(counts: Mapping[str, int]) -> str:
    if counts.get("failed"):
        return "no score: not one answer could be graded (the reasons are below)"
    return "not graded: there is nothing to grade against"


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
    return [*parts, *_ended(result), *_opened(result), *spent(result)]


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


def _ended(result: Mapping[str, Any]) -> list[Part]:
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


def _opened(result: Mapping[str, Any]) -> list[Part]:
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
