"""Chains: the graph and its errors, how a row goes through, and the file."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from hypothesis import given

from intone.data.row import Row
from intone.errors import BackendError, DataError, PromptError
from intone.llm.answers import FreeText, Json, Labels, Number
from intone.llm.completion import Completion
from intone.llm.request import Request, Sampling
from intone.prompt import Answer, Chain, Demonstration, Lost, Prompt, Step, StepAnswer, Vote
from intone.prompt.files import dumps, load
from intone.prompt.forms import read_program, sections_of
from tests.strategies import chains

ROW = Row(0, "r", {"body": "my invoice"}, "done")
KIND = Step("kind", Prompt("Kind? {{ body }}"), labels=["bill", "parcel"])
ABOUT = Step("about", Prompt("About? {{ body }}"), answer="json")
REPLY = Step("reply", Prompt("Reply to {{ body }} ({{ kind }}, {{ about }})"))
CHAIN = Chain([REPLY, ABOUT, KIND], context=["All is well."], clarifiers=["Be brief."])
FILE = """
clarifiers = ["Be brief."]

[[steps]]
name = "kind"
labels = ["bill", "parcel"]
template = "Kind? {{ body }}"

[[steps]]
name = "reply"
template = "Reply to {{ body }}, a {{ kind }}"
"""


def asked(step: object) -> list[Request]:
    assert not isinstance(step, Answer | Lost)
    return list(step)  # type: ignore[call-overload, no-any-return]


def test_steps_without_mutual_need_are_asked_together() -> None:
    blank = Request(answer=Number())
    first = asked(CHAIN.next(ROW, (), blank))
    assert [request.answer for request in first] == [Json(), Labels(("bill", "parcel"))]
    done = [Completion('Well: {"a": 1}.'), Completion("It is a bill.")]
    (last,) = asked(CHAIN.next(ROW, done, blank))
    assert last.answer == Number()
    assert last.messages[-1].content == 'Reply to my invoice (bill, {"a": 1})'
    assert last.messages[0].content == "All is well.\n\nBe brief."
    answer = CHAIN.next(ROW, [*done, Completion("42")], blank)
    assert isinstance(answer, Answer)
    assert (answer.text, answer.step) == ("42", None)
    assert [step.text for step in answer.steps] == ['{"a": 1}', "bill"]


def test_an_inner_answer_that_cannot_be_read_ends_the_row_there() -> None:
    answer = CHAIN.next(ROW, [Completion("{}"), Completion("neither")], Request())
    assert isinstance(answer, Answer)
    assert (answer.text, answer.step) == ("neither", "kind")
    answer = CHAIN.next(ROW, [Completion("{", "length"), Completion("bill")], Request())
    assert isinstance(answer, Answer)
    assert (answer.finish, answer.step) == ("length", "about")


def test_a_lost_call_says_at_which_step() -> None:
    error = BackendError("broken")
    lost = CHAIN.next(ROW, [Completion("{}"), Lost(error)], Request())
    assert lost == Lost(error, "kind")


def test_a_step_that_is_known_is_not_asked() -> None:
    known = CHAIN.with_step("kind", known="gold")
    assert known.max_calls == 2 and known.variables == {"body", "gold"}
    row = Row(0, "r", {"body": "my invoice", "gold": "parcel"})
    (only,) = asked(known.next(row, (), Request()))
    (last,) = asked(known.next(row, [Completion('{"a": 1}')], Request()))
    assert only.answer == Json() and "parcel" in last.messages[-1].content


def test_a_row_without_what_is_known_is_lost_before_anything_is_asked() -> None:
    known = CHAIN.with_step("kind", known="gold")
    for cell in ("", "  "):
        lost = known.next(Row(0, "r", {"body": "my invoice", "gold": cell}), (), Request())
        assert isinstance(lost, Lost) and lost.step == "kind"
        assert isinstance(lost.error, DataError) and "'gold' is empty" in str(lost.error)


def test_a_final_step_with_right_answers_is_graded_by_itself() -> None:
    chain = Chain([KIND, Step("reply", Prompt("{{ body }} {{ kind }}"), target="gold")])
    done = [Completion("bill"), Completion("It is 42.")]
    answer = chain.next(ROW, done, Request(answer=Number()))
    assert isinstance(answer, Answer) and answer.text == "It is 42."
    assert answer.steps[-1] == StepAnswer("reply", "42", Number(), "gold")
    unread = chain.next(ROW, [done[0], Completion("none")], Request(answer=Number()))
    assert isinstance(unread, Answer)
    assert (unread.text, unread.step) == ("none", None)  # the grader says what that is
    assert unread.steps[-1] == StepAnswer("reply", "", Number(), "gold")


def test_the_final_steps_labels_are_those_of_the_task_in_any_order() -> None:
    chain = Chain([Step("kind", KIND.program, labels=["parcel", "bill"])])
    chain.check(Labels(("bill", "parcel")), Sampling())
    with pytest.raises(PromptError, match=r"'parcel' is none of the task's; 'other' is missing"):
        chain.check(Labels(("bill", "other")), Sampling())


def test_a_vote_can_be_a_step() -> None:
    vote = Vote([Prompt("Kind? {{ body }}"), Prompt("{{ body }}: kind?"), Prompt("K {{ body }}")])
    chain = CHAIN.with_step("kind", program=vote)
    assert chain.max_calls == 5
    first = asked(chain.next(ROW, (), Request()))
    assert len(first) == 3  # the JSON, and two of three members
    assert all("Be brief." in request.messages[0].content for request in first)
    done = [Completion("{}"), Completion("bill"), Completion("parcel")]
    assert len(asked(chain.next(ROW, done, Request()))) == 1


def test_rows_that_a_step_shows() -> None:
    shown = Demonstration({"body": "my invoice", "kind": "bill", "about": "{}"}, "ok")
    reply = Prompt("Reply to {{ body }} ({{ kind }}, {{ about }})", demonstrations=[shown])
    chain = CHAIN.with_step("reply", program=reply)
    assert chain.shows(ROW)
    assert not chain.shows(Row(1, "s", {"body": "another"}))


@pytest.mark.parametrize(
    ("steps", "wrong"),
    [
        ("[]", "the chain has no steps"),
        ('[{name="a", template="{{ b }}"}, {name="b", template="{{ a }}"}]', "has a cycle: '"),
        ('[{name="a", template="{{ a }}"}]', "has a cycle: 'a' -> 'a'"),
        ('[{name="a", template="x"}, {name="b", template="y"}]', "no final step: .*'a' and 'b'"),
        ('[{name="a", template="x"}, {name="a", template="y"}]', "two steps are named 'a'"),
        ('[{template="x"}]', "step 1 of the chain has no name"),
        ('[{name="a b", template="x"}]', "cannot be named 'a b'"),
        ('[{name="loop", template="x"}]', "cannot be named 'loop'"),
        ('[{name="a", template=""}]', "step 'a': the prompt's template is empty"),
        ('[{name="a", templte="x"}]', "step 'a': unknown section 'templte'"),
        ('[{name="a", template="x", answer="word"}]', "answer is 'word'; it can be: text, labels"),
        ('[{name="a", template="x", answer="labels"}]', "needs two labels or more"),
        ('[{name="a", template="x", answer="json", labels=["b", "c"]}]', "labels needs answer ="),
        ('[{name="a", known="g", template="x"}]', "'a' is known already"),
        ('["a"]', "steps must be a list of tables"),
    ],
)
def test_mistakes_in_a_file_are_one_clear_line(tmp_path: Path, steps: str, wrong: str) -> None:
    path = tmp_path / "chain.toml"
    path.write_text(f"steps = {steps}\n")
    with pytest.raises(PromptError, match=wrong) as error:
        Chain.load(path)
    assert str(error.value).startswith(f"{path}: ") and "\n" not in str(error.value)


def test_a_shared_passage_cannot_name_a_step() -> None:
    with pytest.raises(PromptError, match="has a cycle"):
        Chain([KIND, Step("reply", Prompt("{{ kind }}"))], context=["It is {{ kind }}."])


def test_a_variable_that_is_neither_input_nor_step() -> None:
    chain = Chain([KIND, Step("reply", Prompt("{{ body }} {{ kidn }} {{ kind }}"))])
    error = chain.unknown({"body", "subject"})
    assert str(error) == (
        "step 'reply' names {{ kidn }}, which is neither an input nor a step (did you mean "
        "'kind'?); inputs: body, subject; steps: kind, reply"
    )
    assert CHAIN.unknown({"body"}) is None


def test_kinds_of_answer_are_checked_before_anything_is_asked() -> None:
    vote = Vote([Prompt("{{ body }}"), Prompt("{{ body }}?")])
    with pytest.raises(PromptError, match="step 'about': a vote needs answers"):
        CHAIN.with_step("about", program=vote, answer="text").check(Number(), Sampling())
    with pytest.raises(PromptError, match="'reply' gives another kind of answer than the grader"):
        CHAIN.with_step("reply", answer="json").check(Number(), Sampling())
    CHAIN.with_step("reply", answer="number").check(Number(), Sampling())
    CHAIN.check(FreeText(), Sampling())


def test_a_file_is_read_by_its_shape(tmp_path: Path) -> None:
    (tmp_path / "chain.toml").write_text(FILE)
    chain = load(tmp_path / "chain.toml")
    assert isinstance(chain, Chain) and chain.final.name == "reply"
    chain.save(tmp_path / "copy.toml")
    assert load(tmp_path / "copy.toml") == chain
    (tmp_path / "reply.toml").write_text('template = "Reply to {{ body }}, a {{ kind }}"\n')
    (tmp_path / "chain.toml").write_text(
        FILE.replace('template = "Reply to {{ body }}, a {{ kind }}"', 'file = "reply.toml"')
    )
    assert load(tmp_path / "chain.toml") == chain
    assert sections_of(chain.canonical())["steps.kind.template"] == "Kind? {{ body }}"


@given(chains())
def test_a_chain_survives_its_file(chain: Chain) -> None:
    again = read_program(tomllib.loads(dumps(chain)))
    assert again == chain and again.id == chain.id
