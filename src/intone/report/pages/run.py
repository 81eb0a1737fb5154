"""The report of a run of one prompt."""

from __future__ import annotations

from intone.report import numbers
from intone.report.blocks import Block, Page, Picture, Section, Table, Words
from intone.report.charts import intervals
from intone.report.failures import Named, lost
from intone.report.material import Material
from intone.report.pages.shared import about, alone, cost, entry, repeat, title


def run_page(material: Material) -> Page:
    """Return the report of a run: its score, failures, cost, and how to repeat it."""
    result = material.result
    program = Named(result["prompt_id"], result["name"])
    return Page(
        title=title(material),
        about=about(material),
        word=numbers.score(result["score"]),
        tone="",
        lead=_lead(material),
        sections=[
            Section("The score", _score(material)),
            Section("The prompt", alone(result["prompt"], result["name"])),
            Section("What went wrong", lost(material, program)),
            cost(material, [program]),
            repeat(material),
        ],
        notes=result.get("notices") or (),
    )


def _lead(material: Material) -> list[str]:
    result = material.result
    if result["score"] is None:
        return ["There is no score: nothing could be graded."]
    rows = numbers.counted(
        result["n"], "row" if result["rows"] == "all" else f"{result['rows']} row"
    )
    said = f"{result['name']} scored {numbers.score(result['score'])} on {rows}"
    interval = numbers.interval(result["low"], result["high"])
    if interval:
        said += f"; with 95 % confidence its score on such rows lies in {interval}"
    return [f"{said} ({result['metric']} of {result['grader']})."]


def _score(material: Material) -> list[Block]:
    result = material.result
    blocks: list[Block] = []
    arm = entry(result["name"], result)
    if arm is not None:
        chart = intervals("score", "the score with its 95 % interval", [arm])
        blocks.append(Picture(chart, "The score, with its 95 % interval."))
    counts = result["statuses"]
    rows = [(name, numbers.count(number)) for name, number in counts.items() if number]
    blocks.append(Table(("status", "answers"), rows, frozenset({1})))
    answered, asked = sum(counts.values()), result.get("asked", 0)
    if answered < asked:
        told = (
            f"The budget ended after {numbers.count(answered)} of {numbers.count(asked)} answers."
        )
        blocks.append(Words(told, "note"))
    return blocks
