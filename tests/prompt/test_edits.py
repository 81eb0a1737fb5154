"""Edits: every kind can be undone, told, stored and read back, and none loses an input."""

import json
import tomllib
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from intone.data.row import Row
from intone.errors import PromptError
from intone.prompt import Demonstration, Prompt
from intone.prompt.edits import (
    EDITS,
    Edit,
    add_clarifier,
    add_context,
    apply_all,
    change_layout,
    change_output_format,
    collapse_whitespace,
    compress,
    drop_clarifier,
    drop_context,
    drop_demonstration,
    edit_from,
    reorder_demonstrations,
    replace_clarifier,
    rewrite_role,
    rewrite_template,
    set_codes,
    set_demonstrations,
    set_offsets,
    set_passages,
    show_nearest,
    soften_clarifier,
    strengthen_clarifier,
)
from intone.prompt.edits.items import reorder, replace_item
from intone.prompt.files import dumps
from intone.prompt.forms import read_prompt
from intone.prompt.template import outside_marks, render
from tests.strategies import LIBRARY, edits, fits, prompts, templates, texts

SLOW = settings(
    max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)  # prompts are big
WEAK, MIDDLE, STRONG = (
    "Keep explanations short.",
    "Do not explain your answer.",
    "Give the answer alone: not one word before or after it.",
)
SHOWN = tuple(Demonstration({"body": f"b{i}", "findings": "f"}, f"o{i}") for i in range(3))
PROMPT = Prompt(
    "Which team?\n\n{{ body }}",
    role="You route.",
    clarifiers=["Be brief.", MIDDLE, "Be brief."],
    context=["Teams are small.", "Findings: {{ findings }}"],
    demonstrations=SHOWN,
)


@st.composite
def prompts_with_edits(draw: st.DrawFn) -> tuple[Prompt, Edit]:
    prompt = draw(prompts())
    return prompt, draw(edits(prompt))


@given(prompts_with_edits())
@SLOW
def test_every_edit_can_be_undone_exactly(given: tuple[Prompt, Edit]) -> None:
    prompt, edit = given
    edited = edit.apply(prompt)
    back = edit.inverse(prompt)
    assert back.apply(edited) == prompt
    assert list(back.apply(edited).codes) == list(prompt.codes)
    assert back.inverse(edited).apply(prompt) == edited
    assert edited.variables >= prompt.variables
    assert back.section == edit.section


@given(prompts_with_edits())
@SLOW
def test_only_the_section_of_an_edit_changes(given: tuple[Prompt, Edit]) -> None:
    prompt, edit = given
    before, after = prompt.canonical(), edit.apply(prompt).canonical()
    assert {n for n in {*before, *after} if before.get(n) != after.get(n)} <= {edit.section}


@given(prompts_with_edits())
@SLOW
def test_a_form_holds_all_of_an_edit(given: tuple[Prompt, Edit]) -> None:
    prompt, edit = given
    for one in (edit, edit.inverse(prompt)):
        form = json.loads(json.dumps(one.form()))
        again = edit_from(form)
        assert again == one
        assert hash(again) == hash(one)
        assert again.form() == form
        assert one.name in EDITS and one.sentence and form["section"] == one.section


@given(prompts_with_edits(), texts())
@SLOW
def test_what_an_edit_makes_has_a_stable_id_and_renders(
    given: tuple[Prompt, Edit], value: str
) -> None:
    edited = given[1].apply(given[0])
    assert edited.id == given[1].apply(given[0]).id
    assert read_prompt(tomllib.loads(dumps(edited))).id == edited.id
    assert Prompt.from_canonical(json.loads(json.dumps(edited.canonical()))).id == edited.id
    row = Row(0, "r", {name: value for name in edited.variables})
    assert value.strip() in edited.text(row)


@given(prompts(), st.data())
@SLOW
def test_edits_of_another_prompt_fit_or_say_why_not(prompt: Prompt, data: st.DataObject) -> None:
    edit = data.draw(edits(data.draw(prompts())))
    try:
        edited = edit.apply(prompt)
    except PromptError as error:
        assert "\n" not in str(error)
    else:
        assert edited.variables >= prompt.variables
        assert edit.inverse(prompt).apply(edited) == prompt


@pytest.mark.parametrize(
    ("edit", "complaint"),
    [
        (rewrite_template("no input"), "loses the input {{ body }}"),
        (rewrite_template("  \n"), "template is empty"),
        (rewrite_template("{{ body"), "not valid Jinja"),
        (drop_context("Findings: {{ findings }}"), "loses the input {{ findings }}"),
        (drop_context("No such."), "no context passage 'No such.'"),
        (drop_clarifier("Be loud."), "no clarifier 'Be loud.'"),
        (replace_clarifier("Be loud.", "x"), "no clarifier 'Be loud.'"),
        (drop_demonstration(Demonstration({"body": "x"}, "y")), "no demonstration 'x'"),
        (reorder_demonstrations([1, 0]), "orders 2 demonstrations, the prompt has 3"),
        (reorder("clarifiers", [0, 0, 1]), "orders 3 clarifiers"),
        (strengthen_clarifier("Be brief, will you."), "not in the library"),
        (soften_clarifier("Use the given names."), "no clarifier 'Use the given names.', nor"),
        (set_codes({"a": "A", "b": "A"}), "same code"),
        (add_context("{{ more }}"), "a demonstration has no input {{ more }}"),
        (set_demonstrations([Demonstration({}, "x")]), "a demonstration has no input {{ body }}"),
    ],
)
def test_what_does_not_fit_is_named(edit: Edit, complaint: str) -> None:
    with pytest.raises(PromptError) as caught:
        edit.apply(PROMPT)
    assert complaint in str(caught.value)
    with pytest.raises(PromptError):
        edit.inverse(PROMPT)


