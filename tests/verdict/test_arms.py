"""The A/B test: how arrivals are paired, and how often it claims what is not there."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from intone.verdict.arms import judge_arms, paired

ARRIVALS = st.lists(st.tuples(st.integers(0, 1), st.floats(0, 1)), max_size=60)


def arrivals(
    seed: int, count: int, means: tuple[float, float], share: float = 0.5
) -> list[tuple[int, float]]:
    """Return arms drawn by a share, and outcomes that are 1 with the arm's mean."""
    chance = np.random.default_rng(seed)
    arms = (chance.random(count) < share).astype(int)
    values = chance.random(count) < np.take(means, arms)
    return [(int(arm), float(value)) for arm, value in zip(arms, values, strict=True)]


def test_each_outcome_meets_the_latest_of_the_other_arm() -> None:
    assert paired([(0, 0.2), (0, 0.5), (1, 1.0), (1, 0.0)]) == [0.5, -0.2]
    assert paired([(1, 1.0), (0, 0.25)]) == [0.75]
    assert paired([(0, 1.0), (0, 1.0)]) == []


@given(ARRIVALS)
def test_no_outcome_is_used_twice_and_none_is_left_that_could_be_paired(
    those: list[tuple[int, float]],
) -> None:
    counts = [sum(arm == which for arm, _ in those) for which in (0, 1)]
    assert len(paired(those)) == min(counts)


@given(ARRIVALS, st.data())
def test_pairs_go_by_order_and_never_by_values(
    those: list[tuple[int, float]], data: st.DataObject
) -> None:
    other = [(arm, data.draw(st.floats(0, 1))) for arm, _ in those]
    marked = [(arm, float(place) / 1000) for place, (arm, _) in enumerate(those)]
    assert len(paired(other)) == len(paired(marked)) == len(paired(those))


@given(ARRIVALS)
def test_the_arms_are_treated_alike(those: list[tuple[int, float]]) -> None:
    one, other = judge_arms(those), judge_arms([(1 - arm, value) for arm, value in those])
    turned = {"better": "worse", "worse": "better", "undecided": "undecided"}
    assert other.word == turned[one.word] and one.p == pytest.approx(other.p)
    assert one.counts == other.counts[::-1]


@pytest.mark.parametrize("share", [0.5, 0.1])
def test_it_claims_a_difference_where_there_is_none_at_most_as_often_as_it_says(
    share: float,
) -> None:
    looked_at = 400
    claimed = sum(
        judge_arms(arrivals(seed, 1000, (0.6, 0.6), share), alpha=0.1).word != "undecided"
        for seed in range(looked_at)
    )
    # Looked at after every pair. 0.1 and three standard errors of a share of 400 at most.
    assert claimed / looked_at <= 0.1 + 3 * np.sqrt(0.1 * 0.9 / looked_at)


def test_a_drift_that_both_arms_share_is_no_difference() -> None:
    def drifting(seed: int) -> list[tuple[int, float]]:
        chance = np.random.default_rng(seed)
        arms = (chance.random(1500) < 0.1).astype(int)
        values = chance.random(1500) < np.linspace(0.1, 0.9, 1500)
        return [(int(arm), float(value)) for arm, value in zip(arms, values, strict=True)]

    claimed = sum(judge_arms(drifting(seed)).word != "undecided" for seed in range(200))
    assert claimed / 200 <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 200)


def test_it_finds_a_difference_that_is_there() -> None:
    found = [judge_arms(arrivals(seed, 1000, (0.5, 0.7))) for seed in range(100)]
    assert sum(verdict.word == "better" for verdict in found) >= 90
    assert not any(verdict.word == "worse" for verdict in found)
    assert np.median([v.decided_after for v in found if v.decided_after]) < 300


def test_what_cannot_be_judged_is_refused() -> None:
    empty = judge_arms([])
    assert (empty.word, empty.p, empty.means) == ("undecided", 1.0, (None, None))
    with pytest.raises(ValueError, match=r"0\.\.1"):
        judge_arms([(0, 1.5)])
    with pytest.raises(ValueError, match="alpha"):
        judge_arms([], alpha=0.0)
