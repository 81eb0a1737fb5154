"""Which rows a change of prompt made better or worse, and which went wrong: with their texts.

Owns how many rows and how much of each is shown.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from intone.evaluate.outcome import Outcome
from intone.report import numbers
from intone.report.blocks import Answered, Block, Case, Cases, Words
from intone.report.material import Material
from intone.report.words import shortened

_MOST_ROWS = 12
_MOST_INPUT, _MOST_ANSWER, _MOST_REASON = 700, 400, 300


@dataclass(frozen=True, slots=True)
class Named:
    """A program by its id, and what it is called on the page."""

    id: str
    name: str


def turned(
    material: Material, before: Named, after: Named, only: frozenset[int] | None = None
) -> list[Block]:
    """Return the rows that one prompt answers better or worse than the other.

    `only` limits them to some rows. Rows where one of the two has no score are left out.
    """
    old, new = (_by_row(material, program.id, only) for program in (before, after))
    moved = {}
    for row in sorted(old.keys() & new.keys()):
        was, becomes = _score(old[row]), _score(new[row])
        if was is not None and becomes is not None:
            moved[row] = becomes - was
    if not moved:
        return [Words("There are no rows that both prompts have a score on.", "note")]
    better = sorted((row for row in moved if moved[row] > 0), key=lambda row: (-moved[row], row))
    worse = sorted((row for row in moved if moved[row] < 0), key=lambda row: (moved[row], row))
    same = len(moved) - len(better) - len(worse)
    head = (
        f"Of {numbers.counted(len(moved), 'row')} {numbers.count(len(better))} got better, "
        f"{numbers.count(len(worse))} got worse and {numbers.count(same)} stayed as good."
    )
    blocks: list[Block] = [Words(head)]
    for title, those in (("Got better", better), ("Got worse", worse)):
        if those:
            cases = [
                _case(material, row, [(before, old[row]), (after, new[row])])
                for row in those[:_MOST_ROWS]
            ]
            blocks.append(Cases(title, cases, _more(those)))
    return [*blocks, *_no_texts(material)]


def lost(material: Material, program: Named) -> list[Block]:
    """Return the rows on which a prompt lost points, what scores least first."""
    found = _by_row(material, program.id, None)
    scores = {row: _score(outcomes) for row, outcomes in found.items()}
    below = [row for row, score in scores.items() if score is not None and score < 1]
    failed = sum(score is None and _failed(found[row]) for row, score in scores.items())
    below.sort(key=lambda row: (scores[row] or 0.0, row))
    blocks: list[Block] = []
    if failed:
        text = f"{numbers.counted(failed, 'row')} failed for good: missing, and not counted."
        blocks.append(Words(text, "note"))
    if not below:
        return [*blocks, Words("No row that was scored is below full score.")]
    title = f"{numbers.counted(len(below), 'row')} below full score"
    cases = [_case(material, row, [(program, found[row])]) for row in below[:_MOST_ROWS]]
    return [*blocks, Cases(title, cases, _more(below)), *_no_texts(material)]


def _by_row(
    material: Material, program: str, only: frozenset[int] | None
) -> dict[int, list[Outcome]]:
    found: dict[int, list[Outcome]] = {}
    for outcome in material.outcomes.get(program, ()):
        if only is None or outcome.row in only:
            found.setdefault(outcome.row, []).append(outcome)
    return found


def _score(outcomes: Sequence[Outcome]) -> float | None:
    """Return a row's score: the mean over its samples, as the verdict takes it."""
    known = [outcome.score for outcome in outcomes if outcome.score is not None]
    return sum(known) / len(known) if known else None


def _failed(outcomes: Sequence[Outcome]) -> bool:
    return all(outcome.status == "failed" for outcome in outcomes)


def _case(material: Material, row: int, answers: Sequence[tuple[Named, Sequence[Outcome]]]) -> Case:
    known = material.rows.get(row)
    inputs = [] if known is None else list(known.inputs.items())
    return Case(
        row=f"row {row + 1}",  # `row` counts from 0, people from 1
        inputs=[(name, shortened(text, _MOST_INPUT)) for name, text in inputs],
        target=None if known is None or known.target is None else shortened(known.target, 200),
        answers=[_answered(program, outcomes) for program, outcomes in answers],
    )


def _answered(program: Named, outcomes: Sequence[Outcome]) -> Answered:
    first, score = outcomes[0], _score(outcomes)
    said = "no score" if score is None else f"score {numbers.score(score)}"
    if first.status != "answered":
        said = f"{first.status}, {said}"
    if len(outcomes) > 1:
        said += f" over {len(outcomes)} samples; the first answer"
    text = first.answer if first.answer is not None else first.text
    full = score is not None and score >= 1
    reason = "" if full else shortened(first.reason, _MOST_REASON)
    return Answered(program.name, shortened(text, _MOST_ANSWER), said, reason)


def _more(rows: Sequence[int]) -> str:
    left = len(rows) - _MOST_ROWS
    return f"{numbers.counted(left, 'more row')} like these" if left > 0 else ""


def _no_texts(material: Material) -> list[Block]:
    return [Words(material.no_rows, "note")] if material.no_rows else []
