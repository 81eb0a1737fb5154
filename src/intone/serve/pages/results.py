"""What came of a try, on the page: totals, then the answers side by side, differences marked."""

from __future__ import annotations

from collections.abc import Sequence

from nicegui import ui

from intone.runs.drafting import words_differing
from intone.runs.tried import Answered, Total, Tried, TriedRow
from intone.serve.pages.parts import cell, grid, grid_row, heading, marked, text

_MARKS = {"right": "text-positive", "wrong": "text-negative"}
_LONGEST = 4000  # characters of an answer


def results(found: Tried, names: Sequence[str]) -> None:
    """Write a try's results; `names` are those of the variants."""
    heading("Answers", 2)
    text(_said(found))
    for notice in found.notices:
        text(notice)
    heads = ["variant", "right", "mean score", "tokens in", "tokens out", "USD"]
    with grid("Totals", heads):
        for name, total in zip(names, found.totals, strict=True):
            with grid_row():
                for value in (name, *_totals(total, len(found.rows))):
                    with cell():
                        ui.label(value)
    labelled = any(row.label is not None for row in found.rows)
    heads = ["row", *(["right answer"] if labelled else []), *names]
    with grid("Answers by row", heads):
        for row in found.rows:
            with grid_row():
                _row(row, labelled=labelled)


def _said(found: Tried) -> str:
    calls = "1 call" if found.calls == 1 else f"{found.calls} calls"
    said = f"{calls}, of which {found.replayed} were in the ledger and cost nothing again"
    if found.usd is not None:
        said += f"; all of them cost {_usd(found.usd)} USD at the known prices"
    rows = "One row says" if len(found.rows) == 1 else f"{len(found.rows)} rows say"
    return f"{said}. {rows} little about which prompt is better: intone compare gives a verdict."


def _totals(total: Total, rows: int) -> list[str]:
    graded = f"{total.right} of {total.graded}" if total.graded else "not graded"
    if total.answered < rows:
        graded += f" ({rows - total.answered} not answered)"
    score = "" if total.score is None else f"{total.score:.2f}"
    tokens = [f"{total.prompt_tokens:,}", f"{total.completion_tokens:,}"]
    return [graded, score, *tokens, "unknown" if total.usd is None else _usd(total.usd)]


def _row(row: TriedRow, *, labelled: bool) -> None:
    with cell():
        ui.label(row.name)
    if labelled:
        with cell():
            ui.label("none" if row.label is None else row.label)
    first = row.answers[0]
    for answer in row.answers:
        with cell("11rem"):
            if answer is None:
                ui.label("not asked: the calls of this try were used up")
            else:
                _answer(answer, None if answer is first else first)


def _answer(answer: Answered, before: Answered | None) -> None:
    """Write an answer; one that differs from the first variant's has its words marked."""
    shown = answer.text[:_LONGEST]
    if before is None or not before.text or before.text == answer.text:
        text(shown)
    else:
        marked(words_differing(before.text[:_LONGEST], shown))
    if answer.read:
        ui.label(f"read as: {answer.read}")
    status = "" if answer.status == "answered" else answer.status
    with ui.row().classes("q-gutter-x-sm items-baseline"):
        if answer.mark:
            ui.label(answer.mark).classes(f"text-weight-bold {_MARKS.get(answer.mark, '')}")
        if status:
            ui.label(status).classes("text-weight-bold")
        if before is not None and before.text == answer.text and answer.text:
            ui.label("same answer").classes("text-caption")
        tokens = f"{answer.tokens:,} tokens" + (", from the ledger" if answer.replayed else "")
        ui.label(tokens).classes("text-caption")
    if status and answer.reason:
        text(answer.reason).classes("text-caption")


def _usd(value: float) -> str:
    return f"{value:.6f}".rstrip("0").rstrip(".") if value else "0"
