import math
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from intone.data.row import Row
from intone.errors import InputError, PromptError
from intone.llm.answers import FreeText, Labels
from intone.llm.completion import Completion
from intone.llm.request import Request
from intone.prompt import LAYOUTS, Answer, Demonstration, Prompt
from intone.prompt.files import dumps
from intone.prompt.forms import read_prompt
from intone.prompt.offsets import corrected
from tests.strategies import prompts

ROW = Row(3, "r3", {"subject": "Refund", "body": "Charged {{ twice }}"}, "billing")
PROMPT = Prompt(
    template="Which team?\n\nSubject: {{ subject }}\n{{ body }}",
    role="You route tickets.",
    clarifiers=["Answer with the team's name only."],
    context=["Teams are small."],
    output_format="One word.",
    demonstrations=[Demonstration({"subject": "Hi", "body": "No parcel"}, "shipping")],
)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_what_is_the_same_for_all_rows_comes_first(layout: str) -> None:
    prompt = PROMPT.with_(layout=layout)
    other = Row(4, "r4", {"subject": "x", "body": "y"}, None)
    first, second = prompt.text(ROW), prompt.text(other)
    pairs = enumerate(zip(first, second, strict=False))
    shared = next(i for i, (a, b) in pairs if a != b)
    for part in ("You route tickets.", "Which team?", "Teams are small.", "One word.", "shipping"):
        assert first.index(part) < shared
    assert first.index("Charged") > shared - len("Subject: ")


def test_values_are_never_rendered_again() -> None:
    assert "Charged {{ twice }}" in PROMPT.text(ROW)


def test_chat_shows_demonstrations_as_turns() -> None:
    roles = [message.role for message in PROMPT.messages(ROW)]
    assert roles == ["system", "user", "assistant", "user"]


def test_a_row_never_sees_itself() -> None:
    shown = Row(0, "r0", {"subject": "Hi", "body": "No parcel"}, "shipping")
    assert PROMPT.shows(shown)
    assert not PROMPT.shows(ROW)
    assert "shipping" not in PROMPT.text(shown)
    assert "shipping" in PROMPT.text(ROW)


def test_fixed_context_is_rendered_too() -> None:
    prompt = PROMPT.with_(context=["Write {{ '{{' }}.{# a note #}"])
    assert "Write {{." in prompt.text(ROW) and "note" not in prompt.text(ROW)


def test_context_that_names_an_input_comes_with_the_row() -> None:
    prompt = PROMPT.with_(context=["Fixed.", "Findings: {{ findings }}"])
    row = Row(0, "r", {**ROW.inputs, "findings": "F1"})
    assert prompt.variables == {"subject", "body", "findings"}
    text = prompt.with_(demonstrations=()).text(row)
    assert text.index("Fixed.") < text.index("Findings: F1") < text.index("Refund")


def test_unknown_variable_names_itself_and_those_there_are() -> None:
    prompt = Prompt(template="{{ bodyy }}")
    with pytest.raises(PromptError, match=r"bodyy.*body, subject"):
        prompt.messages(ROW)


@pytest.mark.parametrize(
    ("source", "complaint"),
    [
        ("{{ x", "not valid Jinja"),
        ("{% for %}", "not valid Jinja"),
        ("   ", "empty"),
    ],
)
def test_templates_that_cannot_be_read(source: str, complaint: str) -> None:
    with pytest.raises(PromptError, match=complaint):
        Prompt(template=source)


@pytest.mark.parametrize(
    "source",
    [
        "{{ body.__class__.__mro__ }}",
        "{{ ''.__class__ }} {{ body }}",
        "{{ body.format.__globals__ }}",
        "{{ 1 // 0 }}{{ body }}",
    ],
)
def test_the_sandbox_holds(source: str) -> None:
    with pytest.raises(PromptError):
        Prompt(template=source).messages(ROW)


def test_codes_are_shown_and_read_back() -> None:
    prompt = PROMPT.with_(codes={"billing": "A", "shipping": "B"})
    blank = Request(answer=Labels(("billing", "shipping")))
    (request,) = prompt.next(ROW, (), blank)  # type: ignore[misc]
    assert isinstance(request.answer, Labels)
    assert request.answer.choices == ("A", "B")
    text = prompt.text(ROW)
    assert "A: billing" in text and "\nB\n" in text
    answer = prompt.next(ROW, [Completion("A")], blank)
    assert isinstance(answer, Answer) and answer.text == "billing"


BLANK = Request(answer=Labels(("billing", "shipping")))
CHOICES = {"billing": 0.6, "shipping": 0.4, "sales": 0.0}


def test_offsets_correct_label_probabilities_and_the_answer() -> None:
    prompt = PROMPT.with_(offsets={"billing": -1.0})
    assert prompt.messages(ROW) == PROMPT.messages(ROW)
    given = Completion("billing", choices=CHOICES)
    answer = prompt.next(ROW, [given], BLANK)
    assert isinstance(answer, Answer) and answer.text == "shipping"
    assert sum(answer.choices.values()) == pytest.approx(1)
    assert answer.choices["billing"] == pytest.approx(0.6 / (0.6 + 0.4 * math.e))
    assert answer.choices["sales"] == 0.0
    assert PROMPT.next(ROW, [given], BLANK) == Answer("billing", "stop", CHOICES)