def test_an_input_that_came_with_an_edit_goes_with_its_inverse_only() -> None:
    bare = Prompt("{{ body }}")
    add = add_context("Findings: {{ findings }}")
    full = add.apply(bare)
    back = add.inverse(bare)
    assert back.may_lose == {"findings"}
    assert back.apply(full) == bare
    assert edit_from(back.form()).apply(full) == bare
    with pytest.raises(PromptError, match="loses the input"):
        drop_context("Findings: {{ findings }}").apply(full)


def test_of_equal_items_the_one_at_the_place_is_meant() -> None:
    assert drop_clarifier("Be brief.").apply(PROMPT).clarifiers == (MIDDLE, "Be brief.")
    assert drop_clarifier("Be brief.", 2).apply(PROMPT).clarifiers == ("Be brief.", MIDDLE)
    assert drop_clarifier("Be brief.", 7).apply(PROMPT).clarifiers == (MIDDLE, "Be brief.")
    assert add_clarifier("x", 1).apply(PROMPT).clarifiers[1] == "x"
    assert add_clarifier("x", 9).apply(PROMPT).clarifiers[-1] == "x"


def test_clarifiers_go_up_and_down_in_strength() -> None:
    stronger = strengthen_clarifier(MIDDLE).apply(PROMPT)
    assert stronger.clarifiers == ("Be brief.", STRONG, "Be brief.")
    assert soften_clarifier(MIDDLE).apply(PROMPT).clarifiers[1] == WEAK
    back = strengthen_clarifier(MIDDLE).inverse(PROMPT)
    assert (back.name, back.apply(stronger)) == ("soften_clarifier", PROMPT)
    # made for one wording, it moves whichever wording of the entry is there
    assert strengthen_clarifier(WEAK).apply(PROMPT).clarifiers[1] == STRONG
    with pytest.raises(PromptError, match="strongest"):
        strengthen_clarifier(MIDDLE).apply(stronger)
    with pytest.raises(PromptError, match="weakest"):
        soften_clarifier(WEAK).apply(soften_clarifier(MIDDLE).apply(PROMPT))


@pytest.mark.parametrize("make", [strengthen_clarifier, soften_clarifier])
def test_every_step_of_the_library_can_be_undone(make: Callable[[str], Edit]) -> None:
    taken = 0
    for text in LIBRARY:
        prompt, edit = PROMPT.with_(clarifiers=["x", text, text]), make(text)
        if fits(edit, prompt):
            taken += 1
            assert edit.inverse(prompt).apply(edit.apply(prompt)) == prompt
            assert edit_from(edit.form()) == edit
    assert taken == len(LIBRARY) * 2 // 3  # three strengths each: two steps up, two down


@pytest.mark.parametrize(
    ("edit", "sentence"),
    [
        (rewrite_template("\nWhich " + 20 * "team " + "?\n{{ body }}"), "ask as “Which team team"),
        (rewrite_role(""), "no role"),
        (change_output_format("One word."), "answer format “One word.”"),
        (change_layout("xml"), "xml layout"),
        (set_demonstrations(SHOWN), "show 3 demonstrations"),
        (set_demonstrations(SHOWN[:1]), "show 1 demonstration"),
        (set_codes({}), "show no codes"),
        (set_offsets({"a": 0.1, "b": -0.25}), "correct label probabilities, most “b” (-0.25)"),
        (set_passages(["a"]), "give 1 document passage"),
        (show_nearest("demonstrations", 4), "show each row the 4 nearest demonstrations"),
        (show_nearest("passages", 0), "show every row all passages"),
        (set_offsets({"a": 0}), "read label probabilities as they are"),
        (add_clarifier("Be brief."), "add “Be brief.”"),
        (strengthen_clarifier(MIDDLE), f"strengthen “{MIDDLE}” to “{STRONG}”"),
        (drop_demonstration(SHOWN[0]), "drop the demonstration “b0; f” -> “o0”"),
        (collapse_whitespace("output_format"), "collapse white space in the answer format"),
        (add_clarifier("Be brief.", sentence="less to read"), "less to read"),
    ],
)
def test_sentences(edit: Edit, sentence: str) -> None:
    assert edit.sentence.startswith(sentence)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"name": "add_clarifer"}, "did you mean 'add_clarifier'"),
        ({"name": 3}, "unknown edit 3"),
        ({"name": None}, "needs a name"),
        ({"itme": "x"}, "unknown field 'itme' (did you mean 'item'?)"),
        ({"item": 3}, "add_clarifier: clarifiers must be text"),
        ({"place": -1}, "place must be a number from 0"),
        ({"place": True}, "place must be a number from 0"),
        ({"section": "role"}, "the section cannot be 'role'"),
        ({"sentence": 5}, "sentence must be text"),
        ({"may_lose": "body"}, "may_lose must be a list"),
        ({"item": ...}, "the field 'item' is missing"),
    ],
)
def test_forms_that_cannot_be_read(change: dict[str, Any], complaint: str) -> None:
    form = {k: v for k, v in (add_clarifier("x").form() | change).items() if v is not ...}
    with pytest.raises(PromptError) as caught:
        edit_from(form)
    assert complaint in str(caught.value)


