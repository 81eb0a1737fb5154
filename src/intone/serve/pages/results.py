"""What came of a try, on the page: totals, then the answers side by side, differences marked."""

from __future__ import annotations

from collections.abc import Sequence

from nicegui import ui

from intone.runs.drafting import Piece
from intone.runs.tried import SHOWN, Answered, Total, Tried, TriedRow
from intone.serve.pages.parts import BAD, GOOD, cell, grid, grid_row, heading, marked, prose

_MARKS = {"right": GOOD, "wrong": BAD}
Pieces = Sequence[Piece] | None


def results(found: Tried, pieces: Sequence[Sequence[Pieces]], names: Sequence[str]) -> None:
    """Write a try's results: `pieces` are its `differences`, `names` those of the variants."""
    heading("Answers", 2)
    prose(_said(found))
    for notice in found.notices:
        prose(notice)
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
        for row, compared in zip(found.rows, pieces, strict=True):
            with grid_row():
                _row(row, compared, labelled=labelled)


def _said(found: Tried) -> str:
    said = "1 call" if found.calls == 1 else f"{found.calls} calls"
    if found.replayed:
        said += f", {found.replayed} of them answered from the ledger for free"
    if found.usd is not None:
        said += f"; at the known prices {_usd(found.usd)} USD in all"
    rows = "One row says" if len(found.rows) == 1 else f"{len(found.rows)} rows say"
    return f"{said}. {rows} little about which prompt is better: intone compare gives a verdict."


def _totals(total: Total, rows: int) -> list[str]:
    graded = f"{total.right} of {total.graded}" if total.graded else "not graded"
    if total.answered < rows:
        graded += f" ({rows - total.answered} not answered)"
    score = "" if total.score is None else f"{total.score:.2f}"
    tokens = [f"{total.prompt_tokens:,}", f"{total.completion_tokens:,}"]
    return [graded, score, *tokens, "unknown" if total.usd is None else _usd(total.usd)]


def _row(row: TriedRow, pieces: Sequence[Pieces], *, labelled: bool) -> None:
    with cell():
        ui.label(row.name)
    if labelled:
        with cell():
            ui.label("none" if row.label is None else row.label)
    first = row.answers[0]
    for answer, compared in zip(row.answers, pieces, strict=True):
        with cell("11rem"):
            if answer is None:
                ui.label("not asked: the calls of this try were used up")
            else:
                same = answer is not first and first is not None and first.text == answer.text
                _answer(answer, compared, same=same and bool(answer.text))


def _answer(answer: Answered, pieces: Pieces, *, same: bool) -> None:
    """Write an answer; one that differs from the first variant's has its words marked."""
    if pieces is None:
        prose(answer.text[:SHOWN])
    else:
        marked(pieces)
    if answer.read:
        ui.label(f"read as: {answer.read}")
    status = "" if answer.status == "answered" else answer.status
    with ui.row().classes("q-gutter-x-sm items-baseline"):
        if answer.mark:
            style = _MARKS.get(answer.mark, "")
            ui.label(answer.mark).classes("text-weight-bold").style(style)
        if status:
            ui.label(status).classes("text-weight-bold")
        if same:
            ui.label("same answer").classes("text-caption")
        tokens = f"{answer.tokens:,} tokens" + (", from the ledger" if answer.replayed else "")
        ui.label(tokens).classes("text-caption")
    if status and answer.reason:
        prose(answer.reason).classes("text-caption")


def _usd(value: float) -> str:
    return f"{value:.6f}".rstrip("0").rstrip(".") if value else "0"
