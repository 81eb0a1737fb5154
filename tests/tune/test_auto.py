"""The house method step by step: what it asks for, and what it makes of the outcomes."""

from __future__ import annotations

import asyncio
import re
from math import ceil

import pytest

from intone.evaluate.budget import Budget
from intone.evaluate.outcome import Outcome
from intone.prompt import Prompt
from intone.prompt.contradictions import ANSWER_ALONE, asking
from intone.prompt.edits import apply_all
from intone.prompt.offsets import corrected, likeliest
from intone.prompt.phrasings import asks_last, phrasings
from intone.prompt.program import Program
from intone.prompt.prompt import Demonstration
from intone.tune.auto import Auto
from intone.tune.candidate import Candidate
from intone.tune.example_sets import showing_reasons
from intone.tune.known import Known
from intone.tune.material import Material
from intone.tune.scores import Scores
from intone.tune.traits import traits
from tests.tune.playing import (
    GIVEN,
    LABELS,
    NOTES,
    POOL,
    ROWS,
    TARGETS,
    last_is_better,
    make,
    outcome,
    played,
    prompt_of,
    prompts,
)


def biased(program: Program, row: int) -> Outcome:
    """A model that sees the right label, but likes one of them more than it sees any."""
    assert isinstance(program, Prompt)
    right = TARGETS[row]
    seen = {label: 0.5 if label == right else 0.25 for label in LABELS}
    choices = corrected(corrected(seen, {"sales": 1.5}), program.offsets)
    hit = float(likeliest(choices) == right)
    likelihood = choices[right or ""]
    return Outcome(program.id, row, 0, "answered", hit, "", choices=choices, likelihood=likelihood)


def test_the_first_heat_has_the_given_prompt_and_rephrasings_on_the_same_rows() -> None:
    trials = asyncio.run(make().ask(Budget(calls=300)))
    assert trials[0].candidate.program is GIVEN
    assert len(trials) > 8
    assert all(trial.candidate.rephrasing for trial in trials[1:])
    assert {trial.rows for trial in trials} == {tuple(range(12))}


@pytest.mark.parametrize("calls", [100, 281, 300, 1000])
def test_what_is_added_to_a_leader_meets_fewer_of_its_rows_and_is_ranked_with_it(
    calls: int,
) -> None:
    def noted_is_better(program: Program, row: int) -> Outcome:
        noted = bool(prompt_of(program).passages)
        return outcome(program.id, row, float(noted or row % 2))

    tuner = make(passages=NOTES)
    asks = played(tuner, calls, noted_is_better)
    whole = len(asks[0][0].rows or ())
    added = next(ask for ask in asks if prompt_of(ask[0].candidate.program).passages)
    met = {len(trial.rows or ()) for trial in added}
    assert met == {ceil(2 * whole / 3)} and min(met) >= 5
    assert prompt_of(tuner.best()[0].program).passages


def test_the_best_prompt_is_shown_both_kinds_of_examples_however_few_calls_there_are() -> None:
    asks = played(make(), 80, lambda program, row: outcome(program.id, row, 1.0))
    kinds = {bool(p.nearest) for ask in asks for p in prompts(ask) if p.demonstrations}
    assert kinds == {False, True}


def test_where_few_rows_leave_calls_all_is_tried_before_it_ends() -> None:
    edits = phrasings(GIVEN, kind="classify", labels=LABELS, target="team")
    late = apply_all(GIVEN, edits[-1])

    def only_the_last_is_good(program: Program, row: int) -> Outcome:
        return outcome(program.id, row, float(program.id == late.id or row == 0))

    def tuner() -> Auto:
        rows = Material(GIVEN, edits, (), POOL[:3], ROWS[:7], 0, None, LABELS, kind="classify")
        return Auto(rows)

    plenty = tuner()
    played(plenty, 2000, only_the_last_is_good)
    assert plenty.best()[0].id == late.id
    scarce = tuner()
    asks = played(scarce, 60, only_the_last_is_good)
    assert sum(len(trial.rows or scarce.material.indices) for ask in asks for trial in ask) > 45
    assert any(prompt.demonstrations for ask in asks for prompt in prompts(ask))


