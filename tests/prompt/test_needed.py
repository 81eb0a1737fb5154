"""What a search undid again is not told, and the prompt comes out the same."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from intone.errors import PromptError
from intone.prompt import Prompt
from intone.prompt.edits import (
    Edit,
    add_clarifier,
    apply_all,
    change_layout,
    drop_clarifier,
    needed,
    rewrite_role,
)
from tests.strategies import edits, prompts

BASE = Prompt("Which team?\n\n{{ body }}")


def test_what_was_added_and_dropped_again_is_left_out() -> None:
    made = (change_layout("plain"), add_clarifier("Be brief."), drop_clarifier("Be brief."))
    assert needed(BASE, made) == made[:1]


def test_what_was_overwritten_is_left_out() -> None:
    made = (rewrite_role("You sort."), change_layout("plain"), rewrite_role("You route."))
    assert needed(BASE, made) == made[1:]


def test_an_edit_that_another_builds_on_stays() -> None:
    made = (add_clarifier("Be brief."), add_clarifier("Be kind."), drop_clarifier("Be brief."))
    assert needed(BASE, made) == (made[1],)


@given(st.data(), prompts())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_the_prompt_comes_out_the_same(data: st.DataObject, prompt: Prompt) -> None:
    made: list[Edit] = []
    for _ in range(data.draw(st.integers(0, 4))):
        edit = data.draw(edits(apply_all(prompt, made)))
        try:
            apply_all(prompt, [*made, edit])
        except PromptError:
            continue
        made.append(edit)
    left = needed(prompt, made)
    assert apply_all(prompt, left) == apply_all(prompt, made)
    assert set(left) <= set(made)
