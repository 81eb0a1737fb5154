"""How answers are read: labels, numbers, JSON, free text."""

import json
import time
import unicodedata

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from intone.llm.answers import AnswerSpec, FreeText, Json, Labels, Number

SPAM = ("spam", "ham")
NOT = ("not spam", "spam")
CARDS = ("card", "card_arrival", "card_delivery_estimate")
YES = ("Yes", "No")
LETTERS = ("(A)", "(B)")
SIGNS = ("+", "-")
LANGUAGES = ("C", "C#", "C++", "Java")
TOPICS = ("science/technology", "travel", "health")
SCALE = ("-1", "0", "1")
INTENTS = ("AddToPlaylist", "BookRestaurant", "GetWeather")
MOODS = ("positive", "neutral", "negative")


@pytest.mark.parametrize(
    ("labels", "text", "wanted"),
    [
        (SPAM, "spam", "spam"),
        (SPAM, " **Spam**.\n", "spam"),
        (SPAM, "“SPAM”", "spam"),
        (SPAM, "This message is spam.", "spam"),
        (SPAM, "It is ham, not spam.", "ham"),
        (SPAM, "It isn't spam", None),
        (SPAM, "There is no spam in it", None),
        (SPAM, "neither spam nor ham", None),
        (SPAM, "spam or ham", None),
        (SPAM, "spam, ham", None),
        (SPAM, "spam\nham", None),
        (SPAM, "spammy hamster", None),
        (SPAM, "spam-like", None),
        (SPAM, "ham\n\nIt mentions no offer, so it cannot be called spam.", "ham"),
        (SPAM, "It looks like spam at first.\nCategory: ham", "ham"),
        (SPAM, "spam would be odd here; ham is likelier. The answer is ham because of it.", "ham"),
        (SPAM, "<think>spam? spam!</think>\nham", "ham"),
        (SPAM, "<think>spam it is, but", None),
        (NOT, "not spam", "not spam"),
        (NOT, "spam", "spam"),
        (NOT, "The message is not spam.", "not spam"),
        (NOT, "Not spam. Spam would have a link.", "not spam"),
        (NOT, "It is clearly spam.", "spam"),
        (CARDS, "card", "card"),
        (CARDS, "card_arrival", "card_arrival"),
        (CARDS, "The intent is card_arrival.", "card_arrival"),
        (CARDS, "Card Arrival", "card_arrival"),
        (CARDS, "card-delivery estimate", "card_delivery_estimate"),
        (CARDS, "about my card", "card"),
        (CARDS, "cards", None),
        (CARDS, "`card_arrival`, since the card is late", "card_arrival"),
        (YES, "Yes, there is no doubt.", "Yes"),
        (YES, "no", "No"),
        (YES, "I know of a noble yesterday", None),
        (YES, "**No** — they end up elsewhere, yes?", "No"),
        (YES, "Yes/No", None),
        (YES, "Yes or no?", None),
        (YES, "Step 1: no turn.\nStep 2: yes.\nSo the answer is: No.", "No"),
        (LETTERS, "(A)", "(A)"),
        (LETTERS, "A", "(A)"),
        (LETTERS, "b)", "(B)"),
        (LETTERS, "The answer is (B).", "(B)"),
        (LETTERS, "The sarcastic one is (B) because of its tone", "(B)"),
        (LETTERS, "(A) is sarcastic", "(A)"),
        (LETTERS, "A statement like this", None),
        (SIGNS, "+", "+"),
        (SIGNS, "-", "-"),
        (SIGNS, " **-** ", "-"),
        (SIGNS, "Sentiment: +", "+"),
        (SIGNS, "I would say + here", "+"),
        (SIGNS, "well-known", None),
        (SIGNS, "", None),
        (LANGUAGES, "C", "C"),
        (LANGUAGES, "C#", "C#"),
        (LANGUAGES, "C++.", "C++"),
        (LANGUAGES, "It is written in C++", "C++"),
        (LANGUAGES, "java", "Java"),
        (TOPICS, "Science/Technology", "science/technology"),
        (TOPICS, "The topic is science/technology.", "science/technology"),
        (TOPICS, "science", None),
        (SCALE, "-1", "-1"),
        (SCALE, "1.", "1"),
        (SCALE, "(-1)", "-1"),
        (SCALE, "The score is 1", "1"),
        (SCALE, "The score is -1", "-1"),
        (("0", "1"), "-1", None),
        (("0", "1"), "0.5", None),
        (("0", "1"), "about 1.5 or 10", None),
        (INTENTS, "Add to playlist", "AddToPlaylist"),
        (INTENTS, "addtoplaylist", "AddToPlaylist"),
        (("US", "us"), "us", "us"),
        (("US", "us"), "US", "US"),
        (("US", "us"), "Us", None),
        (("A", "B"), "A refund was asked for", None),
        (("A", "B"), "I choose B.", "B"),
        (("A", "B"), "A. The refund", "A"),
        (("straße", "weg"), "STRASSE", "straße"),
        (("café", "bar"), "cafe\u0301", "café"),
        (("正面", "负面"), "正面。", "正面"),
        (("да", "нет"), "Ответ: Да", "да"),
        (MOODS, "positive, neutral or negative?", None),
        (MOODS, "Positive (0.9), not negative", "positive"),
        (MOODS, "non-negative", None),
        (("", "x"), "", None),
        ((), "anything", None),
    ],
)
def test_labels_are_read(labels: tuple[str, ...], text: str, wanted: str | None) -> None:
    assert Labels(labels).parse(text) == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("A", "billing"),
        ("A) billing", "billing"),
        ("(B)", "sales"),
        ("sales", "sales"),
        ("The answer is B", "sales"),
        ("A customer complains", None),
        ("C", None),
        ("A or B", None),
    ],
)
def test_codes_stand_for_labels(text: str, wanted: str | None) -> None:
    spec = Labels(("billing", "sales"), {"billing": "A", "sales": "B"})
    assert spec.choices == ("A", "B")
    assert spec.parse(text) == wanted


