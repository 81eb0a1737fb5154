"""The report as a page: its structure, hostile texts, and that it needs nothing beside itself."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest

from intone.data.canonical import content_id
from intone.errors import InputError
from intone.report.listed import came_to
from intone.report.page import html, page_of
from intone.report.pages import PAGES
from tests.report.materials import (
    ALL,
    BETTER,
    EACH,
    GIVEN,
    Outline,
    across,
    across_prompts,
    compared,
    feedback,
    material,
    outline,
    scored,
    stress,
    tuning,
)
from tests.report.results import described, part, tuned

EVIL = (
    "</script><script>alert(1)</script><img src=http://evil.example/x onerror=x>'\"&"
    "\x1b[31m\x00\u202e\u200fא"
)
_ACTS = "[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u200e\u200f\u2066-\u2069]"


def test_every_kind_of_run_has_its_page() -> None:
    assert EACH.keys() == PAGES.keys()
    other = material()
    with pytest.raises(InputError, match="run 7 is a dance, which has no report"):
        page_of(replace(other, record=replace(other.record, kind="dance")))


def test_the_report_of_a_tuning() -> None:
    page = outline(material())
    assert page.headings == [
        "The scores",
        "The prompts",
        "Where the gain came from",
        "The search",
        "Rows that got better or worse",
        "Cost",
        "How to reproduce it",
    ]
    text = page.text()
    for said in (
        "better On 72 sealed rows the tuned prompt scored 0.78 and yours 0.58",
        "a difference of +19.4 points [8.2, 30.1], p = 0.001",
        "the true difference lies between 8.2 and 30.1 points",
        "The tuned prompt was handed back and kept as triage@2",
        "Of 30 rows 10 got better, 0 got worse and 20 stayed as good",
        "intone tune --prompt billing.toml",
        "d4ta",
        "calls 480",
    ):
        assert said in text, said
    assert page.tags.count("svg") == 3
    assert [text.strip() for text in page.texts["ins"]] == ["one", "No jokes."]
    assert "del" not in page.texts  # nothing went
    # the way to the winner: the prompt that was given, then the winner
    assert text.count("ask as billing0.5040 ask as billing0.7040") == 1


def test_the_report_of_a_comparison() -> None:
    page = outline(compared())
    assert page.headings[:3] == [
        "The scores",
        "billing and billing 2",
        "Rows that billing 2 answers better or worse",
    ]
    text = page.text()
    assert "intone compare billing.toml billing-2.toml --rows sealed" in text
    assert "Of 40 rows 13 got better, 0 got worse and 27 stayed as good." in text
    assert "1 more row like these" in text  # 12 are shown
    assert page.tags.count("svg") == 2


def test_the_report_of_a_comparison_over_models() -> None:
    page = outline(across())
    assert page.headings == [
        "The scores",
        "The models against the first",
        "How often the models agree",
        "The prompt",
        "Rows that billing answers better or worse",
        "Cost",
        "How to reproduce it",
    ]
    text = page.text()
    for said in (
        "worse billing against fake:good.toml: worse, +19.4 points [8.2, 30.1]",
        "Of 40 rows 0 got better, 10 got worse and 30 stayed as good.",
        "intone compare billing.toml --models fake:good.toml,billing --rows sealed",
        "fake:good.toml, billing",
        "Judged by billing.",
    ):
        assert said in text, said
    assert page.tags.count("svg") == 2
    cost = text[text.index("Cost") :]
    assert "fake:good.toml4060" in cost and "billing4060" in cost  # calls, tokens a call


def test_of_several_prompts_over_models_the_worst_case_is_named() -> None:
    page = outline(across_prompts())
    assert page.headings[:5] == [
        "The scores",
        "The worst case over the models",
        "How often the models agree",
        "The prompt billing",
        "The prompt billing 2",
    ]
    assert "billing does best with the model that suits it least" in page.text()
    assert "billing 2 with fake:good.toml" in page.text()


def test_a_vote_that_was_not_built_is_told_with_the_search() -> None:
    made = tuning()
    text = outline(replace(made, result={**made.result, "no_vote": "none beat it"})).text()
    assert "No vote: none beat it." in text and "No vote" not in outline(made).text()


def test_prompts_that_are_equal_in_the_worst_case_are_named_as_equal() -> None:
    made = across_prompts()
    equal = {"best_worst": None, "equal_worst": ["billing", "billing 2"], "reached": 50}
    result = {**made.result, **equal}
    text = outline(replace(made, result=result)).text()
    assert "billing, billing 2 do equally well with the model that suits each least" in text
    assert "Calls and tokens are of all 50 rows, the scores of the 40 that all answered." in text
    assert (
        came_to(replace(made.record, summary=result))
        == "equal in the worst case: billing, billing 2"
    )


def test_the_report_of_a_feedback_run() -> None:
    page = outline(feedback())
    assert page.headings == [
        "The wishes",
        "The checks",
        "The task's score",
        "The prompts",
        "Answers before and after",
        "Rows that got better or worse",
        "Cost",
        "How to reproduce it",
    ]
    text = page.text()
    for said in (
        "to be decided The change: say “billing”. It changes nothing until a person applies it.",
        "To be decided: billing: 40 rows cannot show it.",
        "The budget ended before all was tried (raise budget.calls).",
        "billing34, 9unprovenso few of billing; flattered a little",
        "cured, but 2 answers are gone",
        "Conflict: “billing” (2) against “longer” (1); neither is granted.",
        "words fewer120.470-50.4 […, -38.2]p < 0.00116cured",
        "Tokens a call, over inputs that both answered: 160 -> 99.",
        "task score: 0.50 -> 0.49, -1.0 points [-4.0, +2.0] on 40 rows; may fall by 3: unproven",
        "Of 40 rows 13 got better, 0 got worse",
        "intone feedback apply --prompt billing.toml",
        "this run's were: 4, 9, 12.",
    ):
        assert said in text, said
    # three inputs, both answers of each
    assert text.count("billing at length – 3 words") == 3 == text.count("billing – 1 word")
    assert page.tags.count("svg") == 1
    assert [text.strip() for text in page.texts["ins"]] == ["one", "No jokes."]


def test_feedback_that_was_applied_and_feedback_that_changed_nothing() -> None:
    done = feedback()
    applied = {"accepted": True, "asks": [], "prompt_id": content_id(BETTER), "finished": True}
    applied |= {"version": "t@2", "label": "t@current", "undo": "intone prompts rollback t current"}
    text = outline(replace(done, result={**done.result, **applied})).text()
    assert "applied The change" in text and "t@2 became t@current" in text
    assert "To undo it: intone prompts rollback t current" in text
    assert "Of 40 rows 13 got better" in text  # the prompt before is still the one that was given
    none: dict[str, Any] = {
        "proposal": None,
        "proposal_id": None,
        "edit": None,
        "checks": [],
        "task": None,
    }
    none |= {"outputs": [], "tokens": None, "asks": []}
    page = outline(replace(done, result={**done.result, **none}))
    assert page.headings == ["The wishes", "The prompt", "Cost", "How to reproduce it"]
    assert "no change The prompt is kept: no change granted a wish." in page.text()


def test_feedback_without_right_answers_or_texts_of_rows() -> None:
    those = feedback()
    alone = {**those.result, "task": None, "tokens": None, "outputs": [], "plan": {"scored": False}}
    page = outline(replace(those, result=alone))
    assert "task score: none, for there are no right answers" in page.text()
    assert "There is no input that both prompts answered." in page.text()
    assert "Rows that got better or worse" not in page.headings and "svg" not in page.tags
    gone = outline(replace(those, rows={}, no_rows="The data has changed.", sealed=None))
    assert "The data has changed." in gone.text() and "got better, 0" not in gone.text()


def test_the_report_of_a_run() -> None:
    page = outline(scored())
    assert page.headings == [
        "The score",
        "The prompt",
        "What went wrong",
        "Cost",
        "How to reproduce it",
    ]
    text = page.text()
    assert "0.35 billing scored 0.35 on 40 tuning rows" in text
    assert "The budget ended after 40 of 60 answers." in text
    assert "26 rows below full score" in text and "14 more rows like these" in text


def test_the_report_of_a_stress_test() -> None:
    found = outline(stress())
    assert "What moved" in found.headings and "Rows that flip" in found.headings
    text = found.text()
    assert "sensitive" in text and "spread its score over 20.0 points" in text
    assert "billing (2), x (1)" in text and "billing 4" in text and "order left out" in text
    assert found.tags.count("svg") == 1
    bare = part(0.5) | {"given": None, "null_spread": None, "spread": None}
    changes = {"by_kind": {"layout": bare}, "spread": None, "null_spread": None, "score": None}
    those = stress()
    said = outline(replace(those, result={**those.result, **changes, "flips": []})).text()
    assert "not graded" in said and "nothing to grade against" in said and "No row was" in said


def test_nothing_better_found_and_no_verdict() -> None:
    none = tuned(winner=described(content_id(GIVEN), [], rephrasing=False), shipped=False)
    page = outline(material(result=none))
    assert "nothing better" in page.text() and "The prompt" in page.headings
    assert "Rows that got better or worse" not in page.headings
    winner = described(content_id(BETTER), [{"section": "role", "sentence": "x"}], rephrasing=False)
    found = tuned(verdict=None, over_rephrased=None, shipped=False, winner=winner)
    found["winner"]["prompt"] = BETTER
    page = outline(material(result=found))
    assert "no verdict" in page.text() and "expect less on new rows" in page.text()


def test_rows_whose_texts_are_gone() -> None:
    those = replace(material(), rows={}, no_rows="The data has changed.", sealed=None)
    text = outline(those).text()
    assert "The data has changed." in text and "row 2" in text
    assert "which of them were sealed cannot be told any more" in text


@pytest.mark.parametrize("kind", ALL)
def test_hostile_texts_are_texts(kind: str) -> None:
    plain, evil = outline(ALL[kind]()), html(page_of(ALL[kind](EVIL)))
    page = Outline(evil)
    assert page.open == []
    # no tag and no attribute's name comes from a text
    assert page.tags == plain.tags
    assert [(tag, name) for tag, name, _ in page.attributes] == [
        (tag, name) for tag, name, _ in plain.attributes
    ]
    assert "script" not in page.tags and "<script" not in evil
    assert not re.search(_ACTS, evil)
    assert "alert(1)" in page.text() and "א" in page.text()


@pytest.mark.parametrize("kind", ALL)
def test_the_page_needs_nothing_beside_itself(kind: str) -> None:
    page = html(page_of(ALL[kind]("https://example.org/x")))
    for tag, name, value in Outline(page).attributes:
        assert name not in ("src", "href", "srcset", "action", "data", "xlink:href"), (tag, name)
        assert not name.startswith("on") and "//" not in value and "url(" not in value
    css = "".join(Outline(page).texts["style"])
    assert "@import" not in css and "url(" not in css and "//" not in css
    assert "default-src 'none'" in page
    assert not {"script", "link", "iframe", "object", "embed", "base"} & {*Outline(page).tags}


def test_the_page_reads_on_a_phone_in_the_dark_and_on_paper() -> None:
    page = html(page_of(material()))
    for said in ("width=device-width", "prefers-color-scheme: dark", "@media print"):
        assert said in page
    names = {(tag, name) for tag, name, _ in Outline(page).attributes}
    assert ("html", "lang") in names and ("svg", "role") in names


def test_long_texts_are_cut_and_said_to_be() -> None:
    those = material(said="x" * 5_000)
    assert len(html(page_of(those))) < 400_000
    assert "more characters)" in outline(those).text()
