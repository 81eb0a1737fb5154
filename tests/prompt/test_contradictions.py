"""Contradictions: what is found, and above all what is not."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given

from intone.prompt import Chain, Program, Prompt, Step, Vote
from intone.prompt.contradictions import ANSWER_ALONE, asking, contradictions, fit_together
from intone.prompt.library.library import ours
from tests.strategies import texts, unmarked_texts


def about(
    *clarifiers: str, template: str = "Tell me about {{ body }}", form: str = ""
) -> list[str]:
    prompt = Prompt(template, clarifiers=clarifiers, output_format=form)
    return [found.about for found in contradictions(prompt)]


@pytest.mark.parametrize(
    ("clarifiers", "what"),
    [
        (["Be brief.", "Explain everything in detail."], "length"),
        (["Answer in as few words as will do.", "Add some detail."], "length"),
        (["Answer in German.", "Write in English."], "language"),
        (["Return JSON.", "Write a list of bullet points."], "format"),
        (["Answer with a table.", "Use JSON."], "format"),
        (["Give the answer only.", "Work it out step by step."], "explaining"),
        (["Do not explain your answer.", "Show your work."], "explaining"),
        (["Give only the number.", "Show the calculation briefly and check it."], "explaining"),
        (["Give only the number.", "Write the one equation and work it out."], "explaining"),
        (["Give nothing but the answer.", "Write down the steps first."], "explaining"),
        (["Answer in at most five words.", "Work it out step by step."], "explaining"),
        (["Always answer, even if you are unsure.", "If it is not there, say so."], "what is not"),
        (["Be brief. Be detailed."], "length"),
        (["Answer in German. Answer in French."], "language"),
        (["Always use English.", "Your answer must be in French."], "language"),
        (["Explain it in German.", "Answer in French."], "language"),
        (["Keep your answer short.", "Give as much detail as possible."], "length"),
        (["Answer in one sentence.", "Write at least three paragraphs."], "length"),
        (["Give the label and nothing else.", "Think step by step."], "explaining"),
        (["List the facts of this ticket as JSON.", "Answer as bullet points."], "format"),
        (["Valid JSON.", "Use a table."], "format"),
        (["Be direct.", "Mention what is uncertain."], "hedges"),
        (["Prefer everyday words.", "The reader knows the subject."], "long words"),
    ],
)
def test_what_contradicts_itself(clarifiers: list[str], what: str) -> None:
    (found,) = about(*clarifiers)
    assert found.startswith(what)
    assert len(about(*reversed(clarifiers))) == 1


@pytest.mark.parametrize(
    "clarifiers",
    [
        ["Be brief.", "Do not go into detail."],
        ["Be brief.", "Answer briefly."],
        ["The text is in German.", "Answer in English."],
        ["Return JSON.", "Use valid JSON only."],
        ["Return JSON.", "Never answer with a table."],
        ["Write as JSON or as YAML.", "Return JSON."],
        ["Think before you answer.", "Put the final number last."],
        ["Translate the German letter into English.", "Write in English."],
        ["Be friendly.", "Be brief."],
        ["The ticket is given as JSON.", "Answer as bullet points."],
        ["Use the JSON below.", "Answer as bullet points."],
        ["Help a guest who wants to book with a table for two.", "Return JSON."],
        ["Answer the guest who wants a table for two.", "Return JSON."],
        ["Translate the text below into French.", "Explain your choice in English."],
        ["Use English names of teams.", "Answer in French."],
        ["Give only the number.", "The steps are those of the form."],
        ["Give only the number.", "Do not show the calculation."],
        ["End with the number.", "Show the calculation."],
        ["Think step by step.", "Then answer in one word."],
        ["Think step by step.", "At the end, give only the number."],
        ["Repeat in three words what is asked.", "Show the calculation."],
        ["Explain your choice in five words."],
    ],
)
def test_what_does_not(clarifiers: list[str]) -> None:
    assert about(*clarifiers) == []


def test_sections_contradict_each_other_too() -> None:
    assert about(template="Summarise in great detail: {{ body }}", form="Be brief.") == ["length"]
    (found,) = contradictions(Prompt("Answer in French. {{ body }}", role="Reply in English."))
    assert found.sentence == (
        "“Reply in English.” (role) and “Answer in French.” (template) contradict each other "
        "(language); keep one of them"
    )


def test_an_output_format_and_shared_passages_are_read() -> None:
    form = "Just the label, nothing else."
    assert about(template="Think step by step. {{ body }}", form=form) == ["explaining"]
    step = Step("reply", Prompt("Answer in French. {{ body }}"))
    (found,) = contradictions(Chain([step], context=["Hello. Answer in German."]))
    assert (found.about, found.one.section) == ("language", "context")
    told = "The customers answer in German. They write with a table at hand."
    assert contradictions(Chain([step], context=[told])) == ()


def test_steps_and_members_may_differ_but_not_from_what_is_shared() -> None:
    brief = Prompt("Be brief. {{ body }}")
    long = Prompt("Explain in detail: {{ body }}")
    programs: list[Program] = [Vote([brief, long])]
    steps = [Step("one", brief), Step("two", Prompt("In detail: {{ one }}"))]
    programs.append(Chain(steps))
    assert [contradictions(program) for program in programs] == [(), ()]
    (found,) = contradictions(Chain(steps, clarifiers=["Be concise."]))
    assert found.where == "step 'two'" and found.about == "length"


def test_no_clarifier_contradicts_itself() -> None:
    for entry in ours().all_clarifiers:
        for one, other in combinations(entry.strengths, 2):
            assert about(one, other) == [], (one, other)


def test_a_change_fits_that_brings_no_contradiction_of_its_own() -> None:
    prompt = Prompt("Think step by step. {{ body }}", clarifiers=["Be brief."])
    assert fit_together(prompt, prompt.with_(output_format="End with the number."))
    assert not fit_together(prompt, prompt.with_(output_format="Give only the number."))
    torn = prompt.with_(output_format="Give only the number.")
    assert fit_together(torn, torn.with_(role="You are a teacher."))
    assert not fit_together(torn, torn.with_(role="Explain in great detail."))


def test_what_asks_for_the_answer_alone_is_found_where_it_stands() -> None:
    form = Prompt("Solve it: {{ body }}", output_format="Give only the number.")
    assert [said.section for said in asking(form, ANSWER_ALONE)] == ["output_format"]
    words = Prompt("Solve it. Reply with the number only. {{ body }}", clarifiers=["Be kind."])
    assert [said.text for said in asking(words, ANSWER_ALONE)] == ["Reply with the number only."]
    assert asking(Prompt("Show your work. {{ body }}"), ANSWER_ALONE) == ()


@given(unmarked_texts(), texts(), texts())
def test_it_reads_any_prompt(template: str, one: str, other: str) -> None:
    prompt = Prompt(f"{template} {{{{ body }}}}", role=one, clarifiers=["Be brief.", other])
    for found in contradictions(prompt):
        assert "\n" not in found.sentence and found.one != found.other
