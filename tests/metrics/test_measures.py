"""The measures that the library's checks name."""

from __future__ import annotations

import math

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from intone.metrics import measures
from intone.metrics.language import COMMON_WORDS, language_of
from intone.metrics.measures import measured
from intone.metrics.words import names_of, sentences_of, words_of
from intone.prompt.library.checks import LANGUAGES, MEASURES, WITH_OF, Check
from intone.prompt.library.library import ours

TABLES = (
    measures.OF_ANSWER,
    measures.OF_ANSWER_AND_WANTED,
    measures.OF_ANSWER_AND_SOURCE,
    measures.OF_ANSWER_AND_LABELS,
)
OF = {"text": "sorry", "pattern": r"\d+", "language": "en"}
SOURCE = "Ada Lovelace wrote notes on the engine in 1843. They ran to 1,000 lines."
TELLING = st.lists(
    st.sampled_from(
        ["a.", "e.g. ", "| a |", "- x\n", "1. y\n", "\n", "“q”", '"', "{", '{"a": [null]}',
         "I can't ", "**", "`", "Sure, ", "is not ", "1,000", "是", "क्या ", "[", "](",
         "</think>", "\x00", "\ud800"]
    )
).map("".join)  # fmt: skip


def value(measure: str, answer: str, *, labels: tuple[str, ...] = ()) -> float:
    check = Check(measure, "more", OF.get(measure, ""))
    return measured(check, answer, sources=[SOURCE], labels=labels)


@pytest.mark.parametrize(
    ("measure", "answer", "expected"),
    [
        ("words", "It isn't a well-known 3.", 5),
        ("words", "", 0),
        ("words", "我们 ok", 3),
        ("words", "<think>one two three</think>four", 1),
        ("sentences", "Dr. Who left, e.g. at 3.5 p. He came back! Did he?", 3),
        ("sentences", "- one\n- two\n\n...", 2),
        ("sentences", "这是。那是。", 2),
        ("words_per_sentence", "One two three. One.", 2),
        ("words_per_sentence", "...", 0),
        ("lines", "a\n\n b \n", 2),
        ("paragraphs", "a\nb\n\n\nc", 2),
        ("characters", " abc\n", 3),
        ("long_words", "A complicated mechanism is it", 2 / 5),
        ("long_words", "sixsix", 0),
        ("abbreviations", "The API of NASA I USE3 HTTPSXX", 2),
        ("repeated_sentences", "It rains. It is wet. it rains!", 1),
        ("bullets", "- a\n* b\n• c\n**d**\n-e", 3),
        ("numbered_steps", "1. a\n2) b\n3.5 km\nStep 4: d\n10:30 e", 3),
        ("headings", "# A\n## B\n#hashtag", 2),
        ("table_rows", "| a | b |\n|---|:-:|\n| 1 | 2 |", 2),
        ("marks", "plain\n- a\n# b\n**c**\n`d`\n[e](f)\n3. g\n| h |", 7),
        ("valid_json", ' {"a": 1}\n', 1),
        ("valid_json", '```json\n{"a": 1}\n```', 0),
        ("valid_json", "[" * 100_000, 0),
        ("valid_json", "3", 0),
        ("empty_values", '{"a": null, "b": "N/A", "c": [], "d": {"e": ""}, "f": 0}', 4),
        ("empty_values", "{}", 0),
        ("empty_values", "no JSON here", 0),
        ("number_last", "So:\nAnswer: **1,000**.", 1),
        ("number_last", "It costs $3/4", 1),
        ("number_last", "x=-7", 1),
        ("number_last", "7 apples", 0),
        ("number_last", "7\nThat is it", 0),
        ("number_last", "", 0),
        ("numbers", "3 of 1,000 or 2.5, not H4", 3),
        ("examples", "Fruit, such as apples, e.g. red ones. For example, this.", 3),
        ("particulars", "1. Ada met Mr Bell in 1843, for example.", 4),
        ("particulars", "Things change when people meet.", 0),
        ("different_terms", "The yeast eats sugar; sugar feeds the Yeast.", 4),
        ("different_terms", "It is so.", 0),
        ("different_terms", "It rains; the raining stopped. Rain stops.", 2),
        ("reasons", "It is wet because it rains, therefore I stay.", 2),
        ("contrasts", "It is wet. However, I go, but late.", 2),
        ("hedges", "Perhaps it might rain; it’s likely.", 3),
        ("hedges", "It will rain.", 0),
        ("intensifiers", "A very good, really amazing idea", 3),
        ("first_person", "I think we know. It's mine, I'm sure. Iron us.", 5),
        ("second_person", "You're right and so is your youth.", 2),
        ("contractions", "It’s John's and he doesn't, we'll see", 3),
        ("passives", "It was not built, it is quickly made, he is red, we were told.", 3),
        ("excitement", "Great! 🎉 Yes!!", 4),
        ("questions", "Is it? 是吗？ Yes.", 2),
        ("apologies", "I'm sorry, my apologies, I apologise.", 3),
        ("refusals", "I’m sorry, but I can’t help with that.", 1),
        ("refusals", "I am unable to really answer. I cannot provide it.", 2),
        ("refusals", "I can help, and I cannot wait.", 0),
        ("disclaimers", "As an AI language model I say: please consult a qualified doctor.", 2),
        ("pleasantries", "Sure! Here is the text:\nIt rains.\nI hope this helps", 2),
        ("pleasantries", "Surely it rains here is a fact.", 0),
        ("text", "Sorry, so\nsorry. SORRY", 3),
        ("pattern", "12 and 3", 2),
        ("language", "It is what they have in this.", 1),
        ("language", "Das ist nicht der Fall.", 0),
        ("input_language", "The engine was for it.", 1),
        ("input_language", "Es ist nicht wahr.", 0),
        ("input_terms", "Ada Lovelace, 1843", 2 / 6),
        ("input_terms", "A note on an engine, and lines.", 3 / 6),
        ("sentences_on_topic", "The engine ran. Cats sleep.", 1 / 2),
        ("copied", "she wrote notes on the engine", 2 / 3),
        ("copied", "wrote notes on", 0),
        ("quotes_found", "He says “wrote notes,” and \"made it up\".", 1),
        ("quotes_unfound", "He says “wrote notes,” and \"made it up\".", 1),
        ("new_particulars", "1. In 1843 it was Ada, not Babbage, with 1000 or 77 lines.", 2),
        ("unfound_values", '{"who": "Ada Lovelace", "n": 1000, "x": "Babbage", "y": true}', 1),
    ],
)  # fmt: skip
def test_values(measure: str, answer: str, expected: float) -> None:
    assert value(measure, answer) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("measure", "answer", "expected"),
    [
        ("exact_label", " card arrival\n", 1),
        ("exact_label", "Card arrival", 0),
        ("exact_label", "", 0),
        ("labels_named", "Card, or rather card  arrival? No: card", 2),
        ("labels_named", "cards", 0),
    ],
)
def test_labels(measure: str, answer: str, expected: float) -> None:
    assert value(measure, answer, labels=("card", "card arrival")) == expected


