"""The notation of cues, and the files of cues that come with Intone."""

from __future__ import annotations

import pytest

from intone.feedback.cues import Language, cue, language_names, languages, read_language
from intone.feedback.wish import wish_kinds
from intone.prompt.library.checks import LANGUAGES

SETS = {"not": ["not", "don't"], "many": ["too_many", "lots"], "form": ["haiku"]}


@pytest.mark.parametrize(
    ("notation", "line", "found"),
    [
        ("too|very long", " it is too long ", True),
        ("too|very long", " too very longer ", False),
        ("apolog* much", " apologises much ", True),
        ("long please? now", " long now ", True),
        ("@many words", " too many words ", True),
        ("cut .. down", " cut it all right down ", True),
        ("cut .. down", " cut it all and then down ", False),
        ("cut .. down", " cut , down ", False),
        ("in <form>", " in haiku ", True),
        ("long", " prolong ", False),
    ],
)
def test_a_notation_matches_what_it_says(notation: str, line: str, *, found: bool) -> None:
    made = cue("plain", "shorter", notation, SETS)
    assert bool(made.pattern.search(line)) == found
    assert not found or not made.needs or made.needs & set(line.split())


def test_what_is_named_is_a_quotation_or_words() -> None:
    made = cue("naming", "include", "mention <of>", SETS)
    found = made.pattern.search(" mention the price now , please ")
    assert found is not None and found["of"] == "the price now "
    quoted = made.pattern.search(' mention " now ')
    assert quoted is not None and quoted["of"] == '" '


@pytest.mark.parametrize("language", languages(), ids=lambda language: language.code)
def test_the_cues_of_a_language_fit_the_kinds_there_are(language: Language) -> None:
    kinds = wish_kinds()
    for one in language.cues:
        assert one.pattern.groups <= 2
        if one.use == "plain":
            assert not kinds[one.kind].takes, one
        elif one.use == "naming":
            assert kinds[one.kind].takes, one
            assert {"of", "language"} & set(one.pattern.groupindex), one
            assert "other" not in one.pattern.groupindex or kinds[one.kind].opposite, one


def test_english_comes_first() -> None:
    assert [language.code for language in languages()] == ["en", "de", "es", "fr", "it", "nl", "pt"]


def test_the_languages_that_can_be_checked_have_names() -> None:
    assert set(LANGUAGES.values()) <= set(language_names().values())


def test_an_unknown_part_of_a_file_is_refused() -> None:
    sets = "".join(f'{name} = ""\n' for name in ("not", "forbids", "ends", "loose", "binds"))
    text = f"[sets]\n{sets}[degrees]\n[cues]\n[odd]\n"
    with pytest.raises(ValueError, match=r"xx\.toml has unknown parts: odd"):
        read_language("xx", text)
