"""The library's data files: complete, unique, in plain text, with no slot but those there are."""

import re
from collections.abc import Iterator

import pytest

from intone.prompt.library.library import (
    Clarifier,
    OutputFormat,
    Template,
    clarifiers,
    output_formats,
    templates,
)

KINDS = ("classify", "calculate", "extract", "answer")
SLOTS = {"labels", "task", "target"}
PURPOSES = {
    "brevity", "format", "reasoning", "grounding", "refusal", "consistency", "detail",
}  # fmt: skip
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
        assert set(re.findall(r"\[\[(.*?)\]\]", text)) <= SLOTS, name
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
    assert len(found) >= 20
    assert {clarifier.purpose for clarifier in found.values()} == PURPOSES
    for clarifier in found.values():
        assert set(clarifier.kinds) <= set(KINDS)
        assert len(set(clarifier.strengths)) == 3
        assert all(strength.endswith(".") for strength in clarifier.strengths)
        assert len(clarifier.strengths[0]) < len(clarifier.strengths[2])
        assert "[[" not in "".join(clarifier.strengths)


def test_formats_for_labels_name_them() -> None:
    assert all("[[labels]]" in form.text for form in output_formats("classify"))
    assert not any("[[" in form.text for kind in KINDS[1:] for form in output_formats(kind))


def test_the_files_are_read_once() -> None:
    assert templates("classify")[0] is templates("classify")[0]
