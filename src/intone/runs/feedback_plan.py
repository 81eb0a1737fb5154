"""The plan of a feedback run: what will be tried, on which rows, with how many calls at most.

Owns how a task without data or without right answers is made ready, and how the budget is shared
between replays and the task's own rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from intone.data.canonical import content_id
from intone.data.row import Row
from intone.data.split import order
from intone.errors import InputError
from intone.feedback.agenda import Agenda, agenda
from intone.feedback.compile import Change, Compiled, compile_wish
from intone.feedback.complaint import Complaint
from intone.feedback.grouping import Choice, Group
from intone.feedback.right_answers import Corrected, corrections
from intone.feedback.wish import WRONG_ANSWER
from intone.prompt.program import Program
from intone.prompt.prompt import Prompt
from intone.runs.feedback_ask import Ask
from intone.runs.spec import Spec
from intone.runs.task import Ready, Rows, make_ready, read_prompts

_MOST_TASK_ROWS = 2000
_UNGRADED = "exact"  # with no right answer it grades nothing


@dataclass(frozen=True)
class Attempt:
    """One group of complaints with what may be tried for it.

    `skipped` says why nothing is; `writes` that a writer's proposal comes last.
    """

    group: Group
    compiled: Compiled
    corrected: Corrected | None = None
    skipped: str = ""
    writes: bool = False

    @property
    def count(self) -> int:
        """How many changes are tried at the most."""
        return len(self.changes) + self.writes

    @property
    def changes(self) -> tuple[Change, ...]:
        """The changes to try, weakest first."""
        if self.skipped:
            return ()
        return self.corrected.changes if self.corrected else self.compiled.changes


@dataclass(frozen=True)
class FeedbackPlan:
    """What a feedback run will do; `calls` is the most it can take.

    `replays` inputs are answered for each wish, `rows` of the task's own for the score; `scored`
    says whether these can be scored at all. `reading` of the calls go to a writer, about complaints
    that are unclear.
    """

    agenda: Agenda
    attempts: tuple[Attempt, ...]
    replays: int
    rows: int
    scored: bool
    calls: int
    reading: int = 0

    def to_dict(self) -> dict[str, Any]:
        """Return the plan in plain values."""
        return {
            "attempts": [_plain_attempt(it) for it in self.attempts],
            "conflicts": plain_conflicts(self.agenda),
            "unclear": [it.number for it in self.agenda.unclear],
            "replays": self.replays,
            "rows": self.rows,
            "scored": self.scored,
            "calls": self.calls,
            "reading": self.reading,
        }


def feedback_ready(
    spec: Spec,
    prompts: Sequence[str | Program],
    ask: Ask,
    rows: Rows | None = None,
    names: Sequence[str] = (),
) -> Ready:
    """Make a task ready that may lack right answers, or data altogether.

    Without data the inputs of the complaints are the rows. Raises InputError where there is nothing
    to replay, and for a vote or a chain.
    """
    task = spec.task
    prompt, name = read_prompts(prompts[:1], names, spec.folder)[0]
    if not isinstance(prompt, Prompt):
        raise InputError(f"{name} is made of several prompts; feedback changes a single one")
    if rows is None and task.data is None:
        known = _inputs_of(ask, prompt)
        if not known:
            raise InputError(
                "there is nothing to replay: no complaint came with the inputs of the prompt "
                f"({', '.join(sorted(prompt.variables)) or 'any'}), and no data is named "
                "(--data FILE)"
            )
        task = task.model_copy(
            update={"target": None, "input": None, "grader": _UNGRADED, "metric": "mean"}
        )
        return make_ready(
            spec.model_copy(update={"task": task}), prompts, purpose="run", rows=known, names=names
        )
    if task.target is None and task.grader is None and task.labels is None:
        task = task.model_copy(update={"grader": _UNGRADED})
        spec = spec.model_copy(update={"task": task})
    return make_ready(spec, prompts, purpose="run", rows=rows, names=names)


def plan_feedback(ready: Ready, ask: Ask, spent: int | None = None) -> FeedbackPlan:
    """Say what would be tried, and share out the budget. Calls nothing.

    `spent` calls are gone already, a writer's about unclear complaints among them (None: it has not
    been asked yet).
    """
    found = agenda(ask.reads, ask.conflict)
    reading = len(found.unclear) if spent is None and ready.spec.writer is not None else 0
    attempts = tuple(attempt(ready, ready.sole_prompt, group, ask) for group in found.groups)
    scored = not (ready.grader.needs_target and ready.data.target is None)
    budget = ready.spec.budget.budget().calls
    if budget is not None:
        budget = max(0, budget - reading - (spent or 0))
    there = len({tuple(sorted(row.inputs.items())) for row in other_rows(ready, ask)})
    replays = min(ask.replays, there)
    tried = [it for it in attempts if it.count]
    # A judge is asked in both orders, and a writer once.
    weight = sum(1 + (1 if _by_check(it) else 3) * it.count for it in tried)
    if budget is not None and weight:
        replays = max(2, min(replays, budget // weight // (2 if scored else 1)))
    rows = min(len(ready.split.tuning), _MOST_TASK_ROWS) if scored else 0
    arms = 1 + len(tried)
    if budget is not None:
        rows = max(0, min(rows, (budget - replays * weight) // arms))
    calls = replays * weight + rows * arms + sum(it.writes for it in tried) if weight else 0
    if budget is not None:
        calls = min(calls, budget)
    return FeedbackPlan(found, attempts, replays, rows, scored, calls + reading, reading)


def attempt(ready: Ready, prompt: Prompt, group: Group, ask: Ask) -> Attempt:
    """Compile a group's wish for a prompt, and say why it is not to be tried, if so."""
    found = _compiled(prompt, group, ask, ready.spec.tune.seed)
    named = ready.spec.writer is not None and bool(found.changes)
    return replace(found, writes=named and not found.compiled.words)


