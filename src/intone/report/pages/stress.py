"""The report of a stress test: what moved under changes that should not matter."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from intone.report import numbers
from intone.report.blocks import Block, Page, Picture, Section, Table, Tone, Words
from intone.report.failures import Named
from intone.report.material import Material
from intone.report.pages.shared import about, alone, cost, repeat, title
from intone.report.scored import KINDS
from intone.report.spread_plot import spread_figure, strips
from intone.report.stressed import SURE, missing
from intone.report.words import shortened

_MOST_ROWS, _MOST_TEXT = 12, 300
_MEASURES = (
    ("spread", "spread of the score, points", numbers.points),
    ("sensitivity", "score sensitivity (ProSA's PSS), points", numbers.points),
    ("disagreement", "pairs of variants that answer differently, per cent", numbers.points),
    ("flipped", "rows that flip, per cent", numbers.points),
    ("kappa", "agreement (Fleiss' kappa; 1 is full agreement)", numbers.score),
    ("posix", "probabilities (POSIX; 0 is no change)", numbers.score),
)


def stress_page(material: Material) -> Page:
    """Return the report of a stress test: its spread, each change, the rows that flip."""
    result = material.result
    word, tone = _word(result)
    name = str(result["name"])
    return Page(
        title=title(material),
        about=about(material),
        word=word,
        tone=tone,
        lead=_lead(result),
        sections=[
            Section("What moved", _moved(result)),
            Section("Every change", [_variants(result), *_left_out(result)]),
            Section("Rows that flip", _flips(material)),
            Section("The prompt", alone(material.prompts[0], name)),
            cost(material, [Named(material.given, name)]),
            repeat(material),
        ],
        notes=result.get("notices") or (),
    )


def _word(result: Mapping[str, Any]) -> tuple[str, Tone]:
    null = result["null_spread"]
    if null is None:
        return "not graded", ""
    return ("sensitive", "worse") if null["p"] < SURE else ("within noise", "undecided")


def _lead(result: Mapping[str, Any]) -> list[str]:
    rows = numbers.counted(result["n"], KINDS[result["rows"]])
    spread, null = result["spread"], result["null_spread"]
    if not result["n"]:
        return ["No row was answered in every way: calls failed for good."]
    if result["score"] is None or spread is None or null is None:
        return [f"There is nothing to grade against; answers of {rows} were compared."]
    interval = numbers.interval(result["low"], result["high"])
    given = f"As given, {result['name']} scored {numbers.score(result['score'])} {interval}"
    width = numbers.points(spread["value"], sign=False)
    noise = numbers.points(null["high"], sign=False)
    return [
        f"{given} on {rows} ({result['metric']} of {result['grader']}).",
        f"Changes that should not matter spread its score over {width} points; variants that do "
        f"not differ stay under {noise} points in 95 of 100 cases ({numbers.chance(null['p'])}).",
    ]


def _moved(result: Mapping[str, Any]) -> list[Block]:
    blocks: list[Block] = []
    if strips(result):
        told = "Each kind of change: a ring a variant's score, a line the score as given."
        blocks.append(Picture(spread_figure(result), told))
    rows = [
        (said, _figure(result[key], figure), _interval(result[key], figure))
        for key, said, figure in _MEASURES
        if result[key] is not None
    ]
    blocks.append(Table(("over all changes", "value", "95 % interval"), rows, frozenset({1, 2})))
    answered = result["n"] + result["missing"]
    if answered < result["there"]:
        reached = f"{numbers.count(answered)} of {numbers.counted(result['there'], 'row')}"
        blocks.append(Words(f"The budget reached {reached}.", "note"))
    return blocks + [Words(f"{text}.", "note") for text in missing(result)]


def _figure(measure: Mapping[str, float], figure: Any) -> str:
    value = measure["value"]
    return str(figure(value) if figure is numbers.score else figure(value, sign=False))


def _interval(measure: Mapping[str, float], figure: Any) -> str:
    low, high = ({"value": measure[end]} for end in ("low", "high"))
    return f"[{_figure(low, figure)}, {_figure(high, figure)}]"


def _variants(result: Mapping[str, Any]) -> Table:
    rows = [
        (
            kind,
            variant["sentence"],
            "–" if variant["score"] is None else numbers.score(variant["score"]),
            numbers.count(variant["moved"]),
        )
        for kind, part in result["by_kind"].items()
        for variant in part["variants"]
    ]
    head = ("kind", "change", "score", "rows that moved")
    return Table(head, rows, frozenset({2, 3}))


def _left_out(result: Mapping[str, Any]) -> list[Block]:
    return [Words(f"{kind} left out: {why}.", "note") for kind, why in result["left_out"].items()]


def _flips(material: Material) -> list[Block]:
    found = material.result["flips"]
    if not found:
        return [Words("No row was answered in more than one way.")]
    rows = []
    for flip in found[:_MOST_ROWS]:
        row = material.rows.get(flip["row"])
        inputs = " · ".join(row.inputs.values()) if row is not None else ""
        answers = ", ".join(
            f"{shortened(answer, 60)} ({numbers.count(times)})"
            for answer, times in flip["answers"].items()
        )
        # `row` counts from 0, people from 1.
        said = shortened(inputs, _MOST_TEXT), answers, ", ".join(flip["kinds"])
        rows.append((numbers.count(flip["row"] + 1), *said))
    blocks: list[Block] = [Table(("row", "inputs", "answers (variants)", "moved by"), rows)]
    if len(found) > len(rows):
        blocks.append(Words(f"{numbers.counted(len(found) - len(rows), 'more row')} flip.", "note"))
    return blocks + ([Words(material.no_rows, "note")] if material.no_rows else [])
