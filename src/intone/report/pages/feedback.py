"""The report of a feedback run: what was asked for, what is proposed, and what shows it helps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from intone.report import numbers
from intone.report.blocks import Answered, Block, Case, Cases, Page, Picture, Section, Table, Words
from intone.report.charts import Entry, intervals
from intone.report.failures import Named, turned
from intone.report.feedback import (
    STATES,
    against,
    came_to,
    check_figures,
    check_line,
    task_line,
    unclear_line,
)
from intone.report.material import Material
from intone.report.pages.shared import about, alone, cost, repeat, sides, title
from intone.report.words import shortened

_BEFORE, _AFTER = "before", "after"
_TEXT, _INPUT, _NAMED = 2_000, 700, 12


def feedback_page(material: Material) -> Page:
    """Return the report of a feedback run, whether it proposes a change or not."""
    result = material.result
    proposal = result["proposal"]
    given = Named(material.given, _BEFORE)  # the result's id is the new one's once it is applied
    programs = [given]
    sections = [Section("The wishes", _wishes(result))]
    if proposal is None:
        sections.append(Section("The prompt", alone(result["prompt"], result["name"])))
    else:
        changed = Named(result["proposal_id"], _AFTER)
        programs.append(changed)
        sections += [
            Section("The checks", _checks(result)),
            Section("The task's score", _task(result)),
            Section("The prompts", sides(result["prompt"], proposal, (_BEFORE, _AFTER))),
            Section("Answers before and after", _outputs(result["outputs"])),
        ]
        if result["task"] is not None:
            sections.append(
                Section("Rows that got better or worse", _rows(material, given, changed))
            )
    word = _word(result)
    return Page(
        title=title(material),
        about=about(material),
        word=word,
        tone="better" if word in ("applied", "proposed") else "undecided",
        lead=_lead(result),
        sections=[*sections, cost(material, programs), repeat(material, _answered(result))],
        notes=result.get("notices") or (),
    )


def _word(result: Mapping[str, Any]) -> str:
    if result["accepted"]:
        return "applied"
    if result["proposal"] is None:
        return "no change"
    return "to be decided" if result["asks"] else "proposed"


def _lead(result: Mapping[str, Any]) -> list[str]:
    """Return in sentences what is proposed, what came of it, and what a person has to decide."""
    if result["proposal"] is None:
        said = ["The prompt is kept: no change granted a wish."]
    else:
        said = [f"The change: {result['edit']['sentence']}."]
        if result["accepted"]:
            said.append(
                f"It is applied: {result['version']} became {result['label']}. "
                f"To undo it: {result['undo']}"
            )
        else:
            said.append("It changes nothing until a person applies it.")
            said += [f"To be decided: {ask['wish']}: {ask['why']}." for ask in result["asks"]]
    if not result["finished"]:
        said.append(f"The budget ended before all was tried (raise {result['short_of']}).")
    return said


def _wishes(result: Mapping[str, Any]) -> list[Block]:
    rows: list[Sequence[str]] = []
    tries: list[Sequence[str]] = []
    for wish in result["wishes"]:
        state, _ = STATES[wish["state"]]
        why = wish["reason"]
        if wish["note"] and wish["state"] in ("granted", "unproven"):
            why = "; ".join(filter(None, (why, wish["note"])))
        count = numbers.count(wish["count"])
        rows.append((wish["sentence"], count, _numbered(wish["complaints"]), state, why))
        for tried in wish["tries"]:
            check = f"{check_line(tried['check'])}; {came_to(tried)}"
            tries.append((wish["sentence"], str(tried["strength"]), tried["sentence"], check))
    head = ("wish", "people", "complaints", "what came of it", "why")
    blocks: list[Block] = [Table(head, rows, frozenset({1}))]
    if tries:
        caption = "What was tried, the weakest change first"
        names = ("wish", "strength", "change", "check")
        blocks.append(Table(names, tries, frozenset({1}), caption, folded=True))
    for conflict in result["conflicts"]:
        granted = conflict["granted"]
        end = f"the majority is granted: {granted}" if granted else "neither is granted"
        blocks.append(Words(f"Conflict: {against(conflict)}; {end}.", "note"))
    if result["unclear"]:
        blocks.append(Words(unclear_line(len(result["unclear"])), "note"))
    return blocks


def _checks(result: Mapping[str, Any]) -> list[Block]:
    rows = []
    for check in result["checks"]:
        chance = numbers.chance(check["p"])
        rows.append(
            (check["name"], *check_figures(check), chance, numbers.count(check["n"]), check["word"])
        )
    head = ("check", _BEFORE, _AFTER, "change", "p", "inputs", "found")
    caption = "Each change on past inputs, both prompts on the same ones"
    blocks: list[Block] = [Table(head, rows, frozenset({1, 2, 3, 4, 5}), caption)]
    tokens = result["tokens"]
    if tokens is not None:
        was, now = (numbers.count(round(tokens[when])) for when in (_BEFORE, _AFTER))
        blocks.append(Words(f"Tokens a call, over inputs that both answered: {was} -> {now}."))
    return blocks


def _task(result: Mapping[str, Any]) -> list[Block]:
    task = result["task"]
    said = Words(f"The {task_line(task, scored=result['plan']['scored'])}.")
    if task is None:
        return [said]
    gain = numbers.points(task["difference"])
    low, high = (numbers.points(task[end], sign=False) for end in ("low", "high"))
    shown = Entry(
        "after against before",
        task["difference"],
        task["low"],
        task["high"],
        f"{gain} [{low}, {high}]",
        {"kept": "good", "broken": "bad"}.get(task["word"], "accent"),  # type: ignore[arg-type]
    )
    chart = intervals("task", "the task's score, after against before", [shown], around_zero=True)
    caption = f"The score may fall by {100 * task['margin']:g} points and counts as kept."
    return [said, Picture(chart, caption)]


def _outputs(outputs: Sequence[Mapping[str, Any]]) -> list[Block]:
    """Return a few answers of both prompts; the inputs complained about come first."""
    cases = [
        Case(
            row=f"input {place}",
            inputs=[(name, shortened(text, _INPUT)) for name, text in shown["inputs"].items()],
            target=None,
            answers=[
                Answered(
                    when,
                    shortened(shown[when], _TEXT),
                    numbers.counted(len(shown[when].split()), "word"),
                )
                for when in (_BEFORE, _AFTER)
            ],
        )
        for place, shown in enumerate(outputs, 1)
    ]
    if not cases:
        return [Words("There is no input that both prompts answered.", "note")]
    return [Cases("The same inputs, answered by both", cases)]


def _rows(material: Material, given: Named, changed: Named) -> list[Block]:
    if not material.rows:
        return [Words(material.no_rows, "note")]
    return turned(material, given, changed, frozenset(material.rows))


def _numbered(complaints: Sequence[int]) -> str:
    """Return the numbers that complaints are kept under; those of a program have none."""
    those = [str(number) for number in complaints if number]
    more = " …" if len(those) > _NAMED else ""
    return ", ".join(those[:_NAMED]) + more


def _answered(result: Mapping[str, Any]) -> str:
    """Return what else has to be known to repeat the run."""
    those = sorted({n for wish in result["wishes"] for n in wish["complaints"] if n})
    if not those:
        return "This run's complaints came from a Python program: the command has none of them."
    return (
        "The command takes the complaints that are open when it is given; this run's were: "
        f"{_numbered(those)}."
    )
