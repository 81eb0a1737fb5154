"""Trying the changes for one group of complaints: replay, check, what was lost, the task's score.

Owns the order of the tries and when they end. What counts as cured or lost is `feedback`'s, whether
a score is kept `verdict`'s; what becomes of several groups is `feedback_apply`'s.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from intone.data.row import Row
from intone.errors import BudgetEnded
from intone.evaluate.engine import Job
from intone.evaluate.outcome import Outcome
from intone.feedback.compile import Change
from intone.feedback.losses import Loss, losses
from intone.feedback.replay import Checked, Replay, checked, choose, compared
from intone.metrics.token_f1 import token_f1
from intone.prompt.edits import apply_all
from intone.prompt.prompt import Prompt
from intone.runs.feedback_ask import Ask, Judge
from intone.runs.feedback_plan import Attempt, FeedbackPlan, complaint_rows, other_rows, task_rows
from intone.runs.judging import column, judge_columns, on_shared_rows
from intone.runs.kit import Kit
from intone.runs.refusing import refuse_overflow, refuse_silence
from intone.runs.running import score
from intone.tune.loop import arms_in_row_order
from intone.verdict.attempts import shares
from intone.verdict.noninferior import LEVEL, Kept, kept, rows_needed
from intone.verdict.verdict import Terms
from intone.writer.writer import Failure

State = Literal["granted", "unproven", "not cured", "loses", "breaks", "skipped", "budget ended"]
"""*granted*: cured, nothing lost, the score kept; *unproven*: as far as so few rows can tell."""

_LANGUAGES = ("language", "same-language")  # answers to these leave the inputs' words behind
_WRITER_SHOWN = 4  # complained-about answers that a writer is shown
_LEAST = 2  # rows without which there is no interval


@dataclass(frozen=True)
class Try:
    """One change that was tried, what its check came to and what was lost."""

    change: Change
    prompt: Prompt
    check: Checked
    lost: tuple[Loss, ...]


@dataclass(frozen=True)
class TaskScore:
    """The task's score before and after, over the rows where both prompts have one."""

    before: float
    after: float
    kept: Kept
    needed: int


@dataclass(frozen=True)
class Tried:
    """What came of one attempt; `chosen` is the try that is proposed, if one is."""

    attempt: Attempt
    state: State
    reason: str = ""
    tries: tuple[Try, ...] = ()
    chosen: Try | None = None
    task: TaskScore | None = None
    replay: Replay | None = None


@dataclass
class Bench:
    """The answers of a feedback run so far, each asked for once."""

    kit: Kit
    ask: Ask
    plan: FeedbackPlan
    judge: Judge | None = None
    told: dict[tuple[str, int], Outcome] = field(default_factory=dict)

    async def answer(self, prompts: Sequence[Prompt], rows: Sequence[Row]) -> None:
        """Have rows answered by prompts, all on one row before the next.

        Raises BudgetEnded if the budget ends before all are.
        """
        jobs = [
            Job(job.program, job.row)
            for job in arms_in_row_order(list(prompts), list(rows))
            if (job.program.id, job.row.index) not in self.told
        ]
        outcomes = await self.kit.answer(jobs)
        self.told.update({(it.program, it.row): it for it in outcomes})
        refuse_silence(outcomes)
        if len(outcomes) < len(jobs):
            raise BudgetEnded(f"the budget ended; raise {self.kit.purse.short_of}")

    def has(self, prompt: Prompt, row: Row) -> bool:
        """Say whether a prompt was asked about a row."""
        return (prompt.id, row.index) in self.told

    def outcome(self, prompt: Prompt, row: Row) -> Outcome | None:
        """Return what a prompt answered to a row, None if it was not asked or failed."""
        found = self.told.get((prompt.id, row.index))
        return None if found is None or found.status == "failed" else found

    def pairs(
        self, before: Prompt, after: Prompt, rows: Sequence[Row]
    ) -> list[tuple[Row, Outcome, Outcome]]:
        """Return the rows that both prompts answered, with their outcomes.

        Rows that one of the prompts shows as a demonstration are left out.
        """
        found = []
        for row in rows:
            old, new = self.outcome(before, row), self.outcome(after, row)
            if old and new and not (before.shows(row) or after.shows(row)):
                found.append((row, old, new))
        return found


