"""What is said of a task's programs, rows and documents before anything is spent on it.

Owns the sentences that need more than one room; what is suspicious of rows alone is `data.checks`.
"""

from __future__ import annotations

from collections.abc import Sequence

from intone.data.checks import alike
from intone.data.dataset import NO_TARGET, Dataset
from intone.data.documents import Documents, rows_within
from intone.data.notice import Notice
from intone.metrics.grade import Grader
from intone.prompt.contradictions import contradictions
from intone.prompt.program import Program
from intone.runs.corrections import Corrected
from intone.store.measured import known_steps

CHECKED_ROWS = 5000
"""Rows looked at before anything is spent; the rest are graded as they come."""


def contradicting(named: Sequence[tuple[Program, str]]) -> list[str]:
    """Return the contradictions of each program, with its name where there are several."""
    return [
        f"{name}: {found.sentence}" if len(named) > 1 else found.sentence
        for program, name in named
        for found in contradictions(program)
    ]


def not_asked(named: Sequence[tuple[Program, str]]) -> list[str]:
    """Return what to say of steps taken from right answers, with a name where there are several."""
    return [
        f"{f'{name}: ' if len(named) > 1 else ''}step {step!r} is taken from column {column!r}: "
        "this is not what the chain would score by itself"
        for program, name in named
        for step, column in known_steps(program.canonical())
    ]


def renamed(data: Dataset) -> list[str]:
    """Return what to say of columns whose header cannot be their name in a template."""
    return [
        f"column {header!r} is named {{{{ {name} }}}} in prompts"
        for name, header in data.headers.items()
        if name != header
    ]


def only_sealed(data: Dataset, labels: Sequence[str]) -> list[str]:
    """Return what to say of labels that only a sealed file has: prompts are told them too."""
    if not labels or len(data.parts) < 2 or not data.labels:
        return []
    first = data.parts[0].stop
    new = set(data.codes[first:]) - set(data.codes[:first]) - {NO_TARGET}
    if not new:
        return []
    names = [repr(data.labels[code]) for code in sorted(new)]
    some = ", ".join(names[:5]) + (", …" if len(names) > 5 else "")
    what = f"the label {some} occurs" if len(names) == 1 else f"the labels {some} occur"
    return [f"{what} in the sealed rows only; prompts may list every label all the same"]


def like(grader: Grader, labels: Sequence[str]) -> list[Notice]:
    """Return what to say of labels, where they are graded, that hardly differ."""
    return alike(labels) if grader.name == "label" else []


def of_a_tuning(found: Sequence[Notice], documents: Documents, data: Dataset) -> list[str]:
    """Return what was found in the rows, and what is to be said of the documents."""
    said = [note.message for note in (*found, *documents.notices)]
    return [*said, *_given_away(documents, data)]


def _given_away(documents: Documents, data: Dataset) -> list[str]:
    """Return what to say of rows that stand in the documents, of those looked at."""
    looked_at = min(len(data), CHECKED_ROWS)
    if not documents.passages:
        return []
    found = rows_within(documents.passages, (data[i] for i in range(looked_at)))
    if not found:
        return []
    rows = f"{len(found)} of {looked_at} rows stand" if len(found) > 1 else "a row stands"
    return [
        f"{rows} in the documents nearly word for word (as {data.place(found[0])}); "
        "if the answer is there too, the scores and the verdict flatter prompts that show it"
    ]


def from_corrections(corrected: Corrected) -> list[str]:
    """Return what to say of rows that come from corrections, where no plan says it."""
    if not corrected.count:
        return []
    comes = "comes" if corrected.count == 1 else "come"
    return [f"{corrected.count} of the rows to tune on {comes} from users' corrections"]
