"""Record what prompts come to on a task's rows, for racing.py to replay.

    python benchmarks/record_outcomes.py [--tasks a,b] [--model local-small] [--rows 150]
        [--candidates 24] [--data ../shared/data] [--work FOLDER] [--out benchmarks/outcomes]

Rows come from `train.jsonl` only. Candidates are the plain prompt, its phrasings, and demonstration
sets, fixed and nearest, on a few of them, shown from rows that are not among those answered. Every
call is kept in the work folder's ledger, so a recording that was ended goes on where it was. What
is written holds no text of the task: only tables and the candidates' sentences.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from outcome_worlds import Floats, Recorded, write
from quality_tasks import PLAIN

from intone.data.row import Row
from intone.data.split import order
from intone.evaluate.engine import Job
from intone.evaluate.outcome import Outcome
from intone.prompt.edits import Edit, apply_all, change_layout, set_demonstrations
from intone.prompt.phrasings import phrasings, task_kind
from intone.prompt.prompt import Prompt
from intone.runs.kit import Begin, Kit, opened
from intone.runs.orders import Order, prepare
from intone.runs.running import end
from intone.runs.spec import read_spec
from intone.runs.task import Ready
from intone.runs.watch import Unwatched
from intone.tune.candidate import Candidate
from intone.tune.demonstrations import balanced, pool_size
from intone.tune.demonstrations_by_words import nearest

_FEW_SHOWN = 20  # rows: as many as a search on 60 rows sets apart to be shown
_LEAST = 1e-12  # probability; of none there is no logarithm
_PHRASED = 3  # in eight; the other candidates have examples


@dataclass(frozen=True)
class Recording:
    """What to record: of which task, with which model, how much of it."""

    task: str
    template: str
    data: Path
    work: Path
    model: str
    rows: int = 150
    candidates: int = 24
    max_tokens: int = 256


def main() -> None:
    """Record the tasks asked for, one file each."""
    here = Path(__file__).resolve().parent
    parser = argparse.ArgumentParser()
    parser.add_argument("--tasks", default="sms_spam,sib200_eng,banking77_10,dynasent_r2")
    parser.add_argument("--model", default="local-small")
    parser.add_argument("--rows", type=int, default=150)
    parser.add_argument("--candidates", type=int, default=24)
    parser.add_argument("--max-tokens", type=int, default=256)
    parser.add_argument("--data", type=Path, default=here.parent.parent / "shared" / "data")
    parser.add_argument("--work", type=Path, default=Path("/tmp/intone-outcomes"))
    parser.add_argument("--out", type=Path, default=here / "outcomes")
    told = parser.parse_args()
    told.out.mkdir(parents=True, exist_ok=True)
    for task in told.tasks.split(","):
        began = time.monotonic()
        recorded = asyncio.run(
            record(
                Recording(
                    task,
                    PLAIN[task],
                    told.data / task / "train.jsonl",
                    told.work,
                    told.model,
                    told.rows,
                    told.candidates,
                    told.max_tokens,
                )
            )
        )
        model = "".join(c if c.isalnum() or c in "-." else "-" for c in told.model)
        path = told.out / f"{task}-{model}.json"
        write(path, recorded)
        best = np.nanmean(recorded.scores, axis=1).max()
        count, rows = recorded.scores.shape
        seconds = time.monotonic() - began
        print(f"{path}: {count} candidates x {rows} rows, best {best:.3f}, {seconds:.0f} s")


async def record(what: Recording) -> Recorded:
    """Answer all rows with all candidates, candidate by candidate; return the tables."""
    wanted = ordered(what)
    ready = prepare(wanted)
    candidates, rows = chosen(ready, what)
    told: list[list[Outcome]] = []
    async with opened(ready, wanted.project, Begin("run", "all"), Unwatched()) as kit:
        for candidate in candidates:
            told.append(await _answered(kit, candidate, rows))
        end(kit, {"recorded": what.task, "spent": kit.spent()}, done=True)
    likelihoods = _table([[outcome.likelihood for outcome in of_one] for of_one in told])
    likely = not np.isnan(likelihoods).all()
    return Recorded(
        what.task,
        what.model,
        tuple(candidate.sentence for candidate in candidates),
        _table([[outcome.score for outcome in of_one] for of_one in told]),
        likelihoods if likely else None,
        _choices(told, ready.labels) if likely else None,
    )


def ordered(what: Recording) -> Order:
    """Return the order of the run that a recording is, in the task's part of the work folder."""
    folder = what.work / what.task
    folder.mkdir(parents=True, exist_ok=True)
    settings = {
        "task.data": str(what.data.resolve()),
        "task.input": ("input",),
        "task.target": "target",
        "task.sealed": 0.0,
        "model.name": what.model,
        "model.max_tokens": what.max_tokens,
        "budget.calls": 10**9,
    }
    return Order("run", read_spec(None, settings, folder, alone=True), (what.template,), "all")