async def attempt_group(bench: Bench, attempt: Attempt, current: Prompt, turn: int) -> Tried:
    """Try the changes of one attempt on the prompt as it is now, weakest first.

    The first that cures ends the tries. The task's score is compared with the run's own prompt, so
    that several changes together cannot lose more than the margin either.
    """
    if attempt.skipped or not attempt.changes:
        return Tried(attempt, "skipped", attempt.skipped or "there is nothing to try")
    replay = _replay(bench, attempt)
    tries: list[Try] = []
    try:
        await bench.answer([current], replay.rows)
        refuse_overflow([it for row in replay.rows if (it := bench.outcome(current, row))])
        changes = [*attempt.changes, *await _written(bench, attempt, current, replay, turn)]
        # as planned, whether or not the writer came up with anything: the level is shared before
        for change, level in zip(changes, shares(attempt.count), strict=False):
            tries.append(await _tried(bench, attempt, current, change, replay, level))
            if tries[-1].check.word == "cured":
                break
        done = Tried(attempt, "not cured", tries=tuple(tries), replay=replay)
        chosen = next((it for it in tries if it.check.word == "cured"), None)
        chosen = chosen or next((it for it in tries if it.check.word == "too few"), None)
        if chosen is None:
            last = tries[-1].check.reason
            return replace(done, reason=f"no wording did it: with the strongest {last}")
        if chosen.lost:
            said = "; ".join(loss.sentence for loss in chosen.lost)
            return replace(done, state="loses", reason=said)
        return await _scored(bench, replace(done, chosen=chosen))
    except BudgetEnded as error:
        return Tried(attempt, "budget ended", str(error), tuple(tries), replay=replay)


async def _tried(
    bench: Bench, attempt: Attempt, current: Prompt, change: Change, replay: Replay, level: float
) -> Try:
    after = apply_all(current, change.edits)
    bench.kit.watcher.stage(f"replay, strength {change.strength}", len(replay.rows))
    await bench.answer([after], replay.rows)
    pairs = bench.pairs(current, after, replay.rows)
    tested = {row.index for row in replay.tested}
    check = await _check(bench, attempt, [it for it in pairs if it[0].index in tested], level)
    topic = attempt.group.wish.kind not in _LANGUAGES
    return Try(change, after, check, losses(pairs, topic=topic))


async def _check(
    bench: Bench, attempt: Attempt, pairs: Sequence[tuple[Row, Outcome, Outcome]], level: float
) -> Checked:
    wish, check = attempt.group.wish, attempt.compiled.check
    ready = bench.kit.ready
    if attempt.corrected is not None:
        graded = ready.grader.name == "label"
        name = "right label" if graded else "words shared with the right answer (F1)"
        values = [(_right(old, row, graded), _right(new, row, graded)) for row, old, new in pairs]
        return compared(name, values, level)
    texts = [(row, old.text, new.text) for row, old, new in pairs]
    if check is not None:
        return checked(check, texts, level, ready.labels)
    assert bench.judge is not None
    preferred = await bench.judge(wish, texts)
    if len(preferred) < len(texts):
        raise BudgetEnded(f"the budget ended; raise {bench.kit.purse.short_of}")
    known = [value for value, _ in preferred if value is not None]
    return compared("preferred by the judge", [(1.0 - value, value) for value in known], level)


