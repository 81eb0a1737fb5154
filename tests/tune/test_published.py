"""What is particular to single methods; what all promise is in tests/contracts."""

import asyncio
from collections import Counter
from dataclasses import replace
from math import prod
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from intone.evaluate.budget import Budget
from intone.evaluate.outcome import Outcome
from intone.llm.completion import Usage
from intone.prompt import Prompt
from intone.prompt.program import Program
from intone.prompt.prompt import Demonstration
from intone.tune import capo, mipro
from intone.tune.candidate import Candidate
from intone.tune.capo import Capo, behind, mixed, mutated
from intone.tune.evoprompt import EvoPrompt, EvoPromptDe
from intone.tune.gepa import Gepa, front, parted, won
from intone.tune.grid import Grid, widened
from intone.tune.known import Known
from intone.tune.mipro import Mipro
from intone.tune.objective import SCORE, Objective
from intone.tune.opro import Opro
from intone.tune.random import Random as RandomSearch
from intone.tune.stepwise import Stepwise
from intone.tune.tpe import Tpe
from intone.tune.variation import prompt_of
from intone.writer.writer import Proposals, Scored
from tests.contracts.test_tuners import GIVEN, ROWS, material, played, telling
from tests.tune.writers import INSIGHT, Good, Junk

SHOWN = [Demonstration({"body": str(i)}, "billing") for i in range(8)]


@given(st.lists(st.integers(1, 9), max_size=4), st.integers(1, 100))
def test_a_grid_is_as_wide_as_fits(counts: list[int], most: int) -> None:
    taken = widened(counts, most)
    assert prod(taken) <= most
    assert all(1 <= t <= c for t, c in zip(taken, counts, strict=True))
    for place in range(len(counts)):
        wider = [t + (i == place) for i, t in enumerate(taken)]
        assert taken[place] == counts[place] or prod(wider) > most


def test_a_grid_has_every_combination() -> None:
    first = played(Grid(material()), 300)[0]
    prompts = [prompt_of(trial.candidate) for trial in first]
    shown = {prompt.demonstrations for prompt in prompts}
    templates = {(p.template, p.layout, p.output_format, p.clarifiers) for p in prompts}
    assert len(shown) >= 2 and len(prompts) == len(shown) * len(templates)


def test_random_draws_by_its_seed_alone() -> None:
    def drawn(seed: int) -> list[str]:
        that = material()
        tuner = RandomSearch(type(that)(**(vars(that) | {"seed": seed})))
        return [trial.candidate.id for trial in played(tuner, 300)[0]]

    assert drawn(1) == drawn(1) != drawn(2)


def test_tpe_depends_on_its_seed_and_its_values_alone() -> None:
    def asked(seed: int) -> list[tuple[int, ...]]:
        tpe = Tpe((6, 5), seed, startup=4)
        points = []
        for number in range(25):
            points.append(tpe.ask(number))
            tpe.tell(points[-1], float(points[-1] == (3, 2)) + 0.3 * (points[-1][0] == 3))
        return points

    assert asked(1) == asked(1) != asked(2)
    late = asked(1)[10:]
    assert sum(point[0] == 3 for point in late) > len(late) / 4  # a sixth by chance


def test_tpe_may_be_told_of_what_it_did_not_ask_for() -> None:
    tpe = Tpe((2, 2), 0, startup=1)
    tpe.tell((0, 0), 0.5)
    tpe.tell((0, 0), 0.7)
    assert len(tpe.ask(1)) == 2


@pytest.mark.parametrize(("calls", "rows"), [(1, 1), (30, 7), (300, 42), (5000, 400)])
def test_mipro_sizes_fit(calls: int, rows: int) -> None:
    size = mipro.sizes(calls, rows)
    assert 1 <= size.batch <= min(35, rows) and size.batch <= size.full <= rows
    assert size.instructions <= 18 and size.trials <= 27


def test_mipro_scores_on_minibatches_and_the_best_in_full() -> None:
    asks = played(Mipro(material()), 300)
    rows = [len(trial.rows or ()) for (trial,) in asks]
    size = mipro.sizes(300, len(ROWS))
    assert rows[0] == size.full and rows[1:6] == [size.batch] * 5 and rows[6] == size.full
    assert len({trial.rows for (trial,) in asks[1:6]}) == 5  # another minibatch each time


