"""What recorded_search.py rests on: the recorded answers, and whose answers a prompt has."""

import json
from pathlib import Path

import numpy as np
import pytest
from made_up_search import _Sentences, searched
from outcome_worlds import Recorded, write
from record_outcomes import Recording, chosen, ordered
from recorded_search import RecordedWorld, Replay, replay

from intone.prompt.edits import (
    add_clarifier,
    apply_all,
    change_layout,
    set_demonstrations,
    set_offsets,
    show_nearest,
)
from intone.prompt.prompt import Demonstration
from intone.runs.orders import prepare

TEMPLATE = "Which team: billing, shipping or sales?\n\n{{ input }}"
LABELS = ("billing", "shipping", "sales")
ROWS, CANDIDATES = 40, 24


def _recorded(folder: Path, *, failed: bool = False) -> tuple[Path, Path]:
    """Record a task whose later candidates are better; return where it and its data are."""
    lines = [
        json.dumps({"input": f"ticket {i:03} here", "target": LABELS[i % 3]}) for i in range(150)
    ]
    data = folder / "train.jsonl"
    data.write_text("\n".join(lines) + "\n")
    what = Recording("team", TEMPLATE, data, folder / "work", "fake", ROWS, CANDIDATES)
    ready = prepare(ordered(what))
    candidates, rows = chosen(ready, what)
    rng = np.random.default_rng(0)
    level = np.linspace(0.2, 0.8, CANDIDATES)[:, None]
    scores = (rng.random((CANDIDATES, len(rows))) < level).astype(np.float64)
    likely = np.where(scores == 1.0, 0.75, 0.25)
    rightly = np.array([[label == LABELS[row % 3] for label in ready.labels] for row in rows])
    choices = np.log(np.where(rightly, likely[..., None], (1 - likely[..., None]) / 2))
    if failed:
        scores[0, 0] = np.nan
    sentences = tuple(candidate.sentence for candidate in candidates)
    write(folder / "team.json", Recorded("team", "fake", sentences, scores, likely, choices))
    return folder / "team.json", data


def _kept(folder: Path) -> Replay:
    path, data = _recorded(folder)
    return replay(path, TEMPLATE, data)


def test_a_recorded_prompt_has_its_own_answers(tmp_path: Path) -> None:
    kept = _kept(tmp_path)
    world, told = RecordedWorld(kept, 0), RecordedWorld(kept, 0, probabilities=True)
    assert kept.given.template == TEMPLATE and len(kept.prompts) == CANDIDATES
    for prompt, line in kept.prompts.values():
        outcomes = [world.outcome(prompt, row) for row in kept.rows]
        assert [one.score for one in outcomes] == kept.recorded.scores[line].tolist()
        assert all(one.likelihood is None for one in outcomes)
        assert world.score(prompt) == kept.recorded.scores[line].mean()
        likely = [told.outcome(prompt, row).likelihood for row in kept.rows]
        right = [0.75 if one.score else 0.25 for one in outcomes]
        assert likely == pytest.approx(right, abs=0.01)


def test_corrected_labels_are_read_from_what_the_same_prompt_answered(tmp_path: Path) -> None:
    kept = _kept(tmp_path)
    told = RecordedWorld(kept, 0, probabilities=True)
    always = set_offsets({LABELS[0]: 9.0}).apply(kept.given)
    outcomes = [told.outcome(always, row) for row in kept.rows]
    targets = [kept.data[row].target for row in kept.rows]
    assert [one.score for one in outcomes] == [float(one == LABELS[0]) for one in targets]
    assert all(outcome.choices[LABELS[0]] > 0.9 for outcome in outcomes)
    assert told.score(always) == np.mean([one == LABELS[0] for one in targets])


def test_the_nearest_have_the_answers_of_the_nearest_from_as_many_rows(tmp_path: Path) -> None:
    kept = _kept(tmp_path)
    for few, many in ((20, 48), (20, 60)):
        for count in (few, many):
            shown = [Demonstration({"input": f"shown {i}"}, LABELS[i % 3]) for i in range(count)]
            nearest = (set_demonstrations(shown), show_nearest("demonstrations", 8))
            line, _ = kept.answers(apply_all(kept.given, nearest))
            like = next(one for one, at in kept.prompts.values() if at == line)
            assert like.nearest and (len(like.demonstrations) == 20) == (count == few)


def test_another_prompt_has_the_answers_of_the_most_alike_but_for_some_luck(tmp_path: Path) -> None:
    kept = _kept(tmp_path)
    plain, eight = (
        change_layout("plain").apply(kept.given),
        [Demonstration({"input": f"shown {i}"}, LABELS[i % 3]) for i in range(8)],
    )
    shown = set_demonstrations(eight).apply(kept.given)
    for prompt in (add_clarifier("Be brief.").apply(plain), shown):
        line, places = kept.answers(prompt)
        like = next(one for one, at in kept.prompts.values() if at == line)
        assert bool(like.demonstrations) == bool(prompt.demonstrations)
        assert like.layout == prompt.layout
        own = np.mean(places != np.arange(len(places)))
        assert 0 < own < 0.4
        assert kept.answers(prompt)[0] == line


def test_tuning_rows_are_drawn_anew_and_none_is_shown(tmp_path: Path) -> None:
    kept = _kept(tmp_path)
    first, again, other = (
        RecordedWorld(kept, seed).material(45, _Sentences()) for seed in (0, 0, 1)
    )
    assert first.rows == again.rows != other.rows
    assert len(first.rows) == 30 and len(first.pool) == 15
    assert {row.index for row in first.rows} <= set(kept.rows)
    assert not {row.index for row in first.pool} & set(kept.rows)


@pytest.mark.parametrize("method", ["auto", "random"])
def test_a_search_comes_out_the_same_and_finds_better(tmp_path: Path, method: str) -> None:
    kept = _kept(tmp_path)
    found = searched(RecordedWorld(kept, 1), 45, 100, method)
    assert found == searched(RecordedWorld(kept, 1), 45, 100, method)
    assert 0 < found.calls <= 100
    assert 100 * RecordedWorld(kept, 1).score(kept.given) < found.chosen <= found.best


def test_a_failed_call_stays_one(tmp_path: Path) -> None:
    path, data = _recorded(tmp_path, failed=True)
    kept = replay(path, TEMPLATE, data)
    assert RecordedWorld(kept, 0).outcome(kept.given, kept.rows[0]).status == "failed"


def test_outcomes_of_other_prompts_are_refused(tmp_path: Path) -> None:
    path, data = _recorded(tmp_path)
    with pytest.raises(ValueError, match="other prompts"):
        replay(path, "{{ input }}", data)
