"""The paired difference of two prompts' macro-F1. Owns its permutation test and its interval.

One test: the difference is divided by its standard error (from each row's influence on macro-F1),
and the same is done for random relabellings, in which each row's two predictions go to the two
prompts at random. The p-value is the share of relabellings with a statistic at least as large; the
interval is the difference plus and minus the relabellings' critical value times the standard error,
so it excludes 0 exactly when p is below the level (Chung and Romano, Annals of Statistics 41, 2013,
484-507, on why to studentise). Where few rows differ, relabellings are coarse: the normal test is
computed too, and the larger p and critical value are used.

Rows with the same target and the same pair of predictions are exchangeable, so one binomial draw
for each such group stands for all of its rows: exact, fast, and free of the rows' order.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import scipy  # loads scipy.special when it is used: a server starts without it
from numpy.typing import NDArray

from intone.data.canonical import content_id
from intone.verdict.estimate import NOTHING, Estimate, settle

RELABELLINGS = 1999
_DECIMALS = 9  # statistics that differ by less are the same number, computed in another order
_CELLS = 2_000_000  # relabellings x groups held in memory at once

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class _Groups:
    """Rows by (target, lower prediction, higher prediction): codes, sizes, observed orientation.

    `upright` of `size` rows have the lower code before and the higher one after. The code
    `classes` stands for an answer that is no class (not parsed, or never a target).
    """

    target: Counts
    lower: Counts
    higher: Counts
    size: Counts
    upright: Counts
    classes: int
    targets: Counts  # rows of each class

    @property
    def rows(self) -> int:
        return int(self.size.sum())


def macro_f1_difference(
    targets: Sequence[str],
    before: Sequence[str | None],
    after: Sequence[str | None],
    level: float = 0.05,
) -> Estimate:
    """Test the difference in macro-F1, after minus before, over the classes among the targets.

    None is an answer that could not be read: a miss for its class. The interval has the confidence
    1 - level. Deterministic; swapping the two prompts mirrors the estimate. Raises ValueError if
    the lengths differ.
    """
    if not len(targets) == len(before) == len(after):
        raise ValueError(f"{len(targets)} targets, {len(before)} and {len(after)} predictions")
    if not targets:
        return NOTHING
    groups = _group(targets, before, after)
    difference, observed, error = _statistics(groups, groups.upright[None, :])
    t = float(np.round(observed[0], _DECIMALS))
    relabelled = _relabel(groups)
    draws = RELABELLINGS + 1
    sizes = np.sort(np.abs(relabelled))[::-1]
    p = (1 + int(np.count_nonzero(sizes >= abs(t)))) / draws
    p_one_sided = (1 + int(np.count_nonzero(relabelled >= t))) / draws
    # p < level exactly when fewer than `allowed` relabellings reach the statistic
    allowed = int(np.count_nonzero((np.arange(RELABELLINGS) + 1) / draws < level))
    critical = float(sizes[allowed - 1]) if allowed else float("inf")
    critical = max(critical, NormalDist().inv_cdf(1.0 - level / 2.0))
    raw = Estimate(
        difference=float(difference[0]),
        low=float(difference[0] - critical * error[0]),
        high=float(difference[0] + critical * error[0]),
        p=max(p, 2.0 * float(scipy.special.ndtr(-abs(t)))),
        p_one_sided=max(p_one_sided, float(scipy.special.ndtr(-t))),
        n=groups.rows,
    )
    return settle(raw, level)


def macro_f1_gain(
    targets: Sequence[str], before: Sequence[str | None], after: Sequence[str | None]
) -> float:
    """Return the difference in macro-F1, after minus before, without a test; 0 for no rows."""
    if not targets:
        return 0.0
    groups = _group(targets, before, after)
    return float(_statistics(groups, groups.upright[None, :])[0][0])


def _group(
    targets: Sequence[str], before: Sequence[str | None], after: Sequence[str | None]
) -> _Groups:
    names = {name: code for code, name in enumerate(sorted(set(targets)))}
    none = len(names)
    target = np.array([names[name] for name in targets])
    first = np.array([none if name is None else names.get(name, none) for name in before])
    second = np.array([none if name is None else names.get(name, none) for name in after])
    keys = np.stack([target, np.minimum(first, second), np.maximum(first, second)], axis=1)
    kinds, which, size = np.unique(keys, axis=0, return_inverse=True, return_counts=True)
    upright = np.bincount(which.ravel(), weights=first < second, minlength=len(kinds))
    return _Groups(
        target=kinds[:, 0],
        lower=kinds[:, 1],
        higher=kinds[:, 2],
        size=size.astype(np.int64),
        upright=upright.astype(np.int64),
        classes=none,
        targets=np.bincount(target, minlength=none),
    )


def _relabel(groups: _Groups) -> Floats:
    """Return the statistic of each relabelling."""
    # seeded by the rows, whichever prompt comes first: other rows, other relabellings
    rows = np.stack([groups.target, groups.lower, groups.higher, groups.size])
    generator = np.random.default_rng(int(content_id(rows.tolist()), 16))
    step = max(1, _CELLS // len(groups.size))
    found: list[Floats] = []
    for start in range(0, RELABELLINGS, step):
        shape = (min(step, RELABELLINGS - start), len(groups.size))
        upright = generator.binomial(groups.size, 0.5, size=shape)
        found.append(_statistics(groups, upright)[1])
    return np.asarray(np.round(np.concatenate(found), _DECIMALS), dtype=np.float64)


def _statistics(groups: _Groups, upright: Counts) -> tuple[Floats, Floats, Floats]:
    """Return difference, studentised difference and standard error for each row of `upright`."""
    turned = groups.size - upright
    first, first_sizes = _f1(groups, upright, turned)
    second, second_sizes = _f1(groups, turned, upright)
    difference = second.mean(axis=1) - first.mean(axis=1)

    def influence(scores: Floats, sizes: Floats, prediction: Counts) -> Floats:
        # of one row on macro-F1, times the rows: the derivative by the row's weight
        padded = np.pad(scores / sizes, ((0, 0), (0, 1)))
        hit = 2.0 * (prediction == groups.target) / sizes[:, groups.target]
        lost = padded[:, groups.target] + padded[:, prediction]
        influences: Floats = (hit - lost) * (groups.rows / groups.classes)
        return influences

    one_way = influence(second, second_sizes, groups.higher)
    one_way -= influence(first, first_sizes, groups.lower)
    other_way = influence(second, second_sizes, groups.lower)
    other_way -= influence(first, first_sizes, groups.higher)
    squares = upright * one_way**2 + turned * other_way**2
    differ = groups.lower != groups.higher
    many = int(groups.size[differ].sum())
    # two rows of typical influence are added, as in graded.py: no difference, no zero width
    typical = squares[:, differ].sum(axis=1) / many if many else np.ones(len(upright))
    error = np.sqrt(squares.sum(axis=1) + 2.0 * typical) / groups.rows
    statistic = np.divide(difference, error, out=np.zeros_like(difference), where=error > 0)
    return difference, statistic, error


def _f1(groups: _Groups, lower: Counts, higher: Counts) -> tuple[Floats, Floats]:
    """Return each class's F1 for a prompt, and its denominator: targets + predictions.

    The prompt has the lower prediction in `lower` rows of each group and the higher in `higher`.
    """
    classes = np.arange(groups.classes)
    says_lower = (groups.lower[:, None] == classes).astype(float)
    says_higher = (groups.higher[:, None] == classes).astype(float)
    right = groups.target[:, None] == classes
    predicted = lower @ says_lower + higher @ says_higher
    hits = lower @ (says_lower * right) + higher @ (says_higher * right)
    sizes = groups.targets + predicted
    return 2.0 * hits / sizes, sizes