def test_gepa_keeps_pareto_and_feedback_rows_apart() -> None:
    pareto, feedback = parted(range(42), 300)
    assert (len(pareto), len(feedback)) == (20, 22) and not set(pareto) & set(feedback)
    assert parted(range(5), 300) == (range(5), range(5))
    assert [len(part) for part in parted(range(7), 30)] == [4, 3]


def test_gepa_takes_a_child_in_only_if_its_minibatch_rises() -> None:
    tuner = Gepa(material(Good()))
    asks = played(tuner, 300, telling(INSIGHT, good=1.0, bad=0.0))
    (first,), (batch,), (child,), (whole,) = asks[:4]
    assert batch.candidate.id == first.candidate.id == GIVEN.id
    assert batch.rows == child.rows and len(child.rows or ()) == 3
    assert whole.candidate.id == child.candidate.id == tuner.best()[0].id
    assert whole.rows == first.rows
    tuner = Gepa(material(Good()))
    asks = played(tuner, 300, telling(INSIGHT, good=0.0, bad=0.0))
    assert {len(trial.rows or ()) for (trial,) in asks[1:-1]} == {3}  # the last may be cut short
    assert tuner.best()[0].id == GIVEN.id


def test_a_dominated_candidate_is_not_on_the_front() -> None:
    table = [{0: 1.0, 1: 0.0, 2: 0.0}, {0: 1.0, 1: 1.0, 2: 0.0}, {0: 0.0, 1: 0.0, 2: 1.0}]
    assert won(table, range(3)) == {1: {0, 1}, 2: {2}}
    assert won([{}, {}], range(3)) == {}
    assert won([{0: 1.0}, {0: 1.0}], [0]) in ({0: {0}}, {1: {0}})


def test_probabilities_choose_among_equal_means_only() -> None:
    equal = [{0: 1.0, 1: 0.0}, {0: 1.0, 1: 0.0}]
    assert won(equal, range(2), [1.2, 1.3]) == {1: {0, 1}}
    assert won(equal, range(2), [1.3, 1.2]) == {0: {0, 1}}
    better = [{0: 1.0, 1: 0.0}, {0: 1.0, 1: 1.0}]
    assert won(better, range(2), [1.9, 1.1]) == {1: {0, 1}}


def test_gepa_s_front_is_made_of_scores() -> None:
    """Were it made of probabilities, each of these would win a row by noise."""
    known = Known(GIVEN)
    one, other = known.given, Candidate(Prompt("Which team, please?\n\n{{ body }}"))
    for candidate, chances in ((one, (0.6, 0.9)), (other, (0.7, 0.7))):
        known.tell(
            [
                Outcome(candidate.id, row, 0, "answered", 1.0, "", likelihood=chance)
                for row, chance in enumerate(chances)
            ]
        )
    assert front(known, [one, other], [0, 1]) == {0: {0, 1}}
    assert front(known, [other, one], [0, 1]) == {1: {0, 1}}


@settings(max_examples=60)
@given(
    st.lists(
        st.fixed_dictionaries({row: st.sampled_from((0.0, 0.5, 1.0)) for row in range(5)}),
        min_size=1,
        max_size=6,
    )
)
def test_the_front_covers_every_row(table: list[dict[int, float]]) -> None:
    found = won(table, range(5))
    assert set().union(*found.values()) == set(range(5))
    for place, rows in found.items():
        assert all(table[place][row] == max(merits[row] for merits in table) for row in rows)


def test_capo_drops_those_that_enough_rivals_beat() -> None:
    good, bad = [1.0] * 9 + [0.0], [0.0] * 9 + [1.0]
    values = np.array([good, good, bad])
    assert behind(values, 2) == {2}
    assert behind(values, 3) == set()
    assert behind(np.array([good, bad]), 1) == {1}
    assert behind(np.array([good, good]), 1) == set()
    assert behind(np.array([[1.0], [0.0]]), 1) == set()  # one row proves nothing
    missing = np.array([[1.0, np.nan, 1.0], [np.nan, 0.0, np.nan]])
    assert behind(missing, 1) == set()


