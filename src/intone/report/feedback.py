"""The screens of `feedback apply`: what will be tried, and what came of it.

Owns their layout; `pages/feedback.py` has the same words on a page.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from intone.report import numbers
from intone.report.console import Part, blank, columns, line
from intone.report.plans import notices
from intone.report.words import model_name, one_line

STATES = {
    "granted": ("granted", "bold green"),
    "unproven": ("unproven", "bold yellow"),
    "not cured": ("not cured", "bold yellow"),
    "loses": ("refused", "bold red"),
    "breaks": ("refused", "bold red"),
    "skipped": ("not tried", "dim"),
    "budget ended": ("budget ended", "yellow"),
}
"""What a wish came to, in words, and their colour on a screen."""
_SHARES = ("present", "absent", "at most", "at least", "right label", "preferred", "words shared")
_OUTPUT = 400  # characters of an answer that are shown
_INPUT = 120


def plan_screen(plan: Mapping[str, Any]) -> list[Part]:
    """Return what a feedback run would try, for `--dry-run`."""
    parts: list[Part] = [line((f"{one_line(plan['name'])}: what would be tried", "bold"))]
    for attempt in plan["attempts"]:
        parts += [blank(), _group(attempt)]
        if attempt["skipped"]:
            parts.append(line(("  not tried: " + one_line(attempt["skipped"]), "dim")))
            continue
        parts.append(line(f"  check: {one_line(attempt['check'])}"))
        for strength, sentence in enumerate(attempt["tries"], start=1):
            parts.append(line(f"  {strength}. {one_line(sentence)}"))
    parts += _conflicts(plan["conflicts"])
    if plan["unclear"]:
        told = unclear_line(len(plan["unclear"]), asked=plan["reading"] > 0)
        parts += [blank(), line(told)]
    rows = numbers.counted(plan["rows"], "row")
    score = f", the task's score on {rows}" if plan["scored"] else "; the task has no right answers"
    inputs = numbers.counted(plan["replays"], "past input")
    calls = numbers.counted(plan["calls"], "call")
    parts += [blank(), line(f"each change on {inputs}{score}; {calls} at most")]
    return [*parts, *notices(plan.get("notices"))]


def feedback_screen(result: Mapping[str, Any]) -> list[Part]:
    """Return the one screen of a feedback run, from its result in plain values."""
    parts: list[Part] = [line(f"{one_line(result['name'])} · {model_name(result['model'])}")]
    parts += notices(result.get("notices"))
    for wish in result["wishes"]:
        parts += [blank(), *_wish(wish)]
    parts += _conflicts(result["conflicts"])
    if result["unclear"]:
        parts += [blank(), line(unclear_line(len(result["unclear"])))]
    if result["proposal"] is not None:
        parts += [blank(), *_proposal(result)]
    else:
        parts += [blank(), line(("your prompt is kept: no change granted a wish", "bold"))]
    if not result["finished"]:
        ended = f"the budget ended before all was tried (raise {result['short_of']})"
        parts.append(line((ended, "yellow")))
    parts.append(line(f"spent {numbers.spent(result['spent'])} · intone runs show {result['run']}"))
    return [*parts, *_applied(result)]


def _wish(wish: Mapping[str, Any]) -> list[Part]:
    word, style = STATES[wish["state"]]
    head = _group(wish)
    parts: list[Part] = [head, line("  ", (word, style), _because(wish["reason"]))]
    for tried in wish["tries"]:
        values = tried["check"]
        said = f"  {tried['strength']}. {one_line(tried['sentence'])}"
        parts.append(line((said, "dim")))
        parts.append(line((f"     {check_line(values)}; {came_to(tried)}", "dim")))
    if wish["note"] and wish["state"] in ("granted", "unproven"):
        parts.append(line(("  note: ", "yellow"), wish["note"]))
    return parts


def _because(reason: str) -> str:
    return f": {one_line(reason)}" if reason else ""


def came_to(tried: Mapping[str, Any]) -> str:
    """Return what one change that was tried came to: `cured`, `cured, but 3 answers are gone`."""
    lost = "; ".join(tried["lost"])
    said = tried["word"] + (f" ({tried['reason']})" if tried["reason"] else "")
    return f"{said}, but {lost}" if lost else said


def _group(wish: Mapping[str, Any]) -> Part:
    people = numbers.counted(wish["count"], "person", "people")
    numbered = [str(number) for number in wish["complaints"] if number]
    noun = "complaints" if len(numbered) > 1 else "complaint"
    which = f", {noun} {', '.join(numbered[:12])}" if numbered else ""
    more = " …" if len(numbered) > 12 else ""
    sentence = one_line(wish["sentence"], 200)
    return line((sentence, "bold"), f"  ({people}{which}{more})")


def _conflicts(those: Sequence[Mapping[str, Any]]) -> list[Part]:
    parts: list[Part] = []
    for conflict in those:
        parts += [blank(), line(("conflict: ", "yellow"), against(conflict))]
        if conflict["granted"]:
            parts.append(line(f"  the majority is granted: {one_line(conflict['granted'], 80)}"))
        else:
            parts.append(line("  neither is granted; you can choose"))
            parts += [line(f"  - {choice}") for choice in conflict["choices"]]
    return parts


def against(conflict: Mapping[str, Any]) -> str:
    """Return two opposite wishes with how many people have them."""
    sides = [
        f"“{one_line(side['sentence'], 80)}” ({numbers.count(side['count'])})"
        for side in (conflict["one"], conflict["other"])
    ]
    return " against ".join(sides)


def _proposal(result: Mapping[str, Any]) -> list[Part]:
    parts: list[Part] = [line(("proposed: ", "bold"), one_line(result["edit"]["sentence"]))]
    for check in result["checks"]:
        parts.append(line(f"  {check_line(check)}  {numbers.chance(check['p'])}"))
    parts.append(line("  " + task_line(result["task"], scored=result["plan"]["scored"])))
    tokens = result["tokens"]
    if tokens is not None:
        before, after = round(tokens["before"]), round(tokens["after"])
        parts.append(line(f"  tokens a call: {numbers.count(before)} -> {numbers.count(after)}"))
    for shown in result["outputs"]:
        parts += [blank(), *_side_by_side(shown)]
    parts += [blank()]
    for ask in result["asks"]:
        parts.append(line(("to be decided: ", "yellow"), one_line(f"{ask['wish']}: {ask['why']}")))
    return parts


def task_line(task: Mapping[str, Any] | None, *, scored: bool) -> str:
    """Return what became of the task's score; `scored` says whether there were right answers."""
    if task is None:
        untold = "nothing is known of it" if scored else "none, for there are no right answers"
        guards = "as many answers as before are there, and on their topic"
        return f"task score: {untold}; {guards}"
    low = numbers.points(task["low"])
    high = numbers.points(task["high"])
    return (
        f"task score: {numbers.score(task['before'])} -> {numbers.score(task['after'])}, "
        f"{numbers.points(task['difference'])} points [{low}, {high}] on "
        f"{numbers.counted(task['n'], 'row')}; may fall by {100 * task['margin']:g}: "
        f"{task['word']}"
    )


