"""The house method step by step: what it asks for, and what it makes of the outcomes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

import pytest

from intone.data.row import Row
from intone.evaluate.budget import Budget
from intone.evaluate.outcome import Outcome, Status
from intone.llm.completion import Usage
from intone.prompt import Prompt
from intone.prompt.contradictions import ANSWER_ALONE, asking
from intone.prompt.edits import apply_all
from intone.prompt.offsets import corrected, likeliest
from intone.prompt.phrasings import asks_last, phrasings
from intone.prompt.program import Program
from intone.prompt.prompt import Demonstration
from intone.tune.auto import Auto
from intone.tune.candidate import Trial
from intone.tune.example_sets import showing_reasons
from intone.tune.material import Material
from intone.tune.pruning import droppable
from intone.tune.scores import Scores
from intone.tune.traits import traits

LABELS = ("billing", "shipping", "sales")
GIVEN = Prompt("Which team should have it?\n\n{{ body }}")
POOL = [Row(100 + i, f"p{i}", {"body": f"example {i}"}, LABELS[i % 3]) for i in range(21)]
ROWS = [Row(i, f"r{i}", {"body": f"ticket {i}"}, LABELS[i % 3]) for i in range(39)]
TARGETS = {row.index: row.target for row in (*POOL, *ROWS)}

World = Callable[[Program, int], Outcome]


NOTES = tuple(f"Note on ticket {i}: it is a matter of {LABELS[i % 3]}." for i in range(39))


def make(labels: Sequence[str] = LABELS, passages: Sequence[str] = ()) -> Auto:
    edits = phrasings(GIVEN, kind="classify", labels=LABELS, target="team")
    return Auto(
        Material(GIVEN, edits, (), POOL, ROWS, 0, None, labels, passages=passages, kind="classify")
    )


def outcome(program: str, row: int, score: float, tokens: int = 0) -> Outcome:
    return Outcome(program, row, 0, "answered", score, "", usage=Usage(tokens))


def played(tuner: Auto, calls: int, world: World) -> list[list[Trial]]:
    """Play a search as a race does that drops nobody: no row is met twice."""
    asks: list[list[Trial]] = []
    met: dict[str, set[int]] = {}
    while trials := list(asyncio.run(tuner.ask(Budget(calls=calls)))):
        asks.append(trials)
        for trial in trials:
            program = trial.candidate.program
            known = met.setdefault(program.id, set())
            new = [row for row in trial.rows or tuner.material.indices if row not in known]
            new = new[: trial.calls]
            known.update(new)
            tuner.tell([world(program, row) for row in new])
            calls -= 0 if isinstance(program, Prompt) and program.offsets else len(new)
    return asks


def last_is_better(program: Program, row: int) -> Outcome:
    assert isinstance(program, Prompt)
    good = asks_last(program) or row % 4 == 0
    return outcome(program.id, row, float(good), tokens=len(program.text(ROWS[row % 39])))


def biased(program: Program, row: int) -> Outcome:
    """A model that sees the right label, but likes one of them more than it sees any."""
    assert isinstance(program, Prompt)
    right = TARGETS[row]
    seen = {label: 0.5 if label == right else 0.25 for label in LABELS}
    choices = corrected(corrected(seen, {"sales": 1.5}), program.offsets)
    hit = float(likeliest(choices) == right)
    likelihood = choices[right or ""]
    return Outcome(program.id, row, 0, "answered", hit, "", choices=choices, likelihood=likelihood)


def prompt_of(program: Program) -> Prompt:
    assert isinstance(program, Prompt)
    return program


def prompts(trials: Sequence[Trial]) -> list[Prompt]:
    found = [trial.candidate.program for trial in trials]
    return [program for program in found if isinstance(program, Prompt)]


def test_the_first_heat_has_the_given_prompt_and_rephrasings_on_the_same_rows() -> None:
    trials = asyncio.run(make().ask(Budget(calls=300)))
    assert trials[0].candidate.program is GIVEN
    assert len(trials) == 7
    assert all(trial.candidate.rephrasing for trial in trials[1:])
    assert {trial.rows for trial in trials} == {tuple(range(16))}


@pytest.mark.parametrize("calls", [100, 281, 300, 1000])
def test_what_is_added_to_a_leader_meets_half_of_its_rows_and_is_ranked_with_it(
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
    assert met == {max(5, (whole + 1) // 2)}
    assert prompt_of(tuner.best()[0].program).passages


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


def test_the_nearest_are_chosen_from_all_rows_in_the_end() -> None:
    def nearest_is_better(program: Program, row: int) -> Outcome:
        assert isinstance(program, Prompt)
        return outcome(program.id, row, float(bool(program.nearest)))

    tuner = make()
    asks = played(tuner, 200, nearest_is_better)
    tried = [p for trials in asks for p in prompts(trials) if p.nearest]
    assert tried and {len(p.demonstrations) for p in tried} == {len(POOL)}
    best = tuner.best()[0]
    assert isinstance(best.program, Prompt)
    assert len(best.program.demonstrations) == len(POOL) + len(ROWS)
    assert best.refit_of in {p.id for p in tried}


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


def test_traits_are_named_after_what_is_shared() -> None:
    other = GIVEN.with_(template="Which team should have it?\n\nTicket: {{ body }}")
    assert traits(GIVEN) == traits(other)
    turned = GIVEN.with_(template="{{ body }}\n\nWhich team should have it?")
    assert traits(turned) - traits(GIVEN) == {"asks last"}
    shown = GIVEN.with_(layout="plain", offsets={"sales": 1.0})
    assert {"layout plain", "offsets"} <= traits(shown)


def test_passages_that_help_are_found_and_kept() -> None:
    def noted_is_better(program: Program, row: int) -> Outcome:
        text = prompt_of(program).text(ROWS[row % 39])
        return outcome(program.id, row, float(NOTES[row % 39] in text), tokens=len(text))

    tuner = make(passages=NOTES)
    asks = played(tuner, 300, noted_is_better)
    best = prompt_of(tuner.best()[0].program)
    assert best.passages == NOTES and best.nearest == {"passages": 1}  # three earn no more
    tried = {(len(p.passages), p.nearest.get("passages")) for ask in asks for p in prompts(ask)}
    assert tried == {(0, None), (39, 3), (39, 1), (3, None), (1, None)}
    assert sum(len(trial.rows or ()) for ask in asks[:-1] for trial in ask) < 300


def test_passages_that_do_not_help_are_left_out() -> None:
    tuner = make(passages=NOTES)
    asks = played(tuner, 300, last_is_better)
    assert any(prompt.passages for trials in asks for prompt in prompts(trials))
    best = prompt_of(tuner.best()[0].program)
    assert asks_last(best) and not best.passages and not best.demonstrations


def test_with_few_calls_passages_are_tried_once() -> None:
    def all_wrong(program: Program, row: int) -> Outcome:
        return outcome(program.id, row, 0.0)

    asks = played(make(passages=NOTES), 30, all_wrong)
    tried = {p.id: p for trials in asks for p in prompts(trials) if p.passages}
    assert len(tried) == 1


def test_each_passage_can_be_dropped_or_all_that_rows_choose_from() -> None:
    fixed = GIVEN.with_(passages=NOTES[:2], context=["c"])
    dropped = [apply_all(fixed, edits) for edits in droppable(fixed)]
    assert [p.passages for p in dropped[:2]] == [NOTES[1:2], NOTES[:1]]
    assert dropped[2] == fixed.with_(context=[])
    stock = GIVEN.with_(passages=NOTES, nearest={"passages": 3})
    assert [apply_all(stock, edits) for edits in droppable(stock)] == [GIVEN]


def test_a_passage_that_earns_nothing_is_pruned() -> None:
    idle = "The office has a kitchen."
    given = GIVEN.with_(passages=[NOTES[0], idle])

    def first_note(program: Program, row: int) -> Outcome:
        prompt = prompt_of(program)
        good = NOTES[0] in prompt.passages or row % 4 == 0
        return outcome(program.id, row, float(good), tokens=len(prompt.text(ROWS[row % 39])))

    tuner = Auto(Material(given, (), (), (), ROWS, 0, kind="classify"))
    played(tuner, 200, first_note)
    assert prompt_of(tuner.best()[0].program).passages == (NOTES[0],)


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ("unparseable", "Copy the answer letter for letter"),
        ("truncated", "Give the answer only, without explanation"),
        ("refused", "Never decline"),
    ],
)
@pytest.mark.parametrize("calls", [60, 300])
def test_answers_that_cannot_be_read_are_repaired(status: Status, words: str, calls: int) -> None:
    def unread_unless_told(program: Program, row: int) -> Outcome:
        text = prompt_of(program).text(ROWS[row % 39])
        if words in text or row % 4 == 0:
            return outcome(program.id, row, 1.0, tokens=len(text))
        return Outcome(program.id, row, 0, status, 0.0, "", usage=Usage(len(text)))

    tuner = Auto(Material(GIVEN, (), (), POOL, ROWS, 0, None, LABELS, kind="classify"))
    asks = played(tuner, calls, unread_unless_told)
    repairs = prompts(asks[1])
    assert 1 <= len(repairs) <= 3 and not any(p.demonstrations for p in repairs)
    assert all(trial.candidate.rephrasing for trial in asks[1])
    if calls == 300:
        assert words in prompt_of(tuner.best()[0].program).text(ROWS[0])


def test_repairs_are_paid_for_by_the_demonstrations() -> None:
    def unread(program: Program, row: int) -> Outcome:
        return Outcome(program.id, row, 0, "unparseable", 0.0, "")

    def all_wrong(program: Program, row: int) -> Outcome:
        return outcome(program.id, row, 0.0)

    (_, repairs, after, *_), (_, shown, *_) = (
        played(make(), 300, world) for world in (unread, all_wrong)
    )
    assert [len(trial.rows or ()) for trial in repairs] == [8, 8, 8]  # 24 of 90 calls
    assert [len(trial.rows or ()) for trial in after] == [16] * 4
    assert [len(trial.rows or ()) for trial in shown] == [16] * 5


def test_what_can_be_read_is_not_repaired() -> None:
    asks = played(make(), 300, last_is_better)
    assert all(prompt.demonstrations or prompt.context for prompt in prompts(asks[1]))
