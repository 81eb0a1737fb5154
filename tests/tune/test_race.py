from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from intone.evaluate.outcome import Outcome
from intone.prompt import Prompt
from intone.tune.candidate import Candidate, Trial
from intone.tune.race import Halving


def _trials(count: int, calls: int | None = None) -> list[Trial]:
    return [Trial(Candidate(Prompt(f"{i} {{{{ x }}}}")), calls=calls) for i in range(count)]


def _outcome(program: str, row: int, score: float) -> Outcome:
    return Outcome(program, row, 0, "answered", score, "")


def _play(race: Halving, quality: dict[str, float]) -> int:
    calls = 0
    while pairs := race.next():
        calls += len(pairs)
        race.record([_outcome(p.id, row, quality[p.id]) for p, row in pairs])
    return calls


def test_the_best_stays_to_the_last_round() -> None:
    trials = _trials(8)
    race = Halving(range(40))
    race.enter(trials, 96)
    quality = {t.candidate.id: 0.1 * i for i, t in enumerate(trials)}
    calls = _play(race, quality)
    assert calls <= 96
    assert trials[-1].candidate.id not in race.dropped
    assert len(race.dropped) == 7 - 1  # halved three times: 8, 4, 2 and the last pair is ranked
    assert race.dropped[trials[0].candidate.id] < 40


@given(st.integers(1, 12), st.integers(0, 200), st.integers(1, 30), st.integers(0, 5))
@settings(max_examples=200, deadline=None)
def test_a_heat_never_costs_more_than_it_may(count: int, calls: int, rows: int, salt: int) -> None:
    trials = _trials(count)
    race = Halving(range(rows))
    race.enter(trials, calls)
    quality = {t.candidate.id: ((i * 7 + salt) % 5) / 5 for i, t in enumerate(trials)}
    spent = _play(race, quality)
    assert spent <= calls
    if calls >= count * rows * 2:
        leader = max(quality, key=lambda k: quality[k])
        assert leader not in race.dropped or list(quality.values()).count(quality[leader]) > 1


@given(st.integers(2, 9), st.integers(10, 120))
@settings(max_examples=100, deadline=None)
def test_every_round_gives_all_the_same_rows(count: int, calls: int) -> None:
    trials = _trials(count)
    race = Halving(range(50))
    race.enter(trials, calls)
    met: dict[str, list[int]] = {t.candidate.id: [] for t in trials}
    while pairs := race.next():
        by_program: dict[str, list[int]] = {}
        for program, row in pairs:
            by_program.setdefault(program.id, []).append(row)
        assert len({tuple(rows) for rows in by_program.values()}) == 1
        for program_id, rows in by_program.items():
            met[program_id] += rows
        race.record([_outcome(p.id, row, 0.5) for p, row in pairs])
    for rows in met.values():
        assert rows == list(range(len(rows)))


def test_newcomers_catch_up_and_old_rows_are_not_asked_again() -> None:
    old = _trials(1)
    race = Halving(range(10))
    race.enter(old, 4)
    _play(race, {old[0].candidate.id: 0.5})
    new = _trials(2)[1:]
    race.enter([*old, *new], 6)
    pairs: Sequence[object] = race.next()

    asked = [(p.id, row) for p, row in race_pairs(pairs)]
    assert (old[0].candidate.id, 0) not in asked
    assert (new[0].candidate.id, 0) in asked


def race_pairs(pairs: Sequence[object]) -> list[tuple[Prompt, int]]:
    return list(pairs)  # type: ignore[arg-type]


def test_trials_that_name_their_rows_get_these_rows() -> None:
    trial = Trial(Candidate(Prompt("{{ x }}")), rows=(3, 5))
    race = Halving(range(10))
    race.enter([trial], 10)
    assert [row for _, row in race.next()] == [3, 5]
    race.record([_outcome(trial.candidate.id, 3, 1.0), _outcome(trial.candidate.id, 5, 1.0)])
    assert race.next() == ()


def test_a_candidate_that_is_entered_again_is_alive_again() -> None:
    trials = _trials(4)
    race = Halving(range(40))
    race.enter(trials, 32)
    quality = {t.candidate.id: 0.1 * i for i, t in enumerate(trials)}
    _play(race, quality)
    assert {trials[0].candidate.id, trials[1].candidate.id} <= race.dropped.keys()
    race.enter([trials[0]], 20)
    _play(race, quality)
    assert trials[0].candidate.id not in race.dropped  # it won a heat of its own
    assert trials[1].candidate.id in race.dropped
