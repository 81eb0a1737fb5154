"""Reading a project's own library files: what is merged, and how a mistake is named."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intone.errors import InputError, PromptError
from intone.prompt.library.checks import DIRECTIONS, MEASURES, Check
from intone.prompt.library.library import ours, read
from intone.prompt.library.reading import read_clarifiers, read_templates

CLARIFIER = """
[[clarifier]]
name = "house-tone"
purpose = "tone"
kinds = ["answer"]
strengths = ["Be kind.", "Be kind and patient."]
"""


def write(folder: Path, file: str, text: str) -> Path:
    (folder / "library").mkdir(exist_ok=True)
    (folder / "library" / file).write_text(text, encoding="utf-8")
    return folder


def test_without_files_it_is_ours(tmp_path: Path) -> None:
    assert read(tmp_path) == ours()
    assert read(write(tmp_path, "notes.txt", "no library")) == ours()


def test_new_entries_come_before_ours(tmp_path: Path) -> None:
    check = 'check = { measure = "pattern", of = "(?i)please", better = "at least", bound = 2 }\n'
    found = read(write(tmp_path, "clarifiers.toml", CLARIFIER + check + "race = false\n"))
    assert found.all_clarifiers[1:] == ours().all_clarifiers
    assert found.clarifiers("answer")[0].name == "house-tone"
    assert found.all_clarifiers[0].check == Check("pattern", "at least", "(?i)please", 2)
    assert not found.all_clarifiers[0].race
    assert found.all_templates == ours().all_templates


def test_the_same_name_and_kind_replaces_ours_where_it_stands(tmp_path: Path) -> None:
    text = """
[[template]]
name = "main-subject"
kind = "classify"
instruction = "  Which is it: [[labels]]?  "