def test_what_candidates_have_in_common_decides_and_the_shortest_of_equals_is_taken() -> None:
    tuner = make()
    asks = played(tuner, 300, last_is_better)
    best, shown = tuner.best()[0], prompts(asks[1])
    assert isinstance(best.program, Prompt)
    assert asks_last(best.program) and best.rephrasing  # demonstrations earned nothing: left out
    assert any(prompt.demonstrations for prompt in shown)
    assert sum(asks_last(prompt) for prompt in shown) > len(shown) / 2
    assert isinstance(best.program, Prompt)
    assert len(best.program.text(ROWS[0])) < 250 < 2000  # two of the leaders are that long


def test_a_preference_for_a_label_is_corrected_and_learnt_again_from_all_rows() -> None:
    tuner = make()
    played(tuner, 200, biased)
    best = tuner.best()[0]
    assert isinstance(best.program, Prompt)
    assert best.program.offsets["sales"] == min(best.program.offsets.values()) < -0.6
    assert tuner.known.scores.score(best.scored_as) == 1.0
    assert best.refit_of and best.refit_of != best.id
    assert [edit.section for edit in best.edits].count("offsets") == 1
    assert not best.rephrasing


def test_the_nearest_are_chosen_from_all_rows_and_no_row_is_shown_its_own_answer() -> None:
    def nearest_is_better(program: Program, row: int) -> Outcome:
        prompt = prompt_of(program)
        if prompt.nearest:
            assert len(re.findall(rf"\b{ROWS[row].inputs['body']}\b", prompt.text(ROWS[row]))) == 1
        return outcome(program.id, row, float(bool(prompt.nearest)))

    tuner = make()
    asks = played(tuner, 200, nearest_is_better)
    tried = [p for trials in asks for p in prompts(trials) if p.nearest]
    assert tried and {len(p.demonstrations) for p in tried} == {len(POOL) + len(ROWS)}
    assert prompt_of(tuner.best()[0].program).nearest


def test_examples_of_the_users_own_stay_what_the_nearest_are_chosen_from() -> None:
    own = [Demonstration({"body": f"mine {i}"}, LABELS[i % 3]) for i in range(5)]
    given = GIVEN.with_(demonstrations=own, nearest={"demonstrations": 2})

    def own_are_better(program: Program, row: int) -> Outcome:
        return outcome(program.id, row, float(prompt_of(program).demonstrations == tuple(own)))

    tuner = Auto(Material(given, (), (), POOL, ROWS, 0, None, LABELS, kind="classify"))
    asks = played(tuner, 300, own_are_better)
    assert any(prompt.demonstrations != tuple(own) for ask in asks for prompt in prompts(ask))
    assert prompt_of(tuner.best()[0].program).demonstrations == tuple(own)


def test_answers_in_words_are_shown_with_the_models_own_reasoning() -> None:
    def reasons(program: Program, row: int) -> Outcome:
        text = f"It says {row}, so it has to be {TARGETS[row]}."
        return Outcome(program.id, row, 0, "answered", 1.0, "", answer=TARGETS[row], text=text)

    asks = played(make(labels=()), 300, reasons)
    pool = {row.index for row in POOL}
    assert any(set(trial.rows or ()) <= pool for trials in asks for trial in trials)
    shown = [d.output for trials in asks for p in prompts(trials) for d in p.demonstrations]
    assert any("so it has to be" in output for output in shown)


def test_the_best_of_each_kind_is_decided_on_whatever_the_first_rows_said() -> None:
    def world(program: Program, row: int) -> Outcome:
        nearest_shown = bool(prompt_of(program).nearest)
        on_first_rows = 1.0 - nearest_shown / 4
        return outcome(program.id, row, on_first_rows if row < 8 else float(nearest_shown))

    tuner = make()
    asks = played(tuner, 300, world)
    deciding = next(prompts(trials) for trials in asks if not trials[0].rows)
    assert {bool(prompt.nearest) for prompt in deciding} == {False, True}
    assert prompt_of(tuner.best()[0].program).nearest


@pytest.mark.parametrize(("given", "decided_on"), [(0.0, False), (1.0, True)])
def test_no_calls_of_the_decision_go_to_what_is_far_behind(given: float, decided_on: bool) -> None:
    def world(program: Program, row: int) -> Outcome:
        shown = bool(prompt_of(program).demonstrations)
        return outcome(program.id, row, 1.0 if shown else given)

    asks = played(make(), 300, world)
    deciding = [prompt for trials in asks if not trials[0].rows for prompt in prompts(trials)]
    assert deciding and (GIVEN in deciding) == decided_on