def test_a_code_comes_before_a_label_of_the_same_name() -> None:
    spec = Labels(("A", "B"), {"A": "B", "B": "A"})
    assert (spec.parse("A"), spec.parse("B")) == ("B", "A")


_WORDS = st.text(st.characters(categories=("L", "N", "P", "S"), codec="utf-8"), min_size=1)
_LABELS = st.lists(_WORDS, min_size=1, max_size=6, unique=True)


def _canonical_form(label: str) -> str:
    return unicodedata.normalize("NFKC", label).strip()


@given(_LABELS.filter(lambda ls: len({_canonical_form(x) for x in ls} - {""}) == len(ls)))
def test_a_label_echoed_is_read_back(labels: list[str]) -> None:
    spec = Labels(tuple(labels))
    for label in labels:
        assume("think>" not in label)
        assert spec.label_of(label) == label
        assert spec.parse(label) == label
        assert spec.parse(f"  {label}\n") == label


@given(
    st.lists(
        st.sampled_from(["team", "card", "late_fee", "Ärger", "v2", "x-ray"]),
        min_size=1,
        unique=True,
    )
)
def test_a_label_in_a_sentence_is_read(labels: list[str]) -> None:
    spec = Labels(tuple(labels))
    for label in labels:
        assert spec.parse(f"I think it is {label}, on the whole") == label
        assert spec.parse(f'Answer: "{label.upper()}".') == label


@given(st.text(), _LABELS)
def test_what_is_read_is_a_label(text: str, labels: list[str]) -> None:
    assert Labels(tuple(labels)).parse(text) in {None, *labels}


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("24", "24"),
        ("1,234.5", "1234.5"),
        ("The total is $24.", "24"),
        ("-3", "-3"),
        ("\u22123", "-3"),
        ("-$5.50", "-5.5"),
        ("3/4", "0.75"),
        ("2024/01/05", "5"),
        ("It is 05/01/2024", "2024"),
        ("1/0", "0"),
        (r"\boxed{\frac{3}{4}}", "0.75"),
        (r"\boxed{1{,}234}", "1234"),
        ("7 - 5 = 2 apples", "2"),
        ("between 5-7", "7"),
        ("1,000", "1000"),
        ("1000.0", "1000"),
        ("1\u202f000", "1000"),
        ("1, 2, 3", "3"),
        (".5", "0.5"),
        ("1e3", "1000"),
        ("1.5e-3", "0.0015"),
        ("007", "7"),
        ("-0", "0"),
        ("USD24", "24"),
        ("50%", "50"),
        ("5kg", "5"),
        ("#### 42", "42"),
        ("12345678901234567890", "12345678901234567890"),
        ("1e999", "1e999"),
        ("٤٢", "42"),
        ("<think>7 or 8</think> 9", "9"),
        ("none", None),
        ("²", None),
        ("", None),
    ],
)
def test_the_last_number_is_read(text: str, wanted: str | None) -> None:
    assert Number().parse(text) == wanted


