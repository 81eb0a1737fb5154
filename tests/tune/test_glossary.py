"""The glossary: words that tell labels apart, none that do not, and never a copy of a row."""

from dataclasses import replace
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from intone.data.canonical import draw
from intone.data.dataset import load
from intone.data.row import Row
from intone.data.words import shared_run, terms_of
from intone.prompt import Prompt
from intone.tune.glossary import COPIED_RUN, glossary_edits, label_glossary
from tests.strategies import tables

BODY = frozenset({"body"})
WORDS = {"billing": ["refund", "invoice"], "shipping": ["parcel", "late"], "sales": ["price"]}
TICKETS = Path(__file__).resolve().parents[2] / "examples" / "triage" / "tickets.csv"


def rows(count: int = 30) -> list[Row]:
    made = []
    for i in range(count):
        label = sorted(WORDS)[i % 3]
        told = " ".join(WORDS[label])
        made.append(Row(i, f"r{i}", {"body": f"Is the {told} of {i} the one for {label}?"}, label))
    return made


def listed(passage: str) -> dict[str, list[str]]:
    lines = (line.removeprefix("- ").split(": ") for line in passage.splitlines()[1:])
    return {label: words.split(", ") for label, words in lines}


def test_words_that_speak_for_a_label_are_listed_and_others_are_not() -> None:
    found = listed(label_glossary(rows(), BODY))
    assert set(found) == set(WORDS)
    for label, words in found.items():
        assert set(WORDS[label]) & {word for term in words for word in term.split()}
    said = {word for words in found.values() for term in words for word in term.split()}
    assert not said & {"is", *WORDS}  # nor the labels themselves
    assert not any(char.isdigit() for word in said for char in word)


def test_the_example_project_has_a_glossary_a_person_would_write() -> None:
    data = load(TICKETS, target="team")
    found = listed(label_glossary(list(data)[:200], frozenset(data.inputs)))
    assert {"password", "e-mail"} <= set(found["account"])
    assert {"parcel", "courier"} <= set(found["shipping"])
    assert "price" in found["sales"] and "app" in found["technical"]


def test_labels_given_by_chance_have_hardly_any_words() -> None:
    data = list(load(TICKETS, target="team"))[:120]
    inputs = frozenset(data[0].inputs)
    terms = 0
    for seed in range(10):
        drawn = draw(seed, "labels").sample([row.target for row in data], len(data))
        shuffled = [replace(row, target=to) for row, to in zip(data, drawn, strict=True)]
        terms += sum(map(len, listed(label_glossary(shuffled, inputs) or "x").values()))
    assert terms / 10 < sum(map(len, listed(label_glossary(data, inputs)).values())) / 2


def test_too_few_rows_or_nothing_to_tell_give_none() -> None:
    assert label_glossary(rows(9), BODY) == "" and glossary_edits(rows(9), BODY) == ()
    assert label_glossary([replace(row, target=None) for row in rows()], BODY) == ""
    assert label_glossary([replace(row, target="billing") for row in rows()], BODY) == ""
    same = [replace(row, inputs={"body": "the same"}) for row in rows()]
    assert label_glossary(same, BODY) == ""


def test_it_stays_short() -> None:
    whole = label_glossary(rows(), BODY)
    assert len(label_glossary(rows(), BODY, most_characters=len(whole) - 1)) < len(whole)
    assert label_glossary(rows(), BODY, most_characters=20) == ""
    one_each = listed(label_glossary(rows(), BODY, words_each=1))
    assert all(len(words) == 1 for words in one_each.values())


def test_a_list_that_would_repeat_a_row_is_cut() -> None:
    whole = label_glossary(rows(), BODY)
    copied = " ".join(terms_of(whole)[-7:])  # a row that says what the glossary would
    more = [*rows(), Row(99, "r", {"body": copied}, None)]
    passage = label_glossary(more, BODY)
    assert passage != whole
    assert shared_run(passage, [row.inputs["body"] for row in more], COPIED_RUN) is None


def test_the_edit_adds_one_passage_whatever_the_labels_are_called() -> None:
    prompt = Prompt("Which? {{ body }}")
    odd = [replace(row, target=f"{row.target} {{{{ x }}}}\n#") for row in rows()]
    (edit,) = glossary_edits(odd, BODY)
    edited = edit.apply(prompt)
    assert (edit.name, edit.sentence) == ("add_context", "list words for 3 answers")
    assert edited.variables == {"body"}
    assert "- billing {{ x }} #: " in edited.text(Row(0, "r", {"body": "b"}))
    assert edited.text(Row(0, "r", {"body": "b"})).count("\n- ") == 3


@given(tables(min_rows=10))
@settings(max_examples=80, deadline=None)
def test_it_is_bounded_the_same_every_time_and_copies_nothing(
    table: list[dict[str, str | None]],
) -> None:
    names = frozenset({"text", "more"})
    told = [
        Row(i, str(i), {name: record[name] or "" for name in names}, record["target"])
        for i, record in enumerate(table)
    ]
    passage = label_glossary(told, names, words_each=3, most_characters=200)
    assert len(passage) <= 200
    assert passage == label_glossary(told, names, words_each=3, most_characters=200)
    texts = [text for row in told for text in row.inputs.values()]
    assert shared_run(passage, texts, COPIED_RUN) is None
    for words in listed(passage or "x").values():
        assert 1 <= len(words) <= 3
        for term in words:
            assert 1 <= len(term.split()) <= 2
            assert sum(term.split()[0] in terms_of(" ".join(r.inputs.values())) for r in told) >= 2


@given(st.lists(st.sampled_from(["a", "b", "c"]), min_size=10, max_size=30))
def test_the_same_text_everywhere_tells_nothing(labels: list[str]) -> None:
    told = [Row(i, str(i), {"body": "which of the two is it"}, to) for i, to in enumerate(labels)]
    assert label_glossary(told, BODY) == ""