@pytest.mark.parametrize("probabilities", [False, True])
def test_the_users_prompt_is_decided_on_if_bad_luck_may_be_why_it_is_behind(
    probabilities: bool,
) -> None:
    def world(program: Program, row: int) -> Outcome:
        hit = float(row % 2 if program.id == GIVEN.id else row % 4 != 1)
        likelihood = hit if probabilities else None
        return Outcome(program.id, row, 0, "answered", hit, "", likelihood=likelihood)

    asks = played(make(), 300, world)  # 6 of 12 rows against 9 of the same
    deciding = [prompt for trials in asks if not trials[0].rows for prompt in prompts(trials)]
    assert deciding and (GIVEN in deciding) != probabilities


@pytest.mark.parametrize("readable", [False, True])
def test_reasons_are_shown_under_the_users_own_words_if_these_can_be_answered(
    readable: bool,
) -> None:
    def world(program: Program, row: int) -> Outcome:
        if program.id == GIVEN.id and not readable:
            return Outcome(program.id, row, 0, "unparseable", 0.0, "")
        text = f"It says {row}, so it has to be {TARGETS[row]}."
        right = float(program.id != GIVEN.id and row % 4 != 0)
        return Outcome(program.id, row, 0, "answered", right, "", answer=TARGETS[row], text=text)

    asks = played(make(labels=()), 300, world)
    tried = [prompt for trials in asks for prompt in prompts(trials) if prompt.demonstrations]
    own = [p for p in tried if p.with_(demonstrations=()) == GIVEN]
    assert tried and bool(own) == readable


@pytest.mark.parametrize("readable", [False, True])
def test_examples_are_added_to_words_whose_answers_can_be_read(readable: bool) -> None:
    named = apply_all(GIVEN, phrasings(GIVEN, kind="classify", labels=LABELS, target="team")[0])

    def world(program: Program, row: int) -> Outcome:
        prompt = prompt_of(program)
        if readable or named.output_format in prompt.output_format or "billing" in prompt.template:
            return outcome(program.id, row, float(row % 2))
        return Outcome(program.id, row, 0, "unparseable", 0.0, "")

    asks = played(make(), 300, world)
    shown = next(found for trials in asks if (found := prompts(trials)) and found[0].demonstrations)
    own = [p for p in shown if p.template == GIVEN.template and p.layout == "plain"]
    assert own and all(bool(prompt.output_format) != readable for prompt in own)


@pytest.mark.parametrize(("bare", "tried_again"), [(0.0, False), (1.0, True)])
def test_examples_without_reasons_are_tried_again_only_if_little_is_lost_by_them(
    bare: float, tried_again: bool
) -> None:
    def world(program: Program, row: int) -> Outcome:
        shows_answers = any(one.output in LABELS for one in prompt_of(program).demonstrations)
        score = bare if shows_answers else 1.0
        text = f"It says {row}, so it has to be {TARGETS[row]}."
        return Outcome(program.id, row, 0, "answered", score, "", answer=TARGETS[row], text=text)

    asks = played(make(labels=()), 300, world)
    tried = {p.id: p.demonstrations for trials in asks for p in prompts(trials) if p.demonstrations}
    bare_ones = [shown for shown in tried.values() if shown[0].output in LABELS]
    assert (len(bare_ones) > 1) == tried_again and bare_ones
    with_reasons = [shown for shown in tried.values() if "so it has" in shown[0].output]
    assert len(with_reasons) > 2  # under the other phrasings too
    assert (8 in map(len, with_reasons)) != tried_again


def test_the_search_shows_reasoning_without_a_format_that_forbids_it() -> None:
    given = GIVEN.with_(output_format="Give only the answer.")

    def reasons(program: Program, row: int) -> Outcome:
        text = f"It says {row}, so it has to be {TARGETS[row]}."
        right = float(program.id == given.id or row % 2)  # so that the user's prompt leads
        return Outcome(program.id, row, 0, "answered", right, "", answer=TARGETS[row], text=text)

    tuner = Auto(Material(given, make().material.phrasings, (), POOL, ROWS, 0))
    asks = played(tuner, 300, reasons)
    shown = [
        prompt
        for trials in asks
        for prompt in prompts(trials)
        if any("so it has to be" in one.output for one in prompt.demonstrations)
    ]
    assert shown
    assert [prompt for prompt in shown if asking(prompt, ANSWER_ALONE)] == []


