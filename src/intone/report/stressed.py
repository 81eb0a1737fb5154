"""The screens of a stress test: its plan, and what moved. Owns their layout."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from intone.report import numbers
from intone.report.console import Part, blank, columns, line
from intone.report.plans import limits, notices
from intone.report.scored import KINDS, spent, statuses
from intone.report.spread_plot import spread_lines
from intone.report.words import model_name, one_line

_ROWS_SHOWN = 5
SURE = 0.05
"""The chance under which a spread is called more than noise."""


def plan_screen(plan: Mapping[str, Any]) -> list[Part]:
    """Return the plan of a stress test, for `--dry-run`."""
    rows = numbers.counted(plan["there"], KINDS[plan["rows"]])
    reached = numbers.count(plan["reached"])
    each = numbers.counted(plan["calls_a_row"], "call")
    parts: list[Part] = [
        line(f"{rows} · {model_name(plan['model'])}"),
        line(f"budget {limits(plan['budget'])}: {each} a row, so {reached} rows are reached"),
    ]
    table = columns("", "fold")
    for variant in plan["variants"]:
        table.add_row(variant["kind"], one_line(variant["sentence"], 100))
    parts.append(table)
    if plan["writer_calls"]:
        most = numbers.counted(plan["writer_calls"], "paraphrase")
        parts.append(line(f"the writer is asked for {most}, which come before the library's"))
    parts += _left_out(plan)
    cost = numbers.counted(plan["calls"] + plan["writer_calls"], "call")
    parts.append(line(f"cost: {cost}, about {numbers.tokens(plan['tokens'])}"))
    parts += notices(plan.get("notices"))
    parts.append(line(("nothing was called and nothing was written", "dim")))
    return parts


def stress_screen(result: Mapping[str, Any]) -> list[Part]:
    """Return the screen of a stress test, from its result in plain values."""
    parts: list[Part] = [
        line(f"{result['name']} · {model_name(result['model'])}"),
        *notices(result.get("notices")),
        *_as_given(result),
        blank(),
        *_overall(result),
        blank(),
        _by_kind(result),
        *_left_out(result),
    ]
    drawn = spread_lines(result)
    if drawn:
        parts += [blank(), *drawn]
    parts += _flips(result)
    parts += [line(statuses(result["statuses"])), *_ended(result), *_opened(result)]
    return [*parts, *spent(result)]


def _as_given(result: Mapping[str, Any]) -> list[Part]:
    rows = numbers.counted(result["n"], KINDS[result["rows"]])
    if not result["n"]:
        return [line(("no score: no row was answered in every way", "yellow"))]
    if result["score"] is None:
        return [line(f"not graded: there is nothing to grade against; {rows}")]
    interval = numbers.interval(result["low"], result["high"])
    what = f"({result['metric']} of {result['grader']})"
    return [line(f"as given: {numbers.score(result['score'])} {interval} on {rows} {what}")]


def _overall(result: Mapping[str, Any]) -> list[Part]:
    table = columns("", "right", "", "fold")
    spread, null = result["spread"], result["null_spread"]
    if spread is not None and null is not None:
        noise = (
            f"noise alone: {numbers.points(null['value'], sign=False)}, in 95 of 100 cases under "
            f"{numbers.points(null['high'], sign=False)} ({numbers.chance(null['p'])})"
        )
        table.add_row("spread of the score", *_points(spread), noise)
    if result["sensitivity"] is not None:
        table.add_row("score sensitivity", *_points(result["sensitivity"]), "ProSA's PSS")
    if result["disagreement"] is not None:
        table.add_row(
            "disagreement", *_points(result["disagreement"]), "pairs that differ, per cent"
        )
    if result["flipped"] is not None:
        table.add_row("rows that flip", *_points(result["flipped"]), "per cent")
    if result["kappa"] is not None:
        kappa = result["kappa"]
        figures = (numbers.score(kappa["value"]), numbers.interval(kappa["low"], kappa["high"]))
        table.add_row("agreement", *figures, "Fleiss' kappa; 1 is full agreement")
    if result["posix"] is not None:
        posix = result["posix"]
        figures = (numbers.score(posix["value"]), numbers.interval(posix["low"], posix["high"]))
        table.add_row("probabilities", *figures, "POSIX; 0 is no change")
    return [table, *_word(result)]


def _word(result: Mapping[str, Any]) -> list[Part]:
    null = result["null_spread"]
    if null is None:
        return []
    if null["p"] < SURE:
        return [line(("sensitive", "bold yellow"), ": the spread is more than noise would give")]
    return [line(("within noise", "bold"), ": variants that do not differ would spread as far")]


def _points(measure: Mapping[str, float]) -> tuple[str, str]:
    low, high = (numbers.points(measure[end], sign=False) for end in ("low", "high"))
    return numbers.points(measure["value"], sign=False), f"[{low}, {high}]"


def _by_kind(result: Mapping[str, Any]) -> Part:
    table = columns("", *["right"] * 8, gap=2)
    heads = ("kind", "variants", "spread", "noise", "p", "differ", "kappa", "posix", "calls")
    table.add_row(*(line((head, "dim")) for head in heads))
    for kind, part in result["by_kind"].items():
        null = part["null_spread"]
        table.add_row(
            kind,
            numbers.count(len(part["variants"])),
            _figure(part["spread"]),
            "–" if null is None else numbers.points(null["high"], sign=False),
            "–" if null is None else numbers.chance(null["p"]).removeprefix("p = ").strip("p "),
            _figure(part["disagreement"]),
            "–" if part["kappa"] is None else numbers.score(part["kappa"]["value"]),
            "–" if part["posix"] is None else numbers.score(part["posix"]["value"]),
            numbers.count(part["calls"]),
        )
    return table


def _figure(measure: Mapping[str, float] | None) -> str:
    return "–" if measure is None else numbers.points(measure["value"], sign=False)


def _left_out(form: Mapping[str, Any]) -> list[Part]:
    return [
        line((f"{kind} left out: {one_line(why)}", "dim")) for kind, why in form["left_out"].items()
    ]


def _flips(result: Mapping[str, Any]) -> list[Part]:
    """Return the rows that flip most."""
    found = result["flips"]
    if not found:
        return []
    chosen = found[:_ROWS_SHOWN]
    shown = "" if len(chosen) == len(found) else f", {len(chosen)} of them"
    table = columns("right", "fold")
    for flip in chosen:
        answers = ", ".join(
            f"{one_line(answer, 30)} {numbers.count(times)}"
            for answer, times in list(flip["answers"].items())[:4]
        )
        # `row` counts from 0, people from 1.
        table.add_row(f"row {flip['row'] + 1}", f"{answers} ({', '.join(flip['kinds'])})")
    title = f"{numbers.counted(len(found), 'row flips', 'rows flip')}{shown}"
    return [blank(), line((title, "bold")), table, blank()]


def _ended(result: Mapping[str, Any]) -> list[Part]:
    """Return that the budget did not reach all rows, and how many rows had a failed call."""
    parts: list[Part] = []
    answered = result["n"] + result["missing"]
    if answered < result["there"]:
        rows = numbers.counted(result["there"], "row")
        text = f"the budget reached {numbers.count(answered)} of {rows}"
        parts.append(line((text, "yellow")))
    return parts + [line((text, "yellow")) for text in missing(result)]


def missing(result: Mapping[str, Any]) -> list[str]:
    """Return how many rows are left out of all figures because calls failed, and why they did."""
    if not result["missing"]:
        return []
    lost = numbers.counted(result["missing"], "row")
    why = result.get("missing_because")  # runs before this was kept have none
    reason = f" (most often: {one_line(why, 100)})" if why else ""
    ways = 1 + sum(len(part["variants"]) for part in result["by_kind"].values())
    rest = numbers.counted(result["n"], "row")
    return [
        f"{lost} left out: a call failed for good{reason}; of the {ways} answers to a row one is "
        f"enough, and all figures are of the other {rest}"
    ]


def _opened(result: Mapping[str, Any]) -> list[Part]:
    times = result.get("opened")
    return [] if times is None else [line((f"opening {times} of the sealed rows", "dim"))]
