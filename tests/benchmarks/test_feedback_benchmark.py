"""feedback.py: complaints applied and corrections judged on fakes; with the model where it is."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from feedback import MEASURES, TOPICS, everyday, main
from feedback_table import means, met
from kept_results import read_results
from own_runs import Workshop, kept_model
from quality_tasks import Drawing

from intone.errors import MissingExtra
from intone.prompt.library.library import ours
from tests.benchmarks.own_tasks import arguments, labelled

STRENGTHS = {entry.name: entry.strengths for entry in ours().all_clarifiers}


def talkative(folder: Path) -> Path:
    """Write a fake that explains at length, unless told more strongly to keep to the main idea."""
    briefly = STRENGTHS["main-idea"][1]
    rules = []
    for topic in TOPICS:
        about = f"Explain {topic} in a paragraph."
        brief = f"{topic.capitalize()}: that is nature."
        at_length = f"{brief} For example, in 1905 Ada said so. " + "It is so and so. " * 9
        rules.append({"match": rf"(?s)\A(?!.*{briefly}).*{about}", "answer": at_length})
        rules.append({"match": rf"(?s)\A.*{briefly}.*{about}", "answer": brief})
    text = "\n".join(
        "[[rules]]\nwhole = true\n" + "\n".join(f"{k} = {json.dumps(v)}" for k, v in rule.items())
        for rule in rules
    )
    (folder / "script.toml").write_text(text)
    return folder


def test_a_complaint_is_applied_and_measured_on_topics_that_were_not_replayed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told = arguments(talkative(tmp_path), "--parts", "everyday", "--cases", "detailed,list")
    assert main(told) == 0
    (out,) = (tmp_path / "out").iterdir()
    detailed, listed = read_results(out)
    assert detailed["applied"] and detailed["unasked"]
    (wish,) = detailed["wishes"]
    assert (wish["wish"], wish["state"], wish["strength"]) == ("more-abstract", "granted", 2)
    assert STRENGTHS["main-idea"][1] in detailed["edit"]
    for which, count in (("replayed", 10), ("fresh", 5)):
        before, after = (detailed["measured"][which][when] for when in ("before", "after"))
        assert {len(of) for of in (*before.values(), *after.values())} == {count}
        assert set(before) == {*MEASURES, "terms", "cut off"}
        assert sum(after["words"]) < sum(before["words"]) / 2
        assert met(detailed, which)
    assert not listed["applied"] and listed["wishes"][0]["state"] == "not cured"
    assert listed["edit"] is None and not met(listed, "replayed")
    first, printed = out.read_text(), capsys.readouterr().out
    assert "| “the explanation is too detailed” | more-abstract | granted | 2 of 2 |" in printed
    assert main(told) == 0
    assert out.read_text() == first and "answers were new" not in capsys.readouterr().out


def test_corrections_are_applied_and_judged_where_nobody_corrected(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    labelled(tmp_path)
    script = tmp_path / "script.toml"
    # this fake is better where a second row is shown
    text = script.read_text().replace('when = "bad, good"', "match = '(?s)of week.*of week'")
    script.write_text(
        text.replace("quality = 0.6", "quality = 0.1").replace("by = 0.4", "by = 0.9")
    )
    more = ["--parts", "corrections", "--tasks", "sms_spam", "--corrected", "16"]
    told = arguments(tmp_path, *more, "--rows", "60", "--test-rows", "40")
    assert main(told) == 0
    (out,) = (tmp_path / "out").iterdir()
    (record,) = read_results(out)
    assert record["wrong"] == 16 and record["wishes"][0]["wish"] == "wrong-answer"
    assert "day of" not in out.read_text()  # no text of the task
    (wish,) = record["wishes"]
    assert wish["state"] in ("granted", "unproven") and record["applied"]
    assert record["edit"].endswith("right answers that users gave")
    before, after = record["rows_before"], record["rows_after"]
    assert len(before) == len(after) == 40 and before.count("1") < after.count("1")
    printed = capsys.readouterr().out
    assert "| sms_spam | 0 | 16 |" in printed and "| better +" in printed


def test_what_there_is_not_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for wrong in (["--parts", "x"], ["--cases", "x"], ["--tasks", "svamp"], ["--topics", "99"]):
        assert main(arguments(tmp_path, *wrong)) == 2
    assert "there are 15" in capsys.readouterr().out


def results(case: str, before: dict[str, float], after: dict[str, float]) -> dict[str, Any]:
    base = dict.fromkeys([*MEASURES, "terms"], 1.0)
    of = {"before": base | before, "after": base | after}
    measured = {when: {name: [value] for name, value in it.items()} for when, it in of.items()}
    return {"case": case, "applied": True, "measured": {"replayed": measured}}


@pytest.mark.parametrize(
    ("case", "before", "after", "good"),
    [
        ("detailed", {"words": 90}, {"words": 60, "different_terms": 0}, True),
        ("detailed", {"words": 90}, {"words": 61, "different_terms": 0}, False),
        ("detailed", {"words": 90}, {"words": 60}, False),
        ("detailed", {"words": 90}, {"words": 60, "different_terms": 0, "particulars": 2}, False),
        ("technical", {"reading_grade": 9, "long_words": 0.3}, {"long_words": 0.2}, True),
        ("short", {}, {"words": 2}, True),
        ("short", {}, {"words": 2, "terms": 0.8}, False),
        ("list", {}, {"points": 3}, True),
        ("sorry", {"apologies": 2}, {"apologies": 2}, False),
    ],
)
def test_aims_are_met_by_the_means(
    case: str, before: dict[str, float], after: dict[str, float], good: bool
) -> None:
    assert met(results(case, before, after), "replayed") == good
    assert not met(results(case, before, after) | {"applied": False}, "replayed")


@pytest.mark.model
def test_the_embedded_model_heeds_an_everyday_complaint(tmp_path: Path) -> None:
    key = {"case": "detailed", "topics": 3, "fresh": 0, "cap": 60}

    async def made() -> Any:
        async with kept_model("local", tmp_path) as kept:
            workshop = Workshop(kept, Drawing(tmp_path, tmp_path), "local", 160)
            return await everyday(workshop, key)

    try:
        record = asyncio.run(made())
    except MissingExtra as error:
        pytest.skip(str(error))
    assert record["applied"], record["wishes"]
    before, after = (means(record, "replayed", when) for when in ("before", "after"))
    assert after["words"] <= before["words"] * 2 / 3
    assert after["terms"] >= before["terms"]
