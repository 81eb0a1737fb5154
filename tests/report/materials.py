"""Made-up runs of every kind, what their reports are made from, and the outline of a page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

from intone.data.canonical import content_id
from intone.data.row import Row
from intone.evaluate.outcome import Outcome, with_model
from intone.llm.completion import Usage
from intone.report.material import Material
from intone.report.page import html, page_of
from intone.store.runs import RunRecord
from tests.report.results import SPENT, VERDICT, described, fed, over_models, part, stressed, tuned

GIVEN = {"template": "Which team?\n\n{{ body }}", "clarifiers": ["Be brief."]}
BETTER = {"template": "Which one team?\n\n{{ body }}", "clarifiers": ["Be brief.", "No jokes."]}
_VOID = {"meta", "img", "br", "polyline", "circle", "rect"}


class Outline(HTMLParser):
    """What a page is made of: its tags, their attributes, its headings and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.headings: list[str] = []
        self.open: list[str] = []
        self.texts: dict[str, list[str]] = {}
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        if tag not in _VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]

    def handle_endtag(self, tag: str) -> None:
        assert self.open and self.open.pop() == tag, f"</{tag}> closes nothing"

    def handle_data(self, data: str) -> None:
        for tag in self.open:
            self.texts.setdefault(tag, []).append(data)
        if self.open and self.open[-1] == "h2":
            self.headings.append(data)

    def text(self, tag: str = "main") -> str:
        return " ".join("".join(self.texts.get(tag, [])).split())


def outcome(program: str, row: int, score: float, text: str) -> Outcome:
    read = f"read {text}"
    return Outcome(program, row, 0, "answered", score, read, text, text, Usage(60, 2, 0), calls=1)


def material(
    kind: str = "tune", result: Mapping[str, Any] | None = None, said: str = "billing"
) -> Material:
    """Return what the report of a run with invented figures is made from; `said` are its texts."""
    given, better = (content_id(form) for form in (GIVEN, BETTER))
    winner = described(
        better, [{"section": "template", "sentence": f"ask as {said}"}], rephrasing=False
    )
    standing = {"sentence": f"ask as {said}", "rows": 40, "score": 0.7, "dropped_at": None}
    heats = [
        {
            "number": number,
            "calls": 100,
            "candidates": [
                {**standing, "prompt_id": given, "score": 0.5, "parents": []},
                {**standing, "prompt_id": better, "parents": [given]},
                {**standing, "prompt_id": "third", "dropped_at": 12, "parents": [given]},
            ],
        }
        for number in (1, 2)
    ]
    if result is None:
        result = tuned(winner={**winner, "prompt": BETTER}, heats=heats, notices=[said])
    spec = {"task": {"data": "t.csv"}, "model": {"name": "local"}, "budget": {"calls": 480}}
    record = RunRecord(
        number=7,
        kind=kind,
        state="done",
        data_id="d4ta",
        started="2026-05-01T14:02:00+00:00",
        ended="2026-05-01T14:09:00+00:00",
        spec={
            "spec": spec,
            "prompts": [GIVEN, BETTER] if kind == "compare" else [GIVEN],
            "names": [said, f"{said} 2"] if kind == "compare" else [said],
            "rows": "sealed",
            "from_file": True,
        },
        summary=result,
        candidates=tuple(heats),
        pid=1,
        host="here",
    )
    outcomes = {
        given: [outcome(given, row, float(row % 3 == 0), said) for row in range(40)],
        better: [outcome(better, row, float(row % 3 < 2), said) for row in range(40)],
    }
    rows = {row: Row(row, str(row), {"body": f"{said} {row}"}, said) for row in range(40)}
    return Material(record, result, outcomes, rows, "", frozenset(range(30)), {"intone": "0.1"})


def compared(said: str = "billing") -> Material:
    arms = [
        {
            "name": name,
            "prompt_id": content_id(form),
            "score": 0.5,
            "low": 0.4,
            "high": 0.6,
            "n": 40,
        }
        for name, form in ((said, GIVEN), (f"{said} 2", BETTER))
    ]
    result = {
        "prompts": arms,
        "verdicts": [{**VERDICT, "prompt": f"{said} 2"}],
        "rows": "sealed",
        "spent": SPENT,
        "statuses": {"answered": 80},
        "notices": [said],
    }
    return material("compare", result, said)


def scored(said: str = "billing") -> Material:
    result = {
        "prompt_id": content_id(GIVEN),
        "prompt": GIVEN,
        "name": said,
        "score": 0.35,
        "low": 0.2,
        "high": 0.5,
        "n": 40,
        "rows": "tuning",
        "metric": "mean",
        "grader": "label",
        "statuses": {"answered": 40},
        "spent": SPENT,
        "asked": 60,
    }
    return material("run", result, said)


def tuning(said: str = "billing") -> Material:
    return material(said=said)


def feedback(said: str = "billing") -> Material:
    result = fed(said, GIVEN, BETTER, content_id(BETTER))
    return material("feedback", result, said)


def across(said: str = "billing", *, several: bool = False) -> Material:
    forms = {said: GIVEN, f"{said} 2": BETTER} if several else {said: GIVEN}
    result = over_models(said, {name: content_id(form) for name, form in forms.items()})
    made = material("compare", result, said)
    spec = {**made.record.spec, "prompts": list(forms.values()), "names": list(forms)}
    spec["models"] = [{"name": model} for model in result["models"]]
    outcomes = {
        with_model(content_id(form), model): [
            outcome(content_id(form), row, float(row % 4 < good), said) for row in range(40)
        ]
        for form in forms.values()
        for good, model in zip((3, 2), result["models"], strict=True)
    }
    return replace(made, record=replace(made.record, spec=spec), outcomes=outcomes)


def across_prompts(said: str = "billing") -> Material:
    return across(said, several=True)


def stress(said: str = "billing") -> Material:
    flips = [{"row": 4, "given": said, "answers": {said: 2, "x": 1}, "moved": 1,
              "kinds": ["layout"], "lowest": 0.0, "highest": 1.0}]  # fmt: skip
    by_kind = {"layout": part(0.6, 0.8), "casing": part(0.8, 0.8)}
    for kind in by_kind.values():
        kind["variants"][0]["sentence"] = said
    changes = {"name": said, "left_out": {"order": said}, "notices": [said]}
    return material("stress", stressed(by_kind=by_kind, flips=flips, **changes), said)


EACH = {"tune": tuning, "compare": compared, "run": scored, "feedback": feedback, "stress": stress}
ALL = {**EACH, "one over models": across, "several over models": across_prompts}


def outline(those: Material) -> Outline:
    page = html(page_of(those))
    found = Outline(page)
    assert found.open == [], "some tags are left open"
    return found
