"""The report of a comparison of several prompts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from intone.report import numbers
from intone.report.blocks import Block, Page, Picture, Section, Table, Tone, Words
from intone.report.charts import intervals
from intone.report.failures import Named, turned
from intone.report.material import Material
from intone.report.pages.across import across_page
from intone.report.pages.shared import about, cost, entry, gain, repeat, sides, title
from intone.report.verdicts import difference, remarks, verdict_line

_TONES: dict[str, Tone] = {"better": "better", "worse": "worse"}


def compare_page(material: Material) -> Page:
    """Return the report of a comparison: each verdict against the first prompt, and why.

    One over several models has a page of its own: `across`.
    """
    result = material.result
    if "models" in result:
        return across_page(material)
    arms, verdicts = result["prompts"], result["verdicts"]
    words = [verdict["word"] for verdict in verdicts]
    word = next((w for w in ("better", "undecided", "worse") if w in words), "undecided")
    programs = [Named(arm["prompt_id"], arm["name"]) for arm in arms]
    given, others = programs[0], programs[1:]
    sections = [Section("The scores", _scores(arms, verdicts, material))]
    for place, other in enumerate(others, 1):
        blocks = sides(material.prompts[0], material.prompts[place], (given.name, other.name))
        sections.append(Section(f"{given.name} and {other.name}", blocks))
        blocks = turned(material, given, other)
        sections.append(Section(f"Rows that {other.name} answers better or worse", blocks))
    return Page(
        title=title(material),
        about=about(material),
        word=word if len(verdicts) == 1 else ", ".join(words),
        tone=_TONES.get(word, "undecided"),
        lead=[_lead(given.name, verdict) for verdict in verdicts],
        sections=[*sections, cost(material, programs), repeat(material)],
        notes=result.get("notices") or (),
    )


def _lead(given: str, verdict: Mapping[str, Any]) -> str:
    return f"{verdict['prompt']} against {given}: {verdict_line(verdict).plain}."


def _scores(arms: Any, verdicts: Any, material: Material) -> list[Block]:
    entries = [found for arm in arms if (found := entry(arm["name"], arm)) is not None]
    blocks: list[Block] = []
    if entries:
        chart = intervals("scores", "scores with their 95 % intervals", entries)
        blocks.append(Picture(chart, "Each prompt's score on the rows they share."))
    gains = [gain(verdict["prompt"], verdict) for verdict in verdicts]
    caption = f"Each prompt against {arms[0]['name']}, row by row: what the verdict is about."
    chart = intervals("differences", "differences with their intervals", gains, around_zero=True)
    blocks.append(Picture(chart, caption))
    head = ("prompt", "score", "rows", "against the first")
    rows = [[arms[0]["name"], numbers.score(arms[0]["score"]), str(arms[0]["n"]), ""]]
    for arm, verdict in zip(arms[1:], verdicts, strict=True):
        said = f"{verdict['word']}: {difference(verdict)}, {numbers.chance(verdict['p'])}"
        rows.append([arm["name"], numbers.score(arm["score"]), str(arm["n"]), said])
    blocks.append(Table(head, rows, frozenset({1, 2})))
    if len(verdicts) > 1:
        blocks.append(Words("The verdicts are corrected together (Holm).", "note"))
    for verdict in verdicts:
        blocks += [
            Words(f"{verdict['prompt']}: {remark.plain.strip()}", "note")
            for remark in remarks({**verdict, "opened": None})
        ]
    if material.result["rows"] == "tuning":
        told = "These are tuning rows; a prompt that was chosen on them is flattered by them."
        blocks.append(Words(told, "note"))
    return blocks