def test_capo_crosses_two_different_parents_drawn_evenly() -> None:
    population = [Candidate(Prompt(f"Which team is it? {{{{ body }}}} {i}")) for i in range(3)]
    drawn: Counter[str] = Counter()
    for number in range(600):
        one, other = capo.parents(population, Random(number))
        assert one.id != other.id
        drawn.update((one.id, other.id))
    assert all(350 < drawn[candidate.id] < 450 for candidate in population)
    assert list(capo.parents(population[:1], Random(0))) == population[:1] * 2


def test_capo_breeds_demonstrations_of_both_parents() -> None:
    child = mixed(SHOWN[:4], SHOWN[3:5], Random(0))
    assert len(child) == 3 and set(child) <= set(SHOWN[:5])
    sizes = {len(mutated(SHOWN[:3], SHOWN[5:6], Random(i))) for i in range(30)}
    assert sizes == {2, 3, 4}
    assert all(len(mutated(SHOWN[:5], SHOWN[5:6], Random(i))) <= 5 for i in range(30))
    assert mutated((), (), Random(0)) == []


def test_capo_prefers_the_shorter_of_two_that_score_alike() -> None:
    tuner = Capo(material())
    played(tuner, 200, lambda program, row: 1.0)
    assert capo.sizes(200, 40).population == 5
    assert tuner.best()[0].id == GIVEN.id  # all are as good: the recommendation is by score alone


def test_opro_shows_the_writer_what_was_tried_in_ascending_order() -> None:
    seen: list[list[float]] = []

    class Watching(Junk):
        async def rephrase(
            self, prompt: Prompt, *, count: int, turn: int, scored: object = ()
        ) -> Proposals:
            assert isinstance(scored, list) and all(isinstance(one, Scored) for one in scored)
            seen.append([one.score for one in scored])
            return Proposals()

    played(Opro(material(Watching())), 200)
    assert len(seen) == 3  # it is given up then
    assert all(scores == sorted(scores) and 2 <= len(scores) <= 20 for scores in seen)


@pytest.mark.parametrize("method", [EvoPrompt, EvoPromptDe])
def test_a_generation_is_no_larger_than_the_population(method: type[EvoPrompt]) -> None:
    asks = played(method(material()), 450)
    assert len(asks[0]) == 10
    assert all(len(trials) <= 20 for trials in asks)
    assert len(asks) >= 4


def test_de_replaces_a_prompt_only_by_a_better_child() -> None:
    tuner = EvoPromptDe(material())
    trials = asyncio.run(tuner.ask(Budget(calls=300)))
    parents = [trial.candidate for trial in trials][:3]
    children = list(parents[::-1])
    for place, candidate in enumerate(parents):
        tuner.tell(
            [
                Outcome(candidate.id, row, 0, "answered", float(place == 1 or row < place), "")
                for row in range(10)
            ]
        )
    kept = tuner.survivors(parents[:2], [None, children[0]])
    assert kept == parents[:2]
    assert tuner.survivors(parents[:1], [parents[1]]) == [parents[1]]


def test_de_weighs_tokens_where_the_objective_does() -> None:
    tuner = EvoPromptDe(replace(material(), objective=Objective(tokens=-1.0)))
    trials = asyncio.run(tuner.ask(Budget(calls=300)))
    dear, cheap = (trial.candidate for trial in trials[:2])
    for candidate, tokens in ((dear, 900), (cheap, 100)):
        told = [
            Outcome(candidate.id, row, 0, "answered", 1.0, "", usage=Usage(tokens))
            for row in range(10)
        ]
        tuner.tell(told)
    assert tuner.survivors([dear], [cheap]) == [cheap]
    assert tuner.survivors([cheap], [dear]) == [cheap]


@pytest.mark.parametrize("method", [EvoPrompt, Mipro, Gepa])
def test_a_search_weighs_tokens_where_the_objective_does(method: type[Stepwise]) -> None:
    """In what it asks for next, before anything is ranked: one heat of EvoPrompt, all of others."""

    def asked(objective: Objective) -> list[list[str]]:
        tuner = method(replace(material(), objective=objective))
        asks = played(tuner, 300, telling("exactly one of"), tokens=_length)
        ids = [[trial.candidate.id for trial in trials] for trials in asks]
        return ids[:2] if method is EvoPrompt else ids

    assert asked(Objective(tokens=-10.0)) != asked(SCORE)


def _length(program: Program) -> int:
    return len(str(program.canonical()))