[[template]]
name = "main-subject"
kind = "compare"
instruction = "Which is it?"
"""
    found = read(write(tmp_path, "templates.toml", text))
    names = [template.name for template in found.templates("classify")]
    assert names == [template.name for template in ours().templates("classify")]
    assert found.templates("classify")[2].instruction == "Which is it: [[labels]]?"
    assert found.templates("classify")[2].cue == ""
    assert found.templates("compare")[0].name == "main-subject"


def test_output_formats_are_merged_too(tmp_path: Path) -> None:
    text = '[[output_format]]\nname = "haiku"\nkind = "generate"\ntext = "Write a haiku."\n'
    found = read(write(tmp_path, "output_formats.toml", text))
    assert found.output_formats("generate")[0].text == "Write a haiku."


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (('"tone"', '"mood"'), ("'house-tone'", "purpose is 'mood'", "brevity")),
        (('["answer"]', '["sing"]'), ("kinds is 'sing'", "compare")),
        (('["answer"]', "[]"), ("kinds is []", "at least one")),
        (('"Be kind."', "3"), ("strengths is 3", "give a text")),
        (('"Be kind."', '" "'), ("strengths is ' '",)),
        (('"Be kind."', '"Be kind and patient."'), ("strengths", "the same")),
        (('"Be kind."', '"Be {{ x }}."'), ("strengths has '{{'",)),
        (('"Be kind."', '"Be [[task]]."'), ("strengths has the slot [[task]]", "none here")),
        (("purpose", "porpoise"), ("'porpoise' is no field", "did you mean 'purpose'?")),
        (('"house-tone"', '"House Tone"'), ("clarifier 'House Tone'", "name is 'House Tone'")),
        (('name = "house-tone"\n', ""), ("clarifier 1", "name is None")),
        (('purpose = "tone"\n', ""), ("purpose is None",)),
        (("[[clarifier]]", "[[clarifiers]]"), ("'clarifiers'", "[[clarifier]]")),
        (("[[clarifier]]", "[clarifier]"), ("'clarifier'", "[[clarifier]]")),
        (("[[clarifier]]", "[[clarifier"), ("not valid TOML",)),
    ],
)
def test_a_mistake_is_named_with_its_place(
    tmp_path: Path, change: tuple[str, str], told: tuple[str, ...]
) -> None:
    with pytest.raises(InputError) as caught:
        read(write(tmp_path, "clarifiers.toml", CLARIFIER.replace(*change, 1)))
    message = str(caught.value)
    assert message.startswith(str(tmp_path / "library" / "clarifiers.toml"))
    assert "\n" not in message
    for part in told:
        assert part in message


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('check = "words"', "check: write {"),
        ('check = { measure = "word", better = "fewer" }', "did you mean 'words'?"),
        ('check = { measure = "words" }', "check: better is ''"),
        ('check = { measure = "words", better = "less" }', "there are: fewer, more"),
        ('check = { measure = "words", better = "at most" }', "bound: 'at most' needs a number"),
        ('check = { measure = "words", better = "more", bound = 1 }', "takes no number"),
        ('check = { measure = "words", better = "at most", bound = "1" }', "bound is '1'"),
        ('check = { measure = "words", better = "at most", bound = nan }', "bound is nan"),
        ('check = { measure = "words", better = "at most", bound = true }', "bound is True"),
        ('check = { measure = "words", better = "fewer", of = "x" }', "takes no text"),
        ('check = { measure = "words", better = "fewer", off = "x" }', "'off' is no field"),
        ('check = { measure = "words", better = 3 }', "better is 3"),
        ('check = { measure = "text", better = "absent" }', "'text' needs a text here"),
        ('check = { measure = "pattern", of = "(", better = "absent" }', "no regular expression"),
        ('check = { measure = "language", of = "xx", better = "present" }', "of is 'xx'"),
        ("race = 1", "race is 1; write true or false"),
    ],
)
def test_a_wrong_check_is_an_error_that_names_the_entry(line: str, told: str) -> None:
    with pytest.raises(PromptError) as caught:
        read_clarifiers(CLARIFIER + line + "\n", "mine.toml")
    assert str(caught.value).startswith("mine.toml, clarifier 'house-tone': ")
    assert told in str(caught.value)


def test_a_name_twice_in_one_file_is_an_error() -> None:
    with pytest.raises(PromptError, match="'house-tone': name: it is there twice"):
        read_clarifiers(CLARIFIER * 2, "mine.toml")


def test_an_unknown_slot_in_a_template_is_an_error() -> None:
    text = '[[template]]\nname = "a"\nkind = "answer"\ninstruction = "Do [[it]]."\n'
    with pytest.raises(PromptError, match=r"has the slot \[\[it\]\]; there are: \[\[labels\]\]"):
        read_templates(text, "mine.toml")


def test_a_file_that_cannot_be_read_or_has_another_name_is_an_error(tmp_path: Path) -> None:
    folder = write(tmp_path, "template.toml", "")
    with pytest.raises(PromptError, match=r"template.toml is no library; there are: templates"):
        read(folder)
    (folder / "library" / "template.toml").unlink()
    (folder / "library" / "templates.toml").write_bytes(b"\xff")
    with pytest.raises(PromptError, match=r"templates.toml: not UTF-8 text"):
        read(folder)


@given(st.floats(allow_nan=False, allow_infinity=False), st.sampled_from(DIRECTIONS))
def test_a_score_is_more_where_the_value_is_better(value: float, better: str) -> None:
    check = Check("words", better, bound=3 if better.startswith("at ") else None)
    more = check.score(value + 1) - check.score(value)
    if better in ("more", "present", "at least"):
        assert more >= 0
    else:
        assert more <= 0
    if better not in ("more", "fewer"):
        assert check.score(value) in (0, 1)


def test_scores_and_sentences() -> None:
    assert Check("words", "fewer").score(7) == -7
    assert Check("lines", "at most", bound=1).score(1) == 1
    assert Check("lines", "at most", bound=0).score(1) == 0
    assert Check("lines", "at least", bound=2).score(1) == 0
    assert Check("bullets", "present").score(3) == 1
    assert Check("bullets", "absent").score(3) == 0
    assert Check("lines", "at most", bound=1).sentence == "lines at most 1"
    assert Check("text", "absent", "sorry").sentence == "text “sorry” absent"
    assert Check("words", "fewer").sentence == "words fewer"
    assert all(MEASURES.values())
