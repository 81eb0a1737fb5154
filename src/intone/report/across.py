"""The screen of a comparison over several models: scores, costs, agreement, the worst case."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from intone.report import numbers
from intone.report.console import Part, blank, columns, line
from intone.report.plans import notices
from intone.report.scored import KINDS, ended, opened, spent, statuses
from intone.report.verdicts import STYLES, difference, remarks
from intone.report.words import model_name, one_line

_NAME = 34  # characters of a model's or prompt's name


def across_screen(result: Mapping[str, Any]) -> list[Part]:
    """Return the screen of a comparison over models, from its result in plain values."""
    cells, several = result["cells"], len(result["prompts"]) > 1
    rows = numbers.counted(cells[0]["n"], KINDS[result["rows"]])
    prompts = numbers.counted(len(result["prompts"]), "prompt")
    models = numbers.counted(len(result["models"]), "model")
    parts: list[Part] = [line(f"{prompts} with {models} on {rows}")]
    if not several:
        parts[0] = line(f"{one_line(result['prompts'][0]['name'])} with {models} on {rows}")
    parts += notices(result.get("notices"))
    if result.get("judge"):
        parts.append(line(f"judged by {model_name(result['judge'])}"))
    for prompt in result["prompts"]:
        parts.append(blank())
        if several:
            parts.append(line((one_line(prompt["name"]), "bold")))
        parts += [_scores(result, prompt["name"]), *_agreement(result, prompt["name"])]
    parts += [line((text, "yellow")) for text in on_more_rows(result)]
    parts.append(blank())
    parts += _worst(result) if several else _verdicts(result)
    parts.append(line(statuses(result["statuses"])))
    return [*parts, *ended(result), *opened(result), *spent(result)]


def on_more_rows(result: Mapping[str, Any]) -> list[str]:
    """Return on how many rows calls and tokens rest, where the scores rest on fewer."""
    scored = result["cells"][0]["n"]
    reached = result.get("reached", scored)  # runs before this was kept do not tell
    if reached == scored:
        return []
    rows = numbers.counted(reached, "row")
    return [f"calls and tokens are of all {rows}, the scores of the {scored} that all answered"]


def worst_in_short(result: Mapping[str, Any]) -> str:
    """Return which prompt is best in the worst case, or which are equal; nothing without any."""
    equal = result.get("equal_worst")  # runs before this was kept named the first of equals
    if equal:
        return f"equal in the worst case: {', '.join(map(one_line, equal))}"
    best = result.get("best_worst")
    return f"best in the worst case: {one_line(best)}" if best else ""


def _scores(result: Mapping[str, Any], prompt: str) -> Part:
    """Return the table of one prompt: a line for each model, with what its answers took."""
    table = columns("fold", "right", "", "right", "right", "right")
    for cell in result["cells"]:
        if cell["prompt"] == prompt:
            table.add_row(
                one_line(cell["model"], _NAME),
                numbers.score(cell["score"]),
                numbers.interval(cell["low"], cell["high"]),
                numbers.counted(cell["calls"], "call"),
                numbers.tokens(cell["tokens"]),
                "" if cell["usd"] is None else numbers.money(cell["usd"]),
            )
    return table


def _agreement(result: Mapping[str, Any], prompt: str) -> list[Part]:
    found: list[Part] = []
    for pair in result["agreement"]:
        if pair["prompt"] != prompt:
            continue
        one, other = (one_line(name, _NAME) for name in pair["models"])
        if pair["share"] is None:
            told = "no row that both answered"
        else:
            interval = numbers.interval(pair["low"], pair["high"])
            told = f"the same answer on {numbers.score(pair['share'])} {interval} of the rows"
        found.append(line((f"{one} and {other}: {told}", "dim")))
    return found


def _verdicts(result: Mapping[str, Any]) -> list[Part]:
    """Return the verdict of each further model against the first."""
    parts: list[Part] = []
    for verdict in result["verdicts"]:
        word = verdict["word"]
        rows = numbers.counted(verdict["n"], "row")
        parts.append(
            line(
                f"{one_line(verdict['model'], _NAME)}: ",
                (word, STYLES.get(word, "bold")),
                f": {difference(verdict)} on {rows}, {numbers.chance(verdict['p'])}",
            )
        )
        parts += remarks({**verdict, "opened": None})
    first = one_line(result["models"][0], _NAME)
    return [*parts, line((f"each model against the first, {first}, row by row", "dim"))]


def _worst(result: Mapping[str, Any]) -> list[Part]:
    """Return each prompt's worst case over the models, and whose is best or which are equal."""
    table = columns("fold", "right", "fold")
    for entry in result["worst"]:
        mark = "  <- best in the worst case" if entry["prompt"] == result["best_worst"] else ""
        where = f"with {one_line(entry['model'], _NAME)}{mark}"
        table.add_row(one_line(entry["prompt"], _NAME), numbers.score(entry["score"]), where)
    parts: list[Part] = [line(("worst case over the models", "bold")), table]
    if result.get("equal_worst"):
        parts.append(line(worst_in_short(result)))
    told = "no test stands behind this order; intone compare has one for each model"
    return [*parts, line((told, "dim"))]
