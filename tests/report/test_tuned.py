from __future__ import annotations

from typing import Any

import pytest

from intone.report.history import history, sources
from intone.report.plans import full_plan
from intone.report.tuned import tune_screen
from tests.report.results import (
    ASKED,
    FEW,
    PLAN,
    SPENT,
    UNDECIDED,
    VERDICT,
    described,
    scored,
    text,
    tuned,
)

SCREEN = """\
240 rows: 168 to tune on, 72 sealed · 6 labels · local (Qwen2.5-Coder 1.5B)
budget 480 calls: 216 for the verdict, 264 to search · \
smallest gain 72 rows can show: about 17 points

plain prompt      0.58
best rephrasing   0.69   ask as “Which one team …”, markdown layout
tuned             0.78   the same, + show 8 demonstrations

better: +19.4 points [8.2, 30.1] on 72 sealed rows, p = 0.001   (format +4, substance +15)
over the best rephrasing: +9.0 points [-1.0, 19.0]
spent 466 calls, 101 k tokens, 6 min 12 s · nothing left unanswered
saved prompts/triage.toml (triage@2) · intone runs show 7
"""


def test_the_last_screen_as_a_file_gets_it() -> None:
    assert text(tune_screen(tuned(), saved="prompts/triage.toml")) == SCREEN


def test_the_head_can_be_left_out() -> None:
    screen = text(tune_screen(tuned(), head=False))
    assert screen.startswith("plain prompt")
    assert "kept as triage@2: intone prompts show triage@2" in screen


TOKENS = {"calls": None, "tokens": 9000, "usd": None}
GIVEN = described("given", [], rephrasing=False)
KEPT: dict[str, Any] = {"shipped": False, "version": None, "prompt_id": "given"}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (KEPT | {"verdict": UNDECIDED}, "so small a gain may well be chance (one-sided p = 0.235"),
        (KEPT | {"verdict": UNDECIDED | {"difference": -0.02}}, "the tuned one did no better"),
        ({"verdict": UNDECIDED | {"p_one_sided": 0.15}}, "shipped: the gain is more likely real"),
        (
            KEPT | {"plan": FEW, "verdict": UNDECIDED | {"exploratory": True, "opened": None}},
            "30 rows are too few to seal any",
        ),
        (
            KEPT
            | {"plan": FEW, "verdict": UNDECIDED | {"exploratory": True, "opened": None}}
            | {"searches": [180, 110]},
            "those searches took 110 to 180 calls each",
        ),
        (
            KEPT | {"winner": GIVEN},
            "nothing better was found: your prompt is kept; "
            "it scored 0.58 [0.48, 0.68] on 72 sealed rows\n",
        ),
        (KEPT | {"winner": GIVEN, "verdict": VERDICT | {"opened": 3}}, "opening 3 of these"),
        (
            KEPT | {"winner": GIVEN, "verdict": None},
            "no verdict: the budget left no rows to judge on; nothing better was found either, "
            "so your prompt is kept (raise budget.calls)",
        ),
        (
            KEPT | {"winner": GIVEN, "verdict": None, "plan": FEW | {"budget": TOKENS}},
            "your prompt is kept (raise budget.tokens)",
        ),
        (
            KEPT | {"winner": GIVEN, "verdict": None, "plan": PLAN | {"sealed": 0}},
            "\nnothing better was found: your prompt is kept\n",
        ),
        (
            KEPT | {"verdict": None, "plan": PLAN | {"budget": TOKENS}},
            "so your prompt is kept (raise budget.tokens)",
        ),
        (
            {"statuses": {"answered": 440, "truncated": 20, "unparseable": 6}},
            "of 466 answers 6 unparseable, 20 truncated: these score 0\n",
        ),
        (
            {"rephrased": scored(0.69) | {"n": 70}},
            "layout (on 70 rows)",
        ),
        (
            {"verdict": None, "plan": PLAN | {"sealed": 0, "sealed_used": 0, "verdict_calls": 0}},
            "handed back untested",
        ),
        (KEPT | {"verdict": None}, "the budget left no rows to judge on, so your prompt is kept"),
        ({"finished": False}, "the budget ended before the search did"),
        ({"unanswered": 3}, "3 answers failed: intone runs resume 7 --retry-failed"),
        ({"verdict": VERDICT | {"opened": 4}}, "opening 4 of these sealed rows"),
        ({"verdict": VERDICT | {"missing": 2}}, "2 rows left out"),
        (
            {"verdict": VERDICT | {"word": "undecided", "note": "better, were it not"}},
            "were it not",
        ),
        ({"notices": ["2 rows occur twice"]}, "note: 2 rows occur twice"),
        ({"winner": described("asked", ASKED, rephrasing=True)}, "the rephrasing itself"),
        ({"best_rephrasing": None, "rephrased": None}, "tuned          0.78   ask as"),
        ({"spent": SPENT | {"replayed": 20, "usd": 0.25}}, "(20 replayed), 101 k tokens, $0.2500"),
        (KEPT, "nothing new was kept · intone runs show 7"),
    ],
)
def test_what_there_is_to_know_is_said(changes: dict[str, Any], said: str) -> None:
    assert said in text(tune_screen(tuned(**changes)))


