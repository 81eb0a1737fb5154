"""The contract of every grader: one suite, run over all of them."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from intone.data.row import Row
from intone.evaluate.budget import Budget, Purse
from intone.evaluate.ledger import MemoryLedger
from intone.evaluate.metered import Metered
from intone.llm.answers import FreeText, Json, Labels, Number
from intone.llm.fake import FakeBackend
from intone.llm.request import Request
from intone.metrics.function import FunctionGrader, load_function
from intone.metrics.grade import Grade, Grader
from intone.metrics.grading import GRADERS, check_targets, grader_for
from intone.metrics.judge import JudgeGrader
from intone.prompt.program import Answer

MEGABYTE = 1_000_000
RUBBISH = [
    "",
    " \n\t ",
    "\x00\x01\x02\xff",
    "\ud800",
    "𝕳𝖊𝖑𝖑𝖔 \u202e\u200b 👩‍👩‍👧",
    "{" * MEGABYTE,
    "[" * MEGABYTE,
    '{"a":' * 200_000,
    "[" * 500_000 + "]" * 500_000,
    "9" * MEGABYTE,
    "1e999999999",
    '{"a": 1e999, "b": ' + "9" * 5000 + "}",
    "spam " * 200_000,
    "A" * MEGABYTE,
    "\\" * 1000,
    "NaN",
    "<think>",
]


def plain(text: str, row: Row) -> float:
    return 1.0 if text == row.target else 0.0


async def later(text: str, row: Row) -> tuple[float, str]:
    await asyncio.sleep(0)
    return plain(text, row), "compared"


def judged() -> Grader:
    """A judge that finds the answer good if it is spam."""

    def said(request: Request) -> str:
        good = "Answer to grade:\n> spam\n" in request.messages[-1].content
        return f'{{"reason": "it is or is not", "score": {5 if good else 1}}}'

    return JudgeGrader("Is it spam?").asking(
        Metered(FakeBackend(said), MemoryLedger(), Purse(Budget()))
    )


CASES: dict[str, tuple[Callable[[], Grader], str]] = {
    "label": (lambda: grader_for("label", ("spam", "ham")), "spam"),
    "exact": (lambda: grader_for("exact"), "spam"),
    "number": (lambda: grader_for("number"), "1,000"),
    "contains": (lambda: grader_for("contains", options={"whole_words": True}), "spam"),
    "regex": (lambda: grader_for("regex"), "sp[a]m"),
    "regex with a pattern": (lambda: grader_for("regex", options={"pattern": "spam$"}), "spam"),
    "json": (lambda: grader_for("json"), '{"a": {"b": [1, "x"]}, "c": true}'),
    "judge": (judged, "spam"),
    "judge without a model": (lambda: JudgeGrader("Is it spam?"), "spam"),
    "function": (lambda: FunctionGrader("checks:plain", plain), "spam"),
    "async function": (lambda: FunctionGrader("checks:later", later), "spam"),
}
UNABLE = {"judge without a model"}  # no answer gets a score, and none gets a 0
RIGHT = {"number": "so $1000.00", "json": '{"c": true, "a": {"b": ["x", 1.0]}}'}


@pytest.fixture(params=CASES, ids=str)
def case(request: pytest.FixtureRequest) -> tuple[str, Grader, str]:
    make, target = CASES[request.param]
    return request.param, make(), target


def row(target: str | None) -> Row:
    return Row(0, "id", {"text": "t"}, target)


def graded(grader: Grader, text: str, target: str | None) -> Grade:
    return asyncio.run(grader.grade(Answer(text), row(target)))


def holds(grade: Grade) -> None:
    assert grade.reason.strip()
    assert "\n" not in grade.reason
    assert len(grade.reason) < 1500
    grade.reason.encode()
    assert grade.score is None or 0.0 <= grade.score <= 1.0


def test_every_grader_is_covered() -> None:
    assert {name.split(" ")[0] for name in CASES} >= set(GRADERS)


def test_a_right_answer_scores_1(case: tuple[str, Grader, str]) -> None:
    name, grader, target = case
    grade = graded(grader, RIGHT.get(name, "spam"), target)
    holds(grade)
    assert grade.score == (None if name in UNABLE else 1.0)
    assert grade.parsed is not None


@pytest.mark.parametrize("text", RUBBISH, ids=lambda text: repr(text[:12]))
def test_rubbish_is_graded(case: tuple[str, Grader, str], text: str) -> None:
    _, grader, target = case
    holds(graded(grader, text, target))
    holds(graded(grader, text, None))


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(), target=st.none() | st.text())
def test_any_text_is_graded_against_any_target(
    case: tuple[str, Grader, str], text: str, target: str | None
) -> None:
    name, grader, _ = case
    if name == "regex":
        target = None  # any text as a pattern may be one that takes exponential time
    holds(graded(grader, text, target))


def test_an_empty_answer_has_no_credit(case: tuple[str, Grader, str]) -> None:
    name, grader, target = case
    assert graded(grader, "", target).score == (None if name in UNABLE else 0.0)


def test_without_a_target_nothing_is_made_up(case: tuple[str, Grader, str]) -> None:
    _, grader, _ = case
    grade = graded(grader, "spam", None)
    holds(grade)
    assert grade.score is None or not grader.needs_target


def test_it_says_what_it_expects(case: tuple[str, Grader, str]) -> None:
    _, grader, target = case
    assert isinstance(grader.expects, FreeText | Labels | Number | Json)
    assert grader.name
    assert grader.expects == grader.expects
    hash(grader.expects)
    check_targets(grader, [row(target), row(None)])


def test_many_at_once_are_told_apart(case: tuple[str, Grader, str]) -> None:
    name, grader, target = case
    right = RIGHT.get(name, "spam")

    async def all_of_them() -> list[Grade]:
        texts = [right if n % 3 else "no" for n in range(60)]
        return await asyncio.gather(*(grader.grade(Answer(t), row(target)) for t in texts))

    for n, grade in enumerate(asyncio.run(all_of_them())):
        assert (grade.score == 1.0) == (bool(n % 3) and name not in UNABLE)


def test_a_function_of_a_file_keeps_the_contract(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "contract_checks.py").write_text("def ok(answer, row):\n    return bool(answer)\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    grader = load_function("contract_checks:ok", tmp_path)
    for text in RUBBISH:
        holds(graded(grader, text, None))


def yes_or_no(text: str, row: Row) -> bool:
    return text == row.target


def test_which_graders_score_nothing_in_between() -> None:
    scale = JudgeGrader("Is it spam?", (0, 1))
    assert scale.binary and FunctionGrader("checks:yes_or_no", yes_or_no).binary
    binary = {name for name, (make, _) in CASES.items() if make().binary}
    assert binary == {"label", "exact", "number", "contains", "regex", "regex with a pattern"}
