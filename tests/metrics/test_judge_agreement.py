"""Agreement with people: kappa by worked examples, its interval, when a judge is trusted."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from intone.metrics.judge_agreement import Agreement, agreement

LEVELS = st.integers(1, 5)
RATED = st.lists(st.tuples(LEVELS, LEVELS), min_size=1, max_size=60)


def of(pairs: list[tuple[int, int]], scale: tuple[int, int] = (1, 5)) -> Agreement:
    return agreement([one for one, _ in pairs], [other for _, other in pairs], scale)


def test_kappa_of_a_worked_example() -> None:
    # 20 both yes, 15 both no, 5 and 10 apart: observed 0.7, expected 0.5
    pairs = [(1, 1)] * 20 + [(1, 0)] * 5 + [(0, 1)] * 10 + [(0, 0)] * 15
    found = of(pairs, (0, 1))
    assert found.exact == pytest.approx(0.7)
    assert found.kappa == pytest.approx(0.4)
    assert found.low < 0.4 < found.high


def test_quadratic_weights_forgive_near_misses() -> None:
    near = of([(n % 5 + 1, min(5, n % 5 + 2)) for n in range(50)])
    far = of([(n % 5 + 1, (n % 5 + 2) % 5 + 1) for n in range(50)])
    assert near.kappa is not None and far.kappa is not None
    assert near.kappa > 0.7 > 0.0 > far.kappa
    # the same by the definition: 1 - observed / expected squared distance
    one = np.array([n % 5 for n in range(50)])
    other = np.minimum(4, one + 1)
    apart = (one[:, None] - other[None, :]) ** 2
    assert near.kappa == pytest.approx(1 - ((one - other) ** 2).mean() / apart.mean())


@given(RATED)
def test_it_is_symmetric_and_inside_its_interval(pairs: list[tuple[int, int]]) -> None:
    found, swapped = of(pairs), of([(other, one) for one, other in pairs])
    assert found.n == len(pairs) and 0.0 <= found.exact <= 1.0
    assert -1.0 <= found.low <= found.high <= 1.0
    assert found.low == pytest.approx(swapped.low) and found.high == pytest.approx(swapped.high)
    if found.kappa is not None:
        assert found.low <= found.kappa <= found.high
        assert found.kappa == pytest.approx(swapped.kappa)
    if found.exact == 1.0 and found.kappa is not None:
        assert found.kappa == pytest.approx(1.0)


@given(RATED, st.randoms(use_true_random=False))
def test_the_order_of_the_rows_does_not_matter(
    pairs: list[tuple[int, int]], random: object
) -> None:
    assert of(sorted(pairs)) == of(pairs)


@pytest.mark.parametrize("kappa", [0.0, 0.5, 0.95])
@pytest.mark.parametrize("size", [2, 5])
def test_the_interval_covers(kappa: float, size: int) -> None:
    draw = np.random.default_rng(1)
    hits = 0
    for _ in range(1000):
        human = draw.integers(0, size, 50)
        judged = np.where(draw.random(50) < kappa, human, draw.integers(0, size, 50))
        found = agreement(judged.tolist(), human.tolist(), (0, size - 1))
        hits += found.low <= kappa <= found.high
    assert hits >= 0.92 * 1000


@pytest.mark.parametrize(
    ("pairs", "word"),
    [
        ([(n % 5 + 1, n % 5 + 1) for n in range(40)], "trusted"),
        ([(n % 5 + 1, n % 5 + 1) for n in range(19)], "unproven"),  # too few
        ([(n % 5 + 1, n * 7 // 5 % 5 + 1) for n in range(100)], "distrusted"),
        ([(5, 5)] * 100, "unproven"),  # chance agrees as well
        ([], "unproven"),
    ],
)
def test_when_a_judge_is_trusted(pairs: list[tuple[int, int]], word: str) -> None:
    found = of(pairs)
    assert found.word == found.to_dict()["word"] == word


def test_wrong_arguments() -> None:
    with pytest.raises(ValueError, match="paired"):
        agreement([1], [1, 2], (1, 5))
    with pytest.raises(ValueError, match="not both in 1 to 5"):
        agreement([6], [1], (1, 5))
    with pytest.raises(ValueError, match="two levels"):
        agreement([1], [1], (1, 1))