def test_reasoning_is_not_shown_beside_a_wish_for_the_answer_alone() -> None:
    shown = [Demonstration({"body": f"b{i}"}, f"It says {i}, so {i}.") for i in range(3)]

    def showing(prompt: Prompt) -> Prompt:
        return apply_all(prompt, showing_reasons(prompt, shown))

    given = Prompt("What does it come to? {{ body }}", clarifiers=["Be kind."])
    with_reasons = given.with_(demonstrations=shown)
    assert showing(given) == with_reasons
    assert showing(given.with_(output_format="Give only the number.")) == with_reasons
    told = given.with_(clarifiers=["Be kind.", "Do not explain your answer."])
    assert showing(told) == with_reasons
    asked = Prompt("Reply with the number only. {{ body }}")
    assert showing_reasons(asked, shown) == showing_reasons(given, shown[:2]) == ()


def test_a_small_budget_still_compares_two_prompts() -> None:
    trials = asyncio.run(make().ask(Budget(calls=30)))
    assert len(trials) == 2


def test_nothing_left_is_the_end() -> None:
    assert list(asyncio.run(make().ask(Budget(calls=0)))) == []


def test_outcomes_of_unasked_candidates_are_accepted() -> None:
    tuner = make()
    tuner.tell([outcome("somebody else's", 0, 1.0)])
    assert [c.id for c in tuner.best()] == [GIVEN.id]


def test_strengths_account_for_the_rows_met() -> None:
    scores = Scores()
    # "hard" met only hard rows, on which it does better than "easy", which met all of them
    for row in range(10):
        scores.add([outcome("easy", row, 1.0), outcome("easy", 10 + row, 0.0)])
        scores.add([outcome("hard", 10 + row, 0.5)])
    assert (scores.score("easy") or 0) == (scores.score("hard") or 0) == 0.5
    strengths = scores.strengths()
    assert strengths["hard"] > strengths["easy"]


def test_strengths_are_pooled_over_what_programs_have_in_common() -> None:
    scores = Scores()
    named = {f"p{i}": {"plain"} if i < 6 else {"chat"} for i in range(12)}
    for i, program in enumerate(named):
        for row in range(4):
            good = (row + i) % 4 > 0 if i < 6 else (row + i) % 4 == 0
            scores.add([outcome(program, row, float(good))])
    named |= {"new": {"plain"}, "other": {"chat"}}
    pooled, alone = scores.strengths(named), scores.strengths()
    assert pooled["new"] > 0.1 > -0.1 > pooled["other"]
    assert pooled["p0"] > alone["p0"] > 0
    assert "new" not in alone


@pytest.mark.parametrize(
    ("own", "best", "chance"),
    [
        ((0.0,), (1.0,), True),  # one row says nothing
        ((0.0,) * 4, (1.0,) * 4, False),  # always behind
        ((1.0, 0.0, 0.0, 1.0), (1.0, 1.0, 1.0, 0.0), True),
        ((0.0,) * 12, (1.0,) * 11 + (0.0,), False),  # eleven standard errors behind
    ],
)
def test_chance_may_be_why_a_prompt_is_behind(
    own: tuple[float, ...], best: tuple[float, ...], chance: bool
) -> None:
    known, leader = Known(GIVEN), Candidate(GIVEN.with_(role="You sort tickets."))
    known.add([leader])
    known.tell([outcome(GIVEN.id, row, score) for row, score in enumerate(own)])
    known.tell([outcome(leader.id, row, score) for row, score in enumerate(best)])
    assert known.close(known.given, leader, range(len(own))) == chance


def test_traits_are_named_after_what_is_shared() -> None:
    other = GIVEN.with_(template="Which team should have it?\n\nTicket: {{ body }}")
    assert traits(GIVEN) == traits(other)
    turned = GIVEN.with_(template="{{ body }}\n\nWhich team should have it?")
    assert traits(turned) - traits(GIVEN) == {"asks last"}
    shown = GIVEN.with_(layout="plain", offsets={"sales": 1.0})
    assert {"layout plain", "offsets"} <= traits(shown)