def test_a_prompt_is_not_judged_against_itself() -> None:
    screen = text(tune_screen(tuned(**KEPT, winner=GIVEN)))
    assert "p =" not in screen and "better: " not in screen and "+19.4" not in screen


def test_scores_without_a_verdict_are_called_what_they_are() -> None:
    screen = text(tune_screen(tuned(verdict=None)))
    assert "tuning rows at most, which also chose the prompt" in screen


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, "verdict: 3 prompts"),
        (
            {"sealed_used": 0, "verdict_calls": 0},
            "264 to search · too small a budget for a verdict",
        ),
        (
            {"sealed_used": 0, "verdict_calls": 0},
            "\nverdict: none, for the budget leaves no rows to judge on\n",
        ),
        ({}, "cost: about 101 k tokens, more where demonstrations are shown"),
        ({"usd": 1.5}, "cost: about 101 k tokens, $1.50, more where"),
        ({"sealed_used": 60}, "the verdict can use 60 of the 72 sealed rows"),
        (FEW, "cross-validation: your prompt"),
        ({"sealed": 0, "sealed_used": 0, "verdict_calls": 0}, "240 rows to tune on, none sealed"),
        ({"labels": 0, "grader": "number"}, "graded by number"),
        ({"usd": 0.5}, "$0.5000"),
        ({"budget": {"calls": None, "tokens": 50_000, "usd": 1.0}}, "50 k tokens, $1.00, about"),
        ({"smallest_detectable": 0.034}, "about 3.4 points"),
        ({"smallest_detectable": None, "metric": "macro_f1"}, "not known for macro-F1"),
        ({"notices": ["a column tells the answer"]}, "note: a column tells the answer"),
    ],
)
def test_the_plan(changes: dict[str, Any], said: str) -> None:
    assert said in text(full_plan(PLAN | changes))


def test_where_the_gain_came_from() -> None:
    said = text(sources(tuned()))
    for part in ("rephrasing          +11.0", "beyond rephrasing    +9.0", "format", "layout"):
        assert part in said
    assert sources(tuned(winner=GIVEN)) == []


def test_history_puts_the_best_of_those_that_got_furthest_first() -> None:
    heat = {
        "number": 1,
        "calls": 40,
        "candidates": [
            {"prompt_id": "l", "sentence": "lucky", "rows": 4, "score": 1.0, "dropped_at": 4},
            {
                "prompt_id": "a",
                "sentence": "as given",
                "rows": 12,
                "score": 0.5,
                "dropped_at": None,
            },
            {"prompt_id": "b", "sentence": "best", "rows": 12, "score": 0.75, "dropped_at": None},
            {
                "prompt_id": "n",
                "sentence": "never met",
                "rows": 0,
                "score": None,
                "dropped_at": None,
            },
        ],
    }
    lines = text(history([heat])).splitlines()
    assert lines[1] == "heat 1 · 40 calls"
    assert [line.split("   ")[-1].strip() for line in lines[2:]] == [
        "best",
        "as given",
        "lucky",
        "never met",
    ]


def test_history_marks_the_winner_and_tells_equal_sentences_apart() -> None:
    def met(name: str, sentence: str, dropped_at: int | None = None) -> dict[str, Any]:
        return {
            "prompt_id": name,
            "sentence": sentence,
            "rows": 12,
            "score": 0.5,
            "dropped_at": dropped_at,
        }

    shown = "show 8 demonstrations"
    heats = [
        {"number": 1, "calls": 9, "candidates": [met("a", "ask so"), met("b", "ask so")]},
        {"number": 2, "calls": 9, "candidates": [met("c", shown, 6), met("d", shown)]},
        {"number": 3, "calls": 9, "candidates": [met("d", shown), met("a", "ask so")]},
    ]
    said = [line.split("rows")[-1].split() for line in text(history(heats, "d")).splitlines()]
    assert ["ask", "so", "(1)"] in said and ["ask", "so", "(2)"] in said
    assert ["dropped", "at", "6", *shown.split(), "(set", "1)"] in said
    assert [*shown.split(), "(set", "2)"] in said  # not marked before the last heat
    assert said.count(["winner", *shown.split(), "(set", "2)"]) == 1
    assert "winner" not in text(history(heats))