def check_line(values: Mapping[str, Any]) -> str:
    """Return a check before and after: `words fewer: 120 -> 70 (-50 [-63, -38]) on 16 inputs`."""
    before, after, change = check_figures(values)
    return (
        f"{one_line(values['name'], 100)}: {before} -> {after} ({change}) "
        f"on {numbers.counted(values['n'], 'input')}"
    )


def check_figures(values: Mapping[str, Any]) -> tuple[str, str, str]:
    """Return a check's value before, after, and the change: `120`, `70`, `-50 [-63, -38]`."""
    share = any(word in values["name"] for word in _SHARES)
    show = _percent if share else _figure
    change = show(values["after"] - values["before"], sign=True)
    bounds = ", ".join(
        "…" if b is None else show(b, sign=True) for b in (values["low"], values["high"])
    )
    return show(values["before"]), show(values["after"]), f"{change} [{bounds}]"


def _percent(share: float, *, sign: bool = False) -> str:
    value = round(100 * share) + 0
    return f"{value:+d} %" if sign else f"{value} %"


def _figure(value: float, *, sign: bool = False) -> str:
    rounded = round(value, 1) + 0.0
    return f"{rounded:+g}" if sign else f"{rounded:g}"


def _side_by_side(shown: Mapping[str, Any]) -> list[Part]:
    asked = one_line("; ".join(shown["inputs"].values()), _INPUT)
    table = columns("fold", "fold")
    table.add_row(line(("before", "dim")), line(("after", "dim")))
    table.add_row(one_line(shown["before"], _OUTPUT), one_line(shown["after"], _OUTPUT))
    return [line((asked, "bold")), table]


def unclear_line(count: int, *, asked: bool = False) -> str:
    """Return how many complaints nobody could make a wish of, and where to see them.

    `asked` says that the writer is to be asked about them.
    """
    those = numbers.counted(count, "complaint is", "complaints are")
    if asked:
        return f"{those} unclear by the rules: the writer is asked about them first"
    return f"{those} unclear, so nothing is guessed: intone feedback list --open"


def _applied(result: Mapping[str, Any]) -> list[Part]:
    if not result["accepted"]:
        return []
    return [
        line(("applied: ", "bold green"), f"{result['version']} is {result['label']}"),
        line(f"to undo it: {result['undo']}"),
    ]
