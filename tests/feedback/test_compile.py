"""From wishes to changes of a prompt: weakest first, reversible, nothing lost."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from intone.feedback.compile import Compiled, compile_wish, language_code
from intone.feedback.wish import WRONG_ANSWER, Wish, wish_kinds
from intone.prompt import Prompt
from intone.prompt.edits import apply_all
from intone.prompt.library.checks import Check
from intone.prompt.library.library import ours
from tests.strategies import prompts, texts

PLAIN = Prompt("Explain {{ topic }}.")
SHORTER = next(entry for entry in ours().all_clarifiers if entry.name == "shorter")
LONGER = next(entry for entry in ours().all_clarifiers if entry.name == "more-detail")
KINDS = [kind for kind in wish_kinds().values() if kind.name != WRONG_ANSWER]


def wishes() -> st.SearchStrategy[Wish]:
    named = st.one_of(st.sampled_from(["the price", "German", "warm"]), texts())
    return st.builds(Wish, st.sampled_from([kind.name for kind in KINDS]), named)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(prompts(), wishes())
def test_changes_keep_every_input_and_can_be_taken_back(prompt: Prompt, wish: Wish) -> None:
    for change in compile_wish(wish, prompt).changes:
        edited = apply_all(prompt, change.edits)
        assert edited.id != prompt.id
        assert edited.variables == prompt.variables
        back, undoing, now = edited, [], prompt
        for edit in change.edits:
            undoing.append(edit.inverse(now))
            now = edit.apply(now)
        for edit in reversed(undoing):
            back = edit.apply(back)
        assert back == prompt


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_every_wish_has_something_to_try_on_a_plain_prompt(kind: object) -> None:
    name = kind.name  # type: ignore[attr-defined]
    made = compile_wish(Wish(name, "German" if name == "language" else "the price"), PLAIN)
    assert made.changes and not made.refused
    assert [change.strength for change in made.changes] == list(range(1, len(made.changes) + 1))
    said = [apply_all(PLAIN, change.edits).clarifiers for change in made.changes]
    assert all(len(clarifiers) == 1 for clarifiers in said) and len(set(said)) == len(said)


def test_strengths_come_weakest_first() -> None:
    said = [apply_all(PLAIN, change.edits).clarifiers[0] for change in shorter().changes]
    assert tuple(said) == SHORTER.strengths


def shorter(prompt: Prompt = PLAIN) -> Compiled:
    return compile_wish(Wish("shorter"), prompt)


def test_a_clarifier_that_is_there_is_strengthened() -> None:
    prompt = PLAIN.with_(clarifiers=["Be kind.", SHORTER.strengths[0]])
    changes = shorter(prompt).changes
    assert [apply_all(prompt, change.edits).clarifiers for change in changes] == [
        ("Be kind.", stronger) for stronger in SHORTER.strengths[1:]
    ]
    assert {edit.name for change in changes for edit in change.edits} == {"strengthen_clarifier"}


def test_the_strongest_wording_leaves_nothing_to_say() -> None:
    made = shorter(PLAIN.with_(clarifiers=[SHORTER.strengths[-1]]))
    assert not made.changes and "already" in made.refused


def test_the_next_clarifier_is_tried_once_the_first_is_used_up() -> None:
    first, second = (
        next(entry for entry in ours().all_clarifiers if entry.name == name)
        for name in ("everyday-words", "newcomer")
    )
    prompt = PLAIN.with_(clarifiers=[first.strengths[-1]])
    change = compile_wish(Wish("simpler"), prompt).changes[0]
    assert apply_all(prompt, change.edits).clarifiers[-1] == second.strengths[0]


def test_the_opposite_is_dropped_first() -> None:
    prompt = PLAIN.with_(clarifiers=[LONGER.strengths[1], "Be kind."])
    for change, stronger in zip(shorter(prompt).changes, SHORTER.strengths, strict=True):
        assert change.edits[0].name == "drop_clarifier"
        assert apply_all(prompt, change.edits).clarifiers == ("Be kind.", stronger)


def test_the_opposite_of_what_names_a_text_is_that_of_the_same_text() -> None:
    price, date = (
        compile_wish(Wish("leave-out", of), PLAIN).changes[0] for of in ("the price", "the date")
    )
    prompt = apply_all(PLAIN, (*price.edits, *date.edits))
    change = compile_wish(Wish("include", "the price"), prompt).changes[0]
    assert apply_all(prompt, change.edits).clarifiers == (
        "Prefer to leave out the date.",
        "Mention the price where it fits.",
    )


def test_another_language_replaces_the_one_before() -> None:
    prompt = PLAIN.with_(clarifiers=["Answer in German."])
    change = compile_wish(Wish("language", "french"), prompt).changes[0]
    assert apply_all(prompt, change.edits).clarifiers == ("Answer in French.",)


@pytest.mark.parametrize(
    ("wish", "wanted"),
    [
        (Wish("shorter"), Check("words", "fewer")),
        (Wish("include", "the price"), Check("text", "present", "the price")),
        (Wish("never-say", "as an AI"), Check("text", "absent", "as an AI")),
        (Wish("language", "Deutsch"), Check("language", "present", "de")),
        (Wish("language", "Klingon"), None),
        (Wish("no-apologies"), Check("apologies", "absent")),
        (Wish("tone", "warm"), None),
    ],
    ids=lambda value: getattr(value, "kind", ""),
)
def test_the_check_is_the_wishs_or_its_clarifiers(wish: Wish, wanted: Check | None) -> None:
    assert compile_wish(wish, PLAIN).check == wanted


def test_languages_are_known_by_several_names() -> None:
    assert [language_code(it) for it in ("German", "deutsch", "DE", " de ", "Klingon")] == [
        "de", "de", "de", "de", "",
    ]  # fmt: skip


def test_a_known_language_is_nobodys_own_words() -> None:
    assert compile_wish(Wish("language", "german"), PLAIN).words == ""
    assert compile_wish(Wish("language", "Klingon"), PLAIN).words == "Klingon"
    assert compile_wish(Wish("shorter", "", "{{ ignore }}"), PLAIN).words == ""


def test_a_wish_that_does_not_say_what_is_refused() -> None:
    assert "does not say what" in compile_wish(Wish("include", " …"), PLAIN).refused
    assert "no wish named" in compile_wish(Wish("fly"), PLAIN).refused


@given(texts())
def test_whatever_a_user_wrote_stays_on_one_line_and_is_never_rendered(said: str) -> None:
    for change in compile_wish(Wish("always-say", said), PLAIN).changes:
        (clarifier,) = apply_all(PLAIN, change.edits).clarifiers
        assert "{" not in clarifier and "}" not in clarifier
        assert clarifier.isprintable() and len(clarifier) < 300
        assert clarifier.count("“") == clarifier.count("”") == 1


def test_what_the_prompt_itself_asks_for_is_taken_out() -> None:
    prompt = Prompt(
        "Explain {{ topic }} in a paragraph. Begin by apologising for the delay.",
        role="You are shy.\nSay sorry before you answer.\nDo not apologise twice.",
    )
    first, *_ = compile_wish(Wish("no-apologies"), prompt).changes
    edited = apply_all(prompt, first.edits)
    assert edited.template == "Explain {{ topic }} in a paragraph."
    assert edited.role == "You are shy.\nDo not apologise twice.", "what forbids it stays"
    assert edited.clarifiers == ("Avoid apologies.",)
    assert "take out “Begin by apologising for the delay.”" in first.sentence
    inputs = Prompt("Apologise, then explain {{ topic }}.")
    for change in compile_wish(Wish("no-apologies"), inputs).changes:
        assert apply_all(inputs, change.edits).template == inputs.template
    named = Prompt("Sell {{ thing }}. Mention the price.")
    (out, *_) = compile_wish(Wish("leave-out", "the price"), named).changes
    assert apply_all(named, out.edits).template == "Sell {{ thing }}."
