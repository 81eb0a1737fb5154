"""The sequential test: what holds for any rows, and how often it errs over all its looks."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import ArrayLike, NDArray

from intone.verdict.sequential import BETS, decided_after, e_values, followed, running_p

Floats = NDArray[np.float64]
Test = Callable[[ArrayLike], Floats]
DIFFERENCES = st.lists(st.floats(-1.0, 1.0), min_size=1, max_size=60)
BOTH = pytest.mark.parametrize("test", [e_values, followed], ids=["mixture", "followed"])


@BOTH
@given(differences=DIFFERENCES)
def test_the_capital_is_never_negative_and_never_looks_ahead(
    test: Test, differences: list[float]
) -> None:
    found = test(differences)
    assert found.shape == (len(differences),)
    assert (found >= 0.0).all()
    for n in (1, len(differences) // 2, len(differences) - 1):
        if n:
            assert test(differences[:n]) == pytest.approx(found[:n], rel=1e-9)


@given(DIFFERENCES, st.randoms())
def test_the_mixture_does_not_depend_on_the_order(differences: list[float], random: Random) -> None:
    mixed = list(differences)
    random.shuffle(mixed)
    assert e_values(mixed)[-1] == pytest.approx(e_values(differences)[-1], rel=1e-9)


@given(DIFFERENCES)
def test_it_is_the_formula(differences: list[float]) -> None:
    expected = [
        np.mean([np.prod([1.0 + bet * d for d in differences[: n + 1]]) for bet in BETS])
        for n in range(len(differences))
    ]
    assert e_values(differences) == pytest.approx(expected, rel=1e-9)


@given(DIFFERENCES, st.floats(0.0, 1.0))
def test_a_larger_difference_is_never_weaker_evidence(
    differences: list[float], more: float
) -> None:
    raised = [min(1.0, difference + more) for difference in differences]
    assert (e_values(raised) >= e_values(differences) * (1 - 1e-9)).all()


@given(st.lists(DIFFERENCES.map(lambda d: (d * 60)[:20]), min_size=1, max_size=4))
def test_several_tests_at_once_are_the_tests_one_by_one(rows: list[list[float]]) -> None:
    together = e_values(rows)
    for found, row in zip(together, rows, strict=True):
        assert found == pytest.approx(e_values(row))


@given(DIFFERENCES)
def test_p_only_falls_and_agrees_with_the_decision(differences: list[float]) -> None:
    evidence = e_values(differences)
    p = running_p(evidence)
    assert (np.diff(p) <= 0).all() and (p > 0).all() and (p <= 1).all()
    first = int(decided_after(evidence, 0.05))
    assert (first > 0) == bool((p <= 0.05).any())
    if first:
        assert evidence[first - 1] >= 20 and (evidence[: first - 1] < 20).all()


@given(DIFFERENCES)
def test_both_directions_mirror_each_other(differences: list[float]) -> None:
    """Each of two programs is tested by the other's differences with the sign turned."""
    turned = [-difference for difference in differences]
    both = e_values([differences, turned])
    assert both[1] == pytest.approx(e_values(turned))
    if not any(differences):
        assert both == pytest.approx(np.ones((2, len(differences))))


def test_rows_without_a_difference_change_nothing() -> None:
    assert e_values([0.5, 0.0, 0.0])[-1] == pytest.approx(e_values([0.5])[-1])
    assert e_values(np.zeros((2, 0))).shape == (2, 0)
    assert decided_after(np.zeros((2, 0)), 0.1).tolist() == [0, 0]


def test_thousands_of_rows_do_not_overflow() -> None:
    assert np.isfinite(e_values(np.ones(5000))).all()
    assert running_p(e_values(-np.ones(5000)))[-1] == 1.0


def test_what_is_no_difference_is_refused() -> None:
    for wrong in (1.5, float("nan")):
        with pytest.raises(ValueError, match=str(wrong)):
            e_values([0.1, wrong])
    with pytest.raises(ValueError, match="alpha"):
        decided_after([1.0], 0.0)


def _binary(gain: float, discordance: float, size: tuple[int, int], seed: int = 1) -> Floats:
    chances = [(discordance + gain) / 2, (discordance - gain) / 2, 1 - discordance]
    drawn: Floats = np.random.default_rng(seed).choice([1.0, -1.0, 0.0], size, p=chances)
    return drawn


def _graded(kind: str, size: tuple[int, int]) -> Floats:
    rng = np.random.default_rng(2)
    if kind == "spread":
        return np.asarray(rng.normal(0.0, 0.3, size).clip(-1, 1))
    if kind == "rare disaster":  # nine rows gain 0.1, the tenth loses 0.9
        return np.where(rng.random(size) < 0.1, -0.9, 0.1)
    ease = rng.beta(1.2, 0.8, size)
    return np.asarray((rng.binomial(3, ease) - rng.binomial(3, ease)) / 3)


SETS = 4000
NOISE = 3 * np.sqrt(0.05 * 0.95 / SETS)


@BOTH
@pytest.mark.parametrize("discordance", [0.1, 0.2, 0.3, 0.5])
def test_false_alarms_over_all_looks_binary(test: Test, discordance: float) -> None:
    found = decided_after(test(_binary(0.0, discordance, (SETS, 200))), 0.05)
    assert 0.002 < (found > 0).mean() <= 0.05 + NOISE


@BOTH
@pytest.mark.parametrize("kind", ["spread", "rare disaster", "samples"])
def test_false_alarms_over_all_looks_graded(test: Test, kind: str) -> None:
    found = decided_after(test(_graded(kind, (SETS, 200))), 0.05)
    assert (found > 0).mean() <= 0.05 + NOISE


def test_the_same_test_looked_at_after_every_row_would_err_without_it() -> None:
    """A z-test looked at after every row is what this one is for."""
    rows = _binary(0.0, 0.3, (SETS, 200))
    z = rows.cumsum(axis=1)[:, 9:] / np.sqrt((rows**2).cumsum(axis=1)[:, 9:].clip(1))
    assert (z > 1.645).any(axis=1).mean() > 0.15


def test_rows_in_an_order_that_spreads_the_targets() -> None:
    """One target gains 0.3 and the other loses 0.3, turn and turn about: no gain in all."""
    up = _binary(0.3, 0.4, (SETS, 100), seed=3)
    down = _binary(-0.3, 0.4, (SETS, 100), seed=4)
    turns = np.stack([up, down], axis=2).reshape(SETS, 200)
    assert (decided_after(e_values(turns), 0.05) > 0).mean() <= 0.05 + NOISE


@pytest.mark.parametrize(
    ("gain", "discordance", "rows", "least"),
    [(0.1, 0.2, 150, 0.6), (0.2, 0.3, 80, 0.8), (0.4, 0.5, 40, 0.9), (0.03, 0.1, 1000, 0.6)],
)
def test_it_finds_what_is_there_and_sooner_than_with_stakes_that_follow(
    gain: float, discordance: float, rows: int, least: float
) -> None:
    differences = _binary(gain, discordance, (2000, rows))
    found = (decided_after(e_values(differences), 0.05) > 0).mean()
    assert found >= least
    assert found >= (decided_after(followed(differences), 0.05) > 0).mean()