def test_the_reading_grade_is_that_of_the_formula() -> None:
    # 6 words, 1 sentence, 6 syllables
    assert value("reading_grade", "The cat sat on the mat.") == pytest.approx(
        0.39 * 6 + 11.8 - 15.59
    )
    hard = "Institutional deliberation necessitates considerable administrative coordination."
    assert value("reading_grade", hard) > 20
    assert value("reading_grade", "") == 0


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("de", "Ich habe das nicht gesehen, und die Frau ist im Haus."),
        ("fr", "Je ne sais pas ce que vous avez dans la maison."),
        ("es", "No sé lo que hay en la casa, pero es muy grande."),
        ("it", "Non so che cosa c'è nella casa, ma è più grande."),
        ("pt", "Não sei o que há na casa, mas é muito grande."),
        ("nl", "Ik weet niet wat er in het huis is, maar het is groot."),
        ("sv", "Jag vet inte vad som är i huset, men det är stort."),
        ("pl", "Nie wiem, co jest w domu, ale jest duży i nie ma tam nikogo."),
        ("en", "I do not know what is in the house."),
        ("ru", "Я не знаю, что в доме, ok."),
        ("uk", "Я не знаю, що в будинку, її там немає."),
        ("zh", "我不知道房子里有什么。"),
        ("ja", "家の中に何があるか知りません。"),
        ("ko", "집에 무엇이 있는지 모릅니다."),
        ("el", "Δεν ξέρω τι είναι στο σπίτι."),
        ("ar", "لا أعرف ماذا يوجد في البيت."),
        ("he", "אני לא יודע מה יש בבית."),
        ("hi", "मुझे नहीं पता घर में क्या है।"),
        ("th", "ฉันไม่รู้ว่ามีอะไรอยู่ในบ้าน"),
        ("", "42 xyz"),
        ("", ""),
    ],
)
def test_languages_are_told_apart(code: str, text: str) -> None:
    assert language_of(text) == code


def test_every_measure_the_library_names_is_there() -> None:
    names = [name for table in TABLES for name in table]
    assert len(names) == len(set(names))
    assert set(names) == set(MEASURES)
    assert set(measures.OF_ANSWER_AND_WANTED) == set(WITH_OF)
    assert set(COMMON_WORDS) <= set(LANGUAGES)
    checks = [entry.check for entry in ours().all_clarifiers if entry.check]
    assert {check.measure for check in checks} <= set(names)


@pytest.mark.parametrize("name", MEASURES)
@given(answer=st.one_of(st.text(st.characters(), max_size=80), TELLING), source=TELLING)
@settings(max_examples=25, deadline=None)
@example(answer="", source="")
def test_a_measure_is_a_finite_number_for_any_text(name: str, answer: str, source: str) -> None:
    check = Check(name, "more", OF.get(name, ""))
    found = measured(check, answer, sources=[source], labels=[answer[:3], "a", ""])
    assert math.isfinite(found)
    assert found >= 0 or name == "reading_grade"
    assert found == measured(check, answer, sources=[source], labels=[answer[:3], "a", ""])


@pytest.mark.parametrize("name", MEASURES)
@pytest.mark.parametrize("text", ["A. ", "\n", '"', "[", "is ", "1,", '."', "I can't really "])
def test_a_long_text_is_measured_in_time_in_proportion_to_it(name: str, text: str) -> None:
    long = text * 20_000  # a quadratic measure would take minutes
    assert math.isfinite(value(name, long))


@given(TELLING)
def test_sentences_hold_the_words_of_the_text(text: str) -> None:
    assert [w for s in sentences_of(text) for w in words_of(s)] == words_of(text)
    assert len(names_of(text)) <= len(words_of(text))
