"""`stress`: how far scores and answers move under changes that should not matter.

Owns which variants are answered on which rows, and the result. All variants answer one row before
the next, and only rows are begun that the budget reaches whole. What is changed is
`prompt/perturbations`', what is measured the room `stress`'.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from intone.data.row import Row
from intone.errors import BudgetEnded, InputError
from intone.evaluate.engine import Job
from intone.evaluate.outcome import Outcome
from intone.prompt.perturbations import Asked, Kind, Variant, perturbed, read_kinds
from intone.prompt.program import Program
from intone.prompt.prompt import Prompt
from intone.runs.chosen import chosen_on, flattery
from intone.runs.judging import column
from intone.runs.kit import Kit
from intone.runs.plan import typical_tokens
from intone.runs.refusing import refuse_overflow, refuse_silence
from intone.runs.running import Which, chosen_rows, count_opening, end, score
from intone.runs.task import Ready
from intone.stress.report import Table, answered, consistency, flips, means, said

_LEAST_ROWS = 2


@dataclass(frozen=True)
class Subjects:
    """What is put to the test: the program as given, its variants, and the kinds left out.

    `judged` is how many calls of a judge grade one answer.
    """

    given: Program
    variants: tuple[Variant, ...]
    left_out: dict[Kind, str]
    written: int = 0
    judged: int = 0

    @property
    def calls_a_row(self) -> int:
        """The most calls that one row takes."""
        asked = (self.given, *(variant.program for variant in self.variants))
        return sum(program.max_calls + self.judged for program in asked)

    def of(self, kind: Kind) -> list[int]:
        """Return the places of a kind's variants among the answers to a row, 0 the given one."""
        return [at for at, variant in enumerate(self.variants, start=1) if variant.kind == kind]


