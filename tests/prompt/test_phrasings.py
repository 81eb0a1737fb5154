from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from intone.data.row import Row
from intone.errors import PromptError
from intone.prompt import Prompt
from intone.prompt.contradictions import contradictions
from intone.prompt.edits import apply_all, rewrite_template
from intone.prompt.library.entries import KINDS, Kind
from intone.prompt.library.library import clarifiers, output_formats, read, templates
from intone.prompt.phrasings import asks_last, inputs_block, own_words, phrasings, with_inputs
from intone.prompt.prompt import LAYOUTS
from tests.strategies import SPANNING, prompts

LABELS = ("billing", "shipping")


@given(prompts())
@settings(max_examples=60, deadline=None)
def test_every_phrasing_keeps_every_input_and_renders(prompt: Prompt) -> None:
    for kind in get_args(Kind):
        found = phrasings(prompt, kind=kind, labels=LABELS, target="team")
        ids = {apply_all(prompt, edits).id for edits in found}
        assert len(ids) == len(found)
        assert prompt.id not in ids
        for edits in found:
            assert apply_all(prompt, edits).variables == prompt.variables


@pytest.mark.parametrize(
    "given",
    [
        Prompt("{{ body }}"),
        Prompt("What does it come to?\n\n{{ body }}"),
        Prompt("Think step by step.\n\n{{ body }}"),
        Prompt("Reply with the number only.\n\n{{ body }}"),
        Prompt("{{ body }}", clarifiers=["Be brief.", "Do not explain your answer."]),
        Prompt("{{ body }}", output_format="Give only the answer."),
        Prompt("Answer as JSON: {{ body }}"),
    ],
)
def test_no_phrasing_contradicts_itself(given: Prompt) -> None:
    for kind in get_args(Kind):
        found = phrasings(given, kind=kind, labels=LABELS, target="total")
        assert found
        for edits in found:
            assert contradictions(apply_all(given, edits)) == (), kind


def test_entries_that_do_not_go_together_make_room_for_those_that_do() -> None:
    given = Prompt("{{ body }}")
    found = [apply_all(given, e) for e in phrasings(given, kind="calculate", labels=(), target="")]
    (teacher,) = (made for made in found if "arithmetic teacher" in made.template)
    assert teacher.output_format == "End with the final number on a line of its own."
    assert {made.output_format for made in found} >= {"Give only the number."}
    brief = Prompt("{{ body }}", clarifiers=["Do not explain your answer."])
    asked = [apply_all(brief, e) for e in phrasings(brief, kind="calculate", labels=(), target="")]
    assert asked and not any("step by step" in made.template for made in asked)


@given(st.data())
@settings(max_examples=40, deadline=None)
def test_a_mark_over_several_lines_is_never_cut(data: st.DataObject) -> None:
    words = st.sampled_from(["", " ", "\n", "Which team?", "\n\nWhich team should have it?\n\n"])
    parts = [data.draw(words)]
    for name in ("subject", "body"):
        parts += [data.draw(st.sampled_from(SPANNING)).replace("NAME", name), data.draw(words)]
    prompt = Prompt("".join(parts))
    for edits in phrasings(prompt, kind="classify", labels=LABELS, target="team"):
        edited = apply_all(prompt, edits)
        assert edited.variables == prompt.variables
        assert "a note" not in edited.text(Row(0, "r", {"subject": "s", "body": "b"}, "billing"))


def test_a_projects_own_templates_come_before_these(tmp_path: Path) -> None:
    desk = (
        '[[template]]\nname = "desk"\nkind = "classify"\ninstruction = "Which desk: [[labels]]?"\n'
    )
    (tmp_path / "library").mkdir()
    (tmp_path / "library" / "templates.toml").write_text(desk)
    prompt = Prompt("Which team?\n\n{{ body }}")
    own, first, *_ = phrasings(
        prompt, kind="classify", labels=LABELS, target="team", library=read(tmp_path)
    )
    assert apply_all(prompt, own).template.startswith("Which desk: billing, shipping?")
    assert (first,) == tuple(phrasings(prompt, kind="classify", labels=LABELS, target="team")[:1])


@pytest.mark.parametrize(
    ("template", "block", "words"),
    [
        ("Which team?\n\n{{ body\n | trim }}", "{{ body\n | trim }}", "Which team?"),
        (
            "Which team?\n\n{{ body }} {# note\ncontinues #}",
            "{{ body }} {# note\ncontinues #}",
            "Which team?",
        ),
        (
            "Which team?\n\n{{ body|replace('\n', '') }}",
            "{{ body|replace('\n', '') }}",
            "Which team?",
        ),
        (
            "Sort.\n\n{{ body }}\n{# why\nso #}\nWhich team should have it?",
            "{{ body }}",
            "Sort.\n\nWhich team should have it?",
        ),
        (
            "{# of May\nor so #}{{ body }} belongs to which?",
            "Text: {{ body }}",
            "belongs to which?",
        ),
    ],
)
def test_marks_over_several_lines_stay_with_the_inputs(
    template: str, block: str, words: str
) -> None:
    prompt = Prompt(template)
    assert inputs_block(prompt) == block
    assert own_words(prompt) == words


def test_the_users_own_words_come_first() -> None:
    prompt = Prompt("Which team?\n\n{{ body }}")
    first = phrasings(prompt, kind="classify", labels=LABELS, target="team")[0]
    edited = apply_all(prompt, first)
    assert edited.template == prompt.template
    assert "billing, shipping" in edited.output_format


