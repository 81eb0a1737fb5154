"""`macro_f1`: the mean of the classes' F1, each class counting alike."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from intone.metrics.metric import Estimate

_RESAMPLES = 2000
_SEED = 20_260_101

Counts = NDArray[np.int64]


class MacroF1:
    """F1 of each class among the targets (2 hits / (targets + predictions)), averaged.

    An unread answer is a miss. The interval is a percentile bootstrap over rows, resampled within
    each class so that every class stays (Efron and Tibshirani 1993, chapter 13), with a fixed
    seed; no wider than 0..1.
    """

    name = "macro_f1"

    def of(
        self,
        scores: Sequence[float | None],
        targets: Sequence[str | None],
        answers: Sequence[str | None],
    ) -> Estimate:
        rows = [
            (target, answer)
            for score, target, answer in zip(scores, targets, answers, strict=True)
            if score is not None and target is not None
        ]
        if not rows:
            raise ValueError("there are no scores")
        classes = sorted({target for target, _ in rows})
        place = {name: index for index, name in enumerate(classes)}
        none = len(classes)
        confusion = np.zeros((none, none + 1), dtype=np.int64)
        for target, answer in rows:
            confusion[place[target], place.get(answer or "", none)] += 1
        value = float(_macro(confusion[None])[0])
        draws = _resampled(confusion)
        low, high = np.quantile(_macro(draws), [0.025, 0.975])
        return Estimate(value, min(float(low), value), max(float(high), value), len(rows))


def _macro(confusions: Counts) -> NDArray[np.float64]:
    """Return macro-F1 of each confusion matrix (targets by predictions, the last one unread)."""
    classes = confusions.shape[1]
    hits = np.diagonal(confusions[:, :, :classes], axis1=1, axis2=2)
    sizes = confusions.sum(axis=2) + confusions[:, :, :classes].sum(axis=1)
    return np.asarray((2.0 * hits / np.maximum(sizes, 1)).mean(axis=1), dtype=np.float64)


def _resampled(confusion: Counts) -> Counts:
    generator = np.random.default_rng(_SEED)
    per_class = []
    for row in confusion:
        n = int(row.sum())
        per_class.append(generator.multinomial(n, row / n, size=_RESAMPLES))
    return np.stack(per_class, axis=1)