def chosen(ready: Ready, what: Recording) -> tuple[list[Candidate], list[int]]:
    """Return the candidates and the rows (places in the data) to answer; none is shown."""
    data, prompt = ready.data, ready.sole_prompt
    pool = order(range(len(data)), data, 0, "shown", balanced=True, limit=pool_size(len(data)))
    rest = sorted(set(range(len(data))) - set(pool))
    rows = order(rest, data, 0, "recorded", limit=what.rows)
    edits = phrasings(
        prompt,
        kind=task_kind(ready.grader.name),
        labels=ready.labels,
        target=ready.data.target or "",
    )
    found = [Candidate(prompt)]
    found += [Candidate(apply_all(prompt, e), e, (prompt.id,)) for e in edits]
    bases = [_with(found[0], (change_layout("plain"),)), *_apart_in_layout(found[1:])]
    found = found[: max(1, what.candidates * _PHRASED // 8)]
    found += _with_examples(bases, [data[i] for i in pool])
    distinct = {candidate.id: candidate for candidate in found}
    return list(distinct.values())[: what.candidates], rows


def _apart_in_layout(phrased: Sequence[Candidate]) -> list[Candidate]:
    """Return the first phrasing in the chat layout and the first in another."""
    first: dict[bool, Candidate] = {}
    for candidate in phrased:
        first.setdefault(_sole(candidate).layout == "chat", candidate)
    return list(first.values())


def _with_examples(bases: Sequence[Candidate], shown: Sequence[Row]) -> list[Candidate]:
    """Return the bases with fixed examples and with the nearest of few rows and of all."""
    few = shown[:_FEW_SHOWN]
    found = [_with(base, _fixed(base, few, 8)) for base in bases]
    found += [_with(base, nearest(_sole(base), shown, 8)) for base in bases]
    found += [_with(base, nearest(_sole(base), few, 8)) for base in bases]
    found += [_with(base, _fixed(base, few, 4)) for base in bases]
    return found + [_with(base, nearest(_sole(base), shown, 4)) for base in bases]


def _fixed(base: Candidate, shown: Sequence[Row], size: int) -> tuple[Edit, ...]:
    return (set_demonstrations(balanced(shown, size, 0, _sole(base).variables)),)


def _with(base: Candidate, edits: Sequence[Edit]) -> Candidate:
    return Candidate(apply_all(_sole(base), edits), (*base.edits, *edits), (base.id,))


def _sole(candidate: Candidate) -> Prompt:
    assert isinstance(candidate.program, Prompt)
    return candidate.program


async def _answered(kit: Kit, candidate: Candidate, rows: list[int]) -> list[Outcome]:
    outcomes = await kit.answer(Job(candidate.program, kit.ready.data[i]) for i in rows)
    print(f"  {len(outcomes)} rows: {candidate.sentence[:90]}", flush=True)
    return outcomes


def _choices(told: Sequence[Sequence[Outcome]], labels: Sequence[str]) -> Floats:
    """Return the logarithms of the labels' probabilities, candidates x rows x labels."""
    return np.log([[[o.choices.get(n, 0.0) + _LEAST for n in labels] for o in one] for one in told])


def _table(values: list[list[float | None]]) -> Floats:
    return np.array(values, dtype=np.float64)


if __name__ == "__main__":
    main()
