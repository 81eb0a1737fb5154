"""Format repair: which remedy is proposed for what happened."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intone.evaluate.outcome import Outcome, Status
from intone.prompt import Prompt
from intone.prompt.contradictions import fit_together
from intone.prompt.edits import Edit, apply_all
from intone.prompt.library.entries import Kind
from intone.prompt.library.library import clarifiers, output_formats
from intone.tune.format_repair import ANSWER_ONLY, format_repairs
from tests.strategies import prompts

PROMPT = Prompt("Which team? {{ body }}")
LABELS = ("billing", "sales")
ONE_OF = "Answer with exactly one of: billing, sales."
ONLY = "Possible answers: billing, sales. Give the answer only, without explanation."
COPY = "Copy the answer letter for letter from the list."
ALONE = "Give the answer alone: not one word before or after it."
SHORT_STEPS = "Keep the steps short."
ANYWAY = "Never decline and never ask back; give your best answer."
BROKEN: tuple[Status, ...] = ("unparseable", "truncated", "refused")


def came_to(*statuses: Status) -> list[Outcome]:
    return [Outcome("p", i, 0, status, 0.0, "") for i, status in enumerate(statuses)]


def repaired(prompt: Prompt, *statuses: Status, kind: Kind = "classify") -> list[Prompt]:
    found = format_repairs(prompt, came_to(*statuses), kind=kind, labels=LABELS)
    return [apply_all(prompt, edits) for edits in found]


def test_where_all_answers_were_read_there_is_nothing_to_repair() -> None:
    assert repaired(PROMPT, "answered", "failed") == repaired(PROMPT) == []


def test_an_answer_that_cannot_be_read_is_asked_for_in_a_stricter_form() -> None:
    assert repaired(PROMPT, "unparseable", "answered") == [
        PROMPT.with_(output_format=ONE_OF),
        PROMPT.with_(clarifiers=[COPY]),
        PROMPT.with_(template=f"{PROMPT.template}\n\n{ONE_OF}"),
        PROMPT.with_(output_format=ONLY),
    ]
    asked = PROMPT.with_(
        output_format=ONE_OF, clarifiers=["Use the given names.", "Be kind."], layout="xml"
    )
    assert repaired(asked, "unparseable") == [
        asked.with_(output_format=ONLY),
        asked.with_(clarifiers=[COPY, "Be kind."]),
        asked.with_(output_format="", template=f"{PROMPT.template}\n\n{ONE_OF}"),
    ]


def test_an_answer_that_broke_off_is_to_be_short() -> None:
    short = [PROMPT.with_(output_format=ONLY), PROMPT.with_(clarifiers=[ALONE])]
    assert repaired(PROMPT, "truncated") == short
    number = repaired(PROMPT, "truncated", kind="calculate")
    assert number[0].output_format == "Give only the number."
    assert number[1].clarifiers == ("Answer in at most five words.",)
    assert number[2].clarifiers == (SHORT_STEPS,)


def test_no_repair_speaks_against_the_prompt() -> None:
    steps = Prompt("Work it out step by step. {{ body }}")
    (only,) = repaired(steps, "truncated", kind="calculate")
    assert only == steps.with_(clarifiers=[SHORT_STEPS])
    assert repaired(only, "truncated", kind="calculate") == []


def test_a_refused_answer_is_to_be_given_all_the_same() -> None:
    assert repaired(PROMPT, "refused") == [
        PROMPT.with_(clarifiers=[ANYWAY]),
        PROMPT.with_(template=f"{PROMPT.template}\n\n{ONE_OF}"),
    ]


def test_what_happened_most_often_leads_and_remedies_take_turns() -> None:
    found = repaired(PROMPT, "unparseable", "refused", "refused")
    assert found[0].clarifiers == (ANYWAY,) and found[1].output_format == ONE_OF
    assert len({prompt.id for prompt in found}) == len(found) == 5


def test_braces_in_a_label_are_text() -> None:
    found = format_repairs(PROMPT, came_to("refused"), kind="classify", labels=["{{ a }}", "b"])
    edited = apply_all(PROMPT, found[1])
    assert edited.variables == {"body"} and "{{ '{' }}{ a }}" in edited.template


@pytest.mark.parametrize("kind", ["classify", "calculate", "extract", "answer"])
def test_the_library_has_a_remedy_of_each_sort_for_each_kind_that_is_searched(kind: Kind) -> None:
    names = [form.name for form in output_formats(kind)]
    assert set(names) & set(ANSWER_ONLY)
    purposes = {rule.purpose for rule in clarifiers(kind) if rule.race}
    assert "refusal" in purposes and ("brevity" in purposes or kind == "summarise")
    for status in BROKEN:
        assert repaired(PROMPT, status, kind=kind)


@given(
    prompt=prompts(),
    statuses=st.lists(st.sampled_from([*BROKEN, "answered"]), min_size=1, max_size=5),
    kind=st.sampled_from(["classify", "calculate", "extract", "answer", "summarise"]),
)
def test_every_repair_fits_its_prompt_and_changes_it(
    prompt: Prompt, statuses: list[Status], kind: Kind
) -> None:
    found = format_repairs(prompt, came_to(*statuses), kind=kind, labels=LABELS)
    made = [apply_all(prompt, edits).id for edits in found]
    assert len({*made, prompt.id}) == len(made) + 1
    assert all(fit_together(prompt, apply_all(prompt, edits)) for edits in found)
    edits: list[Edit] = [edit for repair in found for edit in repair]
    assert all(edit.sentence for edit in edits)
    if set(statuses) == {"answered"}:
        assert found == []
