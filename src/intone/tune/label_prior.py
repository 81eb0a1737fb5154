"""Label prior correction: how far a model prefers some labels over others, whatever the row says.

Owns the estimation of offsets from outcomes with label probabilities; how they are applied is
`prompt/offsets.py`. Needs a backend that gives probabilities; without them there is nothing to
estimate, and all functions here return nothing. No model is called.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from intone.evaluate.outcome import Outcome
from intone.prompt.edits import Edit, set_offsets
from intone.prompt.offsets import corrected, likeliest
from intone.prompt.prompt import Prompt

LEAST_ROWS = 10
"""Fewer answers with probabilities than this say nothing about a preference."""
_PRIOR_ROWS = 10.0  # rows without a preference that `even_offsets` mixes in
_SPREAD = 1.0  # standard deviation of an offset before any row is seen, in nats
_STEPS = 50
_DIGITS = 2  # a hundredth of a nat is one per cent of a probability

_Matrix = NDArray[np.float64]


def even_offsets(outcomes: Iterable[Outcome]) -> dict[str, float]:
    """Return offsets after which the labels are equally likely on average. No target is needed.

    The offset of a label is minus the log of its mean probability over the answers: batch
    calibration (Zhou et al. 2024, "Batch Calibration", section 3), here on log-probabilities. Given
    the outcomes of rows without content it is contextual calibration (Zhao et al. 2021, "Calibrate
    Before Use", section 5). The mean is taken as if ten more answers without any preference had
    been seen, so few rows correct little. Fits where the labels are about equally frequent;
    `matched_offsets` where they are not. Offsets are in nats, sum to about 0, and are {} for fewer
    than ten answers.
    """
    labels, shares = _shares(outcomes)
    if len(shares) < LEAST_ROWS:
        return {}
    mean = (shares.sum(axis=0) + _PRIOR_ROWS / len(labels)) / (len(shares) + _PRIOR_ROWS)
    return _tidy(labels, -np.log(mean))


def matched_offsets(
    outcomes: Iterable[Outcome], targets: Mapping[int, str | None]
) -> dict[str, float]:
    """Return offsets after which the labels are as likely on average as they are frequent.

    `targets` gives each row's right label. The offsets b maximise the likelihood of the targets
    under p(y) · e^b(y), normalised: the biases of vector scaling (Guo et al. 2017, section 4.2)
    with the slopes kept at 1. At the maximum the probabilities of a label sum to its number of
    rows. Each offset is drawn towards 0 by a normal prior of standard deviation 1, so few rows
    correct little. Rows whose right label has no probability are left out: no offset mends them.
    Offsets are in nats, sum to 0, and are {} for fewer than ten answers or a single label.
    """
    right = [o for o in outcomes if o.choices.get(targets.get(o.row) or "", 0.0) > 0]
    labels, shares = _shares(right)
    if len(shares) < LEAST_ROWS:
        return {}
    place = {label: at for at, label in enumerate(labels)}
    counts = np.zeros(len(labels))
    for outcome in right:
        counts[place[targets[outcome.row] or ""]] += 1
    if np.count_nonzero(counts) < 2:
        return {}
    return _tidy(labels, _most_likely(shares, counts))


def corrected_share(
    outcomes: Iterable[Outcome], targets: Mapping[int, str | None], *, folds: int = 5
) -> tuple[float, float] | None:
    """Return the share of right labels as read, and as `matched_offsets` would make it.

    Each row is corrected by offsets estimated without it (every fifth row at a time), so the
    second number is no flattery. It costs no calls: the requests of a prompt do not depend on its
    offsets. None for fewer than twice ten answers.
    """
    known = [o for o in outcomes if o.choices and targets.get(o.row) is not None]
    if len(known) < 2 * LEAST_ROWS:
        return None
    fold_of = {row: at % folds for at, row in enumerate(sorted({o.row for o in known}))}
    before = after = 0
    for fold in range(folds):
        rest = [o for o in known if fold_of[o.row] != fold]
        offsets = matched_offsets(rest, targets)
        for outcome in known:
            if fold_of[outcome.row] == fold:
                right = targets[outcome.row]
                before += likeliest(outcome.choices) == right
                after += likeliest(corrected(outcome.choices, offsets)) == right
    return before / len(known), after / len(known)


def offset_edits(
    prompt: Prompt, outcomes: Iterable[Outcome], targets: Mapping[int, str | None]
) -> list[Edit]:
    """Return the corrections to try on a prompt, the one that knows the targets first.

    Only this prompt's own outcomes are used. What its offsets correct already is kept: the new
    offsets come on top.
    """
    own = [outcome for outcome in outcomes if outcome.program == prompt.id]
    found = [matched_offsets(own, targets), even_offsets(own)]
    edits: list[Edit] = []
    for more in found:
        names = sorted({*prompt.offsets, *more})
        total = {n: round(prompt.offsets.get(n, 0.0) + more.get(n, 0.0), _DIGITS) for n in names}
        edit = set_offsets(total)
        if more and edit not in edits:
            edits.append(edit)
    return edits


def _shares(outcomes: Iterable[Outcome]) -> tuple[list[str], _Matrix]:
    """Return the labels in order and a matrix of their probabilities, a row for each answer."""
    known = [outcome.choices for outcome in outcomes if outcome.choices]
    labels = sorted(set().union(*known))
    shares = [[choices.get(label, 0.0) for label in labels] for choices in known]
    return labels, np.array(shares, dtype=np.float64).reshape(len(known), len(labels))


def _most_likely(shares: _Matrix, counts: _Matrix) -> _Matrix:
    """Return the offsets of the highest posterior density, by Newton's method, steps halved.

    The log-density is concave; the prior makes its maximum unique.
    """
    precision = 1.0 / _SPREAD**2
    offsets = np.zeros(len(counts))
    value = _density(shares, counts, offsets)
    for _ in range(_STEPS):
        weighted = _weighted(shares, offsets)
        slope = counts - weighted.sum(axis=0) - precision * offsets
        bend = np.diag(weighted.sum(axis=0) + precision) - weighted.T @ weighted
        step = np.linalg.solve(bend, slope)
        if np.abs(step).max() < 1e-6:
            break
        size = 1.0
        while size > 1e-6:
            tried = _density(shares, counts, offsets + size * step)
            if tried >= value:
                break
            size /= 2
        offsets, value = offsets + size * step, tried
    return offsets


def _density(shares: _Matrix, counts: _Matrix, offsets: _Matrix) -> float:
    """Return the log of likelihood times prior, without terms that do not depend on offsets."""
    norms = np.log((shares * np.exp(offsets)).sum(axis=1)).sum()
    return float(counts @ offsets - norms - (offsets @ offsets) / (2 * _SPREAD**2))


def _weighted(shares: _Matrix, offsets: _Matrix) -> _Matrix:
    moved = shares * np.exp(offsets)
    result: _Matrix = moved / moved.sum(axis=1, keepdims=True)
    return result


def _tidy(labels: Sequence[str], offsets: _Matrix) -> dict[str, float]:
    """Return offsets around 0, rounded; those that are 0 then are left out."""
    centred = offsets - offsets.mean()
    rounded = {
        label: round(float(value), _DIGITS) for label, value in zip(labels, centred, strict=True)
    }
    return {label: value for label, value in rounded.items() if value}
