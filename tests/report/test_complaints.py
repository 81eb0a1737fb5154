"""What users said, on screen: escaped, cut, and with what it asks for where that is known."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from intone.feedback.complaint import Complaint
from intone.feedback.over_time import NotCured
from intone.feedback.wish import Wish
from intone.report.complaints import about, came_back, complaint_screen, complaints_table
from intone.report.plans import plan_lines
from tests.report.results import PLAN, text

FULL = Complaint(
    "The explanation\nis too detailed.",
    name="triage",
    version="triage@2",
    inputs={"body": "Where is\nit?"},
    output="billing",
    rating=0.4,
    answer="shipping",
    who="u-1",
    at="2026-11-24T13:47:58+00:00",
    run=5,
    row=6,
    number=12,
)
SHORTER = Wish("shorter")


def test_about_what() -> None:
    assert about(FULL) == "triage@2, row 7 of run 5"
    assert about(Complaint("x", name="triage", run=5)) == "triage, run 5"
    assert about(Complaint("x", name="triage")) == "triage"
    assert about(Complaint("x")) == "a prompt"


def test_a_line_a_complaint() -> None:
    applied = Complaint("x", state="applied", applied="triage@3", number=3)
    told = replace(FULL, run=None)  # what it is about then takes one line
    shown = text(complaints_table([told, applied]))
    assert "The explanation is too detailed. [right: shipping]" in " ".join(shown.split())
    assert "0.40" in shown and "applied in triage@3" in shown
    wishes = text(complaints_table([told, applied], {12: [SHORTER]}))
    assert f"{SHORTER.sentence}: The" in " ".join(wishes.split())
    assert "unclear: x" in wishes


def test_one_whole() -> None:
    shown = text(complaint_screen(FULL, [SHORTER])).splitlines()
    assert shown[0] == "complaint 12 · open · said 2026-11-24 13:47 UTC"
    for row in ("who: u-1", "right answer: shipping", f"wish: {SHORTER.sentence}", "  Where is"):
        assert row in shown
    assert "wish" not in text(complaint_screen(FULL))


def test_what_came_back() -> None:
    (row,) = text(came_back([NotCured("triage", SHORTER, "triage@3", 4, 1, (9,))])).splitlines()
    assert row == (
        f"not cured: {SHORTER.sentence} – triage@3 was to do it; 4 complaints before, 1 since"
    )


ANY = st.text(max_size=200)


@given(ANY, ANY, ANY)
def test_nothing_that_acts_reaches_the_screen(one: str, two: str, three: str) -> None:
    said = Complaint(one, name=two, inputs={three: one}, output=two, answer=three, who=one)
    wish = Wish("include", of=two, words=one)
    parts = [*complaints_table([said], {0: [wish]}), *complaint_screen(said, [wish])]
    for row in text(parts).split("\n"):
        assert all(char.isprintable() or char == "\t" for char in row)


def test_the_plan_says_how_many_rows_are_corrections() -> None:
    assert "from users" not in text(plan_lines(PLAN))
    for count, words in ((1, "(1 row from users' corrections)"), (3, "(3 rows from users'")):
        assert words in text(plan_lines(PLAN | {"corrections": count})).splitlines()[0]
