"""Two answers side by side: both orders asked, and what they come to together."""

from __future__ import annotations

import asyncio
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intone.evaluate.budget import Budget
from intone.llm.backend import Feature
from intone.llm.fake import Answering, chance
from intone.llm.request import Request
from intone.metrics.judge_forms import Case
from intone.metrics.judge_pairs import Pair, Preference, order_dependence, prefer
from tests.metrics.test_judge import asked, meter
from tests.strategies import texts

CASE = Case({"question": "Why?"}, "Because.")


def compared(pairs: list[Pair], answer: Answering | str, calls: int = 1000) -> list[Preference]:
    return asyncio.run(prefer(meter(answer, Budget(calls=calls)), "Short.", pairs))


def said(better: object, why: str = "why") -> str:
    return json.dumps({"reason": why, "better": better})


def shorter(request: Request) -> str:
    """Prefer the shorter answer, wherever it stands."""
    shown = request.messages[-1].content
    a = shown.partition("Answer A:\n")[2].partition("\n\nAnswer B:\n")[0]
    b = shown.partition("Answer B:\n")[2].partition("\n\nWhich is")[0]
    return said("A" if len(a) < len(b) else "B", f"{min(len(a), len(b))} is shorter")


def test_what_both_orders_agree_on_is_a_win() -> None:
    pairs = [Pair(CASE, "no", "a long answer"), Pair(CASE, "a long answer", "no")]
    won, lost = compared(pairs, shorter)
    assert won == Preference(1.0, ("4 is shorter", "4 is shorter"), False)
    assert lost.score == 0.0 and lost.by_order is False


@pytest.mark.parametrize("place", ["A", "B"])
def test_a_judge_that_goes_by_the_place_gives_ties(place: str) -> None:
    (tie,) = compared([Pair(CASE, "one", "two")], said(place))
    assert tie.score == 0.5 and tie.by_order is True
    assert order_dependence([tie] * 8).value == 1.0


def test_two_calls_a_pair_and_none_for_equal_answers() -> None:
    metered = meter(shorter)
    pairs = [Pair(CASE, "x", "x "), Pair(CASE, "x", "yy")]
    same, other = asyncio.run(prefer(metered, "Short.", pairs))
    assert (same.score, same.by_order, other.score) == (0.5, None, 1.0)
    assert len(asked(metered)) == 2
    share = order_dependence([same, other])
    assert (share.value, share.n, share.missing) == (0.0, 1, 1)


def test_a_judgement_that_is_missing_leaves_the_pair_without_a_score() -> None:
    def first_only(request: Request) -> str:
        return said("A") if "Answer A:\n> one" in request.messages[-1].content else "who knows"

    (missing,) = compared([Pair(CASE, "one", "two")], first_only)
    assert missing.score is None and missing.by_order is None
    assert "cannot be read" in missing.reasons[1]
    (missing,) = compared([Pair(CASE, "one", "two")], said("C"))
    assert missing.score is None


def test_where_the_budget_ends_the_first_pairs_are_left() -> None:
    pairs = [Pair(CASE, "x", "y" * n) for n in range(2, 6)]
    assert len(compared(pairs, shorter, calls=5)) == 2


def test_a_schema_is_asked_for_where_the_backend_has_them() -> None:
    metered = meter(shorter, as_json=True)
    asyncio.run(prefer(metered, "Short.", [Pair(CASE, "x", "yy")]))
    assert Feature.JSON_SCHEMA in metered.features
    assert "enum" in repr(asked(metered)[0].answer)


@given(texts(), texts(), st.integers(0, 3))
def test_swapping_the_answers_swaps_the_preference(one: str, other: str, seed: int) -> None:
    def any_judge(request: Request) -> str:
        drawn = chance(seed, request.messages[-1].content)
        return "?" if drawn < 0.1 else said("A" if drawn < 0.6 else "B")

    given_, swapped = compared([Pair(CASE, one, other), Pair(CASE, other, one)], any_judge)
    if given_.score is None:
        assert swapped.score is None
    else:
        assert swapped.score == 1.0 - given_.score
    assert given_.by_order == swapped.by_order
