import asyncio

from intone.data.row import Row
from intone.evaluate.budget import Budget
from intone.evaluate.outcome import Outcome
from intone.prompt import Prompt
from intone.prompt.phrasings import phrasings
from intone.tune.auto import Auto
from intone.tune.scores import Scores

LABELS = ("billing", "shipping", "sales")
GIVEN = Prompt("Which team?\n\n{{ body }}")
POOL = [Row(100 + i, f"p{i}", {"body": f"example {i}"}, LABELS[i % 3]) for i in range(24)]


def make() -> Auto:
    edits = phrasings(GIVEN, kind="classify", labels=LABELS, target="team")
    return Auto(GIVEN, edits, POOL, seed=0)


def outcome(program: str, row: int, score: float) -> Outcome:
    return Outcome(program, row, 0, "answered", score, "")


def test_the_first_heat_has_the_given_prompt_and_rephrasings_only() -> None:
    trials = asyncio.run(make().ask(Budget(calls=300)))
    assert trials[0].candidate.program is GIVEN
    assert len(trials) > 8
    assert all(trial.candidate.rephrasing for trial in trials[1:])
    assert sum(trial.calls or 0 for trial in trials) == 135  # 45 % of the calls


def test_then_demonstrations_on_the_leaders_then_the_leaders_of_all() -> None:
    tuner = make()
    first = asyncio.run(tuner.ask(Budget(calls=300)))
    favourite = first[3].candidate
    for trial in first:
        good = trial.candidate.id == favourite.id
        tuner.tell([outcome(trial.candidate.id, row, float(good)) for row in range(10)])
    assert tuner.best()[0].id == favourite.id
    second = asyncio.run(tuner.ask(Budget(calls=165)))
    shown = [
        t.candidate
        for t in second
        if t.candidate.edits and t.candidate not in [f.candidate for f in first]
    ]
    assert shown and not any(candidate.rephrasing for candidate in shown)
    assert favourite.id in {parent for candidate in shown for parent in candidate.parents}
    sizes = {len(c.program.demonstrations) for c in shown if isinstance(c.program, Prompt)}
    assert sizes == {4, 8, 16}
    third = asyncio.run(tuner.ask(Budget(calls=60)))
    ids = [trial.candidate.id for trial in third]
    assert favourite.id in ids and GIVEN.id in ids
    assert list(asyncio.run(tuner.ask(Budget(calls=10)))) == []


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


def test_likelihood_breaks_ties_between_equal_scores() -> None:
    scores = Scores()
    for row in range(5):
        scores.add([Outcome("sure", row, 0, "answered", 1.0, "", likelihood=0.9)])
        scores.add([Outcome("unsure", row, 0, "answered", 1.0, "", likelihood=0.4)])
    assert scores.strengths()["sure"] > scores.strengths()["unsure"]
