"""Choosing who votes: complementary members, weights, and no vote that is not worth its calls."""

from __future__ import annotations

from dataclasses import replace

import pytest

from intone.data.canonical import draw
from intone.evaluate.outcome import Outcome
from intone.prompt import Prompt
from intone.tune.candidate import Candidate
from intone.tune.voters import NoVote, choose_voters

ROWS = 40


def candidate(name: str) -> Candidate:
    return Candidate(Prompt(f"{name} {{{{ body }}}}"))


def told(answers: dict[str, list[bool]]) -> tuple[list[Candidate], dict[tuple[str, int], Outcome]]:
    """Return candidates and their outcomes; the wrong answer of each row is the same for all."""
    candidates = [candidate(name) for name in answers]
    outcomes = {}
    for one, right in zip(candidates, answers.values(), strict=True):
        for row, is_right in enumerate(right):
            said = "yes" if is_right else "no"
            outcomes[one.id, row] = Outcome(
                one.id, row, 0, "answered", float(is_right), "", answer=said
            )
    return candidates, outcomes


def wrong_on(*places: int) -> list[bool]:
    """Right but on every row whose place modulo 5 is one of these."""
    return [row % 5 not in places for row in range(ROWS)]


def test_members_that_are_wrong_on_different_rows_are_chosen() -> None:
    candidates, outcomes = told(
        {"a": wrong_on(0), "same": wrong_on(0), "b": wrong_on(1), "c": wrong_on(2)}
    )
    voters = choose_voters(candidates, outcomes, 3)
    assert not isinstance(voters, NoVote)
    assert {member.program.id for member in voters.members} == {
        candidates[place].id for place in (0, 2, 3)
    }
    assert voters.score == 1.0
    assert 2.0 <= voters.calls < 3.0
    assert (voters.weights, voters.by) == ((), "majority")


def test_members_that_make_the_same_mistakes_are_not_worth_their_calls() -> None:
    candidates, outcomes = told({name: wrong_on(0) for name in "abcd"})
    none = choose_voters(candidates, outcomes, 5)
    assert isinstance(none, NoVote)
    assert none.why.startswith("none beat the best single prompt by 0.5 points for each further")
    assert none.why.endswith("scored 0.800 with 2.0 calls an answer, the prompt 0.800")


def test_a_gain_of_less_than_half_a_point_a_call_is_none() -> None:
    right = [True] * 1000
    one = [row != 3 for row in range(1000)]
    candidates, outcomes = told({"a": one, "b": [*right[:5], False, *right[6:]], "c": one[::-1]})
    assert isinstance(choose_voters(candidates, outcomes, 3), NoVote)


def test_weights_let_the_reliable_one_decide() -> None:
    chance = draw(1, "weights")
    good = [chance.random() < 0.95 for _ in range(400)]
    weak = [[chance.random() < 0.55 for _ in range(400)] for _ in range(2)]
    candidates, outcomes = told({"good": good, "one": weak[0], "two": weak[1]})
    voters = choose_voters(candidates, outcomes, 3)
    assert isinstance(voters, NoVote)  # with such weights it would only say what the good one says


def test_too_few_rows_or_candidates_tell_nothing() -> None:
    candidates, outcomes = told({"a": wrong_on(0), "b": wrong_on(1), "c": wrong_on(2)})
    few = {key: outcome for key, outcome in outcomes.items() if key[1] < 9}
    rows, voters = choose_voters(candidates, few, 3), choose_voters(candidates[:2], outcomes, 3)
    assert rows == NoVote(
        "only 9 rows were answered by all 3 prompts that could vote, 10 are needed"
    )
    assert voters == NoVote("2 prompts are left to vote, 3 are needed")


@pytest.mark.parametrize("missing", range(3))
def test_rows_that_failed_for_one_are_left_out(missing: int) -> None:
    candidates, outcomes = told({"a": wrong_on(0), "b": wrong_on(1), "c": wrong_on(2)})
    for row in range(20):
        key = (candidates[missing].id, row)
        outcomes[key] = Outcome(*key, 0, "failed", None, "")
    voters = choose_voters(candidates, outcomes, 3)
    assert not isinstance(voters, NoVote) and voters.score == 1.0


def test_by_probability_where_that_is_better() -> None:
    candidates, outcomes = told({"a": wrong_on(0), "b": wrong_on(0, 1), "c": wrong_on(1, 2)})
    for key, outcome in outcomes.items():
        sure = 0.95 if outcome.score else 0.55
        other = "no" if outcome.answer == "yes" else "yes"
        choices = {outcome.answer or "": sure, other: 1 - sure}
        outcomes[key] = Outcome(
            *key, 0, "answered", outcome.score, "", answer=outcome.answer, choices=choices
        )
    voters = choose_voters(candidates, outcomes, 3)
    assert not isinstance(voters, NoVote) and voters.by == "probability"


def test_equal_json_values_are_one_answer_however_they_are_spelt() -> None:
    candidates, outcomes = told({"a": wrong_on(0), "b": wrong_on(1), "c": wrong_on(2)})
    spelt = ('{"a": 1, "b": 2}', '{"b":2,"a":1}', '{ "a": 1, "b": 2 }')
    for (name, row), outcome in outcomes.items():
        place = [c.id for c in candidates].index(name)
        said = spelt[place] if outcome.answer == "yes" else f'{{"a": {place}}}'
        outcomes[name, row] = replace(outcome, answer=said)
    voters = choose_voters(candidates, outcomes, 3)
    assert not isinstance(voters, NoVote) and voters.score == 1.0
