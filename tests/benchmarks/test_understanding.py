"""The complaints of our own: what they are, and that they are understood as well as reported."""

from __future__ import annotations

import pytest
from understanding import HALVES, Case, among_examples, cases, figures, of_kinds, thresholds

from intone.feedback.complaint import Complaint
from intone.feedback.similarity import THRESHOLD
from intone.feedback.understand import understand
from intone.feedback.wish import wish_kinds, without_wish

ALL = [case for half in HALVES for case in cases(half)]


def share(figure: str) -> float:
    return float(figure.split()[0])


def test_there_are_enough_complaints_of_every_sort() -> None:
    comments = {case.complaint.comment for case in ALL}
    assert len(comments) == len(ALL) >= 200
    assert sum(case.language != "en" for case in ALL) >= 30
    for half in HALVES:
        sorts = {case.sort for case in cases(half)}
        assert sorts == {"", "unclear", "praise", "orders"}
        assert any(len(case.wishes) > 1 for case in cases(half))
        assert {kind for case in cases(half) for kind in case.kinds} == set(wish_kinds())


@pytest.mark.parametrize("case", ALL, ids=lambda case: case.complaint.comment)
def test_a_label_names_a_kind_and_what_it_takes_or_that_there_is_none(case: Case) -> None:
    assert bool(case.sort) == (not case.wishes)
    for kind, of in case.wishes:
        assert bool(of) == bool(wish_kinds()[kind].takes)


def test_no_example_is_a_complaint_that_measures() -> None:
    examples = {text for kind in wish_kinds().values() for text in kind.examples}
    known = {text.casefold() for text in (*examples, *without_wish())}
    assert not known & {case.complaint.comment.casefold() for case in cases("held_out")}


@pytest.mark.parametrize(("half", "least"), [("development", 0.95), ("held_out", 0.8)])
def test_complaints_are_understood_and_nothing_is_invented(half: str, least: float) -> None:
    tested = cases(half)
    read = [frozenset(wish.key for wish in understand(case.complaint)) for case in tested]
    found = figures(tested, read)
    assert share(found["exact"]) >= least
    assert share(found["unclear"]) >= 0.9
    assert share(found["wishes right"]) >= 0.9
    assert share(found["exact, other than en"]) >= 0.8


def test_the_figures_count_what_they_say() -> None:
    tested = [
        Case(Complaint("a"), frozenset({("shorter", ""), ("include", "price")}), "en", ""),
        Case(Complaint("b"), frozenset({("include", "price")}), "de", ""),
        Case(Complaint("c"), frozenset(), "en", "unclear"),
    ]
    read = [
        frozenset({("shorter", "")}),
        frozenset({("include", "cost")}),
        frozenset({("longer", "")}),
    ]
    found = figures(tested, read)
    assert found["exact"] == "0.000 (0 of 3)"
    assert found["kinds"] == "0.333 (1 of 3)"
    assert found["wishes found"] == "0.333 (1 of 3)"
    assert found["wishes right"] == "0.333 (1 of 3)"
    assert found["unclear"] == "0.000 (0 of 1)"
    assert found["exact, de"] == "0.000 (0 of 1)"
    table = of_kinds(tested, read)
    assert table["include"] == ("1.000 (1 of 1)", "0.500 (1 of 2)")
    assert table["longer"] == ("0.000 (0 of 1)", "none")


def test_the_threshold_is_the_lowest_without_a_wrong_reading() -> None:
    wrong = {step: count for step, _, count in among_examples()}
    for step, _, _, count in thresholds(cases("development")):
        wrong[step] += count
    assert THRESHOLD == min(step for step, count in wrong.items() if not count)
