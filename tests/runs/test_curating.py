"""The kept prompts as the pages see and change them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from intone.errors import InputError, NotThere
from intone.prompt.prompt import Prompt
from intone.report.chronicle import happenings
from intone.runs.curating import Curating
from intone.runs.project import Project
from intone.store.registry import Registry

VERDICT = {"word": "better", "difference": 0.1, "low": 0.02, "high": 0.18, "n": 80}


@pytest.fixture
def curating(tmp_path: Path) -> Iterator[Curating]:
    with Project(tmp_path).open() as database:
        registry = Registry(database)
        registry.save("triage", Prompt("Which team?\n\n{{ body }}").canonical())
        better = Prompt("Which one team?\n\n{{ body }}").canonical()
        registry.save("triage", better, parent="triage@1", verdict=VERDICT)
        yield Curating(database)


def test_the_evidence_is_the_verdict_or_that_there_is_none(curating: Curating) -> None:
    said = "triage@2 over triage@1: better, +10.0 points [2.0, 18.0] on 80 rows."
    assert curating.evidence("triage", "2") == said
    assert "no verdict" in curating.evidence("triage", "1")
    with pytest.raises(NotThere):
        curating.evidence("triage", "3")


def test_a_label_moves_and_goes_back(curating: Curating) -> None:
    curating.promote("triage", "live", "1", "me")
    assert curating.ways_back("triage") == {}
    with pytest.raises(InputError):
        curating.roll_back("triage", "live", "me")
    curating.promote("triage", "live", "2", "me")
    assert curating.ways_back("triage") == {"live": 1}
    assert curating.roll_back("triage", "live", "you") == 1
    moves = curating.history("triage")["moves"]
    assert [(it["to"], it["back"], it["author"]) for it in moves] == [
        (1, False, "me"),
        (2, False, "me"),
        (1, True, "you"),
    ]


def test_changed_words_are_marked(curating: Curating) -> None:
    ((_, pieces),) = curating.differences("triage", "1", "2")
    assert [it.text.strip() for it in pieces if it.mark == "added"] == ["one"]
    assert not [it for it in pieces if it.mark == "removed"]
    assert curating.differences("triage", "2", "2") == []


def test_a_version_that_answers_complaints_says_which(tmp_path: Path) -> None:
    verdict = {
        "kind": "feedback",
        "complaints": [3],
        "checks": [
            {"name": "words fewer", "before": 20, "after": 8, "low": -14, "high": -10, "n": 9}
        ],
        "task": None,
        "accepted_in_spite_of": [{"what": "unproven", "why": "too few rows"}],
    }
    with Project(tmp_path).open() as database:
        registry = Registry(database)
        registry.save("explain", Prompt("Explain {{ x }}").canonical(), verdict=verdict)
        curating = Curating(database)
        assert curating.in_short(verdict) == "answers complaint 3" and curating.in_short(None) == ""
        said = curating.evidence("explain", "1")
        assert "answers complaint 3; words fewer: 20 -> 8 (-12 [-14, -10])" in said
        assert "accepted in spite of this: too few rows" in said
        assert "answers complaint 3" in happenings(registry.lineage("explain"))[0][3]
