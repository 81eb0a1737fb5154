"""What every program promises, run over every implementation."""

import json
from dataclasses import replace

import pytest

from intone.data.canonical import content_id
from intone.data.row import Row
from intone.errors import BackendError
from intone.llm.answers import Labels
from intone.llm.completion import Completion
from intone.llm.request import Request, Sampling
from intone.prompt import Answer, Chain, Demonstration, Got, Lost, Program, Prompt, Step, Vote
from intone.prompt.forms import read_program

ROW = Row(0, "r", {"body": "a parcel is missing", "findings": "none"}, "shipping")
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
    "vote": Vote([Prompt("Which team? {{ body }}"), Prompt("Team of {{ body }}?"), Prompt("T?")]),
    "weighted vote": Vote(
        [Prompt("Which team? {{ body }}"), Prompt("Team of {{ body }}?")],
        weights=[1, 2],
        by="probability",
    ),
    "samples": Vote([Prompt("Which team? {{ body }}")], samples=5),
    "chain": Chain(
        [
            Step("kind", Prompt("What kind? {{ body }}"), labels=["billing", "shipping"]),
            Step("about", Prompt("About what? {{ body }}")),
            Step("team", Prompt("Which team? {{ kind }} {{ about }} {{ body }}")),
        ],
        context=["Known: {{ findings }}"],
        clarifiers=["Be brief."],
    ),
    "chain with a vote": Chain(
        [
            Step(
                "kind",
                Vote([Prompt("Kind? {{ body }}")], samples=3),
                labels=["billing", "shipping"],
            ),
            Step("team", Prompt("Which team? {{ kind }} {{ body }}")),
        ]
    ),
    "vote with a chain": Vote(
        [
            Prompt("Which team? {{ body }}"),
            Prompt("Team? {{ body }}"),
            Chain(
                [
                    Step("about", Prompt("About what? {{ body }}")),
                    Step("team", Prompt("Which team? {{ about }}")),
                ]
            ),
        ]
    ),
}


@pytest.fixture(params=sorted(PROGRAMS))
def program(request: pytest.FixtureRequest) -> Program:
    return PROGRAMS[request.param]


def played(program: Program, row: Row) -> tuple[Answer, int]:
    done: list[Got] = []
    for _ in range(program.max_calls + 1):
        step = program.next(row, done, BLANK)
        assert not isinstance(step, Lost)
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


def test_requests_keep_the_sampling(program: Program) -> None:
    step = program.next(ROW, (), BLANK)
    assert not isinstance(step, Answer | Lost)
    for request in step:
        assert request.sampling == BLANK.sampling
        assert request.messages


def test_draws_of_different_samples_are_different_requests(program: Program) -> None:
    asked = []
    for sample in range(3):
        step = program.next(ROW, (), replace(BLANK, sample=sample))
        assert not isinstance(step, Answer | Lost)
        asked += list(step)
    assert len(set(asked)) == len(asked)


def test_the_id_is_the_hash_of_the_canonical_form(program: Program) -> None:
    form = program.canonical()
    assert read_program(form).id == program.id
    assert program.id == content_id(form) == content_id(json.loads(json.dumps(form)))


def test_all_it_needs_are_its_variables(program: Program) -> None:
    bare = Row(1, "b", {name: "x" for name in program.variables})
    assert program.next(bare, (), BLANK)
    assert not program.shows(bare)


def test_a_lost_call_is_passed_on_or_done_without(program: Program) -> None:
    done: list[Got] = []
    for _ in range(program.max_calls + 1):
        step = program.next(ROW, done, BLANK)
        if isinstance(step, Answer | Lost):
            break
        done += [Lost(BackendError("broken"))] * len(step)
    assert isinstance(step, Lost)
    assert str(step.error) == "broken"
    assert len(done) <= program.max_calls
