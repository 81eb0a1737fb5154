"""A prompt while it is edited."""

from __future__ import annotations

import pytest
from hypothesis import given

from intone.data.row import Row
from intone.errors import PromptError
from intone.prompt.library.library import ours
from intone.prompt.prompt import Prompt
from intone.runs.drafting import Draft, sections_differing
from tests.strategies import prompts

CLASSIFY = ours().clarifiers("classify")


@given(prompts())
def test_a_draft_that_nothing_was_changed_in_is_the_prompt(prompt: Prompt) -> None:
    assert Draft.of(prompt).prompt() == prompt


def test_sections_that_are_not_edited_are_kept() -> None:
    prompt = Prompt("Ask {{ x }}", context=["a\n\n", "b"], codes={"yes": "Y", "no": "N"})
    draft = Draft.of(prompt)
    edited = Draft(**{**draft.__dict__, "role": "You answer."}).prompt()
    assert edited == prompt.with_(role="You answer.")


def test_context_is_one_field_with_a_line_between_passages() -> None:
    prompt = Draft(template="{{ x }}", context="one\nmore\n---\n\ntwo {{ y }}\n---\n").prompt()
    assert prompt.context == ("one\nmore", "two {{ y }}")
    assert prompt.variables == {"x", "y"}


def test_a_draft_that_is_no_prompt_says_so() -> None:
    with pytest.raises(PromptError, match="template is empty"):
        Draft().prompt()
    with pytest.raises(PromptError):
        Draft(template="{{ x").prompt()


def test_a_clarifier_is_switched_on_changed_and_off() -> None:
    entry, other = CLASSIFY[0], CLASSIFY[1]
    draft = Draft(template="x", clarifiers=("Mine.", entry.strengths[0], "Mine too."))
    assert draft.strength(entry) == 0 and draft.strength(other) is None
    stronger = draft.switched(entry, 2)
    assert stronger.clarifiers == ("Mine.", entry.strengths[2], "Mine too.")
    assert stronger.switched(other, 1).clarifiers[-1] == other.strengths[1]
    off = stronger.switched(entry, None)
    assert off.clarifiers == ("Mine.", "Mine too.")
    assert off.own(CLASSIFY) == "Mine.\nMine too."
    assert stronger.with_own(" Another. \n\n", CLASSIFY).clarifiers == (
        entry.strengths[2],
        "Another.",
    )


def test_a_row_becomes_a_demonstration_of_what_the_prompt_names() -> None:
    row = Row(3, "id", {"body": "late", "subject": "?"}, "shipping")
    draft = Draft(template="{{ body }}").showing(row)
    (shown,) = draft.demonstrations
    assert (dict(shown.inputs), shown.output) == ({"body": "late"}, "shipping")
    assert draft.answering(0, "sales").demonstrations[0].output == "sales"
    assert draft.without(0).demonstrations == ()


def test_what_differs_is_marked_section_by_section() -> None:
    before = Prompt("Which team?", role="You route.")
    ((section, pieces),) = sections_differing(before, before.with_(template="Which one team?"))
    assert section == "template"
    assert [it.text.strip() for it in pieces if it.mark == "added"] == ["one"]
    assert sections_differing(before, before) == []