async def _scored(bench: Bench, done: Tried) -> Tried:
    """Test whether the task's score is kept, and settle the attempt's state."""
    chosen, plan = done.chosen, bench.plan
    assert chosen is not None
    unsure = chosen.check.reason if chosen.check.word == "too few" else ""
    if not plan.scored:
        return replace(done, state="unproven" if unsure else "granted", reason=unsure)
    ready = bench.kit.ready
    rows = [
        row
        for row in task_rows(ready, plan)
        if not (ready.sole_prompt.shows(row) or chosen.prompt.shows(row))
    ]
    bench.kit.watcher.stage("the task's score", 2 * len(rows))
    try:
        await bench.answer([ready.sole_prompt, chosen.prompt], rows)
    except BudgetEnded:
        pass  # the rows that both answered are tested
    rows = [
        row for row in rows if bench.has(ready.sole_prompt, row) and bench.has(chosen.prompt, row)
    ]
    if len(rows) < _LEAST:
        why = "the budget has no room for the task's rows, so nothing is known of its score"
        return replace(done, state="unproven", reason=why)
    task = _task_score(bench, chosen.prompt, rows)
    if task is None:
        why = "no row has a score for both prompts, so nothing is known of the task's score"
        return replace(done, state="unproven", reason=why)
    done = replace(done, task=task)
    if task.kept.word == "broken":
        fell = f"the task's score falls by {-100 * task.kept.difference:.1f} points"
        return replace(done, state="breaks", reason=fell)
    if task.kept.word == "unproven":
        reasons = [unsure, _unproven(task)]
        return replace(done, state="unproven", reason="; ".join(filter(None, reasons)))
    return replace(done, state="unproven" if unsure else "granted", reason=unsure)


def _task_score(bench: Bench, after: Prompt, rows: Sequence[Row]) -> TaskScore | None:
    ready = bench.kit.ready
    outcomes = list(bench.told.values())
    old, new = (column(outcomes, prompt.id, rows) for prompt in (ready.sole_prompt, after))
    shared = on_shared_rows([old, new])
    scores = [score(ready.metric, it) for it in shared]
    if any(it is None for it in scores) or None in shared[0].scores:
        return None
    # a two-sided interval at twice the level has one-sided bounds at the level
    verdict = judge_columns(ready.metric, old, new, Terms(level=2 * LEVEL))
    found = kept(verdict.difference, (verdict.low, verdict.high), verdict.n, bench.ask.margin)
    paired = zip(shared[0].scores, shared[1].scores, strict=True)
    differences = [(one or 0.0) - (other or 0.0) for other, one in paired]
    before, now = (it.value for it in scores if it is not None)
    return TaskScore(before, now, found, rows_needed(differences, bench.ask.margin))


def _unproven(task: TaskScore) -> str:
    margin, low = 100 * task.kept.margin, -100 * task.kept.low
    return (
        f"{task.kept.n} rows cannot show that the task's score falls by less than "
        f"{margin:g} points (it may fall by {low:.1f}); about {task.needed:,} rows could"
    )


def _replay(bench: Bench, attempt: Attempt) -> Replay:
    ready, ask = bench.kit.ready, bench.ask
    seed, most = ready.spec.tune.seed, bench.plan.replays
    if attempt.corrected is not None:
        held = complaint_rows(ready, ask, attempt.corrected.held)
        return Replay(tuple(held[:most]), ())
    complained = complaint_rows(ready, ask, attempt.group.complaints)
    return choose(complained, other_rows(ready, ask), seed, most)


async def _written(
    bench: Bench, attempt: Attempt, current: Prompt, replay: Replay, turn: int
) -> list[Change]:
    """Return the change that a writer proposes, where there is one: it is tried last.

    It is told the wish in our words, not the user's, beside answers that were complained about.
    """
    if not attempt.writes:
        return []
    rows = (replay.complained or replay.rows)[:_WRITER_SHOWN]
    wanted = f"users wish: {attempt.group.wish.sentence}"
    shown = [
        Failure(replace(row, target=None), replace(outcome, reason=wanted))
        for row in rows
        if (outcome := bench.outcome(current, row))
    ]
    found = await bench.kit.writer().critique(current, shown, count=1, turn=turn)
    return [
        Change(it.edits, len(attempt.changes) + 1, ", ".join(edit.sentence for edit in it.edits))
        for it in found.proposals[:1]
    ]


def _right(outcome: Outcome, row: Row, graded: bool) -> float:
    return (outcome.score or 0.0) if graded else token_f1(outcome.text, row.target or "")


def plain_task(task: TaskScore | None) -> dict[str, Any] | None:
    """Return the task's score in plain values."""
    if task is None:
        return None
    return {
        "before": task.before,
        "after": task.after,
        "difference": task.kept.difference,
        "low": task.kept.low,
        "high": task.kept.high,
        "n": task.kept.n,
        "margin": task.kept.margin,
        "word": task.kept.word,
        "rows_needed": task.needed,
    }