@pytest.mark.parametrize(
    ("template", "block", "words"),
    [
        (
            "Which team?\n\nSubject: {{ subject }}\n{{ body }}",
            "Subject: {{ subject }}\n{{ body }}",
            "Which team?",
        ),
        (
            "What is the topic of this? {{ input }}",
            "Text: {{ input }}",
            "What is the topic of this?",
        ),
        ("{{ question }}", "Question: {{ question }}", ""),
        (
            "{{ body }}\n\nWhich team should have it?",
            "Body: {{ body }}",
            "Which team should have it?",
        ),
        ("Tell:\n{% if x %}{{ x }}{% endif %}", "{% if x %}{{ x }}{% endif %}", "Tell:"),
    ],
)
def test_inputs_and_words_are_told_apart(template: str, block: str, words: str) -> None:
    prompt = Prompt(template)
    if "body }}\n\nWhich" not in template:
        assert inputs_block(prompt) == block
    assert own_words(prompt) == words


def test_labels_with_braces_stay_text() -> None:
    prompt = Prompt("Which?\n\n{{ body }}")
    for edits in phrasings(prompt, kind="classify", labels=["{{ x }}", "{% y %}"], target="t"):
        assert apply_all(prompt, edits).variables == {"body"}


def test_a_prompt_without_inputs_gets_them_all() -> None:
    prompt = with_inputs(Prompt("Which team?"), ["subject", "body"])
    assert prompt.template == "Which team?\n\nSubject: {{ subject }}\nBody: {{ body }}"
    named = Prompt("Which team? {{ body }}")
    assert with_inputs(named, ["subject", "body"]) is named


def test_losing_an_input_is_an_error() -> None:
    with pytest.raises(PromptError, match="loses the input"):
        rewrite_template("no input", "drop it").apply(Prompt("{{ body }}"))


@pytest.mark.parametrize("kind", KINDS)
def test_the_library_is_complete(kind: str) -> None:
    entries = templates(kind)
    assert len(entries) >= 4
    assert len({entry.name for entry in entries}) == len(entries)
    assert len({entry.text for entry in entries}) == len(entries)
    assert all(entry.instruction.strip() and "{{" not in entry.text for entry in entries)
    assert clarifiers(kind)
    assert all(len(set(entry.strengths)) == 3 for entry in clarifiers(kind))
    assert output_formats(kind)


def test_a_phrasing_adds_only_clarifiers_that_a_search_may_try() -> None:
    prompt = Prompt("Which team?\n\n{{ body }}")
    for kind in get_args(Kind):
        raced = {text for rule in clarifiers(kind) if rule.race for text in rule.strengths}
        for edits in phrasings(prompt, kind=kind, labels=LABELS, target="team"):
            assert set(apply_all(prompt, edits).clarifiers) <= raced


def test_which_clarifiers_phrasings_add() -> None:
    prompt = Prompt("Which team?\n\n{{ body }}")

    def added(kind: Kind) -> list[str]:
        found = phrasings(prompt, kind=kind, labels=LABELS, target="team")
        return [text for edits in found for text in apply_all(prompt, edits).clarifiers]

    assert added("answer") == ["Do not explain your answer."]
    assert added("extract") == ["Do not explain your answer."]
    assert added("calculate") == [
        "Answer in as few words as will do.",
        "Work it out step by step.",
    ]
    assert len(added("classify")) == 4


@pytest.mark.parametrize("name", ["文本", "نص", "äpfel", "größe", "पाठ", "_x9"])
def test_inputs_may_be_named_in_any_script(name: str) -> None:
    prompt = Prompt(f"Which team should have {{{{ {name} }}}} and {{{{ body }}}} here?")
    assert inputs_block(prompt).count("{{") == 2
    for edits in phrasings(prompt, kind="classify", labels=LABELS, target="team"):
        assert apply_all(prompt, edits).variables == {name, "body"}


def test_inputs_keep_the_order_in_which_they_are_named() -> None:
    prompt = Prompt("Is {{ b|trim }} the answer to {{ a }} or to {{ b }}, would you say?")
    assert inputs_block(prompt) == "B: {{ b }}\nA: {{ a }}"


def test_braces_in_a_label_are_shown_and_asked_as_they_are() -> None:
    labels = ("{{ odd }}", "{%x", "plain")
    prompt = Prompt("Which of these?\n\n{{ body }}")
    found = phrasings(prompt, kind="classify", labels=labels, target="team")
    edits = [edit for edits in found for edit in edits]
    assert any("{{ odd }}, {%x" in edit.sentence for edit in edits)
    assert all("'{'" not in edit.sentence for edit in edits)
    row = Row(0, "r", {"body": "text"}, "plain")
    texts = [apply_all(prompt, those).text(row) for those in found]
    assert all("'{'" not in text for text in texts)
    assert sum("{{ odd }}, {%x, plain" in text for text in texts) > 3


def test_the_question_is_tried_on_the_other_side_of_the_inputs() -> None:
    first = Prompt("Which team?\n\nSubject: {{ subject }}\n{{ body }}")
    second = phrasings(first, kind="classify", labels=LABELS, target="team")[1]
    turned = apply_all(first, second)
    assert turned.template == "Subject: {{ subject }}\n{{ body }}\n\nWhich team?"
    assert not asks_last(turned)  # two words: as short as a cue
    long = Prompt("Text: {{ body }}\n\nWhich team should have it?")
    assert asks_last(long)
    back = phrasings(long, kind="classify", labels=LABELS, target="team")[1]
    assert apply_all(long, back).template == "Which team should have it?\n\nText: {{ body }}"


def test_every_layout_is_tried_with_the_question_on_both_sides() -> None:
    prompt = Prompt("Which team should have it?\n\n{{ body }}")
    found = phrasings(prompt, kind="classify", labels=LABELS, target="team")
    tried = {(p.layout, asks_last(p)) for p in (apply_all(prompt, edits) for edits in found)}
    assert len(tried) == 2 * len(LAYOUTS)
