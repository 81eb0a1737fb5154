"""`tune`: search on the tuning rows, then a verdict on the sealed rows.

Owns the order of a tuning (plan, search, verdict, shipping) and its result. With few rows there is
nothing sealed: the run cross-validates, which `crossfit` does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from intone.data.dataset import NO_TARGET
from intone.data.row import Row
from intone.data.split import order
from intone.errors import BudgetEnded, InputError
from intone.evaluate.budget import Cost
from intone.evaluate.engine import Job
from intone.prompt.edits import Edit, needed
from intone.prompt.program import Program
from intone.prompt.prompt import Prompt
from intone.runs.chosen import chosen_on, flattery
from intone.runs.crossfit import cross_fitted
from intone.runs.judging import Column, column, judge_columns, on_shared_rows
from intone.runs.kit import Kit
from intone.runs.methods import make_race, make_tuner
from intone.runs.plan import Plan, fits, make_plan
from intone.runs.refusing import refuse_overflow, refuse_silence
from intone.runs.robust import judging, price, searching
from intone.runs.running import arm, end, score
from intone.runs.task import Ready
from intone.runs.telling import heat_form
from intone.runs.voting import SEARCH_SHARE, TOO_FEW, voted
from intone.runs.writing import unasked
from intone.store.author import login_name
from intone.store.registry import name_from
from intone.tune.candidate import Candidate
from intone.tune.loop import Found, Heat, Limits, Memo, arms_in_row_order, search
from intone.tune.objective import front, read_objective
from intone.tune.robust import Robust
from intone.tune.voters import NoVote
from intone.verdict.verdict import Terms, Verdict, ships

_MOST_RACE_ROWS = 2000


@dataclass(frozen=True)
class Arms:
    """The programs a verdict is about, with their columns on the same rows.

    `single` is the best single prompt, where what was tuned is a vote; `price` is what consistency
    was paid with, where the objective weighs it.
    """

    given: Column
    rephrased: Column | None
    tuned: Column
    rows: int
    single: Column | None = None
    price: dict[str, Any] | None = None

    @property
    def shared(self) -> Arms:
        """The arms on the rows that the verdict pairs: where both its prompts have a score.

        The best rephrasing is shown on those of them where it has one too.
        """
        given, tuned = on_shared_rows([self.given, self.tuned])
        rephrased = self.rephrased
        if rephrased is not None:
            rephrased = on_shared_rows([rephrased, self.given, self.tuned])[0]
        return Arms(given, rephrased, tuned, len(given.scores))


@dataclass(frozen=True)
class Put:
    """What was put to the test: the arms (None: nothing), and at which opening of sealed rows.

    `cut` says that the budget ended before all rows that were planned.
    """

    arms: Arms | None
    opened: int | None
    cut: bool


@dataclass(frozen=True)
class TuningRows:
    """The rows a search may use: those it may show, and those it compares prompts on."""

    pool: list[Row]
    race: list[Row]


async def tune(kit: Kit) -> dict[str, Any]:
    """Tune the prompt of a run; return the result in plain values.

    Raises BudgetEnded if the budget ends before any candidate was scored, InputError if the prompt
    leaves no row to tune on.
    """
    ready = kit.ready
    plan = make_plan(ready)
    told = _flattered(kit, plan)
    kit.watcher.planned(plan.to_dict() | {"notices": [*ready.notices, *told]})
    engine = kit.engine
    kit.engine = searching(ready, engine, plan.search_calls)
    rows = tuning_rows(ready.prompt, kit, plan)
    kit.purse.set_aside(plan.aside)
    memo: Memo = {}
    fitted = None
    if plan.cross_validated:
        kit.watcher.stage("cross-validation", plan.verdict_calls)
        kit.purse.set_aside(Cost())
        fitted = await cross_fitted(kit, plan, rows.pool, rows.race, memo)
    kit.watcher.stage("search", kit.purse.left.calls)
    found = await _search(kit, plan, rows, memo, fitted.spared if fitted else 0)
    refuse_silence(list(memo.values()))
    if not any(found.scores.count(candidate.scored_as) for candidate in found.best):
        raise BudgetEnded(
            f"the budget ended before a single prompt was scored; raise {kit.purse.short_of}"
        )
    refuse_overflow(
        [outcome for (program, _), outcome in memo.items() if program == ready.prompt.id]
    )
    winner = single = _told_briefly(ready.prompt, found.best[0])
    no_vote = TOO_FEW if ready.spec.tune.vote else None
    if ready.spec.tune.vote and not plan.cross_validated:
        vote = await voted(kit, found, rows.race, memo)
        winner, no_vote = (single, vote.why) if isinstance(vote, NoVote) else (vote, None)
    scored = [c for c in found.best if found.scores.count(c.scored_as)]
    rephrased = next((c for c in scored if c.rephrasing), None)
    kit.purse.set_aside(Cost())
    if fitted is not None:
        held_out = Arms(fitted.given, fitted.rephrased, fitted.tuned, len(fitted.given.scores))
        put = Put(held_out, None, cut=False)
    elif plan.sealed_used >= 2:
        kit.engine = judging(ready, engine)
        put = await _on_sealed(kit, plan, winner, rephrased, single)
    else:
        put = Put(None, None, cut=plan.no_room or not found.finished)
    verdict = _judged(kit, plan, put)
    over = _over_rephrased(kit, plan, put)
    result = _result(kit, plan, found, winner, rephrased, put.arms, verdict, over)
    result |= {"no_vote": no_vote} | _beside_single(kit, single, winner, put.arms, verdict)
    result["short_of"] = kit.purse.short_of if put.cut else None
    result["notices"] += [*told, *(unasked(kit.writing) if found.finished else ())]
    _register(kit, result, winner, verdict)
    result["searches"] = list(fitted.searches) if fitted else None
    _keep_history(kit, found.heats, result)
    kit.keep_rejections(memo)
    end(kit, result, done=found.finished)
    return result


def tuning_rows(prompt: Program, kit: Kit, plan: Plan) -> TuningRows:
    """Choose the rows to show and the rows to race on; the two are kept apart.

    Raises InputError if the prompt itself shows all of the latter.
    """
    data, seed = kit.ready.data, kit.ready.spec.tune.seed
    usable = kit.ready.split.tuning
    # A row without a target (for graders that need none) can be raced but shows nothing.
    answered = [i for i in usable if data.codes[i] != NO_TARGET] or usable
    pool = order(answered, data, seed, "pool", balanced=True, limit=plan.pool)
    shown = set(pool)
    rest = [i for i in usable if i not in shown]
    most = min(_MOST_RACE_ROWS, plan.search_calls or _MOST_RACE_ROWS)
    race = [data[i] for i in order(rest, data, seed, "race", limit=most)]
    unshown = [row for row in race if not prompt.shows(row)]
    if race and not unshown:
        raise InputError(
            f"{kit.ready.names[0]} shows the tuning rows as demonstrations, and none is left to "
            "compare prompts on; tune it on other rows, or take its demonstrations out"
        )
    return TuningRows([data[i] for i in pool], unshown)


async def _search(kit: Kit, plan: Plan, rows: TuningRows, memo: Memo, spared: int) -> Found:
    calls = None
    if kit.ready.spec.tune.vote and not plan.cross_validated and kit.purse.left.calls is not None:
        calls = round(SEARCH_SHARE * kit.purse.left.calls)
    return await search(
        make_tuner(kit.ready, rows.pool, rows.race, kit.writer),
        make_race([row.index for row in rows.race]),
        kit.engine,
        {row.index: row for row in (*rows.pool, *rows.race)},
        limits=Limits(calls, spared, plan.typical, fits(plan, kit.ready)),
        memo=memo,
        on_trials=kit.watcher.trying,
        on_heat=kit.watcher.heat,
    )


async def _on_sealed(
    kit: Kit, plan: Plan, winner: Candidate, rephrased: Candidate | None, single: Candidate
) -> Put:
    """Answer the sealed rows with the user's prompt, the best rephrasing and the winner.

    And with the best single prompt, where that is another one.
    """
    ready = kit.ready
    robust = kit.engine.versions > 1  # then versions stand in the place of samples
    samples = 1 if robust else ready.spec.task.samples
    opened = kit.runs.open_sealed(kit.number, ready.base.id)
    by_id: dict[str, Program] = {ready.prompt.id: ready.prompt}
    for candidate in (rephrased, single, winner):
        if candidate is not None:
            by_id.setdefault(candidate.id, candidate.program)
    programs = list(by_id.values())
    rows = _sealed_rows(ready, plan)
    rows = [row for row in rows if not any(program.shows(row) for program in programs)]
    calls = len(rows) * samples * len(programs) * kit.engine.versions
    kit.watcher.stage("verdict", calls)
    jobs = [
        Job(job.program, job.row, sample)
        for job in arms_in_row_order(programs, rows)
        for sample in range(samples)
    ]
    outcomes = await kit.answer(jobs)
    rows = rows[: len(outcomes) // (len(programs) * samples)]
    cut = len(outcomes) < len(jobs)
    if len(rows) < 2:
        return Put(None, opened, cut)
    given = column(outcomes, ready.prompt.id, rows)
    tuned = column(outcomes, winner.id, rows)
    phrased = column(outcomes, rephrased.id, rows) if rephrased is not None else None
    alone = column(outcomes, single.id, rows) if single.id != winner.id else None
    paid = None
    if isinstance(kit.engine, Robust) and winner.id != ready.prompt.id:
        terms = Terms(opened=opened)
        paid = price(kit.engine.told, ready.prompt.id, winner.id, rows, terms)
    return Put(Arms(given, phrased, tuned, len(rows), alone, paid), opened, cut)


def _sealed_rows(ready: Ready, plan: Plan) -> list[Row]:
    """Return the sealed rows that a verdict of this plan is on, in the order they are answered."""
    indices = order(ready.split.sealed, ready.data, ready.spec.tune.seed, "sealed")
    return [ready.data[i] for i in indices[: plan.sealed_used]]


def _flattered(kit: Kit, plan: Plan) -> list[str]:
    """Return what to say where an earlier run chose the user's prompt on rows that are now sealed.

    Another seed seals other rows.
    """
    chosen = chosen_on(kit.ready, _sealed_rows(kit.ready, plan), kit.runs)
    where = "some of the sealed rows"
    return flattery(kit.ready, chosen, what="its score there", sealed=True, where=where)


def _told_briefly(prompt: Program, winner: Candidate) -> Candidate:
    """Return the winner with the changes that are left of all that the search tried on it."""
    edits = [edit for edit in winner.edits if isinstance(edit, Edit)]
    if not isinstance(prompt, Prompt) or len(edits) < len(winner.edits):
        return winner
    return replace(winner, edits=needed(prompt, edits))


def _judged(kit: Kit, plan: Plan, put: Put) -> Verdict | None:
    if put.arms is None:
        return None
    terms = Terms(plan.smallest_detectable, put.opened, plan.cross_validated)
    return judge_columns(kit.ready.metric, put.arms.given, put.arms.tuned, terms)


def _over_rephrased(kit: Kit, plan: Plan, put: Put) -> Verdict | None:
    if put.arms is None or put.arms.rephrased is None:
        return None
    terms = Terms(opened=put.opened, exploratory=plan.cross_validated)
    return judge_columns(kit.ready.metric, put.arms.rephrased, put.arms.tuned, terms)


def _beside_single(
    kit: Kit, single: Candidate, winner: Candidate, arms: Arms | None, verdict: Verdict | None
) -> dict[str, Any]:
    """Return how a vote compares with the best single prompt of the search; nothing without one."""
    if single.id == winner.id:
        return {}
    over = None
    if arms is not None and arms.single is not None:
        terms = Terms(opened=verdict.opened if verdict else None)
        over = judge_columns(kit.ready.metric, arms.single, arms.tuned, terms).to_dict()
    return {"best_single": _described(single), "over_single": over}


def _result(
    kit: Kit,
    plan: Plan,
    found: Found,
    winner: Candidate,
    rephrased: Candidate | None,
    arms: Arms | None,
    verdict: Verdict | None,
    over: Verdict | None,
) -> dict[str, Any]:
    """Return the result of a tuning in plain values (the JSON of `tune --json`)."""
    ready = kit.ready
    shipped = verdict is not None and winner.id != ready.prompt.id and ships(verdict)
    # Without a verdict there is nothing to hold the winner back but the user's own choice.
    untested = verdict is None and ready.spec.task.sealed == 0 and not plan.cross_validated
    handed = winner.program if shipped or untested else ready.prompt
    shown = arms.shared if arms else None
    return {
        "run": kit.number,
        "prompt": handed.canonical(),
        "prompt_id": handed.id,
        "baseline": _scored(kit, found, shown.given if shown else None, ready.prompt.id),
        "rephrased": _scored(kit, found, shown.rephrased if shown else None, rephrased.id)
        if rephrased
        else None,
        "tuned": _scored(kit, found, shown.tuned if shown else None, winner.id),
        "verdict": verdict.to_dict() if verdict else None,
        "over_rephrased": over.to_dict() if over else None,
        "shipped": shipped,
        "winner": _described(winner),
        "best_rephrasing": _described(rephrased) if rephrased else None,
        "name": ready.names[0],
        "plan": plan.to_dict(),
        "robust": arms.price if arms else None,
        "front": _front(kit, found),
        "heats": [heat_form(heat) for heat in found.heats],
        "statuses": dict(sorted(kit.statuses.items())),
        "unanswered": kit.unanswered(),
        "finished": found.finished,
        "short_of": None,
        "writer": kit.writing.tally,
        "notices": list(ready.notices),
        "version": None,
        "spent": kit.spent(),
    }


def _scored(kit: Kit, found: Found, answers: Column | None, program: str) -> dict[str, Any] | None:
    """Return an arm's score: on the verdict's rows, else on the rows of the search."""
    if answers is not None:
        estimate = score(kit.ready.metric, answers)
        form = arm("", kit.ready.prompt, estimate)
        return {"score": form["score"], "n": form["n"], "low": form["low"], "high": form["high"]}
    scored_as = next((c.scored_as for c in found.best if c.id == program), program)
    on_tuning = found.scores.score(scored_as)
    return {"score": on_tuning, "n": found.scores.count(scored_as), "low": None, "high": None}


def _front(kit: Kit, found: Found) -> list[dict[str, Any]] | None:
    """Return the front of score against tokens, cheapest first; None where the score is all."""
    if not read_objective(kit.ready.spec.tune.objective).tokens:
        return None
    return [
        _described(point.candidate)
        | {
            "score": point.score,
            "n": found.scores.count(point.candidate.scored_as),
            "tokens": round(point.tokens, 1),
            "recommended": point.candidate.scored_as == found.best[0].scored_as,
        }
        for point in front(found.best, found.scores)
    ]


def _described(candidate: Candidate) -> dict[str, Any]:
    return {
        "prompt_id": candidate.id,
        "prompt": candidate.program.canonical(),
        "edits": [edit.form() for edit in candidate.edits],
        "sentence": candidate.sentence,
        "rephrasing": candidate.rephrasing,
    }


def _register(kit: Kit, result: dict[str, Any], winner: Candidate, verdict: Verdict | None) -> None:
    """Make a version of what is handed back, with the user's prompt as its parent."""
    if result["prompt_id"] != winner.id or winner.id == kit.ready.prompt.id:
        return
    # A file may be called what no prompt can be: after all is spent that must not be an error.
    name = name_from(kit.ready.names[0])
    registry, given = kit.registry, kit.ready.prompt
    author = login_name()
    first = registry.find(name, given.id) or registry.save(
        name, given.canonical(), run=kit.number, author=author
    )
    # Tuned again to the same end, or resumed: it is the version that there is.
    saved = registry.find(name, winner.id) or registry.save(
        name,
        winner.program.canonical(),
        parent=first.ref,
        edits=[edit.form() for edit in winner.edits],
        verdict=verdict.to_dict() if verdict else None,
        run=kit.number,
        author=author,
    )
    result["version"] = saved.ref


def _keep_history(kit: Kit, heats: Sequence[Heat], result: dict[str, Any]) -> None:
    kit.runs.keep_candidates(kit.number, [heat_form(heat) for heat in heats])
    kit.runs.note(kit.number, "result", {"shipped": result["shipped"]})