def _compiled(prompt: Prompt, group: Group, ask: Ask, seed: int) -> Attempt:
    compiled = compile_wish(group.wish, prompt)
    if group.wish.kind == WRONG_ANSWER:
        found = corrections(group.complaints, prompt, seed)
        why = "" if found.changes else "no complaint gives the right answer to inputs of the prompt"
        return Attempt(group, replace(compiled, refused=""), found, why)
    if compiled.refused:
        return Attempt(group, compiled, skipped=compiled.refused)
    if compiled.doubt and group.wish.key not in ask.trusted:
        return Attempt(
            group,
            compiled,
            skipped=f"its words may be instructions to the model ({compiled.doubt}); "
            "only a person can let them through, when asked",
        )
    if compiled.words and not ask.words:
        return Attempt(
            group,
            compiled,
            skipped="the change carries a user's own words into the prompt (--accept-words)",
        )
    if compiled.check is None and ask.judge is None:
        return Attempt(
            group,
            compiled,
            skipped="no measure shows whether this worked, and there is no judge to ask",
        )
    return Attempt(group, compiled)


def complaint_rows(ready: Ready, ask: Ask, complaints: Sequence[Complaint]) -> list[Row]:
    """Return the inputs of some of the ask's complaints as rows, numbered after those of the data.

    A right answer that was given is the row's target. Complaints without all inputs of the prompt
    are left out; equal inputs with equal answers are one row.
    """
    places: dict[str, int] = {}
    for complaint in everybody(ask):
        if made := _row(ready.sole_prompt, complaint):
            places.setdefault(made.id, len(ready.data) + len(places))
    rows = [made for it in complaints if (made := _row(ready.sole_prompt, it))]
    return [replace(row, index=places[row.id]) for row in {row.id: row for row in rows}.values()]


def task_rows(ready: Ready, plan: FeedbackPlan) -> list[Row]:
    """Return the task's own rows that the score is tested on, never the sealed ones."""
    indices = order(
        ready.split.tuning, ready.data, ready.spec.tune.seed, "feedback", limit=plan.rows
    )
    return [ready.data[i] for i in indices[: plan.rows]]


def other_rows(ready: Ready, ask: Ask) -> list[Row]:
    """Return past inputs that nobody need have complained about: of complaints and of the task."""
    most = ask.replays
    indices = order(ready.split.tuning, ready.data, ready.spec.tune.seed, "replay", limit=most)
    return [*complaint_rows(ready, ask, everybody(ask)), *(ready.data[i] for i in indices[:most])]


def plain_conflicts(found: Agenda) -> list[dict[str, Any]]:
    """Return the conflicts in plain values, with the ways out."""
    return [
        {
            "one": {"sentence": it.conflict.one.wish.sentence, "count": it.conflict.one.count},
            "other": {
                "sentence": it.conflict.other.wish.sentence,
                "count": it.conflict.other.count,
            },
            "granted": it.granted.wish.sentence if it.granted else None,
            "choices": [_way_out(choice) for choice in it.conflict.choices],
        }
        for it in found.conflicts
    ]


def _plain_side(group: Group) -> dict[str, Any]:
    return {"sentence": group.wish.sentence, "count": group.count}


def _way_out(choice: Choice) -> str:
    """Return a choice in words, with the option that makes it, if there is one."""
    option = "" if choice.name == "variants" else f" (--conflict {choice.name})"
    return f"{choice.sentence}{option}"


def _plain_attempt(it: Attempt) -> dict[str, Any]:
    wish, check = it.group.wish, it.compiled.check
    return {
        "wish": wish.kind,
        "of": wish.of,
        "sentence": wish.sentence,
        "count": it.group.count,
        "complaints": list(it.group.numbers),
        "check": _check_name(it) if check is None else check.sentence,
        "tries": [change.sentence for change in it.changes],
        "skipped": it.skipped,
        "doubt": it.compiled.doubt,
        "words": it.compiled.words,
    }


def _check_name(it: Attempt) -> str:
    return "agrees with the right answers given" if it.corrected else "a judge's preference"


def _by_check(it: Attempt) -> bool:
    return it.compiled.check is not None or it.corrected is not None


def _row(prompt: Prompt, complaint: Complaint) -> Row | None:
    if not complaint.inputs or prompt.variables - complaint.inputs.keys():
        return None
    inputs = {name: complaint.inputs[name] for name in sorted(prompt.variables)}
    return Row(-1, content_id([inputs, complaint.answer]), inputs, complaint.answer)


def everybody(ask: Ask) -> list[Complaint]:
    """Return all complaints of an ask, each once, those with numbers first."""
    known = {it.number: it for it in (*ask.past, *(complaint for complaint, _ in ask.reads))}
    unnumbered = [it for it, _ in ask.reads if not it.number]
    return [*(it for number, it in sorted(known.items()) if number), *unnumbered]


def _inputs_of(ask: Ask, prompt: Prompt) -> list[dict[str, object]]:
    found: dict[str, dict[str, object]] = {}
    for complaint in everybody(ask):
        if complaint.inputs and not prompt.variables - complaint.inputs.keys():
            names = sorted(prompt.variables or complaint.inputs)
            inputs: dict[str, object] = {name: complaint.inputs[name] for name in names}
            found.setdefault(str(inputs), inputs)
    return list(found.values())
