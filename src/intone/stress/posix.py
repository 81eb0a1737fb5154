"""POSIX: how far the probability of an answer moves when the prompt is another variant. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from intone.stress.measure import Floats, Measure, mean_over_rows

_LEAST = 1e-6  # a label that is not among the likely ones has some probability all the same


def posix(choices: Sequence[Sequence[Mapping[str, float]]], seed: int) -> Measure:
    """Return POSIX over rows x variants of label probabilities, in natural logarithms.

    Chatterjee et al., "POSIX: A Prompt Sensitivity Index For Large Language Models", Findings of
    EMNLP 2024, equations 1 and 2: the mean over rows, and over ordered pairs of variants (i, j), of
    |log P(y_j | x_i) - log P(y_j | x_j)| / L(y_j), where y_j is variant j's answer, L its length.
    Here an answer is a label, taken as one unit, so L is 1, and P is its probability among the
    labels, at least 1e-6. 0 means that no probability moves; there is no upper bound.
    """
    return mean_over_rows(np.array([_of_row(row) for row in choices]), seed, most=None)


def _of_row(row: Sequence[Mapping[str, float]]) -> float:
    likeliest = [max(sorted(one), key=one.__getitem__) for one in row]
    logs: Floats = np.log(
        np.array([[max(one.get(label, 0.0), _LEAST) for label in likeliest] for one in row])
    )
    count = len(row)
    return float(np.abs(logs - np.diag(logs)).sum() / (count * (count - 1)))
