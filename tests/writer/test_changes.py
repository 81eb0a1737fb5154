"""What a writer's words become, and every reason for which they are refused."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from intone.errors import PromptError
from intone.prompt import Prompt
from intone.prompt.edits import Edit
from intone.prompt.template import render
from intone.writer.changes import CHANGES, Change, edit_for, offered, tidied
from intone.writer.instruction import parts, with_instruction
from tests.strategies import prompts, texts
from tests.writer.writers import TRIAGE

KINDS = sorted(CHANGES)
SLOWLY = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@pytest.mark.parametrize(
    ("change", "text", "section", "value"),
    [
        ("add rule", "- Name one team.", "clarifiers", ("Be brief.", "Name one team.")),
        ("add rule", '"Name\n  one team."', "clarifiers", ("Be brief.", "Name one team.")),
        ("drop rule", "1", "clarifiers", ()),
        ("drop rule", "rule 1.", "clarifiers", ()),
        ("drop rule", "be brief", "clarifiers", ()),
        ("answer format", "The team's name only.", "output_format", "The team's name only."),
        ("background", "A charge is a payment.", "context", ("A charge is a payment.",)),
        (
            "add rule",
            "The new rule is: Name one team.",
            "clarifiers",
            ("Be brief.", "Name one team."),
        ),
        (
            "rewrite",
            "Instruction: Name the team\nthat is meant.",
            "template",
            "Name the team\nthat is meant.\n\nSubject: {{ subject }}\n\n{{ body }}",
        ),
    ],
)
def test_words_become_edits(change: Change, text: str, section: str, value: object) -> None:
    edit = edit_for(change, text, TRIAGE)
    assert isinstance(edit, Edit), edit
    assert getattr(edit.apply(TRIAGE), section) == value
    assert edit.sentence


@pytest.mark.parametrize(
    ("change", "text", "reason"),
    [
        ("rewrite", "", "empty"),
        ("rewrite", " \n ** ", "empty"),
        ("rewrite", "ok", "empty"),
        ("rewrite", "Which team should handle this ticket", "unchanged"),
        ("rewrite", "Which team? {{ secret }} is known.", "placeholder"),
        ("rewrite", "Which team does {% if a %} it?", "placeholder"),
        ("rewrite", "Which team handles {subject}, do you think?", "placeholder"),
        ("rewrite", "Which team handles [BODY], do you think?", "placeholder"),
        ("rewrite", "Which team handles [insert the ticket here] now?", "placeholder"),
        ("rewrite", "a word " * 80, "too long"),
        ("rewrite", "For example, in mistake 2 the team is wrong.", "no instruction"),
        ("rewrite", "half a pair \ud800 of surrogates", "unreadable"),
        ("add rule", "be brief!", "unchanged"),
        ("add rule", "no more " * 40, "too long"),
        ("drop rule", "2", "does not fit"),
        ("drop rule", "Be long.", "does not fit"),
        ("drop rule", "", "empty"),
        ("answer format", "", "empty"),
        ("background", "Tickets.", "empty"),
    ],
)
def test_words_are_refused(change: Change, text: str, reason: str) -> None:
    assert edit_for(change, text, TRIAGE) == reason


def test_a_json_format_is_no_placeholder() -> None:
    assert isinstance(edit_for("answer format", 'As {"team": "..."} please.', TRIAGE), Edit)


def test_a_long_instruction_may_be_rewritten_at_length() -> None:
    long = TRIAGE.with_(template=f"{'a rule ' * 100}\n\n{{{{ subject }}}} {{{{ body }}}}")
    assert isinstance(edit_for("rewrite", "a word " * 80, long), Edit)
    assert edit_for("rewrite", "a word " * 300, long) == "too long"  # whatever it was before


def test_a_rule_can_be_dropped_where_there_is_one() -> None:
    assert "drop rule" in offered(TRIAGE)
    assert "drop rule" not in offered(TRIAGE.with_(clarifiers=()))


@pytest.mark.parametrize(
    ("template", "instruction", "inputs"),
    [
        ("Sort it.\n\nText: {{ a }}\nTeam:", "Sort it.", "Text: {{ a }}\nTeam:"),
        ("Sort it.\n\nTicket:\n{{ a }}", "Sort it.", "Ticket:\n{{ a }}"),
        ("Which team is {{ a }} for?", "Which team is for?", "A: {{ a }}"),
        ("{{ a }}\n\nWhich team is it for?", "Which team is it for?", "A: {{ a }}"),
        ("{{ a }}", "", "{{ a }}"),
        ("Which team is {{ a|upper }} for?", "", "Which team is {{ a|upper }} for?"),
        (
            "{% if a %}Sort: {{ a }}{% endif %}",
            "",
            "{% if a %}Sort: {{ a }}{% endif %}",
        ),
    ],
)
def test_where_an_instruction_ends(template: str, instruction: str, inputs: str) -> None:
    prompt = Prompt(template)
    assert parts(prompt) == (instruction, inputs)
    assert with_instruction(prompt, "Say it.") == f"Say it.\n\n{inputs}"


@SLOWLY
@given(prompts(), texts(), st.sampled_from(KINDS))
def test_no_words_whatsoever_break_a_prompt(prompt: Prompt, said: str, change: Change) -> None:
    edit = edit_for(change, said, prompt)
    if not isinstance(edit, Edit):
        return
    try:
        edited = edit.apply(prompt)
    except PromptError:
        return  # the writer drops what does not fit
    assert edited.variables == prompt.variables
    values = {name: "v" for name in edited.variables}
    for text in (edited.template, *edited.context):
        render(text, values)
    assert edit.inverse(prompt).apply(edited) == prompt


@SLOWLY
@given(prompts(), st.lists(st.sampled_from(["name", "the", "team", "now"]), min_size=3, max_size=9))
def test_a_plain_instruction_fits_any_prompt(prompt: Prompt, words: list[str]) -> None:
    edit = edit_for("rewrite", " ".join(words), prompt)
    if edit != "unchanged":
        assert isinstance(edit, Edit)
        assert edit.apply(prompt).variables == prompt.variables


@given(texts(), st.booleans())
def test_tidying_twice_changes_nothing_more_than_labels(said: str, one_line: bool) -> None:
    once = tidied(said, one_line=one_line)
    assert once == once.strip()
    assert not one_line or "\n" not in once
