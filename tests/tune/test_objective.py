"""Score against tokens: how they are weighed, and which candidates are on the front."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intone.errors import SettingError
from intone.evaluate.outcome import Outcome
from intone.llm.completion import Usage
from intone.prompt import Prompt
from intone.tune.candidate import Candidate
from intone.tune.known import Known
from intone.tune.objective import ROBUST, SCORE, Objective, front, read_objective
from intone.tune.scores import Scores

GIVEN = Prompt("Which team? {{ body }}")
LONG = Candidate(GIVEN.with_(role="You route tickets."))


def outcome(program: str, row: int, score: float, tokens: int) -> Outcome:
    return Outcome(program, row, 0, "answered", score, "", usage=Usage(tokens, 1))


def test_a_spec_names_the_score_or_weights() -> None:
    assert read_objective("score") is SCORE
    assert read_objective({"tokens": -0.05}) == Objective(1.0, -0.05)
    assert read_objective("robust") == read_objective({"spread": -0.5}) == ROBUST
    assert ROBUST.caution == 0.5 and read_objective({"score": 2, "spread": -0.5}).caution == 0.25
    assert not SCORE.caution
    assert Objective(1.0, -0.05).value(0.8, 2000) == pytest.approx(0.7)


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ("roboust", "there are: score, robust"),
        ({"spread": -0.6}, "from -0.5"),
        ({"spread": 0.1}, "spread is 0.1"),
        ({"money": 1.0}, "objective.money"),
        ({"score": 0.0}, "above 0"),
        ({"tokens": 0.1}, "0 or below"),
        ({"tokens": float("nan")}, "0 or below"),
    ],
)
def test_what_is_no_objective_is_one_line(told: str | dict[str, float], words: str) -> None:
    with pytest.raises(SettingError, match=words):
        read_objective(told)


def test_a_longer_prompt_has_to_earn_its_tokens() -> None:
    for objective, leader in ((SCORE, LONG.id), (Objective(1.0, -1.0), GIVEN.id)):
        known = Known(GIVEN, objective)
        known.add([LONG])
        for row in range(20):
            known.tell([outcome(GIVEN.id, row, float(row % 2), 100)])
            known.tell([outcome(LONG.id, row, float(row % 4 > 0), 900)])
        assert known.ranked()[0].id == leader


@given(st.lists(st.tuples(st.integers(0, 10), st.integers(1, 50)), min_size=1, max_size=12))
def test_nothing_on_the_front_is_beaten_and_nothing_beside_it_is_missing(
    made: list[tuple[int, int]],
) -> None:
    scores, candidates = Scores(), []
    for at, (right, tokens) in enumerate(made):
        candidates.append(Candidate(GIVEN.with_(role=f"Role {at}.")))
        scores.add(
            [outcome(candidates[-1].id, row, float(row < right), tokens) for row in range(10)]
        )
    points = front(candidates, scores)
    assert [p.tokens for p in points] == sorted({p.tokens for p in points})
    assert [p.score for p in points] == sorted({p.score for p in points})
    chosen = next(p for p in points if p.candidate is candidates[0])
    for candidate in candidates:
        score, used = scores.score(candidate.id) or 0.0, scores.tokens(candidate.id)
        lucky = score >= chosen.score and used <= chosen.tokens
        assert lucky or any(p.score >= score and p.tokens <= used for p in points)


def test_candidates_that_met_few_rows_are_not_on_the_front() -> None:
    scores = Scores()
    scores.add([outcome(GIVEN.id, row, float(row < 5), 50) for row in range(10)])
    scores.add([outcome(LONG.id, 0, 1.0, 60)])
    assert [p.candidate.id for p in front([Candidate(GIVEN), LONG], scores)] == [GIVEN.id]
    assert front([LONG], Scores()) == []
