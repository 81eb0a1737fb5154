"""Passages as edits: the nearest to each row, and those that are nearest to most rows."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intone.data.row import Row
from intone.errors import PromptError
from intone.prompt import Prompt
from intone.prompt.edits import Edit, apply_all
from intone.prompt.nearest import index_of
from intone.tune.passages import fixed_passages, nearest_passages, nearest_to_most, passage_edits
from tests.strategies import prompts, texts

PROMPT = Prompt("Which team? {{ body }}")
PARCELS = "Parcels that are late or lost belong to {{ shipping }}."
REFUNDS = "Refunds and invoices belong to billing."
HOURS = "We open at nine."
PASSAGES = (HOURS, PARCELS, REFUNDS)


def rows(*bodies: str) -> list[Row]:
    return [Row(i, str(i), {"body": body, "note": "nine"}, None) for i, body in enumerate(bodies)]


POOL = rows("my parcels are late", "lost parcels", "my invoices", "?")


def test_each_row_is_shown_the_nearest_and_they_are_no_templates() -> None:
    edits = nearest_passages(PROMPT, PASSAGES, 1)
    assert [edit.sentence for edit in edits] == [
        "choose from 3 passages of the documents",
        "show each row the 1 nearest passages",
    ]
    edited = apply_all(PROMPT, edits)
    assert PARCELS in edited.text(POOL[0]) and HOURS not in edited.text(POOL[0])
    assert REFUNDS in edited.text(POOL[2])
    assert edited.text(POOL[3]) == PROMPT.text(POOL[3])
    assert apply_all(PROMPT, nearest_passages(PROMPT, PASSAGES[:1], 3)).nearest == {"passages": 1}


def test_those_nearest_to_most_rows_are_the_same_for_all() -> None:
    variables = PROMPT.variables
    assert nearest_to_most(PASSAGES, POOL, variables) == [PARCELS, REFUNDS]
    assert nearest_to_most(PASSAGES, POOL, frozenset({"note"})) == [HOURS]
    assert nearest_to_most(PASSAGES, [], variables) == nearest_to_most([], POOL, variables) == []
    edits = fixed_passages(PROMPT, PASSAGES, POOL, 3)
    assert edits[0].sentence == f"give the passage “{PARCELS}”"
    assert apply_all(PROMPT, edits).passages == (PARCELS, REFUNDS)
    assert all(PARCELS in apply_all(PROMPT, edits).text(row) for row in POOL)


def test_a_rank_counts_by_its_place() -> None:
    passages = ["a a", "a b", "a c", "a d d d d d d"]
    (row,) = rows("a")
    order = index_of(tuple(passages)).nearest("a", 4)
    assert nearest_to_most(passages, [row], PROMPT.variables) == [passages[i] for i in order[:3]]


def test_passages_of_the_prompts_own_go_on_standing_there() -> None:
    own = PROMPT.with_(passages=["Be kind."])
    assert nearest_passages(own, PASSAGES, 3) == ()
    assert apply_all(own, fixed_passages(own, PASSAGES, POOL, 1)).passages == ("Be kind.", PARCELS)
    assert fixed_passages(PROMPT.with_(passages=[PARCELS]), [PARCELS], POOL, 1) == ()
    stock = own.with_(nearest={"passages": 2})
    assert fixed_passages(stock, PASSAGES, POOL, 1) == ()
    edited = apply_all(stock, nearest_passages(stock, PASSAGES, 3))
    assert edited.passages == ("Be kind.", *PASSAGES) and edited.nearest == {"passages": 3}


def test_all_ways_are_given_once_by_turns() -> None:
    found = [apply_all(PROMPT, edits) for edits in passage_edits(PROMPT, PASSAGES, POOL)]
    assert [(len(p.passages), dict(p.nearest)) for p in found] == [
        (3, {"passages": 3}),
        (2, {}),
        (3, {"passages": 1}),
        (1, {}),
    ]
    assert len(passage_edits(PROMPT, [PARCELS], POOL)) == 2
    assert passage_edits(PROMPT, [], POOL) == []


@given(prompt=prompts(), passages=st.lists(texts(), max_size=4, unique=True), data=st.data())
def test_every_way_fits_any_prompt_and_can_be_undone(
    prompt: Prompt, passages: list[str], data: st.DataObject
) -> None:
    inputs = st.fixed_dictionaries({name: texts() for name in prompt.variables})
    pool = [Row(i, "", data.draw(inputs), None) for i in range(2)]
    ways = passage_edits(prompt, passages, pool)
    made = [apply_all(prompt, edits) for edits in ways]
    assert len({p.id for p in made}) == len(made)
    for edits, edited in zip(ways, made, strict=True):
        assert edited != prompt or prompt.nearest.get("passages")
        assert set(prompt.passages) <= set(edited.passages) <= {*prompt.passages, *passages}
        undone = prompt
        back: list[Edit] = []
        for edit in edits:
            back.insert(0, edit.inverse(undone))
            undone = edit.apply(undone)
        assert apply_all(edited, back) == prompt
        try:
            before = prompt.text(pool[0])
        except PromptError:
            continue
        assert len(edited.text(pool[0])) >= len(before) or prompt.nearest.get("passages")


def test_indexes_are_shared_by_prompts_with_the_same_passages() -> None:
    assert index_of(PASSAGES) is index_of(tuple(PASSAGES))
    with pytest.raises(TypeError):
        index_of(list(PASSAGES))  # type: ignore[arg-type]
