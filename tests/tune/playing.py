"""A search by `auto` that is played on paper: the rows, the worlds, and what was asked."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from intone.data.row import Row
from intone.evaluate.budget import Budget
from intone.evaluate.outcome import Outcome
from intone.llm.completion import Usage
from intone.prompt import Prompt
from intone.prompt.phrasings import asks_last, phrasings
from intone.prompt.program import Program
from intone.tune.auto import Auto
from intone.tune.candidate import Trial
from intone.tune.material import Material

LABELS = ("billing", "shipping", "sales")
GIVEN = Prompt("Which team should have it?\n\n{{ body }}")
POOL = [Row(100 + i, f"p{i}", {"body": f"example {i}"}, LABELS[i % 3]) for i in range(21)]
ROWS = [Row(i, f"r{i}", {"body": f"ticket {i}"}, LABELS[i % 3]) for i in range(39)]
TARGETS = {row.index: row.target for row in (*POOL, *ROWS)}

World = Callable[[Program, int], Outcome]


NOTES = tuple(f"Note on ticket {i}: it is a matter of {LABELS[i % 3]}." for i in range(39))


def make(labels: Sequence[str] = LABELS, passages: Sequence[str] = ()) -> Auto:
    edits = phrasings(GIVEN, kind="classify", labels=LABELS, target="team")
    return Auto(
        Material(GIVEN, edits, (), POOL, ROWS, 0, None, labels, passages=passages, kind="classify")
    )


def outcome(program: str, row: int, score: float, tokens: int = 0) -> Outcome:
    return Outcome(program, row, 0, "answered", score, "", usage=Usage(tokens))


def played(tuner: Auto, calls: int, world: World) -> list[list[Trial]]:
    """Play a search as a race does that drops nobody: no row is met twice."""
    asks: list[list[Trial]] = []
    met: dict[str, set[int]] = {}
    while trials := list(asyncio.run(tuner.ask(Budget(calls=calls)))):
        asks.append(trials)
        for trial in trials:
            program = trial.candidate.program
            known = met.setdefault(program.id, set())
            new = [row for row in trial.rows or tuner.material.indices if row not in known]
            new = new[: trial.calls]
            known.update(new)
            tuner.tell([world(program, row) for row in new])
            calls -= 0 if isinstance(program, Prompt) and program.offsets else len(new)
    return asks


def last_is_better(program: Program, row: int) -> Outcome:
    assert isinstance(program, Prompt)
    good = asks_last(program) or row % 4 == 0
    return outcome(program.id, row, float(good), tokens=len(program.text(ROWS[row % 39])))


def prompt_of(program: Program) -> Prompt:
    assert isinstance(program, Prompt)
    return program


def prompts(trials: Sequence[Trial]) -> list[Prompt]:
    found = [trial.candidate.program for trial in trials]
    return [program for program in found if isinstance(program, Prompt)]
