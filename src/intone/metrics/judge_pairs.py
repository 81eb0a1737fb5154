"""Which of two answers is better: a judge asked in both orders, so that order cannot decide.

Owns the pair, the preference, and how often the order decided. Models favour a place (Zheng et
al., Judging LLM-as-a-judge, NeurIPS 2023, section 3.3): a preference counts only where both orders
agree, which is their remedy, and is a tie where they do not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from intone.llm.answers import FreeText, Json
from intone.llm.backend import Feature
from intone.llm.request import Request, Sampling
from intone.metrics.asks import Asks, Said
from intone.metrics.judge import SAMPLING
from intone.metrics.judge_forms import Case, comparing, read_judgement, schema
from intone.metrics.metric import Estimate
from intone.metrics.quoting import on_one_line, quoted

_NAMES = ("A", "B")


@dataclass(frozen=True)
class Pair:
    """Two answers to one case."""

    case: Case
    first: str
    second: str


@dataclass(frozen=True)
class Preference:
    """What a judge came to on a pair.

    `score` is 1 if the first answer is better, 0 if the second is, 0.5 for a tie, and None where
    one of the two orders has no readable judgement. `reasons` are of both orders, first the one
    in which the pair was given. `by_order` says that the two disagreed: place decided, not the
    answers; None where nothing was asked or one order is missing.
    """

    score: float | None
    reasons: tuple[str, ...]
    by_order: bool | None = None


async def prefer(
    asks: Asks, rubric: str, pairs: Sequence[Pair], sampling: Sampling = SAMPLING
) -> list[Preference]:
    """Ask about every pair in both orders (two calls each) and return the preferences in order.

    Swapping the answers of a pair turns its score s into 1 - s. Two answers that are the same text
    tie without a call. Where the budget ends the preferences are fewer: those of the first pairs.
    Never raises for what a judge says; what ends a run (a key that is refused, say) is raised by
    `asks`.
    """
    as_json = Feature.JSON_SCHEMA in asks.features
    kind = Json(schema("better", _NAMES)) if as_json else FreeText()
    requests = [
        Request(comparing(pair.case, a, b, rubric), kind, sampling)
        for pair in pairs
        if not _same(pair)
        for a, b in ((pair.first, pair.second), (pair.second, pair.first))
    ]
    replies = iter(await asks.answer(requests) if requests else ())
    preferences = []
    for pair in pairs:
        if _same(pair):
            preferences.append(Preference(0.5, ("the two answers are the same",)))
            continue
        given, swapped = next(replies), next(replies)
        if given is None or swapped is None:
            break
        preferences.append(settled(given, swapped))
    return preferences


def settled(given: Said, swapped: Said) -> Preference:
    """Return the preference from the replies to the pair as given and the other way round."""
    one, why = _read(given)
    other, why_other = _read(swapped)
    reasons = (why, why_other)
    if one is None or other is None:
        return Preference(None, reasons)
    if one == other:  # the same place twice, so not the same answer
        return Preference(0.5, reasons, by_order=True)
    return Preference(1.0 if one == "A" else 0.0, reasons, by_order=False)


def order_dependence(preferences: Sequence[Preference]) -> Estimate:
    """Return the share of pairs on which the order decided, with its 95 % interval (Wilson).

    Pairs without two judgements are left out and counted as missing. A judge whose share is high
    says little about these answers: at random it would be one half.
    """
    from intone.metrics.mean import Mean  # brings in scipy, which asking need not

    shares = [None if it.by_order is None else float(it.by_order) for it in preferences]
    return Mean().of(shares)


def _same(pair: Pair) -> bool:
    return pair.first.strip() == pair.second.strip()


def _read(said: Said) -> tuple[str | None, str]:
    """Return which place a judge preferred, None if it did not say, and why."""
    done = said.completion
    if done is None:
        return None, f"the judge did not answer: {on_one_line(str(said.error))[:400]}"
    if done.finish != "stop":
        return None, "the judge's answer was cut off or declined"
    judged = read_judgement(done.text, "better")
    if judged is None or judged[1] not in _NAMES:
        return None, f"the judge's answer cannot be read: {quoted(done.text)}"
    return str(judged[1]), judged[0] or "no reason given"
