"""`feedback apply`: complaints become one tested change of a prompt, or a reason why not.

Owns the order of a run (one group after the other, each on what was granted so far, then one
proposal) and its result in plain values. Trying a group is `feedback_try`'s; making a version of
the proposal, which takes a person's yes, is `feedback_keep`'s.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from intone.data.row import Row
from intone.errors import BudgetEnded
from intone.feedback.replay import ENOUGH, Checked, checked
from intone.prompt.edits import Edit
from intone.prompt.library.checks import Check
from intone.prompt.prompt import Prompt
from intone.runs.feedback_ask import Ask
from intone.runs.feedback_plan import attempt, plain_conflicts, plan_feedback
from intone.runs.feedback_read import read_unclear
from intone.runs.feedback_try import Bench, Tried, Try, attempt_group, plain_task
from intone.runs.kit import Kit
from intone.runs.running import end

_SHOWN = 3
_PROPOSED = ("granted", "unproven")


async def apply_feedback(kit: Kit, ask: Ask) -> dict[str, Any]:
    """Try what complaints ask for; return the proposal in plain values. Changes no prompt.

    Raises BudgetEnded if the budget ends before a single change was tried.
    """
    ask, read = await read_unclear(kit, ask)
    plan = plan_feedback(kit.ready, ask, spent=kit.purse.spent.calls)
    bench = Bench(kit, ask, plan, ask.judge(kit) if ask.judge else None)
    current = kit.ready.sole_prompt
    done: list[Tried] = []
    for turn, planned in enumerate(plan.attempts):
        fresh = attempt(kit.ready, current, planned.group, ask) if _granted(done) else planned
        tried = await attempt_group(bench, fresh, current, turn)
        tried = _undone(bench, done, tried)
        done.append(tried)
        if tried.state == "budget ended":
            break
        if tried.chosen is not None:
            current = tried.chosen.prompt
    finished = not any(it.state == "budget ended" for it in done)
    if not finished and not any(it.tries for it in done):
        raise BudgetEnded(
            f"the budget ended before a single change was tried; raise {kit.purse.short_of}"
        )
    shown = await _shown(bench, done, current)
    result = _result(bench, done, current, shown)
    result["notices"] += read
    end(kit, result, done=finished)
    return result


def _undone(bench: Bench, done: Sequence[Tried], tried: Tried) -> Tried:
    """Return the attempt refused if its change takes back half of what an earlier one gained."""
    if tried.chosen is None:
        return tried
    for earlier in _granted(done):
        check, chosen = earlier.attempt.compiled.check, earlier.chosen
        if check is None or chosen is None or earlier.replay is None:
            continue
        rows = [
            row
            for row in earlier.replay.rows
            if bench.outcome(tried.chosen.prompt, row) and bench.outcome(chosen.prompt, row)
        ]
        gain = _mean_score(bench, check, bench.kit.ready.sole_prompt, chosen.prompt, rows)
        now = _mean_score(bench, check, bench.kit.ready.sole_prompt, tried.chosen.prompt, rows)
        if gain > 0 and now < gain / 2:
            wish = earlier.attempt.group.wish.sentence
            return Tried(
                tried.attempt, "loses", f"it undoes “{wish}”", tried.tries, None, None, tried.replay
            )
    return tried


def _mean_score(
    bench: Bench, check: Check, one: Prompt, other: Prompt, rows: Sequence[Row]
) -> float:
    """Return by how much a check is better with the other prompt, in its own unit; 0 without rows.

    The first prompt's answers may be missing on some rows, which are then left out.
    """
    texts = [(row, old.text, new.text) for row, old, new in bench.pairs(one, other, rows)]
    if not texts:
        return 0.0
    found = checked(check, texts, 0.05, bench.kit.ready.labels)
    change = found.after - found.before
    return -change if check.better == "fewer" else change


async def _shown(bench: Bench, done: Sequence[Tried], after: Prompt) -> list[Row]:
    """Return a few inputs to show side by side, those complained about first, and answer them."""
    granted = _granted(done)
    if not granted:
        return []
    rows: dict[int, Row] = {}
    for tried in granted:
        if tried.replay is not None:
            rows.update({row.index: row for row in tried.replay.complained[:_SHOWN]})
    for tried in granted[::-1]:
        if tried.replay is not None:
            rows.update({row.index: row for row in tried.replay.rows if row.index not in rows})
    chosen = list(rows.values())[:_SHOWN]
    try:
        await bench.answer([bench.kit.ready.sole_prompt, after], chosen)
    except BudgetEnded:
        pass  # what is answered already is shown
    return chosen


def _granted(done: Sequence[Tried]) -> list[Tried]:
    return [it for it in done if it.state in _PROPOSED and it.chosen is not None]


def _result(
    bench: Bench, done: Sequence[Tried], after: Prompt, shown: Sequence[Row]
) -> dict[str, Any]:
    """Return the result in plain values (the JSON of `feedback apply --json`)."""
    kit, before = bench.kit, bench.kit.ready.sole_prompt
    granted = _granted(done)
    edits = [edit for it in granted if it.chosen for edit in it.chosen.change.edits]
    agenda = bench.plan.agenda
    left = [it.group for it in bench.plan.attempts[len(done) :]]
    answered = sorted({n for it in granted for n in it.attempt.group.numbers if n})
    return {
        "run": kit.number,
        "name": kit.ready.names[0],
        "model": kit.ready.spec.model.name,
        "wishes": [_plain(it) for it in done]
        + [_unreached(group.wish.sentence, group.numbers, group.count) for group in left],
        "conflicts": plain_conflicts(agenda),
        "unclear": [{"complaint": it.number, "comment": it.comment[:200]} for it in agenda.unclear],
        "prompt": before.canonical(),
        "edit": _plain_edit(edits, granted) if edits else None,
        "checks": [_plain_check(it) for it in granted if it.chosen],
        "task": plain_task(granted[-1].task) if granted else None,
        "outputs": _outputs(bench, before, after, shown),
        "tokens": _tokens(bench, before, after),
        "proposal": after.canonical() if edits else None,
        "proposal_id": after.id if edits else None,
        "answers": answered,
        "asks": _asks(granted),
        "accepted": False,
        "prompt_id": before.id,
        "version": None,
        "undo": None,
        "plan": bench.plan.to_dict(),
        "statuses": dict(sorted(kit.statuses.items())),
        "spent": kit.spent(),
        "finished": not any(it.state == "budget ended" for it in done),
        "short_of": kit.purse.short_of,
        "notices": list(kit.ready.notices),
    }


def _plain(it: Tried) -> dict[str, Any]:
    wish = it.attempt.group.wish
    return {
        "wish": wish.kind,
        "of": wish.of,
        "sentence": wish.sentence,
        "count": it.attempt.group.count,
        "complaints": list(it.attempt.group.numbers),
        "state": it.state,
        "reason": it.reason,
        "note": _note(it),
        "tries": [_plain_try(one) for one in it.tries],
        "task": plain_task(it.task),
    }


def _unreached(sentence: str, numbers: Sequence[int], count: int) -> dict[str, Any]:
    return {
        "sentence": sentence,
        "count": count,
        "complaints": list(numbers),
        "state": "budget ended",
        "reason": "the budget ended before it was its turn",
        "note": "",
        "tries": [],
        "task": None,
    }


def _note(it: Tried) -> str:
    """Return what flatters a check: answers that were picked for being bad."""
    if it.replay is None or not it.tries:
        return ""
    if it.attempt.corrected is not None:
        return (
            "tested on answers that were picked for being wrong: some of the gain would come with "
            "any change, so the task's score tells more"
        )
    if it.replay.complained and len(it.replay.others) < ENOUGH:
        return (
            "the answers that were complained about are among those tested, for want of others: "
            "that flatters the check a little"
        )
    return ""


def _plain_try(it: Try) -> dict[str, Any]:
    return {
        "strength": it.change.strength,
        "sentence": it.change.sentence,
        "word": it.check.word,
        "reason": it.check.reason,
        "check": _plain_values(it.check),
        "lost": [loss.sentence for loss in it.lost],
    }


def _plain_check(it: Tried) -> dict[str, Any]:
    assert it.chosen is not None
    wish = it.attempt.group.wish.sentence
    return {"wish": wish, "word": it.chosen.check.word} | _plain_values(it.chosen.check)


def _plain_values(check: Checked) -> dict[str, Any]:
    return {
        "name": check.name,
        "before": check.before,
        "after": check.after,
        "low": _bounded(check.low),
        "high": _bounded(check.high),
        "p": check.p,
        "level": check.level,
        "n": check.n,
    }


def _plain_edit(edits: Sequence[Edit], granted: Sequence[Tried]) -> dict[str, Any]:
    sentences = [it.chosen.change.sentence for it in granted if it.chosen]
    return {"sentence": "; ".join(sentences), "edits": [edit.form() for edit in edits]}


def _asks(granted: Sequence[Tried]) -> list[dict[str, str]]:
    """Return what a person has to say yes to besides the change itself."""
    asks = [
        {"what": "unproven", "why": it.reason, "wish": it.attempt.group.wish.sentence}
        for it in granted
        if it.state == "unproven"
    ]
    for it in granted:
        if it.attempt.compiled.words:
            why = f"the prompt will say these words of a user: “{it.attempt.compiled.words}”"
            wish = it.attempt.group.wish.sentence
            asks.append({"what": "words", "why": why, "wish": wish})
            if it.attempt.compiled.doubt:
                asks.append({"what": "doubt", "why": it.attempt.compiled.doubt, "wish": wish})
    return asks


def _outputs(
    bench: Bench, before: Prompt, after: Prompt, rows: Sequence[Row]
) -> list[dict[str, Any]]:
    return [
        {"inputs": dict(row.inputs), "before": old.text, "after": new.text}
        for row, old, new in bench.pairs(before, after, rows)
    ]


def _tokens(bench: Bench, before: Prompt, after: Prompt) -> dict[str, float] | None:
    """Return what a call of either prompt takes on average, over inputs that both answered."""
    rows = {it.row for it in bench.told.values() if it.program == after.id}
    both = [
        (old.usage, new.usage)
        for row in sorted(rows)
        if (old := bench.told.get((before.id, row))) and (new := bench.told.get((after.id, row)))
    ]
    if not both or before.id == after.id:
        return None
    return {
        "before": sum(old.prompt_tokens + old.completion_tokens for old, _ in both) / len(both),
        "after": sum(new.prompt_tokens + new.completion_tokens for _, new in both) / len(both),
    }


def _bounded(value: float) -> float | None:
    return value if math.isfinite(value) else None
