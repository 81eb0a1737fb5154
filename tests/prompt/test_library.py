"""The library's data files: complete, unique, in plain text, with no slot but those there are."""

import re
from collections.abc import Iterator

import pytest

from intone.prompt.library.entries import KINDS, PURPOSES, SLOTS, Clarifier, OutputFormat, Template
from intone.prompt.library.library import clarifiers, ours, output_formats, templates

RACED = ("classify", "calculate", "extract", "answer")  # what `task_kind` can tell
NAME = re.compile(r"[a-z]+(-[a-z]+)*")


def every_text() -> Iterator[tuple[str, str]]:
    for kind in KINDS:
        for template in templates(kind):
            yield template.name, template.text
        for clarifier in clarifiers(kind):
            for strength in clarifier.strengths:
                yield clarifier.name, strength
        for form in output_formats(kind):
            yield form.name, form.text


@pytest.mark.parametrize("kind", KINDS)
def test_there_is_enough_of_every_kind(kind: str) -> None:
    assert len(templates(kind)) >= (12 if kind == "classify" else 5)
    assert len(clarifiers(kind)) >= 4
    assert len(output_formats(kind)) >= 2


def test_there_is_nothing_of_a_kind_there_is_not() -> None:
    assert not templates("sing") and not clarifiers("sing") and not output_formats("sing")


@pytest.mark.parametrize("kind", KINDS)
def test_names_and_wordings_are_unique(kind: str) -> None:
    entries: list[tuple[Template | Clarifier | OutputFormat, ...]] = [
        templates(kind), clarifiers(kind), output_formats(kind)
    ]  # fmt: skip
    for group in entries:
        names = [entry.name for entry in group]
        assert len(set(names)) == len(names)
        assert all(NAME.fullmatch(name) for name in names)
    wordings = [template.text.casefold() for template in templates(kind)]
    assert len(set(wordings)) == len(wordings)


def test_texts_are_plain() -> None:
    for name, text in every_text():
        assert text.strip(), name
        for mark in ("{{", "{%", "{#"):
            assert mark not in text, name
        assert set(re.findall(r"\[\[(.*?)\]\]", text)) <= set(SLOTS), name
        assert text.count("[[") == len(re.findall(r"\[\[\w+\]\]", text)) == text.count("]]"), name
        assert all(len(line) <= 300 for line in text.splitlines()), name


@pytest.mark.parametrize("kind", KINDS)
def test_templates_are_complete(kind: str) -> None:
    for template in templates(kind):
        assert template.kind == kind
        assert template.instruction == template.instruction.strip() != ""
        assert template.head == template.head.strip()
        assert template.cue == template.cue.strip()
        assert kind != "classify" or "[[labels]]" in template.text, template.name
        assert kind == "classify" or "[[labels]]" not in template.text, template.name


def test_a_cue_asks_for_the_answer_and_ends_where_it_begins() -> None:
    cues = [template.cue for kind in KINDS for template in templates(kind) if template.cue]
    assert len(set(cues)) >= 8
    assert all(cue.endswith(":") for cue in cues)


def test_some_templates_keep_the_users_own_words() -> None:
    for kind in KINDS:
        kept = [template for template in templates(kind) if "[[task]]" in template.text]
        assert kept and len(kept) < len(templates(kind))


def test_clarifiers_grow_stronger() -> None:
    found = {clarifier.name: clarifier for kind in KINDS for clarifier in clarifiers(kind)}
    assert len(found) >= 40
    for purpose in PURPOSES:
        assert sum(clarifier.purpose == purpose for clarifier in found.values()) >= 3, purpose
    for clarifier in found.values():
        assert set(clarifier.kinds) <= set(KINDS)
        assert len(set(clarifier.strengths)) == 3
        assert all(strength.endswith(".") for strength in clarifier.strengths)
        assert len(clarifier.strengths[0]) < len(clarifier.strengths[2])
        assert "[[" not in "".join(clarifier.strengths)


def test_formats_for_labels_name_them() -> None:
    assert all("[[labels]]" in form.text for form in output_formats("classify"))
    others = [form for kind in KINDS if kind != "classify" for form in output_formats(kind)]
    assert not any("[[" in form.text for form in others)


def test_the_files_are_read_once() -> None:
    assert templates("classify")[0] is templates("classify")[0]


def test_the_first_of_a_kind_stay_where_they_are_because_measurements_rest_on_their_order() -> None:
    first = {kind: [template.name for template in templates(kind)[:3]] for kind in RACED}
    assert first == {
        "classify": ["choose-one", "own-words-with-labels", "main-subject"],
        "calculate": ["step-by-step", "own-words-steps", "equation-first"],
        "extract": ["fields", "own-words-json", "copy-spans"],
        "answer": ["answer-directly", "short-answer", "think-then-answer"],
    }


def test_what_a_search_tries_by_itself_does_not_change_what_is_asked_for() -> None:
    for kind in RACED:
        raced = [clarifier for clarifier in clarifiers(kind) if clarifier.race]
        assert 5 <= len(raced) < 12
        assert not {"audience", "tone", "language"} & {clarifier.purpose for clarifier in raced}


def test_opposite_wishes_have_clarifiers_with_opposite_checks() -> None:
    ways: dict[str, set[str]] = {}
    for clarifier in ours().all_clarifiers:
        if clarifier.check:
            ways.setdefault(clarifier.check.measure, set()).add(clarifier.check.better)
    assert all({"fewer", "more"} <= ways[measure] for measure in ("words", "long_words", "hedges"))


def test_most_clarifiers_can_be_measured() -> None:
    entries = ours().all_clarifiers
    assert sum(entry.check is not None for entry in entries) >= 0.7 * len(entries)