def test_a_form_of_an_older_version_is_refused_by_name() -> None:
    with pytest.raises(PromptError, match="needs a name"):
        edit_from({"section": "layout", "sentence": "xml layout"})
    with pytest.raises(PromptError, match="order must be"):
        edit_from(reorder_demonstrations([1, 0]).form() | {"order": "10"})
    with pytest.raises(PromptError, match="empty"):
        edit_from(rewrite_template("x").form() | {"value": " "})


def test_edits_of_the_nearest_can_be_combined() -> None:
    both = [show_nearest("demonstrations", 2), show_nearest("passages", 3)]
    assert apply_all(PROMPT, both).nearest == {"demonstrations": 2, "passages": 3}
    with pytest.raises(PromptError, match="of must be one of demonstrations, passages"):
        show_nearest("context", 1)
    changes: list[dict[str, Any]] = [{"of": "context"}, {"count": -1}, {"count": True}]
    for change in changes:
        with pytest.raises(PromptError):
            edit_from(both[0].form() | change)


@pytest.mark.parametrize(
    "make",
    [
        lambda: add_context("x"),
        lambda: set_demonstrations([Demonstration({"body": "x"}, "y")]),
        lambda: set_codes({"a": "A"}),
        lambda: replace_item("demonstrations", SHOWN[0], SHOWN[1]),
    ],
)
def test_equal_edits_are_equal_values(make: Callable[[], Edit]) -> None:
    assert make() == make()
    assert len({make(), make()}) == 1


@given(prompts())
@SLOW
def test_compressing_shortens_and_loses_nothing(prompt: Prompt) -> None:
    done = compress(prompt)
    short = apply_all(prompt, done)
    assert compress(short) == ()
    assert short.variables == prompt.variables
    for edit in done:
        before, prompt = prompt, edit.apply(prompt)
        assert said(prompt) < said(before) or len(prompt.clarifiers) < len(before.clarifiers)


def said(prompt: Prompt) -> int:
    """How many characters a prompt has."""
    texts = (prompt.template, prompt.role, prompt.output_format)
    return sum(map(len, (*texts, *prompt.clarifiers, *prompt.context)))


def test_compressing_says_what_it_did() -> None:
    prompt = Prompt(
        "Please say  which team.   \n\n\n\nBe brief!\n{{ body }}",
        clarifiers=["be brief", "No prose.", "no prose", " ", "One word"],
        output_format="One word.  Lower case, please.",
    )
    done = compress(prompt)
    short = apply_all(prompt, done)
    assert short.template == "Say which team.\n\nBe brief!\n{{ body }}"
    assert short.clarifiers == ("No prose.",)
    assert short.output_format == "One word. Lower case."
    said = [edit.sentence for edit in done]
    assert "drop “be brief”, which the instruction says already" in said
    assert "drop “no prose”, which is there already" in said
    assert "drop “One word”, which the answer format says already" in said
    assert "drop an empty clarifier" in said
    assert "drop words of courtesy from the template" in said


def test_a_rule_inside_another_sentence_is_not_stated() -> None:
    assert compress(Prompt("Do not be brief.\n{{ body }}", clarifiers=["Be brief."])) == ()


def test_what_jinja_evaluates_is_not_touched() -> None:
    source = "a  b {{ '}}  x' }}  c\n    d  {%- if body  %} please e {% endif %}\n"
    edited = collapse_whitespace("template").apply(Prompt(source + "{{ body }}"))
    assert "{{ '}}  x' }} c\n    d{%- if body  %}" in edited.template
    braces = Prompt("{\n{%- if body %} a  b{% endif %}")
    edited = collapse_whitespace("template").apply(braces)
    assert edited.template == "{ {%- if body %} a b{% endif %}"


@given(templates(), texts())
@SLOW
def test_text_outside_marks_can_be_changed_alone(template: str, value: str) -> None:
    names = Prompt(template).variables
    values = {name: value for name in names}
    same = outside_marks(template, lambda text: text)
    assert render(same, values) == render(template, values)
    assert outside_marks(same, lambda text: text) == same
