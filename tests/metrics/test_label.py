import asyncio

import pytest

from intone.data.row import Row
from intone.errors import DataError, SettingError
from intone.metrics.grade import Grade
from intone.metrics.grading import check_targets
from intone.metrics.label import LabelGrader
from intone.prompt.program import Answer

TEAMS = LabelGrader(("billing", "technical", "sales"))


def graded(answer: str | Answer, target: str | None = "billing") -> Grade:
    given = Answer(answer) if isinstance(answer, str) else answer
    return asyncio.run(TEAMS.grade(given, Row(0, "id", {}, target)))


@pytest.mark.parametrize(
    ("text", "score", "parsed", "reason"),
    [
        ("Billing.", 1.0, "billing", "read “billing”, as wanted"),
        ("It is technical.", 0.0, "technical", "read “technical”, wanted “billing”"),
        ("support", 0.0, None, "no label, or several, in “support”; wanted “billing”"),
        ("billing or sales", 0.0, None, "no label, or several, in “billing or sales”"),
        ("", 0.0, None, "the answer is empty; wanted “billing”"),
        (" \n", 0.0, None, "the answer is empty; wanted “billing”"),
    ],
)
def test_right_wrong_and_unparsed_say_why(
    text: str, score: float, parsed: str | None, reason: str
) -> None:
    grade = graded(text)
    assert (grade.score, grade.parsed) == (score, parsed)
    assert grade.reason.startswith(reason)


def test_the_likeliest_label_is_read_where_the_text_is_none() -> None:
    shares = {"billing": 0.2, "technical": 0.7, "sales": 0.1}
    assert graded(Answer("tech", choices=shares)).parsed == "technical"
    assert graded(Answer("Sales", choices=shares)).parsed == "sales"


def test_ties_go_to_the_first_label() -> None:
    shares = {"sales": 0.4, "technical": 0.4, "billing": 0.2}
    assert graded(Answer("?", choices=shares)).parsed == "technical"


def test_a_target_that_is_no_label_is_missing_not_wrong() -> None:
    assert graded("billing", "shipping").score is None


def test_white_space_around_a_target_is_no_difference() -> None:
    assert graded("billing", " billing ").score == 1.0


def test_a_label_never_seen_is_named_with_the_nearest() -> None:
    rows = [Row(0, "a", {}, "sales"), Row(6, "b", {}, "biling")]
    with pytest.raises(DataError, match=r"row 7 .*“biling”, a label never seen.*'billing'"):
        check_targets(TEAMS, rows)


@pytest.mark.parametrize(
    ("labels", "says"), [((), "no labels"), (("a", " "), "empty label"), (("a", "a "), "twice")]
)
def test_labels_that_cannot_be_used(labels: tuple[str, ...], says: str) -> None:
    with pytest.raises(SettingError, match=says):
        LabelGrader(labels)
