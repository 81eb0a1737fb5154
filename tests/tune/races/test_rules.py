"""What is particular to each rule; what all promise is in tests/contracts/test_races.py."""

from collections.abc import Mapping
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intone.evaluate.outcome import Outcome
from intone.prompt import Prompt
from intone.tune.candidate import Candidate, Trial
from intone.tune.race import Race
from intone.tune.races.behind import Behind
from intone.tune.races.contenders import Contenders
from intone.tune.races.halving import Halving
from intone.tune.races.rejects import SuccessiveRejects
from intone.tune.races.rounds import Rounds
from intone.tune.races.rules import Field
from intone.tune.races.uniform import Uniform
from intone.tune.scores import Scores


def _trials(count: int) -> list[Trial]:
    return [Trial(Candidate(Prompt(f"{i} {{{{ x }}}}"))) for i in range(count)]


def _outcome(program: str, row: int, score: float) -> Outcome:
    return Outcome(program, row, 0, "answered", score, "")


def _play(race: Race, quality: Mapping[str, float]) -> int:
    calls = 0
    while pairs := race.next():
        calls += len(pairs)
        race.record([_outcome(p.id, row, quality[p.id]) for p, row in pairs])
    return calls


def _field(scores: Mapping[str, list[float]], fresh: int = 0, alive: int | None = None) -> Field:
    """Return a field whose rows before `fresh` were met before the heat."""
    kept = Scores()
    for program, values in scores.items():
        kept.add([_outcome(program, row, value) for row, value in enumerate(values)])
    names = tuple(scores)
    rows = tuple(range(max(map(len, scores.values()))))
    return Field(names, names[:alive], names[:alive], rows, rows[fresh:], kept)


def test_halving_halves_until_two_are_left() -> None:
    trials = _trials(8)
    race = Rounds(range(40), Halving())
    race.enter(trials, 96)
    quality = {t.candidate.id: 0.1 * i for i, t in enumerate(trials)}
    assert _play(race, quality) <= 96
    depths = [race.dropped.get(t.candidate.id) for t in trials]
    assert depths == [4, 4, 4, 4, 12, 12, None, None]  # 32 calls a round: 4, then 8 rows more


def test_halving_has_fewer_rounds_where_rows_would_be_too_few() -> None:
    assert len(Halving().rounds(14, 14 * 16)) == 4
    assert len(Halving().rounds(14, 135)) == 2
    assert len(Halving().rounds(14, 10)) == 1
    assert len(Halving(parts=3).rounds(27, 1000)) == 3
    assert len(Halving().rounds(1, 1000)) == 1
    assert not Halving().rounds(0, 1000)


def test_successive_rejects_has_the_rows_of_the_paper() -> None:
    # K = 4, n = 100: L = 1/2 + 1/2 + 1/3 + 1/4; 96 / (L 4) = 15.2, 96 / (L 3) = 20.2, 30.3
    rounds = SuccessiveRejects().rounds(4, 100)
    assert [one.weight for one in rounds] == [16 * 4, (21 - 16) * 3, (31 - 21) * 2]
    assert [one.stays for one in rounds] == [Fraction(3, 4), Fraction(2, 3), Fraction(1, 2)]


@given(st.integers(1, 40), st.integers(0, 3000))
def test_successive_rejects_drops_one_at_a_time_whatever_the_size(count: int, calls: int) -> None:
    rounds = SuccessiveRejects().rounds(count, calls)
    assert rounds and all(one.weight > 0 for one in rounds)
    left = Fraction(count)
    for one in rounds:
        left *= one.stays
    assert left == 1
    if calls >= 20 * count**2:
        assert len(rounds) == max(1, count - 1)


def test_uniform_drops_nobody() -> None:
    trials = _trials(4)
    race = Rounds(range(40), Uniform())
    race.enter(trials, 100)
    assert _play(race, {t.candidate.id: 0.1 * i for i, t in enumerate(trials)}) == 100
    assert race.dropped == {}


def test_behind_ends_a_heat_that_is_decided_and_leaves_the_calls() -> None:
    trials = _trials(4)
    race = Rounds(range(100), Uniform(), Behind(alpha=0.1))
    race.enter(trials, 400)
    best = trials[2].candidate.id
    calls = _play(race, {t.candidate.id: float(t.candidate.id == best) for t in trials})
    assert set(race.dropped) == {t.candidate.id for t in trials} - {best}
    assert calls < 60


def test_what_the_dropped_leave_goes_to_the_others() -> None:
    # two are equally good and one is hopeless: its share lets the two meet more rows
    trials = _trials(3)
    race = Rounds(range(100), Uniform(), Behind())
    race.enter(trials, 90)
    bad = trials[0].candidate.id
    assert _play(race, {t.candidate.id: float(t.candidate.id != bad) for t in trials}) >= 89
    assert race.dropped[bad] < 15


def test_behind_wants_more_where_there_are_more_rivals() -> None:
    few = {"b": [0.0] * 8, "a": [1.0] * 8}
    many = few | {f"c{i}": [0.0] * 8 for i in range(30)}
    assert Behind(0.1).behind(_field(few)) == ["b"]
    assert "b" not in Behind(0.1).behind(_field(many))


def test_behind_counts_no_row_that_was_met_before_the_heat() -> None:
    scores = {"b": [0.0] * 12, "a": [1.0] * 12}
    assert Behind(0.1).behind(_field(scores, fresh=0)) == ["b"]
    assert Behind(0.1).behind(_field(scores, fresh=10)) == []
    assert Behind(0.1, fresh=False).behind(_field(scores, fresh=10)) == ["b"]


def test_what_a_rival_showed_stays_when_it_has_left() -> None:
    # "a" has left after eight rows on all of which it was better than "b"
    scores = {"b": [0.0] * 12, "c": [0.0] * 12, "a": [1.0] * 8}
    assert set(Behind(0.1).behind(_field(scores, alive=2))) < {"b", "c"}


def test_behind_leaves_somebody() -> None:
    turn = [1.0] * 12 + [0.0] * 14
    scores = {"a": turn, "b": [1.0 - value for value in turn]}
    late = Behind(0.1).behind(_field(scores))
    assert len(late) < 2


@pytest.mark.parametrize("alpha", [0.0, 1.0, -1.0])
def test_alpha_is_a_probability(alpha: float) -> None:
    with pytest.raises(ValueError, match="alpha"):
        Behind(alpha)


def test_contenders_stay_while_they_may_lead() -> None:
    close = {"a": [1.0, 0.0] * 10, "b": [1.0, 0.0] * 9 + [0.0, 0.0]}
    far = close | {"c": [0.0] * 20}
    assert Contenders().behind(_field(far)) == ["c"]
    assert not Contenders().behind(_field({p: v[:6] for p, v in far.items()}))


def test_a_waiting_candidate_is_not_dropped_on_fewer_rows_than_it_has() -> None:
    old, *new = _trials(3)
    race = Rounds(range(40), Uniform(), Contenders())
    race.enter([old], 20)
    _play(race, {old.candidate.id: 0.0})
    race.enter([old, *new], 30)
    quality = {t.candidate.id: 1.0 for t in new}
    _play(race, quality)
    assert old.candidate.id not in race.dropped  # the others met 15 rows, it has met 20
