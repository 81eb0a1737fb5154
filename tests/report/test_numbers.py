from __future__ import annotations

import pytest

from intone.report import numbers


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0.04, "0.0 s"),
        (9.94, "9.9 s"),
        (9.97, "10 s"),
        (59.4, "59 s"),
        (59.6, "1 min 0 s"),
        (372, "6 min 12 s"),
        (3599.7, "1 h 0 min"),
        (7500, "2 h 5 min"),
    ],
)
def test_duration(seconds: float, said: str) -> None:
    assert numbers.duration(seconds) == said


@pytest.mark.parametrize(
    ("tokens", "said"),
    [
        (1, "1 token"),
        (999, "999 tokens"),
        (1_000, "1.0 k tokens"),
        (9_960, "10 k tokens"),
        (101_100, "101 k tokens"),
        (999_400, "999 k tokens"),
        (2_400_000, "2.4 M tokens"),
    ],
)
def test_tokens(tokens: int, said: str) -> None:
    assert numbers.tokens(tokens) == said


def test_points_are_never_minus_zero() -> None:
    assert numbers.points(-0.0001) == "+0.0"
    assert numbers.about_points(-0.001) == "+0"
    assert numbers.points(0.194) == "+19.4"
    assert numbers.points(-0.051, sign=False) == "-5.1"


def test_small_numbers_keep_what_matters() -> None:
    assert numbers.chance(0.0004) == "p < 0.001"
    assert numbers.chance(0.0498) == "p = 0.0498"
    assert numbers.chance(0.2) == "p = 0.200"
    assert numbers.money(0.0031) == "$0.0031"
    assert numbers.money(1234.5) == "$1,234.50"
    assert numbers.money(0.00001) == "under $0.0001"
    assert numbers.score(None) == "–"
    assert numbers.counted(1, "row") == "1 row"
    assert numbers.counted(1234, "row") == "1,234 rows"