@given(st.integers(-(10**14), 10**14), st.sampled_from(["{}", "{:,}", "{}.0", "{:,}.00", "+{}"]))
def test_whole_numbers_are_read_however_written(value: int, form: str) -> None:
    if value < 0 and form.startswith("+"):
        form = "{}"
    assert Number().parse(f"It comes to {form.format(value)}.") == str(value)


@given(st.floats(allow_nan=False, allow_infinity=False, min_value=-1e14, max_value=1e14))
def test_floats_are_read(value: float) -> None:
    read = Number().parse(f"{value!r}")
    assert read is not None and float(read) == value


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ('{"a": 1}', '{"a": 1}'),
        ('Here it is:\n```json\n{"a": [1, 2]}\n```\nThat is all.', '{"a": [1, 2]}'),
        ('```\n{"a": 1}', '{"a": 1}'),
        ('As [1] says {not this} but {"a": 1}', '{"a": 1}'),
        ('[{"a": 1}, {"b": 2}]', '[{"a": 1}, {"b": 2}]'),
        ("[1, 2]", "[1, 2]"),
        ("{}", "{}"),
        ('{"a": {"b": "}"}} {"c": 1}', '{"a": {"b": "}"}}'),
        ('{"a": "x", "b": ', None),
        ('{"a": "x"', None),
        ("{'a': 1}", None),
        ('{"a": NaN}', None),
        ("no JSON", None),
        ('```json\nnot it\n``` but {"a": 1}', '{"a": 1}'),
        ('<think>{"a": 0}</think>{"a": 1}', '{"a": 1}'),
    ],
)
def test_json_is_read(text: str, wanted: str | None) -> None:
    assert Json().parse(text) == wanted


def test_a_schema_for_an_array_prefers_arrays() -> None:
    text = 'For {"x": 1}: ["a", "b"]'
    assert Json({"type": "array"}).parse(text) == '["a", "b"]'
    assert Json().parse(text) == '{"x": 1}'


_VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.text()),
    lambda inner: st.one_of(st.lists(inner), st.dictionaries(st.text(), inner)),
    max_leaves=8,
)


@given(st.dictionaries(st.text(), _VALUES), st.sampled_from(["{}", "So:\n{}", "```json\n{}\n```"]))
def test_a_json_object_is_read_back(value: dict[str, object], frame: str) -> None:
    written = json.dumps(value)
    assume("```" not in written and "think>" not in written)
    read = Json().parse(frame.replace("{}", written))
    assert read is not None and json.loads(read) == value


def test_free_text_is_trimmed() -> None:
    assert FreeText().parse(" a\n") == "a"
    assert FreeText().parse(" \n") is None
    assert FreeText().parse("<think>x</think>\n y") == "y"


MILLION = 1_000_000
SPECS: list[AnswerSpec] = [
    FreeText(),
    Labels(SPAM),
    Labels(SIGNS),
    Labels(("A", "I")),
    Labels(tuple(f"label_{n}" for n in range(77))),
    Number(),
    Json(),
]


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: type(spec).__name__)
@pytest.mark.parametrize(
    "unit",
    [
        "{",
        "[",
        '{"a":',
        '["',
        "```",
        "``` ",
        " ",
        "\n",
        "1",
        "1,",
        "1,000",
        "-",
        "spam ",
        "A ",
        "answer ",
        "not spam ",
        "1/",
        "x\n",
        "(",
        '"',
        "\\frac{1}",
        "<think>",
        "spam, ",
        "label_1 ",
    ],
)
def test_rubbish_of_a_megabyte_is_read_in_no_time(spec: AnswerSpec, unit: str) -> None:
    text = unit * (MILLION // len(unit))
    started = time.process_time()
    spec.parse(text)
    assert time.process_time() - started < 3.0


@given(st.text())
def test_no_text_raises(text: str) -> None:
    for spec in SPECS:
        spec.parse(text)
