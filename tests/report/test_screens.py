from __future__ import annotations

import io
from typing import Any

from intone.report.console import console_for, line, show
from intone.report.differing import differences
from intone.report.scored import compare_screen, run_screen
from intone.report.words import one_line
from tests.report.results import SPENT, VERDICT, scored, text


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def run_result(**changes: Any) -> dict[str, Any]:
    result = {
        "run": 3,
        "name": "triage",
        "model": "openai:gpt",
        "grader": "label",
        "metric": "mean",
        "rows": "tuning",
        "opened": None,
        "score": 0.58,
        "low": 0.5,
        "high": 0.65,
        "n": 168,
        "asked": 173,
        "statuses": {"answered": 160, "truncated": 3, "unparseable": 10},
        "spent": SPENT,
        "notices": [],
    }
    return result | changes


def test_run() -> None:
    outcomes = [
        {"row": 4, "status": "answered", "score": 0.0, "reason": "read “a”,\x1b[31m wanted “b”"},
        {"row": 9, "status": "answered", "score": 1.0, "reason": "right"},
        {"row": 12, "status": "unparseable", "score": 0.0, "reason": "no label in it"},
    ]
    said = text(run_screen(run_result(outcomes=outcomes)))
    assert (
        "triage · openai:gpt\nscore 0.58 [0.50, 0.65] on 168 tuning rows (mean of label)\n" in said
    )
    assert "answered 160 · unparseable 10 · truncated 3\n" in said
    assert (
        "row 13   unparseable   no label in it\n row 5   wrong         read “a”, [31m wanted “b”\n"
        in said
    )
    assert "spent 466 calls, 101 k tokens, 6 min 12 s · intone runs show 3" in said


def test_run_that_is_short_sealed_or_ungraded() -> None:
    said = text(run_screen(run_result(asked=400, rows="sealed", opened=2)))
    assert "the budget ended after 173 of 400 answers" in said
    assert "on 168 sealed rows" in said and "opening 2 of the sealed rows" in said
    assert "not graded" in text(run_screen(run_result(score=None, low=None, high=None)))


def test_compare() -> None:
    result = run_result(
        prompts=[{"name": "old", **scored(0.5)}, {"name": "new", **scored(0.7)}],
        verdicts=[{"prompt": "new", **VERDICT}],
        statuses={"answered": 140, "failed": 4},
    )
    said = text(compare_screen(result))
    assert "2 prompts on 72 tuning rows" in said
    assert "new   0.70   [0.60, 0.80]   better   +19.4 points [8.2, 30.1], p = 0.001" in said
    assert "failed 4 (missing, not counted)" in said
    assert "intone runs resume 3 --retry-failed" in said


def test_a_verdict_on_other_rows_than_the_scores_says_so() -> None:
    result = run_result(
        prompts=[{"name": name, **scored(0.5)} for name in ("old", "new", "newer")],
        verdicts=[
            {"prompt": "new", **VERDICT, "n": 75, "missing": 2},
            {"prompt": "newer", **VERDICT},
        ],
    )
    said = text(compare_screen(result))
    assert "+19.4 points [8.2, 30.1] on 75 rows, p" in " ".join(said.split())
    assert said.count("] on 7") == 1


def test_colours_are_for_terminals_only() -> None:
    file = Terminal()
    show(console_for(file), [line(("better", "bold green"))])
    assert "\x1b[" in file.getvalue()
    assert text([line(("better", "bold green"))]) == "better\n"


def test_a_line_in_a_file_is_whole() -> None:
    assert text([line("word " * 60)]) == ("word " * 60).rstrip() + "\n"


def test_texts_of_a_model_cannot_steer_the_terminal() -> None:
    assert one_line("a\x1b]0;title\x07b\n\n c\u202e") == "a ]0;title b c"
    assert one_line("long " * 10, 12) == "long long l…"


def test_differences_of_prompts() -> None:
    before = {"template": "Which team?", "clarifiers": ["Be brief.", "No prose."]}
    after = {"template": "Which one team?", "clarifiers": ["Be brief."], "codes": {"billing": "A"}}
    said = text(differences(before, after, ("a", "b"), marks=True))
    assert "Which{+ one+} team?" in said
    assert "- No prose." in said and "  Be brief." in said
    assert "+ billing = A" in said
    assert text(differences(before, before, ("a", "b"), marks=True)) == "a and b are the same\n"
    edits = [{"section": "template", "sentence": "ask as “Which\x1b one team?”"}]
    said = text(differences(before, after, ("a", "b"), edits=edits, marks=True))
    assert said.startswith("from a to b\n\nwhat was changed\ntemplate   ask as “Which one team?”\n")
    said = text(differences(before, after, ("a", "b"), edits="no edits lead there", marks=True))
    assert said.startswith("from a to b\n\nno edits lead there\n\ntemplate\n")
    terminal = Terminal()
    show(console_for(terminal), differences(before, after, ("a", "b"), marks=False))
    assert "{+" not in terminal.getvalue()
