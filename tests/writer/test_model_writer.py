"""The writer on a model: what it makes of answers, what it tells, and that it repeats."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from intone.data.row import Row
from intone.errors import BackendError, KeyRejected
from intone.evaluate.ledger import MemoryLedger
from intone.llm.answers import FreeText, Json
from intone.llm.completion import Completion
from intone.llm.fake import FakeBackend, Said
from intone.llm.request import Request
from intone.prompt import Demonstration, Prompt
from intone.prompt.edits import apply_all
from intone.writer.changes import CHANGES
from intone.writer.model_writer import MOST_DRAWS, ModelWriter, Recalled
from intone.writer.writer import Proposals, Rejected, Scored
from tests.strategies import prompts, texts
from tests.writer.writers import (
    FAILURES,
    LABELS,
    RULE,
    TRIAGE,
    failure,
    metered,
    model_writer,
    row,
    wise,
)

OTHER = TRIAGE.with_(template="Name the team.\n\n{{ subject }}\n{{ body }}")

SLOWLY = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def rule(text: str) -> str:
    return f"PROBLEM: It is vague.\nCHANGE: add rule\nTEXT: {text}"


def critiqued(writer: ModelWriter, count: int = 1, turn: int = 0) -> Proposals:
    return asyncio.run(writer.critique(TRIAGE, FAILURES, count=count, turn=turn))


def requests(writer: ModelWriter) -> list[Request]:
    backend = writer._backend.backend
    assert isinstance(backend, FakeBackend)
    return list(backend.requests)


def said(request: Request) -> str:
    return request.messages[-1].content


def test_a_good_answer_arrives_as_an_edit() -> None:
    found = critiqued(model_writer(rule(RULE)))
    (proposal,) = found.proposals
    assert apply_all(TRIAGE, proposal.edits).clarifiers == ("Be brief.", RULE)
    assert proposal.why == "It is vague."
    assert found.dropped == {}


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ("Certainly! Here is a better prompt.", "unreadable"),
        (rule(""), "empty"),
        (rule("word " * 100), "too long"),
        (rule("Look at {{ subject }} first."), "placeholder"),
        (rule("Be brief"), "unchanged"),
        (rule("If my invoice number 3 is wrong again, say so."), "copies a row"),
        (rule("Invoice number 3 is wrong: billing."), "gives an answer away"),
        (
            rule("Noise, heat and dirt are about the room, even then."),
            "repeats the example",
        ),
        (rule("Say what the guest means."), "repeats the example"),
        (rule("The team is the account one."), "states an answer"),
        (rule("The instruction was to be polite."), "no instruction"),
        (rule("The model's answer does not match the right one."), "no instruction"),
        ("PROBLEM: a\nCHANGE: drop rule\nTEXT: 9", "does not fit"),
        (Completion(rule(RULE), "length"), "cut off"),
        (Completion("I cannot help with that.", "refusal"), "declined"),
        (BackendError("broken", retryable=False), "failed"),
    ],
)
def test_a_bad_answer_is_dropped_and_counted(answer: Said, reason: str) -> None:
    writer = model_writer([answer, rule(RULE)])
    found = critiqued(writer, count=2)
    assert found.dropped == {reason: 1}
    assert len(found.proposals) == 1  # the other answer is not lost with it
    assert len(writer.offers) == 1


def test_a_backend_that_cannot_be_used_is_an_error() -> None:
    with pytest.raises(KeyRejected):
        critiqued(model_writer([KeyRejected("no key")]))


def test_the_same_edit_is_proposed_once() -> None:
    writer = model_writer(rule(RULE))
    assert critiqued(writer, count=3).dropped == {"tried before": 2}
    assert critiqued(writer, turn=1).dropped == {"tried before": 1}


def test_what_was_rejected_is_told_and_not_taken_again() -> None:
    writer = model_writer(rule(RULE))
    rejected = [Rejected(f"add “{RULE}”", "4 points worse on 20 rows")]
    found = asyncio.run(writer.critique(TRIAGE, FAILURES, count=1, turn=0, rejected=rejected))
    assert found.dropped == {"tried before": 1}
    assert f"- add “{RULE}” (4 points worse on 20 rows)" in said(requests(writer)[0])


def test_earlier_runs_are_told_of_and_not_repeated() -> None:
    tried = TRIAGE.with_(clarifiers=(*TRIAGE.clarifiers, RULE)).id
    recalled = [
        Recalled("add “Explain.”", "no better on 9 rows", "another", "x"),
        Recalled("add “One name.”", "2 points worse on 9 rows", TRIAGE.id, tried),
    ]
    writer = ModelWriter(metered(rule(RULE)), recalled=recalled)
    assert critiqued(writer).dropped == {"tried before": 1}
    asked = said(requests(writer)[0])
    # What was tried on this very prompt stands last: it is the first to be kept.
    assert 0 < asked.index("add “Explain.”") < asked.index("add “One name.”")


def test_draws_differ_and_repeat_from_the_ledger() -> None:
    ledger = MemoryLedger()
    first = ModelWriter(metered(wise, ledger=ledger), labels=LABELS)
    before = [critiqued(first, 3, turn) for turn in (0, 1)]
    samples = [request.sample for request in requests(first)]
    assert samples == [0, 1, 2, MOST_DRAWS, MOST_DRAWS + 1, MOST_DRAWS + 2]
    assert len({p for found in before for p in found.proposals}) == 6
    silent = metered("never asked", ledger=ledger)
    again = ModelWriter(silent, labels=LABELS)
    assert [critiqued(again, 3, turn) for turn in (0, 1)] == before
    assert silent.purse.spent.replayed == silent.purse.spent.calls == 6


def test_a_schema_is_used_where_there_is_one() -> None:
    answer = json.dumps({"problem": "It is vague.", "change": "add rule", "text": RULE})
    for as_json, kind in ((True, Json), (False, FreeText)):
        writer = ModelWriter(metered(answer, as_json=as_json))
        assert len(critiqued(writer).proposals) == 1
        (request,) = requests(writer)
        assert isinstance(request.answer, kind)
        assert request.sampling.temperature > 0


def test_the_critic_sees_the_prompt_and_the_mistakes() -> None:
    writer = model_writer(wise)
    long = failure(9, body="and so on " * 200)
    cut = failure(10, "", "truncated")
    asyncio.run(writer.critique(TRIAGE, [cut, long], count=2, turn=0))
    one, two = map(said, requests(writer))
    assert "Which team should handle this ticket?" in one and "1. Be brief." in one
    assert "Allowed answers: billing, technical, account" in one
    assert "Right answer: billing" in one and "Model's answer: account" in one
    assert "Fault: wrong" in one and one.count("Mistake") == 2
    assert "{{" not in one and len(one) < 1500
    lead = "Model's answer: account"  # the draws lead with other mistakes
    assert one.index(lead) != two.index(lead)


def test_the_last_word_is_what_tells_the_leading_confusion_apart() -> None:
    writer = model_writer(wise)
    asyncio.run(writer.critique(TRIAGE, [failure(1)], count=1, turn=0))
    asyncio.run(writer.critique(TRIAGE, [failure(1, "", "truncated")], count=1, turn=1))
    confused, cut = (said(request).splitlines()[-1] for request in requests(writer))
    assert "answers billing and not account" in confused
    assert "billing" not in cut and cut.endswith("right?")


def test_words_of_the_example_are_free_where_the_task_has_them() -> None:
    prompt = Prompt("Is this hotel review good?\n\n{{ body }}")
    writer = ModelWriter(metered(rule("Judge what the hotel is like.")))
    found = asyncio.run(writer.critique(prompt, FAILURES, count=1, turn=0))
    assert len(found.proposals) == 1


def test_at_most_six_mistakes_of_several_kinds() -> None:
    many = [failure(i) for i in range(9)] + [failure(20 + i, "technical") for i in range(2)]
    writer = model_writer(wise)
    asyncio.run(writer.critique(TRIAGE, many, count=1, turn=0))
    asked = said(requests(writer)[0])
    assert asked.count("Mistake") == 6
    assert asked.count("Model's answer: account") == 4
    assert asked.count("Model's answer: technical") == 2


def test_the_other_requests_show_what_they_are_about() -> None:
    writer = model_writer(wise)
    shown = [Demonstration({"subject": "s", "body": f"b{i}"}, "billing") for i in range(12)]
    asyncio.run(writer.rephrase(TRIAGE, count=2, turn=0))
    asyncio.run(writer.rephrase(TRIAGE, count=1, turn=1, scored=[Scored(OTHER, 0.5)]))
    asyncio.run(writer.cross(TRIAGE, OTHER, count=1, turn=2))
    asyncio.run(writer.induce(TRIAGE, shown, count=2, turn=3))
    rephrased, shorter, climbed, crossed, induced, more = map(said, requests(writer))
    assert "Which team should handle" in rephrased and rephrased != shorter
    assert "50 of 100 right:\nName the team." in climbed
    assert "Instruction B:\nName the team." in crossed and "Be brief." in crossed
    assert "subject: s; body: b0\nAnswer: billing" in induced and induced.count("Input:") == 8
    assert induced != more
    assert len(writer.offers) == 6


@pytest.mark.parametrize("more", ["", ", that leads to answer 1:"])
def test_an_answer_that_is_the_form_itself_is_dropped(more: str) -> None:
    echo = Completion(f"INSTRUCTION: The instruction, word for word{more}.")
    writer = model_writer([echo, "INSTRUCTION: Name the team that has to act."])
    found = asyncio.run(writer.rephrase(TRIAGE, count=2, turn=0))
    assert found.dropped == {"placeholder": 1}
    assert len(found.proposals) == 1


def test_a_rewritten_instruction_keeps_the_inputs_block() -> None:
    (proposal,) = asyncio.run(model_writer(wise).rephrase(TRIAGE, count=1, turn=0)).proposals
    edited = apply_all(TRIAGE, proposal.edits)
    assert edited.template.endswith("\n\nSubject: {{ subject }}\n\n{{ body }}")
    assert "Which team" not in edited.template


def test_a_worked_example_is_not_given_away_by_the_induced_instruction() -> None:
    shown = [Demonstration({"subject": "x", "body": "the lid of the kettle is loose"}, "account")]
    quoting = "INSTRUCTION: If the lid of the kettle is loose, say account."
    writer = ModelWriter(metered(quoting), labels=LABELS)
    found = asyncio.run(writer.induce(TRIAGE, shown, count=1, turn=0))
    assert found.dropped == {"copies a row": 1}


def test_an_instruction_about_one_row_is_refused() -> None:
    about = "INSTRUCTION: The team is that of Ada Okafor's lamp, which is account."
    rows = [Row(0, "a", {"subject": "x", "body": "Ada Okafor said: it flickers."}, "account")]
    writer = ModelWriter(metered(about), rows=rows, labels=LABELS)
    found = asyncio.run(writer.rephrase(TRIAGE, count=1, turn=0))
    assert found.dropped == {"names a row": 1} and not found.proposals


def test_only_what_the_budget_holds_is_asked() -> None:
    writer = ModelWriter(metered(wise, calls=2), labels=LABELS)
    found = critiqued(writer, count=5)
    assert len(found.proposals) == 2
    assert writer._backend.purse.spent.calls == 2


def _answers(text: str) -> Sequence[str]:
    fields = {"problem": text, "text": text}
    return [
        text,
        *(json.dumps({**fields, "change": change}) for change in CHANGES),
        *(f"PROBLEM: {text}\nCHANGE: {change}\nTEXT: {text}" for change in CHANGES),
    ]


@SLOWLY
@given(prompts(), texts(), st.sampled_from(["stop", "length", "refusal"]))
def test_no_answer_makes_it_raise_or_break_a_prompt(prompt: Prompt, text: str, finish: str) -> None:
    answers = [Completion(answer, finish) for answer in _answers(text)]  # type: ignore[arg-type]
    writer = ModelWriter(metered(answers), labels=LABELS, rows=[row(1)])
    found = asyncio.run(writer.critique(prompt, FAILURES, count=len(answers), turn=0))
    assert len(found.proposals) + sum(found.dropped.values()) == len(answers)
    assert finish == "stop" or not found.proposals
    for proposal in found.proposals:
        edited = apply_all(prompt, proposal.edits)
        assert edited.variables == prompt.variables
        assert edited.id != prompt.id


@SLOWLY
@given(prompts(), prompts(), texts())
def test_an_instruction_that_is_any_text_does_no_harm(
    one: Prompt, other: Prompt, text: str
) -> None:
    writer = ModelWriter(metered(json.dumps({"instruction": text})), labels=LABELS)
    shown = [Demonstration({"body": text}, text)]
    founds = [
        asyncio.run(writer.rephrase(one, count=1, turn=0, scored=[Scored(other, 0.1)])),
        asyncio.run(writer.cross(one, other, count=1, turn=1)),
        asyncio.run(writer.induce(one, shown, count=1, turn=2)),
    ]
    for found in founds:
        for proposal in found.proposals:
            assert apply_all(one, proposal.edits).variables == one.variables
