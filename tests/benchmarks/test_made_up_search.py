"""What made_up_search.py rests on: its worlds, and that a variant is one only while it is tried."""

import numpy as np
import pytest
from made_up_search import GIVEN, LABELS, World, changed, changes, compared, searched

from intone.prompt.edits import change_layout, change_output_format, set_demonstrations
from intone.prompt.prompt import Demonstration, Prompt
from intone.tune import auto, scores

SHOWN = [Demonstration({"body": f"ticket {i}"}, LABELS[i]) for i in range(4)]


@pytest.mark.parametrize(
    "prompt",
    [
        GIVEN,
        change_layout("plain").apply(GIVEN),
        change_output_format("Answer with one word.").apply(GIVEN),
        set_demonstrations(SHOWN).apply(GIVEN),
    ],
)
def test_the_true_score_is_what_many_rows_show(prompt: Prompt) -> None:
    world = World(0)
    met = [world.outcome(prompt, row).score == 1.0 for row in range(2000)]
    assert np.mean(met) == pytest.approx(world.score(prompt), abs=0.035)


def test_probabilities_come_with_the_answers_that_are_asked_for_with_them() -> None:
    bare, told = World(0), World(0, probabilities=True)
    for row in range(50):
        without, likely = bare.outcome(GIVEN, row), told.outcome(GIVEN, row).likelihood
        assert without.likelihood is None and likely is not None
        assert (likely > 0.5) == (without.score == 1.0)


@pytest.mark.parametrize("method", ["auto", "random"])
def test_a_search_keeps_to_its_calls_and_comes_out_the_same(method: str) -> None:
    found = searched(World(1), 30, 60, method)
    assert found == searched(World(1), 30, 60, method)
    assert 0 < found.calls <= 60 and found.chosen <= found.best


def test_sentences_of_the_writer_are_worth_what_is_said() -> None:
    poor, good = (World(2, gain=gain) for gain in (-1.0, 1.0))
    assert searched(good, 60, 300).chosen > searched(poor, 60, 300).chosen
    assert poor.score(GIVEN) == good.score(GIVEN)


def test_constants_are_other_ones_only_while_a_variant_is_tried() -> None:
    before = auto._FINALISTS, scores._PRIOR_ROWS
    with changed(changes("_FINALISTS=2,scores._PRIOR_ROWS=9.5")):
        assert (auto._FINALISTS, scores._PRIOR_ROWS) == (2, 9.5)
    assert (auto._FINALISTS, scores._PRIOR_ROWS) == before


@pytest.mark.parametrize("text", ["_NO_SUCH=1", "scores._FINALISTS=2", "Auto=1"])
def test_what_is_no_constant_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="has no constant"):
        changes(text)


def test_a_line_is_printed_for_auto_each_method_and_each_variant(
    capsys: pytest.CaptureFixture[str],
) -> None:
    worlds = [World(seed) for seed in range(2)]
    variants = {"_FINALISTS=1": {"intone.tune.auto._FINALISTS": 1}}
    compared(worlds, (30, 60), ["random"], variants)
    first, *lines = capsys.readouterr().out.splitlines()
    assert first.startswith("auto: ") and "2 worlds, 30 rows" in first
    assert [line.split(":")[0].strip() for line in lines] == ["random", "_FINALISTS=1"]
