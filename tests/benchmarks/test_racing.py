"""What racing.py rests on: its worlds, its file format, and what record_outcomes.py writes."""

import asyncio
import json
from pathlib import Path

import numpy as np
import pytest
from outcome_worlds import MadeUp, Recorded, World, read, write
from racing import Setting, equal_rows, full_evaluation, raced, strongest
from record_outcomes import Recording, record

from intone.tune.races.behind import Behind
from intone.tune.races.uniform import Uniform
from intone.tune.scores import Scores

LABELS = ("billing", "shipping", "sales")


def test_made_up_truth_is_what_many_rows_show() -> None:
    world = MadeUp().world(np.random.default_rng(0), 6, 100_000)
    assert world.scores.mean(axis=1) == pytest.approx(world.true, abs=0.01)
    assert world.likelihoods is not None
    assert np.corrcoef(world.scores.ravel(), world.likelihoods.ravel())[0, 1] > 0.5


@pytest.mark.parametrize("seed", range(10))
def test_candidates_are_ranked_as_a_search_ranks_them(seed: int) -> None:
    rng = np.random.default_rng(seed)
    world = MadeUp().world(rng, 10, 30)
    merits = np.where(rng.random(world.merits.shape) < 0.4, np.nan, world.merits)
    if seed % 2:
        merits[3] = np.nan
    scores = Scores()
    met = zip(*np.nonzero(~np.isnan(merits)), strict=True)
    scores.add(world.outcomes[int(i)][int(row)] for i, row in met)
    strengths = scores.strengths()
    never = min(strengths.values()) - 1.0
    ranked = sorted(range(10), key=lambda i: -round(strengths.get(str(i), never), 9))
    assert strongest(merits, 10) == ranked


def test_a_file_comes_back_as_it_was_written(tmp_path: Path) -> None:
    scores = np.array([[1.0, 0.0, np.nan], [0.5, 0.333, 1.0]])
    likely = np.array([[0.912, np.nan, 0.1], [0.0, 1.0, 0.5]])
    for likelihoods in (likely, None):
        path = tmp_path / "task.json"
        write(path, Recorded("task", "fake", ("as given", "other"), scores, likelihoods))
        found = read(path)
        assert found.candidates == ("as given", "other")
        np.testing.assert_array_equal(found.scores, scores)
        if likelihoods is not None:
            np.testing.assert_array_equal(found.likelihoods, likelihoods)
        else:
            assert found.likelihoods is None


def test_a_file_whose_tables_do_not_fit_is_refused(tmp_path: Path) -> None:
    form = {"task": "t", "model": "m", "rows": 3, "candidates": ["a"], "scores": [[1, 0]]}
    (tmp_path / "t.json").write_text(json.dumps(form))
    with pytest.raises(ValueError, match=r"t\.json"):
        read(tmp_path / "t.json")


def test_full_evaluation_gets_better_with_rows_and_equal_rows_finds_where() -> None:
    rng = np.random.default_rng(1)
    curve = full_evaluation([MadeUp().world(rng, 8, 80) for _ in range(100)])
    assert curve[0] > curve[-1]
    assert equal_rows(np.array([4.0, 2.0, 1.0]), 3.0) == pytest.approx(1.5)
    assert equal_rows(np.array([4.0, 2.0, 1.0]), 0.5) is None
    assert equal_rows(np.array([4.0, 2.0, 1.0]), 9.0) == 1.0


def test_a_drop_of_the_best_is_counted() -> None:
    # the rows show the opposite of what is true
    scores = np.array([[0.0] * 20, [1.0] * 20])
    world = World(scores, None, np.array([0.9, 0.1]))
    run = raced(world, Setting("", 2, 20, 20), Uniform(), Behind(0.1))
    assert run.lost_best == 1.0
    assert run.lost_leader == 1.0
    assert run.regret == pytest.approx(80.0)
    assert run.calls < 40


def test_behind_keeps_its_alpha_when_leaders_go_on_and_all_rows_do_not() -> None:
    """The leaders of a heat lead partly by luck: newcomers must not be judged by these rows."""
    setting = Setting("", 6, 60, 40, heats=2)
    source = MadeUp((0.0,), 0.0)
    lost = {True: 0.0, False: 0.0}
    for seed in range(150):
        world = source.world(np.random.default_rng(seed), 6, 60)
        for fresh in lost:
            rule = Behind(0.2, fresh)
            lost[fresh] += raced(world, setting, Uniform(), rule).lost_best / 150
    assert lost[True] <= 0.2
    assert lost[True] < lost[False]


def _task(folder: Path) -> None:
    rows = [
        {"input": f"ticket number {i:04} here", "target": LABELS[i * 7 % 11 % 3]} for i in range(60)
    ]
    (folder / "train.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    rules = [f'[[rules]]\nwhen = "{row["input"][7:]}"\nanswer = "{row["target"]}"' for row in rows]
    (folder / "fake.toml").write_text(
        "quality = 0.5\nrow = '(number .... here)\\Z'\nlog = 'calls.log'\n"
        + "\n".join(rules)
        + '\n[[improves]]\nwhen = "exactly one of"\nby = 0.4\n'
    )


def test_outcomes_are_recorded_once_and_hold_no_text_of_the_task(tmp_path: Path) -> None:
    _task(tmp_path)
    what = Recording(
        "team",
        "Which team: billing, shipping or sales?\n\n{{ input }}",
        tmp_path / "train.jsonl",
        tmp_path / "work",
        f"fake:{tmp_path / 'fake.toml'}",
        rows=30,
        candidates=10,
    )
    first = asyncio.run(record(what))
    assert first.scores.shape == (10, 30)
    assert first.scores[1:].mean() > first.scores[0].mean()
    assert len(set(first.candidates)) > 6
    assert any("demonstrations" in sentence for sentence in first.candidates)
    made = len((tmp_path / "calls.log").read_text().splitlines())
    again = asyncio.run(record(what))
    np.testing.assert_array_equal(again.scores, first.scores)
    assert len((tmp_path / "calls.log").read_text().splitlines()) == made
    write(tmp_path / "team.json", first)
    assert "ticket number" not in (tmp_path / "team.json").read_text()
    world = read(tmp_path / "team.json").world(np.random.default_rng(0), 6, 20)
    assert world.scores.shape == (6, 20)
    assert 0.3 < world.true.min() <= world.true.max() <= 1.0
