"""The graders of texts, numbers and JSON."""

import asyncio
from typing import Any

import pytest

from intone.data.row import Row
from intone.errors import DataError, SettingError
from intone.metrics.grade import Grade
from intone.metrics.grading import check_targets, grader_for
from intone.prompt.program import Answer


def graded(name: str, text: str, target: str | None, **options: Any) -> Grade:
    grader = grader_for(name, options=options)
    return asyncio.run(grader.grade(Answer(text), Row(0, "id", {}, target)))


@pytest.mark.parametrize(
    ("name", "text", "target", "options", "score"),
    [
        ("exact", " New  york\n", "New York", {}, 1.0),
        ("exact", "new york", "New York", {"case_sensitive": True}, 0.0),
        ("exact", "New York.", "New York", {}, 0.0),
        ("exact", "cafe\u0301", "café", {}, 1.0),
        ("number", "It makes 1,000.", "1000.0", {}, 1.0),
        ("number", "1000", "1,000", {}, 1.0),
        ("number", "first 7, then 8", "7", {}, 0.0),
        ("number", "0.333", "1/3", {}, 0.0),
        ("number", "0.333", "1/3", {"tolerance": 0.001}, 1.0),
        ("number", "103", "100", {"relative": 0.05}, 1.0),
        ("number", "-97", "100", {"relative": 0.05}, 0.0),
        ("number", "12345678901234567890", "12345678901234567890", {}, 1.0),
        ("number", "1e999", "5", {}, 0.0),
        ("number", "0.30000000000000004", "0.3", {}, 1.0),
        ("contains", "The capital is Paris, of course", "paris", {}, 1.0),
        ("contains", "category", "cat", {}, 1.0),
        ("contains", "category", "cat", {"whole_words": True}, 0.0),
        ("contains", "a cat!", "cat", {"whole_words": True}, 1.0),
        ("contains", "Cat", "cat", {"case_sensitive": True}, 0.0),
        ("regex", "order A-123 is late", r"[A-Z]-\d+", {}, 1.0),
        ("regex", "order A-123 is late", r"[A-Z]-\d+", {"whole": True}, 0.0),
        ("regex", "A-123", None, {"pattern": r"a-\d+", "ignore_case": True}, 1.0),
        ("regex", "A-123", None, {"pattern": r"a-\d+"}, 0.0),
    ],
)
def test_scores(
    name: str, text: str, target: str | None, options: dict[str, Any], score: float
) -> None:
    assert graded(name, text, target, **options).score == score


@pytest.mark.parametrize(
    ("answer", "target", "score"),
    [
        ('{"a": 1, "b": "X "}', '{"b": "x", "a": 1.0}', 1.0),
        ('{"a": 1}', '{"a": 1, "b": 2}', 2 / 3),
        ('{"a": 1, "b": 3}', '{"a": 1, "b": 2}', 0.5),
        ('{"a": "1"}', '{"a": 1}', 0.0),
        ('{"a": true}', '{"a": 1}', 0.0),
        ('{"a": null, "b": []}', "{}", 1.0),
        ('{"a": [2, 1, 1]}', '{"a": [1, 2, 1]}', 1.0),
        ('{"a": [1, 2]}', '{"a": [1, 1, 2]}', 0.8),
        ('{"a": "x"}', '{"a": ["x"]}', 1.0),
        ('{"a": {"b": 1}}', '{"a": {"c": 1}}', 0.0),
        ('Sure:\n```json\n{"a": {"b": 1}}\n```', '{"a": {"b": 1}}', 1.0),
    ],
)
def test_json_scores_field_by_field(answer: str, target: str, score: float) -> None:
    assert graded("json", answer, target).score == pytest.approx(score)


def test_json_reasons_name_the_fields() -> None:
    grade = graded("json", '{"city": "Lyon", "x": 1}', '{"city": "Paris", "n": 2, "x": 1}')
    assert grade.reason == (
        "1 of 3 fields right; wanted city = “paris”, n = 2; not wanted city = “lyon”"
    )


@pytest.mark.parametrize("text", ['{"a": 1', "none", '{"a": NaN}', "5"])
def test_invalid_json_is_unparseable(text: str) -> None:
    grade = graded("json", text, '{"a": 1}')
    assert (grade.score, grade.parsed) == (0.0, None)


@pytest.mark.parametrize(("name", "target"), [("number", "3"), ("json", "{}"), ("exact", "a")])
def test_an_empty_answer_is_called_empty(name: str, target: str) -> None:
    grade = graded(name, " \n", target)
    assert (grade.score, grade.parsed) == (0.0, None)
    assert grade.reason.startswith("the answer is empty; wanted ")


def test_a_schema_shapes_the_request() -> None:
    schema = {"type": "object", "properties": {"a": {"type": "integer"}}}
    assert grader_for("json", options={"schema": schema}).expects.schema == schema  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("name", "target", "says"),
    [
        ("number", "many", "“many”, which is no number"),
        ("json", "{'a': 1}", "which is no JSON"),
        ("regex", "(", "which is no pattern"),
        ("contains", " ", "empty target"),
    ],
)
def test_targets_that_cannot_be_graded_against(name: str, target: str, says: str) -> None:
    rows = [Row(4, "id", {}, target)]
    with pytest.raises(DataError, match=f"row 5 .*{says}") as caught:
        check_targets(grader_for(name), rows)
    assert "\n" not in str(caught.value)
    assert graded(name, "1", target).score is None


@pytest.mark.parametrize(
    ("name", "options", "says"),
    [
        ("labl", {}, "did you mean 'label'"),
        ("rouge", {}, "there are: label, exact"),
        (":f", {}, "MODULE:FUNCTION"),
        ("exact", {"case_sensitiv": True}, "did you mean 'case_sensitive'"),
        ("label", {"tolerance": 1}, "it has none"),
        ("number", {"tolerance": -1}, "0 or more"),
        ("number", {"tolerance": True}, "give a number"),
        ("number", {"tolerance": float("nan")}, "0 or more"),
        ("regex", {"pattern": "("}, "is no pattern"),
        ("json", {"schema": "x"}, "give a table"),
    ],
)
def test_settings_that_cannot_be_used(name: str, options: dict[str, Any], says: str) -> None:
    with pytest.raises(SettingError, match=says) as caught:
        grader_for(name, ("a", "b"), options)
    assert "\n" not in str(caught.value)
