"""What is nearest to a row: BM25 as published, and a row that never meets itself."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from intone.data.row import Row
from intone.data.words import shared_run
from intone.prompt import LAYOUTS, Demonstration, Prompt
from intone.prompt.edits import apply_all, set_demonstrations, show_nearest
from intone.prompt.nearest import Index
from tests.strategies import prompts, texts

POOL = [
    Demonstration({"body": body}, team)
    for body, team in [
        ("my invoice is wrong", "billing"),
        ("the parcel is late", "shipping"),
        ("charged twice on my invoice", "billing"),
        ("parcel damaged, refund please", "shipping"),
    ]
]
PROMPT = Prompt(
    "Which team?\n\n{{ body }}",
    role="You route.",
    demonstrations=POOL,
    nearest={"demonstrations": 2},
)


def row(body: str) -> Row:
    return Row(0, "r", {"body": body}, None)


def test_bm25_is_computed_as_published() -> None:
    index = Index(["a b", "a c c d"])
    # N = 2, mean length 3; "c": n = 1, tf = 2 in a text of 4 words
    length = 1.2 * (1 - 0.75 + 0.75 * 4 / 3)
    rarity = math.log(1 + (2 - 1 + 0.5) / (1 + 0.5))
    assert index.scores("c C")[1] == pytest.approx(rarity * 2 * 2.2 / (2 + length))
    assert index.scores("c") == index.scores("c C") and index.scores("c")[0] == 0
    assert index.scores("z") == [0, 0] and Index([]).scores("a") == []
    assert index.nearest("a", 2) == [0, 1]  # the shorter text first
    assert index.nearest("z", 2) == [0, 1] and index.nearest("z", 2, sharing=True) == []


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_nearest_come_last_and_after_all_that_is_fixed(layout: str) -> None:
    prompt = PROMPT.with_(layout=layout, clarifiers=["Be brief."])
    text = prompt.text(row("an invoice for what I was charged"))
    assert text.index("Be brief.") < text.index("my invoice is wrong")
    assert (
        text.index("my invoice is wrong") < text.index("charged twice") < text.index("an invoice")
    )
    assert "parcel" not in text
    assert "late" in prompt.text(row("the parcel is too late"))


def test_a_row_never_sees_itself() -> None:
    shown = row("the parcel is late")
    assert PROMPT.with_(nearest={}).shows(shown) and not PROMPT.shows(shown)
    for same in ("the parcel is late", "The  PARCEL is late!"):
        outputs = [m.content for m in PROMPT.messages(row(same))][1:-1]
        assert "the parcel is late" not in outputs and len(outputs) == 4
    signs = PROMPT.with_(demonstrations=[Demonstration({"body": "?"}, "a"), POOL[0]])
    assert "wrong" in signs.text(row("!")) and signs.text(row("!")).count("?") == 2
    assert signs.text(row("?")).count("?") == 2  # "Which team?" and the row


def test_only_the_inputs_that_the_prompt_names_are_compared() -> None:
    more = [Demonstration({**d.inputs, "note": "late parcel"}, d.output) for d in POOL]
    prompt = PROMPT.with_(demonstrations=more)
    asked = Row(0, "r", {"body": "the invoice", "note": "parcel"}, None)
    assert prompt.text(asked) == PROMPT.text(row("the invoice"))


def test_passages_are_shown_as_they_are_and_only_where_they_share_a_word() -> None:
    passages = [
        "Refunds: {{ see }} billing.",
        "Parcels are sent daily.",
        "An invoice has a number.",
    ]
    fixed = Prompt("Which team? {{ body }}", passages=passages)
    system, user = (message.content for message in fixed.messages(row("x")))
    assert all(passage in system for passage in passages) and user == "Which team? x"
    chosen = fixed.with_(nearest={"passages": 2})
    assert chosen.id != fixed.id and chosen.variables == {"body"}
    text = chosen.text(row("which number has my invoice; refunds"))
    assert text.startswith("Refunds: {{ see }} billing.\n\nAn invoice has a number.\n\nWhich team?")
    assert chosen.text(row("hello")) == "Which team? hello\n"


def test_a_stock_is_part_of_the_prompt_and_is_changed_by_edits() -> None:
    bare = PROMPT.with_(demonstrations=(), nearest={})
    edits = [set_demonstrations(POOL), show_nearest("demonstrations", 2)]
    assert apply_all(bare, edits) == PROMPT
    assert PROMPT.canonical()["nearest"] == {"demonstrations": 2}
    assert PROMPT.id != PROMPT.with_(nearest={}).id
    assert edits[1].inverse(PROMPT.with_(nearest={})).apply(PROMPT).nearest == {}


@given(prompts(), st.data())
@settings(max_examples=100, deadline=None)
def test_no_row_of_a_stock_is_shown_to_itself(prompt: Prompt, data: st.DataObject) -> None:
    prompt = prompt.with_(nearest={"demonstrations": 2})
    for one in prompt.demonstrations:
        asked = Row(0, "r", one.inputs, one.output)
        assert not prompt.shows(asked)
        others = [d for d in prompt.demonstrations if d.inputs != one.inputs]
        alone = prompt.with_(demonstrations=others)
        if len(others) <= 1:
            assert prompt.messages(asked) == alone.messages(asked)
        assert len(prompt.messages(asked)) <= 2 + 2 * min(2, len(others))
    other = Row(1, "o", {name: data.draw(texts()) for name in prompt.variables}, None)
    assert prompt.messages(other) == prompt.messages(other)


@given(st.lists(texts(), max_size=8), texts(), st.integers(1, 5))
@settings(max_examples=100, deadline=None)
def test_the_nearest_are_few_different_and_in_order(
    stock: list[str], query: str, count: int
) -> None:
    index = Index(stock)
    found, scores = index.nearest(query, count), index.scores(query)
    assert len(found) == len(set(found)) == min(count, len(stock))
    assert [scores[i] for i in found] == sorted(scores, reverse=True)[: len(found)]
    assert all(score >= 0 for score in scores)
    assert set(index.nearest(query, count, without=found)).isdisjoint(found)


def test_runs_of_words_are_found_whatever_stands_between_them() -> None:
    others = ["We don’t ship to islands, sorry.", "x"]
    assert shared_run("so: DON'T SHIP - to", others, 3) == ("don't", "ship", "to")
    assert shared_run("don't ship to", others, 4) is None
    assert shared_run("ship islands", others, 2) is None
    assert shared_run("", [""], 1) is None
