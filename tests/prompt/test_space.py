"""The space of prompts: every point once, in an order that does not need the whole."""

from itertools import islice

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from intone.errors import PromptError
from intone.prompt import Demonstration, Prompt
from intone.prompt.edits import add_clarifier, change_layout, drop_clarifier, rewrite_template
from intone.prompt.phrasings import phrasings
from intone.prompt.space import Choice, Dimension, PromptSpace, space_around

BASE = Prompt("Which team?\n\n{{ body }}", clarifiers=["Be exact."], context=["Teams are small."])
SHOWN = [Demonstration({"body": "b"}, "o")]


def space() -> PromptSpace:
    return space_around(
        BASE,
        phrasings=[(rewrite_template("Team?\n{{ body }}"), add_clarifier("Be brief."))],
        layouts=["plain", "xml"],
        clarifiers=[["Be brief.", "Be very brief."], ["Be exact."]],
        passages=["Teams are small.", "Billing does refunds."],
        demonstrations=[SHOWN],
    )


def sized(counts: list[int]) -> PromptSpace:
    """A space of this shape, its choices marked by clarifiers."""
    return PromptSpace(
        tuple(
            Dimension(
                str(place),
                (Choice(), *(Choice((add_clarifier(f"{place}{n}"),)) for n in range(1, count))),
            )
            for place, count in enumerate(counts)
        )
    )


@given(st.lists(st.integers(1, 4), max_size=5))
@settings(max_examples=60, deadline=None)
def test_every_point_comes_once_whichever_way(counts: list[int]) -> None:
    made = sized(counts)
    points = [made.at(index) for index in range(made.size)]
    assert len(set(points)) == made.size
    for way in (made, made.draws(0, "way"), [point for point, _ in made.listed(BASE)]):
        assert sorted(way) == sorted(points)


@given(st.lists(st.integers(1, 4), max_size=5))
@settings(max_examples=60, deadline=None)
def test_the_cheapest_change_comes_first(counts: list[int]) -> None:
    order = [(sum(c > 0 for c in point), sum(point)) for point in sized(counts)]
    assert order == sorted(order)
    assert order[0] == (0, 0)


@given(st.lists(st.integers(1, 4), min_size=1, max_size=5), st.integers(0, 1000))
@settings(max_examples=60, deadline=None)
def test_neighbours_differ_in_one_dimension(counts: list[int], seed: int) -> None:
    made = sized(counts)
    point = made.draw(seed)
    near = list(made.neighbours(point))
    assert len(set(near)) == len(near) == sum(counts) - len(counts)
    for other in near:
        assert sum(a != b for a, b in zip(point, other, strict=True)) == 1


def test_a_great_space_is_not_made_whole() -> None:
    made = sized([4] * 60)
    assert made.size == 4**60
    first = list(islice(made.listed(BASE), 200))
    assert [point for point, _ in first[1:61]] == [
        tuple(int(i == place) for i in range(60)) for place in range(60)
    ]
    assert len(set(islice(made.draws(1), 100))) == 100


def test_draws_depend_on_seed_and_purpose_only() -> None:
    made = sized([4] * 8)
    assert made.draw(3, "a", 1) == made.draw(3, "a", 1)
    assert len({made.draw(3, "a", n) for n in range(50)}) > 40
    assert list(islice(made.draws(3, "a"), 9)) == list(islice(made.draws(3, "a"), 9))
    assert list(islice(made.draws(3, "a"), 9)) != list(islice(made.draws(4, "a"), 9))


def test_what_the_prompt_says_already_is_not_offered() -> None:
    made = space()
    names = [dimension.name for dimension in made.dimensions]
    assert names == ["phrasing", "layout", "clarifier 1", "passage 2", "demonstrations"]
    assert [len(d.choices) for d in made.dimensions] == [2, 3, 3, 2, 2]
    assert made.dimensions[1].choices[0].sentence == "as given"
    assert made.dimensions[1].choices[2].sentence == "xml layout"


def test_an_edit_that_two_dimensions_make_is_made_once() -> None:
    made = space()
    both, one = made.prompt(BASE, (1, 0, 1, 0, 0)), made.prompt(BASE, (1, 0, 0, 0, 0))
    assert both == one
    assert one.clarifiers == ("Be exact.", "Be brief.")
    listed = [prompt.id for _, prompt in made.listed(BASE)]
    assert len(set(listed)) == len(listed) < made.size
    assert listed[0] == BASE.id


def test_points_whose_edits_do_not_fit_are_left_out() -> None:
    drop, xml = Choice((drop_clarifier("Be exact."),)), Choice((change_layout("xml"),))
    first = Dimension("first", (Choice(), drop))
    made = PromptSpace((first, Dimension("then", (Choice(), drop, xml))))
    with pytest.raises(PromptError, match="no clarifier"):
        made.prompt(Prompt("x"), (1, 0))
    assert [point for point, _ in made.listed(BASE)] == [(0, 0), (1, 0), (0, 2), (1, 2)]
    assert [point for point, _ in made.listed(Prompt("x"))] == [(0, 0), (0, 2)]


def test_phrasings_make_a_dimension() -> None:
    found = phrasings(BASE, kind="classify", labels=("a", "b"), target="team")
    made = space_around(BASE, phrasings=found)
    assert made.size == len(found) + 1 == len(list(made.listed(BASE)))


def test_mistakes_are_errors() -> None:
    with pytest.raises(ValueError, match="same name"):
        PromptSpace((Dimension("a", (Choice(),)), Dimension("a", (Choice(),))))
    with pytest.raises(ValueError, match="no choices"):
        PromptSpace((Dimension("a", ()),))
    with pytest.raises(IndexError):
        space().at(space().size)
    assert list(PromptSpace(())) == [()]