def test_offsets_do_nothing_without_probabilities() -> None:
    prompt = PROMPT.with_(offsets={"billing": -1.0})
    text_only = Completion("billing")
    assert prompt.next(ROW, [text_only], BLANK) == PROMPT.next(ROW, [text_only], BLANK)
    coded = prompt.with_(codes={"billing": "A", "shipping": "B"})
    assert coded.next(ROW, [Completion("A")], BLANK) == Answer("billing")
    answer = coded.next(ROW, [Completion("A", choices=CHOICES)], BLANK)
    assert isinstance(answer, Answer) and answer.text == "shipping"


@given(
    st.dictionaries(st.sampled_from("abcd"), st.floats(0, 1), min_size=1),
    st.dictionaries(st.sampled_from("abcde"), st.floats(allow_nan=False, allow_infinity=False)),
)
def test_corrected_probabilities_are_probabilities(
    choices: dict[str, float], offsets: dict[str, float]
) -> None:
    after = corrected(choices, offsets)
    assert list(after) == list(choices)
    if any(choices.values()):
        assert sum(after.values()) == pytest.approx(1)
        assert all(not share or choices[label] for label, share in after.items())
    else:
        assert after == choices


def test_offsets_are_part_of_the_prompt() -> None:
    prompt = PROMPT.with_(offsets={"billing": -1, "shipping": 0})
    assert prompt.offsets == {"billing": -1.0}
    assert prompt.id != PROMPT.id == PROMPT.with_(offsets={"billing": 0.0}).id
    assert "[offsets]\nbilling = -1.0\n" in dumps(prompt)
    with pytest.raises(PromptError, match="offset of 'billing' must be a finite number, not nan"):
        PROMPT.with_(offsets={"billing": float("nan")})
    with pytest.raises(PromptError, match="offset of 'billing' must be a number, not 'much'"):
        PROMPT.with_(offsets={"billing": "much"})


def test_same_code_twice_is_an_error() -> None:
    with pytest.raises(PromptError, match="same code"):
        PROMPT.with_(codes={"a": "A", "b": "A"})


def test_id_depends_on_content_only() -> None:
    assert PROMPT.id == PROMPT.with_().id
    assert PROMPT.id == Prompt.from_canonical(PROMPT.canonical()).id
    assert PROMPT.id != PROMPT.with_(layout="xml").id
    assert Prompt("{{ body }}").id == "cf2b4b6c2e719c31"


@given(prompts())
@settings(max_examples=200, deadline=None)
def test_a_file_round_trip_is_exact(prompt: Prompt) -> None:
    import tomllib

    again = read_prompt(tomllib.loads(dumps(prompt)))
    assert again == prompt
    assert again.id == prompt.id


@given(prompts(), st.text())
@settings(max_examples=200, deadline=None)
def test_rendering_a_valid_prompt_never_raises(prompt: Prompt, value: str) -> None:
    row = Row(0, "r", {name: value for name in prompt.variables})
    messages = prompt.messages(row)
    assert messages[-1].role == "user"
    text = prompt.text(row)
    assert value.strip() in text


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "p.toml"
    PROMPT.save(path)
    assert Prompt.load(path) == PROMPT
    assert [p.name for p in tmp_path.iterdir()] == ["p.toml"]
    (tmp_path / "folder").mkdir()
    with pytest.raises(InputError, match="folder"):
        PROMPT.save(tmp_path / "folder")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["folder", "p.toml"]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ('templat = "x"', "did you mean 'template'"),
        ("role = 'x'", "no template"),
        ("template = 3", "must be text"),
        ("template = 'x'\nclarifiers = 'y'", "must be a list"),
        ("template = 'x'\n[[demonstrations]]\ninput = 3", "inputs .* and output"),
        ("template = 'x'\nnearest = 3", "nearest must be a table of numbers"),
        ("template = 'x'\nnearest = {context = 2}", "nearest.context: only these"),
        ("template = 'x'\nnearest = {passages = 0}", "nearest.passages must be a whole number"),
        ("template = 'x'\noffsets = 3", "offsets must be a table of numbers"),
        ("template = 'x'\noffsets = {a = true}", "offset of 'a' must be a number"),
        ("template = 'x'\nlayout = 'y'", "unknown layout"),
        ("template = ", "not valid TOML"),
    ],
)
def test_bad_files_are_one_line_that_names_the_file(
    tmp_path: Path, text: str, complaint: str
) -> None:
    path = tmp_path / "p.toml"
    path.write_text(text)
    with pytest.raises(PromptError, match=complaint) as caught:
        Prompt.load(path)
    assert "p.toml" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(PromptError, match="No such file"):
        Prompt.load(tmp_path / "none.toml")


def test_free_text_answer_is_the_completion() -> None:
    blank = Request(answer=FreeText())
    assert PROMPT.next(ROW, [Completion("hello", "length")], blank) == Answer("hello", "length")


@pytest.mark.parametrize(
    ("expression", "complaint"),
    [
        ("body * 99999999999", "repeats a text 99999999999 times"),
        ("99999999999 * body", "repeats a text"),
        ("[1] * 99999999999", "repeats a text"),
        ("9 ** 99999", "to the power of 99999"),
    ],
)
def test_no_expression_fills_the_memory_or_the_day(expression: str, complaint: str) -> None:
    row = Row(0, "id", {"body": "abc"})
    with pytest.raises(PromptError, match=complaint):
        Prompt(f"{{{{ {expression} }}}}").messages(row)


def test_small_products_are_computed() -> None:
    row = Row(0, "id", {"body": "abc"})
    (message,) = Prompt("{{ body * 2 }} {{ 2 ** 3 }} {{ 3 * 4 }}").messages(row)
    assert message.content == "abcabc 8 12"
