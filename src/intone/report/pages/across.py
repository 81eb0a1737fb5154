"""The report of a comparison over several models: a page of the kind "compare"."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from intone.evaluate.outcome import with_model
from intone.report import numbers
from intone.report.across import on_more_rows
from intone.report.blocks import Block, Page, Picture, Section, Table, Tone, Words
from intone.report.charts import intervals
from intone.report.failures import Named, turned
from intone.report.material import Material
from intone.report.pages.shared import about, alone, cost, entry, gain, repeat, title
from intone.report.scored import statuses
from intone.report.verdicts import difference, remarks

_TONES: dict[str, Tone] = {"better": "better", "worse": "worse"}


def across_page(material: Material) -> Page:
    """Return the report: each prompt with each model, how often they agree, the worst case."""
    result = material.result
    prompts, models = result["prompts"], result["models"]
    several, verdicts = len(prompts) > 1, result["verdicts"]
    sections = [Section("The scores", _scores(result))]
    if several:
        sections.append(Section("The worst case over the models", _worst(result)))
    else:
        sections.append(Section("The models against the first", _verdicts(result)))
    sections.append(Section("How often the models agree", _agreement(result)))
    for prompt, form in zip(prompts, material.prompts, strict=True):
        heading = f"The prompt {prompt['name']}" if several else "The prompt"
        sections.append(Section(heading, alone(form, prompt["name"])))
    if not several:
        sections += _rows(material)
    words = [verdict["word"] for verdict in verdicts]
    return Page(
        title=title(material),
        about=about(material),
        word=result["best_worst"] or ", ".join(words) or _no_best(result),
        tone=_TONES.get(words[0], "undecided") if len(words) == 1 else "",
        lead=_lead(result),
        sections=[
            *sections,
            cost(material, [_named(p, m, several) for p in prompts for m in models]),
            repeat(material),
        ],
        notes=result.get("notices") or (),
    )


def _named(prompt: Mapping[str, Any], model: str, several: bool) -> Named:
    name = f"{prompt['name']} with {model}" if several else model
    return Named(with_model(prompt["prompt_id"], model), name)


def _no_best(result: Mapping[str, Any]) -> str:
    return "equal in the worst case" if result.get("equal_worst") else "no verdict"


def _lead(result: Mapping[str, Any]) -> list[str]:
    """Return in sentences how the models did, and which prompt suits them all."""
    if len(result["prompts"]) == 1:
        first = result["models"][0]
        return [
            f"{it['model']} against {first}: {it['word']}, {difference(it)}, "
            f"{numbers.chance(it['p'])}."
            for it in result["verdicts"]
        ]
    if equal := result.get("equal_worst"):
        return [
            f"{', '.join(equal)} do equally well with the model that suits each least, so none of "
            "them is named. No test stands behind this order."
        ]
    if result["best_worst"] is None:
        return ["Nothing could be graded, so no prompt is named."]
    return [
        f"{result['best_worst']} does best with the model that suits it least. No test stands "
        "behind this order."
    ]


def _scores(result: Mapping[str, Any]) -> list[Block]:
    several = len(result["prompts"]) > 1
    entries, rows = [], []
    for cell in result["cells"]:
        label = f"{cell['prompt']} with {cell['model']}" if several else cell["model"]
        arm = entry(label, cell)
        entries += [arm] if arm is not None else []
        spent = "" if cell["usd"] is None else numbers.money(cell["usd"])
        rows.append(
            [
                cell["prompt"],
                cell["model"],
                f"{numbers.score(cell['score'])} {numbers.interval(cell['low'], cell['high'])}",
                numbers.count(cell["n"]),
                numbers.count(cell["calls"]),
                numbers.count(cell["tokens"]),
                spent,
            ]
        )
    blocks: list[Block] = []
    if entries:
        chart = intervals("scores", "scores with their 95 % intervals", entries)
        blocks.append(Picture(chart, "Scores on the rows that all models answered."))
    head = ("prompt", "model", "score", "rows", "calls", "tokens", "USD")
    blocks.append(Table(head, rows, frozenset({3, 4, 5, 6})))
    blocks += [Words(f"{text.capitalize()}.", "note") for text in on_more_rows(result)]
    blocks.append(Words(f"Answers: {statuses(result['statuses'])}.", "note"))
    if result.get("judge"):
        blocks.append(Words(f"Judged by {result['judge']}.", "note"))
    if result["rows"] == "tuning":
        told = "These are tuning rows; a prompt that was chosen on them is flattered by them."
        blocks.append(Words(told, "note"))
    return blocks


def _verdicts(result: Mapping[str, Any]) -> list[Block]:
    verdicts = result["verdicts"]
    gains = [gain(verdict["model"], verdict) for verdict in verdicts]
    chart = intervals("differences", "differences with their intervals", gains, around_zero=True)
    caption = f"Each model against {result['models'][0]}, row by row: what the verdict is about."
    blocks: list[Block] = [Picture(chart, caption)]
    if len(verdicts) > 1:
        blocks.append(Words("The verdicts are corrected together (Holm).", "note"))
    for verdict in verdicts:
        blocks += [
            Words(f"{verdict['model']}: {remark.plain.strip()}", "note")
            for remark in remarks({**verdict, "opened": None})
        ]
    return blocks


def _worst(result: Mapping[str, Any]) -> list[Block]:
    rows = [(it["prompt"], numbers.score(it["score"]), it["model"]) for it in result["worst"]]
    caption = "Each prompt with the model that suits it least"
    return [Table(("prompt", "score", "model"), rows, frozenset({1}), caption)]


def _agreement(result: Mapping[str, Any]) -> list[Block]:
    rows: list[Sequence[str]] = []
    for pair in result["agreement"]:
        share = "–"
        if pair["share"] is not None:
            interval = numbers.interval(pair["low"], pair["high"])
            share = f"{numbers.score(pair['share'])} {interval}".strip()
        rows.append([pair["prompt"], " and ".join(pair["models"]), share, numbers.count(pair["n"])])
    head = ("prompt", "models", "share of rows with the same answer", "rows")
    return [Table(head, rows, frozenset({3}))]


def _rows(material: Material) -> list[Section]:
    (prompt,), models = material.result["prompts"], material.result["models"]
    first, *others = (_named(prompt, model, False) for model in models)
    return [
        Section(f"Rows that {other.name} answers better or worse", turned(material, first, other))
        for other in others
    ]
