"""The edits between two prompts: they lead there, and there are no more than it takes."""

import pytest
from hypothesis import HealthCheck, given, settings

from intone.errors import PromptError
from intone.prompt import Demonstration, Prompt
from intone.prompt.edits import apply_all, diff
from tests.strategies import edited, prompts

SLOW = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
WEAK, MIDDLE, STRONG = (
    "Keep explanations short.",
    "Do not explain your answer.",
    "Give the answer alone: not one word before or after it.",
)
BASE = Prompt("Which team?\n\n{{ body }}")
SHOWN = tuple(Demonstration({"body": f"b{i}"}, f"o{i}") for i in range(6))


def names(before: Prompt, after: Prompt) -> list[str]:
    found = diff(before, after)
    assert apply_all(before, found) == after
    return [edit.name for edit in found]


@given(prompts(), prompts())
@SLOW
def test_it_leads_from_any_prompt_to_any_that_keeps_its_inputs(a: Prompt, b: Prompt) -> None:
    if a.variables <= b.variables:
        assert apply_all(a, diff(a, b)) == b
    else:
        lost = min(a.variables - b.variables)
        with pytest.raises(PromptError, match=rf"\{{\{{ {lost} \}}\}}"):
            diff(a, b)


@given(edited())
@SLOW
def test_it_leads_to_what_edits_made(pair: tuple[Prompt, Prompt]) -> None:
    before, after = pair
    found = diff(before, after)
    assert apply_all(before, found) == after
    assert bool(found) == (before != after)
    assert [edit.section for edit in found if edit.name.startswith("reorder")] == list(
        dict.fromkeys(edit.section for edit in found if edit.name.startswith("reorder"))
    )


def test_an_input_can_move_between_template_and_context() -> None:
    inside = Prompt("{{ body }} {{ subject }}", context=["x"])
    outside = Prompt("{{ body }}", context=["Subject: {{ subject }}"])
    assert names(inside, outside) == ["replace_context", "rewrite_template"]
    assert names(outside, inside) == ["add_context", "rewrite_template", "drop_context"]


def test_new_inputs_come_after_the_demonstrations_that_have_them() -> None:
    before = BASE.with_(demonstrations=SHOWN[:2])
    more = [Demonstration({"body": f"b{i}", "subject": "s"}, f"o{i}") for i in range(2)]
    after = Prompt("{{ subject }} {{ body }}", demonstrations=more)
    assert names(before, after) == ["set_demonstrations", "rewrite_template"]


def test_items_are_compared_one_by_one() -> None:
    three = BASE.with_(clarifiers=["a", "b", "c"])
    assert names(BASE, three) == ["add_clarifier"] * 3
    assert names(three, BASE) == ["drop_clarifier"] * 3
    assert names(three, BASE.with_(clarifiers=["a", "x", "c"])) == ["replace_clarifier"]
    assert names(three, BASE.with_(clarifiers=["c", "a", "b"])) == ["reorder_clarifiers"]
    assert names(three, BASE.with_(clarifiers=["b", "c"])) == ["drop_clarifier"]
    assert names(three, BASE.with_(clarifiers=["a", "new", "b", "c"])) == ["add_clarifier"]
    assert names(BASE.with_(clarifiers=["a", "b", "a"]), BASE.with_(clarifiers=["b", "a"])) == [
        "drop_clarifier"
    ]


def test_strengths_of_one_entry_are_recognised() -> None:
    weak = BASE.with_(clarifiers=["x", WEAK])
    assert names(weak, BASE.with_(clarifiers=["x", MIDDLE])) == ["strengthen_clarifier"]
    assert names(weak, BASE.with_(clarifiers=["x", STRONG])) == ["strengthen_clarifier"] * 2
    assert (
        names(BASE.with_(clarifiers=[STRONG]), BASE.with_(clarifiers=[WEAK]))
        == ["soften_clarifier"] * 2
    )
    assert names(weak, BASE.with_(clarifiers=[MIDDLE, "x"])) == [
        "strengthen_clarifier",
        "reorder_clarifiers",
    ]


def test_demonstrations_are_told_one_by_one_only_where_most_stay() -> None:
    few = BASE.with_(demonstrations=SHOWN[:4])
    assert names(few, BASE.with_(demonstrations=SHOWN[:3])) == ["drop_demonstration"]
    assert names(few, BASE.with_(demonstrations=SHOWN[3::-1])) == ["reorder_demonstrations"]
    assert names(few, BASE.with_(demonstrations=SHOWN[:5])) == ["add_demonstration"]
    assert names(few, BASE.with_(demonstrations=SHOWN[3:6])) == ["set_demonstrations"]
    assert names(BASE, few) == names(few, BASE) == ["set_demonstrations"]


def test_sections_come_in_a_fixed_order() -> None:
    other = Prompt(
        "Which one? {{ body }}",
        role="r",
        context=["c"],
        clarifiers=["x"],
        output_format="o",
        codes={"a": "A"},
        demonstrations=SHOWN[:1],
        passages=["p"],
        nearest={"demonstrations": 2, "passages": 1},
        offsets={"a": 0.5},
        layout="xml",
    )
    assert names(BASE, other) == [
        "rewrite_role",
        "set_demonstrations",
        "add_context",
        "rewrite_template",
        "set_passages",
        "add_clarifier",
        "change_output_format",
        "set_codes",
        "show_nearest",
        "show_nearest",
        "set_offsets",
        "change_layout",
    ]
    assert diff(other, other) == ()