def plan_stress(ready: Ready, which: Which) -> dict[str, Any]:
    """Return the plan of a stress test in plain values. Calls nothing.

    With a writer, the paraphrases shown are those of the library: the writer's take their places.
    """
    subjects = _subjects(ready, _asked(ready))
    rows, there = chosen_rows(ready, which)
    budget = ready.spec.budget.budget()
    asks_writer = _writes(ready)
    calls = budget.calls
    if calls is not None and asks_writer:
        calls = max(0, calls - ready.spec.stress.variants)
    reached = len(rows) if calls is None else min(len(rows), calls // subjects.calls_a_row)
    return {
        "kind": "stress",
        "prompt_id": subjects.given.id,
        "model": ready.spec.model.name,
        "rows": which,
        "there": there,
        "reached": reached,
        "calls_a_row": subjects.calls_a_row,
        "calls": reached * subjects.calls_a_row,
        "writer_calls": ready.spec.stress.variants if asks_writer else 0,
        "tokens": reached * subjects.calls_a_row * typical_tokens(ready),
        "budget": asdict(budget),
        "variants": [
            {"kind": variant.kind, "sentence": variant.sentence} for variant in subjects.variants
        ],
        "left_out": dict(subjects.left_out),
        "notices": list(ready.notices),
    }


async def stress(kit: Kit, which: Which) -> dict[str, Any]:
    """Answer rows with the program as given and with its variants; return what moved.

    Raises InputError where no change applies, BudgetEnded where fewer than two whole rows were
    answered.
    """
    ready = kit.ready
    rows, there = chosen_rows(ready, which)
    opened = count_opening(kit, which)
    chosen = chosen_on(ready, rows, kit.runs)
    told = flattery(ready, chosen, what="its score", sealed=which == "sealed")
    kit.watcher.stage("stress", None)
    subjects = await _all_subjects(kit)
    left, each = kit.purse.left.calls, subjects.calls_a_row
    kit.watcher.stage("stress", len(rows) * each if left is None else min(left, len(rows) * each))
    table = await _answers(kit, subjects, rows)
    if len(table) < min(_LEAST_ROWS, there):
        raise BudgetEnded(
            f"the budget ended before {_LEAST_ROWS} rows were answered in every way "
            f"({subjects.calls_a_row} calls a row); raise {kit.purse.short_of}, or name fewer "
            "kinds of change (stress.kinds) or variants of each (stress.variants)"
        )
    given = [row[0] for row in table]
    refuse_overflow(given)
    refuse_silence([outcome for row in table for outcome in row])
    result = _result(kit, subjects, table) | {
        "rows": which,
        "there": there,
        "opened": opened,
        "notices": [*ready.notices, *told, *_about_metric(ready)],
        "chosen_by": chosen.get(subjects.given.id),
    }
    end(kit, result, done=len(table) == there)
    return result


async def _answers(kit: Kit, subjects: Subjects, rows: Sequence[Row]) -> list[list[Outcome]]:
    """Return the rows that were answered in every way, by row and variant.

    As many rows as are sure to fit, then as many more as the calls that votes and chains did not
    need pay for.
    """
    arms = [(subjects.given, 0), *((it.program, it.sample) for it in subjects.variants)]
    table: list[list[Outcome]] = []
    while step := _room(kit, subjects, len(rows) - len(table)):
        now = rows[len(table) : len(table) + step]
        outcomes = await kit.answer(
            Job(program, row, sample) for row in now for program, sample in arms
        )
        whole = len(outcomes) // len(arms)
        table += [outcomes[at * len(arms) : (at + 1) * len(arms)] for at in range(whole)]
        if whole < step:
            break
    return table


def _room(kit: Kit, subjects: Subjects, there: int) -> int:
    """Return how many of the rows that are there the calls are enough for, whatever a row takes."""
    left = kit.purse.left.calls
    return there if left is None else min(there, left // subjects.calls_a_row)


def _asked(ready: Ready) -> Asked:
    spec = ready.spec
    return Asked(
        kinds=read_kinds(spec.stress.kinds),
        count=spec.stress.variants,
        seed=spec.tune.seed,
        labels=ready.labels,
        temperature=spec.model.temperature,
    )


def _subjects(ready: Ready, asked: Asked, written: int = 0) -> Subjects:
    found = perturbed(ready.prompt, asked)
    if not found.variants:
        reasons = "; ".join(f"{kind}: {why}" for kind, why in found.left_out.items())
        raise InputError(f"there is nothing to change about {ready.names[0]} ({reasons})")
    judged = ready.calls_an_answer - 1
    return Subjects(ready.prompt, found.variants, dict(found.left_out), written, judged)


def check_subjects(ready: Ready) -> None:
    """Raise InputError if there is nothing to change about the program, whoever writes."""
    if not _writes(ready):
        _subjects(ready, _asked(ready))


def _writes(ready: Ready) -> bool:
    """Say whether a writer is asked for paraphrases: only one that the spec names."""
    asks = "paraphrase" in read_kinds(ready.spec.stress.kinds)
    return asks and ready.spec.writer is not None and isinstance(ready.prompt, Prompt)


async def _all_subjects(kit: Kit) -> Subjects:
    """Return the subjects with the writer's paraphrases, as far as the budget goes."""
    ready, asked = kit.ready, _asked(kit.ready)
    if not _writes(ready):
        return _subjects(ready, asked)
    try:
        made = await kit.writer().rephrase(ready.sole_prompt, count=asked.count, turn=0)
    except BudgetEnded:
        return _subjects(ready, asked)
    edits = tuple(proposal.edits for proposal in made.proposals if proposal.edits)
    return _subjects(ready, replace(asked, paraphrases=edits), len(edits))


def _about_metric(ready: Ready) -> list[str]:
    if ready.metric.name == "mean":
        return []
    return [f"spread and sensitivity are of the rows' mean scores, not of {ready.metric.name}"]


def _result(kit: Kit, subjects: Subjects, table: Table) -> dict[str, Any]:
    """Return the result without what is said about the rows."""
    ready, seed = kit.ready, kit.ready.spec.tune.seed
    kinds = list(dict.fromkeys(variant.kind for variant in subjects.variants))
    whole = answered(table)
    rows = [ready.data[row[0].row] for row in whole]
    estimate = score(ready.metric, column([row[0] for row in whole], subjects.given.id, rows))
    return {
        "run": kit.number,
        "prompt": subjects.given.canonical(),
        "prompt_id": subjects.given.id,
        "name": ready.names[0],
        "model": ready.spec.model.name,
        "grader": ready.grader.name,
        "metric": ready.metric.name,
        "score": estimate.value if estimate else None,
        "low": estimate.low if estimate else None,
        "high": estimate.high if estimate else None,
        **consistency(table, seed).to_dict(),
        "missing_because": _commonest_failure(table),
        "calls": _calls(table),
        "by_kind": {kind: _of_kind(subjects, kind, table, seed) for kind in kinds},
        "left_out": dict(subjects.left_out),
        "flips": flips(table, [variant.kind for variant in subjects.variants]),
        "written": subjects.written,
        "writer": kit.writing.tally,
        "statuses": dict(sorted(kit.statuses.items())),
        "spent": kit.spent(),
    }


def _of_kind(subjects: Subjects, kind: Kind, table: Table, seed: int) -> dict[str, Any]:
    """Return a kind's measures: of its variants and the program as given.

    On the rows that the variants of all kinds answered, so that the kinds can be compared.
    """
    places, whole = subjects.of(kind), answered(table)
    part = [[row[0], *(row[at] for at in places)] for row in whole]
    own, *scores = means(part) or [None] * (len(places) + 1)
    variants = [
        {
            "sentence": subjects.variants[at - 1].sentence,
            "prompt_id": subjects.variants[at - 1].program.id,
            "sample": subjects.variants[at - 1].sample,
            "score": mean,
            "moved": _moved(whole, at),
        }
        for at, mean in zip(places, scores, strict=True)
    ]
    measured = consistency(part, seed).to_dict() | {"missing": len(table) - len(whole)}
    calls = sum(row[at].calls for row in table for at in places)
    return measured | {"calls": calls, "given": own, "variants": variants}


def _commonest_failure(table: Table) -> str | None:
    """Return why most of the calls failed that rows are missing for; None where none are."""
    failed = Counter(one.reason for row in table for one in row if one.status == "failed")
    return failed.most_common(1)[0][0] if failed else None


def _moved(whole: Table, at: int) -> int:
    """Return on how many rows a variant's answer differs from that of the program as given."""
    return sum(_plain(row[0]) != _plain(row[at]) for row in whole)


def _plain(outcome: Outcome) -> str:
    return " ".join(said(outcome).casefold().split())


def _calls(table: Sequence[Sequence[Outcome]]) -> int:
    return sum(outcome.calls for row in table for outcome in row)
