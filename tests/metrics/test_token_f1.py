"""How much wording an answer shares with a right answer."""

from __future__ import annotations

import pytest
from hypothesis import given

from intone.metrics.token_f1 import token_f1
from tests.strategies import texts


@pytest.mark.parametrize(
    ("answer", "right", "wanted"),
    [
        ("the green team", "The green team.", 1.0),
        ("green", "blue", 0.0),
        ("it is green", "green", 0.5),
        ("green green", "green", 2 / 3),
        ("", "", 1.0),
        ("", "green", 0.0),
    ],
)
def test_known_values(answer: str, right: str, wanted: float) -> None:
    assert token_f1(answer, right) == pytest.approx(wanted)


@given(texts(), texts())
def test_it_is_a_share_the_same_either_way_round(one: str, other: str) -> None:
    assert 0.0 <= token_f1(one, other) <= 1.0
    assert token_f1(one, other) == pytest.approx(token_f1(other, one))
    assert token_f1(one, one) == 1.0
