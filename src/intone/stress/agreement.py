"""How far the answers to one row differ from variant to variant. Pure.

Owns disagreement (of answers, and of scores), flips and Fleiss' kappa. An answer is a category: a
label, a number, or a text with case and white space ignored; answers that could not be read are
categories too.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from intone.stress.measure import (
    Floats,
    Measure,
    between,
    mean_over_rows,
    resampled,
    unseen,
)

Codes = NDArray[np.int64]


def coded(answers: Sequence[Sequence[str]]) -> Codes:
    """Return answers (rows x variants) as numbers: equal answers, equal numbers."""
    known: dict[str, int] = {}
    rows = [
        [known.setdefault(" ".join(text.casefold().split()), len(known)) for text in row]
        for row in answers
    ]
    return np.array(rows, dtype=np.int64).reshape(len(rows), -1)


def disagreements(codes: Codes) -> Floats:
    """Return, for each row, the share of pairs of variants whose answers differ.

    0 where there is a single variant: it differs from nothing.
    """
    variants = codes.shape[1]
    if variants < 2:
        return np.zeros(len(codes), dtype=np.float64)
    pairs = variants * (variants - 1)
    alike = [int((np.unique(row, return_counts=True)[1] ** 2).sum()) - variants for row in codes]
    return np.array(1.0 - np.array(alike) / pairs, dtype=np.float64)


def differences(scores: Floats) -> Floats:
    """Return, for each row, the mean absolute difference of two variants' scores.

    That is the S of ProSA for one instance (Zhuo et al., "ProSA: Assessing and Understanding the
    Prompt Sensitivity of LLMs", Findings of EMNLP 2024, section 3): the sum over pairs of variants
    of |Y(p) - Y(q)|, divided by the number of pairs. 0 where there is a single variant.
    """
    variants = scores.shape[1]
    pairs = max(1.0, variants * (variants - 1) / 2)
    ordered = np.sort(scores, axis=1)
    # In a sorted row, the k-th of V values is added k times and taken away V - 1 - k times.
    times = 2.0 * np.arange(variants) - (variants - 1)
    return np.array(ordered @ times / pairs, dtype=np.float64)


def disagreement(codes: Codes, seed: int) -> Measure:
    """Return the mean over rows of the share of pairs of variants whose answers differ.

    ProSA's PromptSensiScore with "the answers differ" for the difference of two scores, so that it
    needs no right answers.
    """
    return mean_over_rows(disagreements(codes), seed)


def sensitivity(scores: Floats, seed: int) -> Measure:
    """Return ProSA's PromptSensiScore (PSS): the mean of `differences` over rows, 0..1."""
    return mean_over_rows(differences(scores), seed)


def flipped(codes: Codes, seed: int) -> Measure:
    """Return the share of rows whose answer is not the same for all variants."""
    return mean_over_rows(np.array((codes != codes[:, :1]).any(axis=1), dtype=np.float64), seed)


def kappa(codes: Codes, seed: int) -> Measure | None:
    """Return Fleiss' kappa of the variants as raters; None for one category, or a single variant.

    Fleiss, "Measuring nominal scale agreement among many raters", Psychological Bulletin 76, 1971:
    (P - Pe) / (1 - Pe), with P the mean over rows of the share of agreeing pairs and Pe the sum of
    the squared shares of the categories. 1 is full agreement, 0 what chance would give. With one
    category only, chance agreement is full too and kappa is not defined.
    """
    rows, variants = codes.shape
    if variants < 2:
        return None
    agreeing = 1.0 - disagreements(codes)
    flat = codes.ravel()

    def of(drawn: NDArray[np.int64]) -> float | None:
        counts = np.bincount(flat, weights=np.repeat(drawn, variants))
        expected = float(((counts / counts.sum()) ** 2).sum())
        if expected >= 1.0 - 1e-12:
            return None
        return float((drawn @ agreeing / drawn.sum() - expected) / (1.0 - expected))

    value = of(np.ones(rows, dtype=np.int64))
    if value is None:
        return None
    found = resampled(rows, seed, of)
    low, high = between(found) if len(found) else (value, value)
    if np.ptp(agreeing) == 0.0 and agreeing[0] == 1.0:  # as 1 - room is the least of P
        counts = np.bincount(flat) / flat.size
        low = 1.0 - unseen(rows) / (1.0 - float((counts**2).sum()))
    return Measure(value, max(-1.0, min(low, value)), min(1.0, max(high, value)))
