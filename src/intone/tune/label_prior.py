"""Label prior correction: how far a model prefers some labels over others, whatever the row says.

Owns the estimation of offsets from outcomes with label probabilities; how they are applied is
`prompt/offsets.py`. Needs a backend that gives probabilities; without them there is nothing to
estimate, and all functions here return nothing. No model is called.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping

from intone.evaluate.outcome import Outcome
from intone.prompt.edits import Edit, set_offsets
from intone.prompt.prompt import Prompt

LEAST_ROWS = 4
"""Fewer answers with probabilities than this say nothing about a preference."""
_PRIOR_ANSWERS = 2.0  # answers without a preference that are mixed in
_PRIOR_TARGETS = 1.0  # rows of each label that are mixed in
_DIGITS = 2  # a hundredth of a nat is one per cent of a probability


def label_shares(labels: Iterable[str], targets: Iterable[str | None]) -> dict[str, float]:
    """Return how frequent each label is among the targets, as if each had one more row.

    The labels' shares sum to 1; targets that are no label do not count.
    """
    counts = dict.fromkeys(labels, 0)
    counts |= Counter(target for target in targets if target in counts)
    total = sum(counts.values()) + _PRIOR_TARGETS * len(counts)
    return {label: (count + _PRIOR_TARGETS) / total for label, count in counts.items()}


def label_offsets(outcomes: Iterable[Outcome], shares: Mapping[str, float]) -> dict[str, float]:
    """Return offsets that take the model's preference back and put the labels' shares in its place.

    The offset of a label is the log of its share minus the log of its mean probability over the
    answers: batch calibration (Zhou et al. 2024, "Batch Calibration", section 3) on
    log-probabilities, for labels that need not be equally frequent. The mean is taken as if two
    more answers without a preference had been seen. The answers' own targets are not used: on the
    rows a model is biased on there are too few to tell (maximum likelihood of the same offsets did
    worse at every number of rows tried). Offsets are in nats, sum to about 0, and are {} for fewer
    than four answers.
    """
    known = [outcome.choices for outcome in outcomes if outcome.choices]
    if len(known) < LEAST_ROWS or not shares:
        return {}
    raw: dict[str, float] = {}
    for label, share in sorted(shares.items()):
        mean = math.fsum(choices.get(label, 0.0) for choices in known) + _PRIOR_ANSWERS * share
        raw[label] = math.log(share) - math.log(mean / (len(known) + _PRIOR_ANSWERS))
    middle = sum(raw.values()) / len(raw)
    rounded = {label: round(value - middle, _DIGITS) for label, value in raw.items()}
    return {label: value for label, value in rounded.items() if value}


def offset_edit(
    prompt: Prompt, outcomes: Iterable[Outcome], shares: Mapping[str, float]
) -> Edit | None:
    """Return the correction to try on a prompt, None if there is nothing to correct.

    Only this prompt's own outcomes are used. What its offsets correct already is kept: the new
    offsets come on top.
    """
    more = label_offsets((o for o in outcomes if o.program == prompt.id), shares)
    names = sorted({*prompt.offsets, *more})
    total = {n: round(prompt.offsets.get(n, 0.0) + more.get(n, 0.0), _DIGITS) for n in names}
    return set_offsets(total) if more else None
