"""The robust objective in a run: who answers its trials, and what consistency was paid with.

Owns the price: what a tuned prompt's mean score and consistency are against the given one's, both
on sealed rows, over the same kinds of version on the same row.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from intone.data.row import Row
from intone.errors import InputError, SettingError
from intone.evaluate.engine import Answering
from intone.evaluate.outcome import Outcome
from intone.prompt.perturbations import Asked, Kind, perturbed, read_kinds
from intone.prompt.prompt import Prompt
from intone.runs.spec import Spec
from intone.runs.task import Ready
from intone.stress.agreement import coded, differences, disagreements
from intone.stress.report import said
from intone.tune.objective import read_objective
from intone.tune.robust import VERSIONS, Robust, Versions, versions_in_search
from intone.verdict.estimate import Estimate
from intone.verdict.paired import paired
from intone.verdict.verdict import Terms, judge

Told = Mapping[tuple[str, int], Sequence[Outcome]]
"""The outcomes of all versions by program and row."""
_LEAST_ROWS = 2


def check_robust(spec: Spec) -> None:
    """Raise SettingError if the robust objective is asked for where it has no meaning."""
    if is_robust(spec) and spec.task.metric != "mean":
        raise SettingError(
            f"tune.objective weighs consistency, which is of mean scores; task.metric is "
            f"{spec.task.metric!r}: use mean, or the objective score"
        )


def check_versions(ready: Ready) -> None:
    """Raise InputError if no kind of change that is named applies to the user's prompt."""
    kinds = _kinds(ready.spec)
    if not is_robust(ready.spec) or not kinds or not isinstance(ready.prompt, Prompt):
        return
    seed, warmth = ready.spec.tune.seed, ready.spec.model.temperature
    found = perturbed(ready.prompt, Asked(kinds, 1, seed, ready.labels, warmth))
    if not found.variants:
        reasons = "; ".join(f"{kind}: {why}" for kind, why in found.left_out.items())
        raise InputError(
            f"tune.objective weighs consistency, and stress.kinds has nothing to change about "
            f"{ready.names[0]} ({reasons}); name other kinds, or none"
        )


def is_robust(spec: Spec) -> bool:
    """Say whether the objective weighs consistency."""
    return read_objective(spec.tune.objective).caution > 0


def answers_a_row(ready: Ready) -> int:
    """Return how many answers a verdict takes from a prompt on a row: versions, or samples.

    Where rows are too few to seal any, the verdict is on trials of searches, with one of each row.
    """
    if is_robust(ready.spec):
        return 1 if ready.few else VERSIONS
    return ready.spec.task.samples


def search_versions(ready: Ready, calls: int | None) -> int:
    """Return in how many versions a trial asks in a robust search of so many calls."""
    return 1 if ready.few else versions_in_search(calls)


def searching(ready: Ready, engine: Answering, calls: int | None) -> Answering:
    """Return who answers the trials of a search of so many calls: versions drawn by the row."""
    return _in_versions(ready, engine, search_versions(ready, calls), drawn=True)


def judging(ready: Ready, engine: Answering) -> Answering:
    """Return who answers for a verdict: a prompt as it is and in other versions."""
    return _in_versions(ready, engine, VERSIONS, drawn=False)


def _in_versions(ready: Ready, engine: Answering, count: int, *, drawn: bool) -> Answering:
    """Return the engine itself, or, for the robust objective, one that asks in versions."""
    spec = ready.spec
    if not is_robust(spec):
        return engine
    warmth = spec.model.temperature
    choice = Versions(spec.tune.seed, ready.labels, warmth, _kinds(spec), count, drawn)
    return Robust(engine, choice, read_objective(spec.tune.objective).caution)


def _kinds(spec: Spec) -> tuple[Kind, ...]:
    """Return the kinds of change that the spec names; none: all but other draws."""
    return read_kinds(spec.stress.kinds) if spec.stress.kinds else ()


def price(told: Told, given: str, tuned: str, rows: Sequence[Row], terms: Terms) -> dict[str, Any]:
    """Return what the tuned prompt changes in mean score and in consistency, in plain values.

    `score` is a verdict on the mean score over versions; `sensitivity` and `disagreement` are
    paired differences of the rows' mean differences between versions, of scores and of answers:
    negative ones say that the tuned prompt is more consistent. Rows with a failed call are left
    out.
    """
    pairs = [(told.get((given, row.index)), told.get((tuned, row.index))) for row in rows]
    known = [(one, other) for one, other in pairs if one and other and _whole((*one, *other))]
    form: dict[str, Any] = {"versions": VERSIONS, "n": len(known), "given": None, "tuned": None}
    if len(known) < _LEAST_ROWS:
        return form | {"score": None, "sensitivity": None, "disagreement": None}
    before, after = ([pair[at] for pair in known] for at in (0, 1))
    arms = [_arm(groups) for groups in (before, after)]
    read = [[all(one.parsed for one in group) for group in groups] for groups in (before, after)]
    means = [arm["score"] for arm in arms]
    verdict = judge(means[0], means[1], read[0], read[1], opened=terms.opened)
    apart = {
        name: _plain(paired(arms[0][name], arms[1][name]))
        for name in ("sensitivity", "disagreement")
    }
    shown = [{name: float(np.mean(values)) for name, values in arm.items()} for arm in arms]
    return form | {"given": shown[0], "tuned": shown[1], "score": verdict.to_dict()} | apart


def _whole(outcomes: Sequence[Outcome]) -> bool:
    return all(one.score is not None for one in outcomes)


def _arm(groups: Sequence[Sequence[Outcome]]) -> dict[str, list[float]]:
    """Return a prompt's rows: mean score, and how far its versions differ in score and answer."""
    scores = np.array([[one.score for one in group] for group in groups], dtype=np.float64)
    codes = coded([[said(one) for one in group] for group in groups])
    values = {
        "score": scores.mean(axis=1),
        "sensitivity": differences(scores),
        "disagreement": disagreements(codes),
    }
    return {name: np.clip(of, 0.0, 1.0).tolist() for name, of in values.items()}


def _plain(estimate: Estimate) -> dict[str, float]:
    return {
        "difference": estimate.difference,
        "low": estimate.low,
        "high": estimate.high,
        "p": estimate.p,
    }
