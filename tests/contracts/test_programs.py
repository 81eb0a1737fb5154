"""What every program promises, run over every implementation."""

import json

import pytest

from intone.data.canonical import content_id
from intone.data.row import Row
from intone.llm.answers import FreeText, Labels
from intone.llm.completion import Completion
from intone.llm.request import Request, Sampling
from intone.prompt import Answer, Demonstration, Program, Prompt

ROW = Row(0, "r", {"body": "a parcel is missing"}, "shipping")
BLANK = Request(answer=Labels(("billing", "shipping")), sampling=Sampling(max_tokens=9), sample=2)

PROGRAMS: dict[str, Program] = {
    "plain": Prompt("Which team? {{ body }}"),
    "full": Prompt(
        "Which team?\n\n{{ body }}",
        role="You route.",
        context=["Known: {{ body }}"],
        clarifiers=["Be brief."],
        output_format="One word.",
        codes={"billing": "A", "shipping": "B"},
        demonstrations=[Demonstration({"body": "charged twice"}, "billing")],
        offsets={"billing": -0.3},
        layout="xml",
    ),
    "nearest": Prompt(
        "Which team? {{ body }}",
        demonstrations=[Demonstration({"body": f"charged {n} times"}, "billing") for n in "234"],
        passages=["A parcel that is lost.", "Charges."],
        nearest={"demonstrations": 2, "passages": 1},
    ),
}


@pytest.fixture(params=sorted(PROGRAMS))
def program(request: pytest.FixtureRequest) -> Program:
    return PROGRAMS[request.param]


def played(program: Program, row: Row) -> tuple[Answer, int]:
    done: list[Completion] = []
    for _ in range(program.max_calls + 1):
        step = program.next(row, done, BLANK)
        if isinstance(step, Answer):
            return step, len(done)
        done += [Completion("shipping")] * len(step)
    raise AssertionError("it asks more than max_calls")


def test_it_answers_within_its_calls(program: Program) -> None:
    answer, calls = played(program, ROW)
    assert answer.text
    assert 1 <= calls <= program.max_calls


def test_it_is_pure(program: Program) -> None:
    assert program.next(ROW, (), BLANK) == program.next(ROW, (), BLANK)


def test_requests_keep_the_sampling_and_the_sample(program: Program) -> None:
    step = program.next(ROW, (), BLANK)
    assert not isinstance(step, Answer)
    for request in step:
        assert request.sampling == BLANK.sampling
        assert request.sample == 2
        assert request.messages


def test_the_id_is_the_hash_of_the_canonical_form(program: Program) -> None:
    form = program.canonical()
    assert program.id == content_id(form) == content_id(json.loads(json.dumps(form)))


def test_all_it_needs_are_its_variables(program: Program) -> None:
    bare = Row(1, "b", {name: "x" for name in program.variables})
    assert program.next(bare, (), Request(answer=FreeText()))
    assert not program.shows(bare)
