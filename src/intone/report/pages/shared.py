"""Sections that reports of several kinds have: two prompts side by side, cost, how to repeat it."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import tomli_w

from intone.prompt.edits import sections_between
from intone.prompt.forms import sections_of
from intone.report import numbers
from intone.report.blocks import Block, Code, Facts, Section, Sides, Table, Words
from intone.report.charts import Entry
from intone.report.failures import Named
from intone.report.figure import Tone
from intone.report.listed import when
from intone.report.marked import Change, Item, Piece, change
from intone.report.material import Material
from intone.report.verdicts import difference
from intone.report.words import model_name, shortened

_MOST_ITEMS, _MOST_SAME, _MOST_TEXT = 200, 12, 20_000


def title(material: Material) -> str:
    """Return the page's title."""
    record = material.record
    return f"Run {record.number}: {record.kind} {', '.join(material.names)}"


def about(material: Material) -> str:
    """Return the line under the title: state, when, model."""
    record = material.record
    models = _models(material) or [record.spec["spec"]["model"]["name"]]
    named = ", ".join(map(model_name, models))
    ended = f", ended {when(record.ended)}" if record.ended else ""
    return f"{record.state} · began {when(record.started)}{ended} UTC · {named}"


def sides(
    before: Mapping[str, Any], after: Mapping[str, Any], names: tuple[str, str]
) -> list[Block]:
    """Return two prompts side by side: sections that differ first, then those they share."""
    before, after = sections_of(before), sections_of(after)
    changed = sections_between(before, after)
    if not changed:
        return [Words(f"{names[0]} and {names[1]} are the same prompt.")]
    shared = [name for name in before if name not in changed]
    those = [_bounded(change(name, before, after)) for name in (*changed, *shared)]
    return [Sides(names[0], names[1], those)]


def alone(prompt: Mapping[str, Any], name: str) -> list[Block]:
    """Return one prompt, section by section."""
    form = sections_of(prompt)
    return [Sides(name, "", [_bounded(change(section, form, form)) for section in form])]


def entry(label: str, arm: Mapping[str, Any], tone: Tone = "accent") -> Entry | None:
    """Return a prompt's score for a chart; None where it has none."""
    if arm["score"] is None:
        return None
    low, high = arm["low"], arm["high"]
    said = f"{numbers.score(arm['score'])} {numbers.interval(low, high)}".strip()
    return Entry(label, arm["score"], low, high, said, tone)


def gain(label: str, verdict: Mapping[str, Any]) -> Entry:
    """Return a verdict's difference for a chart."""
    value, low, high = verdict["difference"], verdict["low"], verdict["high"]
    said = difference(verdict).replace(" points", "")
    if verdict["word"] == "better":
        return Entry(label, value, low, high, said, "good")
    return Entry(label, value, low, high, said, "bad" if verdict["word"] == "worse" else "accent")


def cost(material: Material, programs: Sequence[Named]) -> Section:
    """Return what the run has spent, and what a call of each prompt takes."""
    spent = material.result["spent"]
    facts = [("spent", numbers.spent(spent))]
    limits = material.record.spec["spec"].get("budget", {})
    if limits:
        facts.append(("budget", ", ".join(f"{name} {value:,}" for name, value in limits.items())))
    rows = []
    for program in programs:
        outcomes = [o for o in material.outcomes.get(program.id, ()) if o.calls]
        calls = sum(outcome.calls for outcome in outcomes)
        if calls:
            asked = sum(outcome.usage.prompt_tokens for outcome in outcomes) / calls
            said = sum(outcome.usage.completion_tokens for outcome in outcomes) / calls
            rows.append((program.name, numbers.count(calls), f"{asked:,.0f}", f"{said:,.1f}"))
    head = ("prompt", "calls", "prompt tokens a call", "completion tokens a call")
    blocks: list[Block] = [Facts(facts)]
    if rows:
        blocks.append(Table(head, rows, frozenset({1, 2, 3})))
    return Section("Cost", blocks)


def repeat(material: Material, note: str = "") -> Section:
    """Return how the run can be made again: files, command, hashes, versions.

    `note` is what else has to be known about the command.
    """
    kept = material.record.spec
    own = [] if kept.get("from_file") or kept.get("from_complaints") else ["rows"]
    own += ["a backend"] if kept.get("own_backend") else []
    blocks: list[Block] = []
    if own:
        blocks.append(
            Words(
                f"This run was made in Python with {' and '.join(own)} of its own: run that "
                "program again. The settings and the prompts were these."
            )
        )
    else:
        blocks.append(Code("The command, beside the files below", _command(material)))
        blocks += [Words(note, "note")] if note else []
    spec = {name: value for name, value in kept["spec"].items() if name != "prompt"}
    blocks.append(Code("intone.toml", dumped(spec)))
    for name, prompt in zip(_files(material), material.prompts, strict=True):
        blocks.append(Code(name, dumped(prompt)))
    facts = [("data", material.record.data_id)]
    facts += [(what, str(kept[what])) for what in ("documents", "library") if kept.get(what)]
    facts += list(material.versions.items())
    blocks.append(Facts(facts))
    blocks.append(
        Words(
            "Where the project's .intone folder is, answers that are there already are replayed "
            "and cost nothing. The hash of the data stands for its rows and the columns used.",
            "note",
        )
    )
    return Section("How to reproduce it", blocks)


def dumped(form: Mapping[str, Any]) -> str:
    """Return plain values as TOML, which has no word for none: such values are left out."""
    return tomli_w.dumps(_without_none(form), multiline_strings="\\r" not in repr(form))


def _without_none(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _without_none(it) for name, it in value.items() if it is not None}
    if isinstance(value, list | tuple):
        return [_without_none(it) for it in value if it is not None]
    return value


def _command(material: Material) -> str:
    record, files = material.record, [shlex.quote(name) for name in _files(material)]
    if record.kind == "tune":
        return f"intone tune --prompt {files[0]}"
    if record.kind == "feedback":
        return f"intone feedback apply --prompt {files[0]}"
    rows = material.record.spec.get("rows", "tuning")
    which = "" if rows == "tuning" else f" --rows {rows}"
    models = _models(material)
    over = f" --models {shlex.quote(','.join(models))}" if models else ""
    return f"intone {record.kind} {' '.join(files)}{over}{which}"


def _models(material: Material) -> list[str]:
    """Return the models of a comparison over several; none for any other run."""
    return [str(model["name"]) for model in material.record.spec.get("models", ())]


def _files(material: Material) -> list[str]:
    """Return a file's name for each prompt that was given."""
    words = (re.sub(r"[^\w.-]+", "-", name).strip("-.") or "prompt" for name in material.names)
    return [f"{word.removesuffix('.toml')}.toml" for word in words]


def _bounded(it: Change) -> Change:
    """Return a section with long texts cut and long lists left out in part, and said so."""
    items: list[Item] = []
    same = left = 0
    for item in it.items:
        same += item.mark == "same"
        if len(items) >= _MOST_ITEMS or (item.mark == "same" and same > _MOST_SAME):
            left += 1
            continue
        items.append(replace(item, pieces=_cut(item.pieces)))
    if left:
        items.append(Item("same", (Piece("same", f"… {numbers.counted(left, 'item')} more"),)))
    return replace(it, items=tuple(items))


def _cut(pieces: Sequence[Piece]) -> tuple[Piece, ...]:
    found, room = [], _MOST_TEXT
    for piece in pieces:
        if room > 0:
            found.append(replace(piece, text=shortened(piece.text, room)))
        room -= len(piece.text)
    return tuple(found)
