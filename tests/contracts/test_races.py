"""What every race promises, run over every rule."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from intone.data.canonical import draw
from intone.evaluate.outcome import Outcome
from intone.prompt import Prompt
from intone.tune.candidate import Candidate, Trial
from intone.tune.race import Race
from intone.tune.races.behind import Behind
from intone.tune.races.contenders import Contenders
from intone.tune.races.halving import Halving
from intone.tune.races.rejects import SuccessiveRejects
from intone.tune.races.rounds import Rounds
from intone.tune.races.uniform import Uniform

Make = Callable[[Sequence[int]], Race]

MAKERS: dict[str, Make] = {
    "halving": lambda rows: Rounds(rows, Halving()),
    "thirds": lambda rows: Rounds(rows, Halving(parts=3)),
    "rejects": lambda rows: Rounds(rows, SuccessiveRejects()),
    "uniform": lambda rows: Rounds(rows, Uniform()),
    "behind": lambda rows: Rounds(rows, Uniform(), Behind()),
    "halving, behind": lambda rows: Rounds(rows, Halving(), Behind()),
    "rejects, behind": lambda rows: Rounds(rows, SuccessiveRejects(), Behind(fresh=False)),
    "contenders": lambda rows: Rounds(rows, Uniform(), Contenders()),
    "halving, contenders": lambda rows: Rounds(rows, Halving(), Contenders()),
}


@pytest.fixture(params=sorted(MAKERS), scope="module")
def make(request: pytest.FixtureRequest) -> Make:
    return MAKERS[request.param]


@dataclass(frozen=True)
class Costly:
    """A program of several calls a row."""

    name: str
    max_calls: int

    @property
    def id(self) -> str:
        return self.name


def trials(count: int, most_calls: int = 1) -> list[Trial]:
    """Return trials; every second one is a program of several calls if there may be any."""
    if most_calls == 1:
        return [Trial(Candidate(Prompt(f"{i} {{{{ x }}}}"))) for i in range(count)]
    programs: list[Any] = [Costly(f"c{i}", most_calls if i % 2 else 1) for i in range(count)]
    return [Trial(Candidate(program)) for program in programs]


def outcome(program: str, row: int, score: float | None) -> Outcome:
    return Outcome(program, row, 0, "answered" if score is not None else "failed", score, "")


Quality = Callable[[str, int], float | None]


def noisy(salt: int) -> Quality:
    """Return a world in which candidates differ and no row is like another; some rows fail."""

    def score(program: str, row: int) -> float | None:
        chance = draw(salt, program, row)
        if chance.random() < 0.05:
            return None
        return float(chance.random() < draw(salt, program).random())

    return score


def play(race: Race, quality: Quality) -> list[list[tuple[str, int, int]]]:
    """Play a heat to its end; give what was asked for in each turn: program, row, calls."""
    turns: list[list[tuple[str, int, int]]] = []
    while pairs := race.next():
        assert len(turns) < 1000, "it never ends"
        turns.append([(p.id, row, p.max_calls) for p, row in pairs])
        race.record([outcome(p.id, row, quality(p.id, row)) for p, row in pairs])
    return turns


def depth_of(turns: list[list[tuple[str, int, int]]]) -> dict[str, list[int]]:
    met: dict[str, list[int]] = {}
    for turn in turns:
        for program, row, _ in turn:
            met.setdefault(program, []).append(row)
    return met


HEATS = {
    "count": st.integers(1, 12),
    "calls": st.integers(0, 300),
    "rows": st.integers(1, 40),
    "salt": st.integers(0, 10**6),
}


@given(**HEATS, most=st.integers(1, 4))
@settings(max_examples=60, deadline=None)
def test_a_heat_never_costs_more_than_it_may(
    make: Make, count: int, calls: int, rows: int, salt: int, most: int
) -> None:
    race = make(range(rows))
    race.enter(trials(count, most), calls)
    assert sum(c for turn in play(race, noisy(salt)) for _, _, c in turn) <= calls


@given(**HEATS)
@settings(max_examples=60, deadline=None)
def test_all_meet_the_same_rows_in_the_same_order(
    make: Make, count: int, calls: int, rows: int, salt: int
) -> None:
    race = make(range(100, 100 + rows))
    race.enter(trials(count), calls)
    turns = play(race, noisy(salt))
    for turn in turns:
        assert len({tuple(met) for met in depth_of([turn]).values()}) == 1
        programs = [program for program, _, _ in turn]
        assert programs == sorted(programs, key=programs.index)  # grouped by program
    for met in depth_of(turns).values():
        assert met == list(range(100, 100 + len(met)))


@given(**HEATS)
@settings(max_examples=60, deadline=None)
def test_the_dropped_meet_no_more_rows_and_somebody_is_left(
    make: Make, count: int, calls: int, rows: int, salt: int
) -> None:
    race = make(range(rows))
    entered = trials(count)
    race.enter(entered, calls)
    met = depth_of(play(race, noisy(salt)))
    for program, depth in race.dropped.items():
        assert len(met[program]) == depth
    assert len(race.dropped) < count
    deepest = max((len(rows) for rows in met.values()), default=0)
    for trial in entered:
        if trial.candidate.id not in race.dropped:
            assert len(met.get(trial.candidate.id, [])) == deepest


@given(**HEATS)
@settings(max_examples=30, deadline=None)
def test_it_decides_the_same_again(
    make: Make, count: int, calls: int, rows: int, salt: int
) -> None:
    found = []
    for _ in range(2):
        race = make(range(rows))
        race.enter(trials(count), calls)
        found.append((play(race, noisy(salt)), race.dropped))
    assert found[0] == found[1]


@given(**HEATS)
@settings(max_examples=40, deadline=None)
def test_a_later_heat_asks_nothing_twice_and_drops_nobody_on_fewer_rows(
    make: Make, count: int, calls: int, rows: int, salt: int
) -> None:
    race = make(range(rows))
    first = trials(count)
    race.enter(first, calls)
    before = depth_of(play(race, noisy(salt)))
    gone = race.dropped
    stay = [trial for trial in first if trial.candidate.id not in gone][:3]
    later = [*stay, *trials(count + 4)[count:]]
    race.enter(later, calls)
    turns = play(race, noisy(salt))
    after = depth_of(turns)
    assert sum(len(turn) for turn in turns) <= calls
    for program, met in after.items():
        assert not set(met) & set(before.get(program, []))
    for trial in later:
        program = trial.candidate.id
        if program in race.dropped:
            assert race.dropped[program] >= len(before.get(program, []))


def test_newcomers_catch_up_first(make: Make) -> None:
    old, new = trials(2)
    race = make(range(10))
    race.enter([old], 4)
    play(race, noisy(0))
    race.enter([old, new], 6)
    asked = [(program.id, row) for program, row in race.next()]
    assert (old.candidate.id, 0) not in asked
    assert (new.candidate.id, 0) in asked


def test_the_clearly_best_stays_to_the_end(make: Make) -> None:
    race = make(range(60))
    entered = trials(8)
    race.enter(entered, 240)
    best = entered[5].candidate.id
    play(race, lambda program, row: float(program == best))
    assert best not in race.dropped


def test_trials_that_name_their_rows_get_these_rows_and_are_not_raced(make: Make) -> None:
    named, raced = trials(2)
    race = make(range(10))
    race.enter([Trial(named.candidate, rows=(3, 5, 3)), raced], 6)
    assert [(p.id, row) for p, row in race.next()] == [
        (named.candidate.id, 3),
        (named.candidate.id, 5),
    ]
    race.record([outcome(named.candidate.id, 3, 1.0), outcome(named.candidate.id, 5, None)])
    turns = play(race, noisy(0))
    assert depth_of(turns) == {raced.candidate.id: [0, 1, 2, 3]}
    race.enter([Trial(named.candidate, rows=(3, 7))], 6)
    assert [row for _, row in race.next()] == [7]


def test_named_rows_are_cut_to_the_calls_there_are(make: Make) -> None:
    race = make(range(10))
    program: Any = SimpleNamespace(id="chain", max_calls=3)
    race.enter([Trial(Candidate(program), rows=(0, 1, 2))], 7)
    assert [row for _, row in race.next()] == [0, 1]
    race.record([])
    assert not race.next()


def test_outcomes_that_do_not_come_do_not_hold_it_up(make: Make) -> None:
    """A row that a prompt shows as a demonstration is not answered."""
    race = make(range(12))
    race.enter(trials(4), 60)
    turns = 0
    while race.next():
        race.record([])
        turns += 1
    assert turns < 20


def test_nothing_to_race_and_nothing_to_spend(make: Make) -> None:
    race = make(range(5))
    race.enter([], 10)
    assert not race.next()
    race.enter(trials(3), 0)
    assert not race.next()
    assert race.dropped == {}
    empty = make([])
    empty.enter(trials(3), 10)
    assert not empty.next()


def test_a_candidate_that_is_entered_again_is_alive_again() -> None:
    field = trials(4)
    race = Rounds(range(40), Halving())
    ranks = {t.candidate.id: 0.1 * i for i, t in enumerate(field)}
    race.enter(field, 32)
    play(race, lambda program, row: ranks[program])
    assert {field[0].candidate.id, field[1].candidate.id} <= race.dropped.keys()
    race.enter([field[0]], 20)
    play(race, lambda program, row: ranks[program])
    assert field[0].candidate.id not in race.dropped  # it won a heat of its own
    assert field[1].candidate.id in race.dropped
