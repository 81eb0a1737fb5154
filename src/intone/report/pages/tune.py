"""The report of a tuning."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from intone.report import numbers
from intone.report.blocks import Block, Page, Picture, Section, Table, Tone, Words
from intone.report.charts import intervals, search
from intone.report.failures import Named, turned
from intone.report.material import Material
from intone.report.pages.shared import about, alone, cost, entry, gain, repeat, sides, title
from intone.report.plans import plan_lines
from intone.report.verdicts import cut_short, difference, no_vote, openings, remarks, shipping
from intone.report.words import one_line

_TONES: dict[str, Tone] = {"better": "better", "worse": "worse"}
_SHOWN = 10


def tune_page(material: Material) -> Page:
    """Return the report of a tuning: the verdict, both prompts, where the gain came from, rows."""
    result = material.result
    verdict, winner = result["verdict"], result["winner"]
    found = bool(winner["edits"])
    word = verdict["word"] if verdict and found else "no verdict" if found else "nothing better"
    given, tuned = Named(material.given, "your prompt"), Named(winner["prompt_id"], "tuned")
    prompts = alone(material.prompts[0], "your prompt")
    programs = [given, tuned] if found else [given]
    sections = [Section("The scores", _scores(result))]
    if found:
        prompts = sides(material.prompts[0], winner["prompt"], ("your prompt", "tuned"))
        sections.append(Section("The prompts", prompts))
        sections.append(Section("Where the gain came from", _sources(material)))
    else:
        sections.append(Section("The prompt", prompts))
    sections.append(Section("The search", _search(material)))
    if found:
        sections.append(Section("Rows that got better or worse", _rows(material, given, tuned)))
    return Page(
        title=title(material),
        about=about(material),
        word=word,
        tone=_TONES.get(word, "undecided"),
        lead=_lead(result, found=found),
        sections=[
            *sections,
            cost(material, programs),
            repeat(material),
        ],
        notes=result.get("notices") or (),
    )


def _lead(result: Mapping[str, Any], *, found: bool) -> list[str]:
    """Return the verdict in words: scores, difference with interval, and what was shipped."""
    verdict = result["verdict"]
    said = []
    if verdict and found:
        kind = "row" if verdict.get("opened") is None else "sealed row"
        ends = [numbers.points(verdict[end], sign=False) for end in ("low", "high")]
        said.append(
            f"On {numbers.counted(verdict['n'], kind)} the tuned prompt scored "
            f"{numbers.score(result['tuned']['score'])} and yours "
            f"{numbers.score(result['baseline']['score'])}: a difference of {difference(verdict)}, "
            f"{numbers.chance(verdict['p'])}."
        )
        said.append(
            f"With 95 % confidence the true difference lies between {ends[0]} and {ends[1]} points."
        )
    sentence = shipping(result)
    if sentence:
        said.append(f"{sentence[:1].upper()}{sentence[1:]}.")
    elif result["shipped"]:
        kept = f" as {result['version']}" if result["version"] else ""
        said.append(f"The tuned prompt was handed back and kept{kept}.")
    return said


def _scores(result: Mapping[str, Any]) -> list[Block]:
    arms = [entry("your prompt", result["baseline"])]
    if result["rephrased"] and result["best_rephrasing"]:
        arms.append(entry("the best rephrasing", result["rephrased"]))
    if result["winner"]["edits"]:
        arms.append(entry("tuned", result["tuned"], "good"))
    entries = [arm for arm in arms if arm is not None]
    verdict, blocks = result["verdict"], list[Block]()
    on = "sealed rows, which no step of the search has seen" if verdict else "tuning rows"
    if result["plan"]["cross_validated"] and verdict:
        on = "rows that their searches did not see (cross-validation)"
    if entries:
        chart = intervals("scores", "scores with their 95 % intervals", entries)
        blocks.append(Picture(chart, f"Scores with their 95 % intervals, on {on}."))
    if verdict and result["winner"]["edits"]:
        gains = [gain("tuned against your prompt", verdict)]
        over = result["over_rephrased"]
        if over and result["winner"]["prompt_id"] != result["best_rephrasing"]["prompt_id"]:
            gains.append(gain("tuned against the best rephrasing", over))
        chart = intervals("differences", "the differences", gains, around_zero=True)
        blocks.append(Picture(chart, "Row by row: what the verdict is about."))
        said = [*remarks(verdict), *cut_short(result)]
    else:
        said = openings(verdict) if verdict else []
    blocks += [Words(line.plain.strip(), "note") for line in said]
    if verdict is None:
        told = "These rows also chose the prompt: expect less on new rows."
        blocks.append(Words(told, "note"))
    return blocks


def _sources(material: Material) -> list[Block]:
    """Return the gain by kind, the changes section by section, and the steps of the search."""
    result = material.result
    blocks: list[Block] = []
    parts = _parts(result)
    if parts:
        blocks.append(Table(("part", "points", "what it is"), parts, frozenset({1})))
    edits = [(edit["section"], one_line(edit["sentence"])) for edit in result["winner"]["edits"]]
    blocks.append(Table(("section", "what was changed"), edits, caption="Section by section"))
    steps = _steps(_heats(material), result["winner"]["prompt_id"])
    if len(steps) > 1:
        caption = "The way to the winner, with scores on the tuning rows, which chose it"
        blocks.append(Table(("step", "score", "rows"), steps, frozenset({1, 2}), caption))
    return blocks


def _parts(result: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    given, tuned = result["baseline"]["score"], result["tuned"]["score"]
    rephrased, verdict = result["rephrased"], result["verdict"]
    rows = []
    if given is not None and tuned is not None:
        own = rephrased is not None and not result["winner"]["rephrasing"]
        other = rephrased["score"] if own and rephrased is not None else None
        if other is not None:
            rows.append(("rephrasing", numbers.points(other - given), "another wording alone"))
            more = "demonstrations, rules, and whatever else was changed"
            rows.append(("beyond rephrasing", numbers.points(tuned - other), more))
        elif result["winner"]["rephrasing"]:
            rows.append(("rephrasing", numbers.points(tuned - given), "another wording alone"))
    if verdict is not None:
        read = "answers that can be read now and could not before, or the reverse"
        rows.append(("format", numbers.points(verdict["format"]), read))
        both = "rows where both prompts' answers could be read"
        rows.append(("substance", numbers.points(verdict["substance"]), both))
    return rows


def _steps(heats: Sequence[Mapping[str, Any]], winner: str) -> list[tuple[str, str, str]]:
    """Return the winner and what it was made from, oldest first, each as it was last scored."""
    last = {c["prompt_id"]: c for heat in heats for c in heat["candidates"]}
    way: list[Mapping[str, Any]] = []
    at: str | None = winner
    while at in last and last[at] not in way:
        way.append(last[at])
        at = next(iter(last[at].get("parents") or ()), None)
    return [
        (one_line(c["sentence"], 200), numbers.score(c["score"]), numbers.count(c["rows"]))
        for c in reversed(way)
    ]


def _search(material: Material) -> list[Block]:
    result, heats = material.result, _heats(material)
    blocks: list[Block] = [Words(str(line)) for line in plan_lines(result["plan"])]
    unbuilt = no_vote(result)
    if unbuilt:
        blocks.append(Words(f"{unbuilt.capitalize()}.", "note"))
    chart = search(heats, result["winner"]["prompt_id"], material.given)
    if chart is not None:
        caption = (
            "Each dot is a candidate's score on the tuning rows at the end of a heat; the line "
            "follows the leader. A score on few rows moves a lot, so the line may fall."
        )
        blocks.append(Picture(chart, caption))
    rows = []
    for heat in heats:
        best = sorted(heat["candidates"], key=lambda c: (-c["rows"], -(c["score"] or 0.0)))
        for candidate in best[:_SHOWN]:
            rows.append(
                (
                    str(heat["number"]),
                    numbers.score(candidate["score"]),
                    numbers.count(candidate["rows"]),
                    one_line(candidate["sentence"], 160),
                )
            )
    head = ("heat", "score", "rows", "candidate")
    caption = f"The candidates, the best {_SHOWN} of each heat"
    blocks.append(Table(head, rows, frozenset({0, 1, 2}), caption, folded=True))
    if not result["finished"]:
        blocks.append(Words("The budget ended before the search did.", "note"))
    return blocks


def _rows(material: Material, given: Named, tuned: Named) -> list[Block]:
    result = material.result
    judged = result["verdict"] is not None and not result["plan"]["cross_validated"]
    if judged and material.sealed is not None:
        return [Words("On the sealed rows."), *turned(material, given, tuned, material.sealed)]
    text = "On all rows that both prompts answered"
    if judged:
        text += "; which of them were sealed cannot be told any more"
    told = Words(f"{text}. The tuning rows among them also chose the prompt.", "note")
    return [told, *turned(material, given, tuned)]


def _heats(material: Material) -> Sequence[Mapping[str, Any]]:
    return material.record.candidates or material.result.get("heats") or ()
