"""Votes and chains from the command line: run, compare, the registry, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from intone.prompt import Chain, Vote
from intone.prompt.files import load
from tests.cli.project import Command

VOTE = """
[[members]]
template = "Which team?\\n\\nCase: {{ case }}\\n{{ body }}"
[[members]]
template = "Which team, exactly one of those?\\n\\nCase: {{ case }}\\n{{ body }}"
[[members]]
template = "Case: {{ case }}\\n{{ body }}\\n\\nTeam:"
"""
CHAIN = """
clarifiers = ["Be brief."]

[[steps]]
name = "topic"
labels = ["billing", "shipping", "technical"]
target = "gold"
template = "Topic? Case: {{ case }} {{ body }}"

[[steps]]
name = "team"
template = "Which team? Case: {{ case }} {{ body }} ({{ topic }})"
"""


@pytest.fixture
def programs(project: Path) -> Path:
    head, *lines = (project / "tickets.csv").read_text().splitlines()
    rows = [f"{line},{line.rsplit(',', 1)[1]}" for line in lines]
    (project / "tickets.csv").write_text("\n".join([f"{head},gold", *rows]) + "\n")
    (project / "vote.toml").write_text(VOTE)
    (project / "chain.toml").write_text(CHAIN)
    return project


def test_run_and_compare_take_any_program(intone: Command, programs: Path) -> None:
    said = intone("run", "chain.toml", "--json")
    assert said.status == 0, said.err
    form = said.form
    assert form["calls_a_row"] == 2 and form["spent"]["calls"] == 84
    assert form["steps"]["topic"]["n"] == 42
    topics = {outcome["steps"]["topic"] for outcome in form["outcomes"]}
    assert topics <= {0.0, 1.0} and form["prompt"]["steps"][0]["name"] == "topic"
    said = intone(*("compare", "prompts/triage.toml", "vote.toml", "chain.toml", "--calls", 400))
    assert said.status == 0, said.err
    assert "3 prompts on 42 tuning rows" in said.out
    assert "calls an answer: triage 1 · vote 2" in said.out
    shown = intone("run", "chain.toml").out
    assert "steps by themselves: topic 0." in shown and "2 calls an answer" in shown
    assert "steps by themselves" in intone("runs", "show", 1).out


def test_a_budget_that_ends_leaves_whole_rows(intone: Command, programs: Path) -> None:
    form = intone(*("compare", "prompts/triage.toml", "vote.toml", "--calls", 40, "--json")).form
    one, two = form["prompts"]
    assert one["n"] == two["n"] > 5
    assert form["spent"]["calls"] <= 40


def test_a_row_is_begun_only_where_all_its_calls_are_left(intone: Command, programs: Path) -> None:
    form = intone("run", "chain.toml", "--calls", 3, "--json").form
    assert (form["n"], form["spent"]["calls"]) == (1, 2)
    none = intone("run", "chain.toml", "--calls", 1)
    assert none.status == 4
    assert "(a row takes up to 2 calls); raise budget.calls" in none.err


def test_the_registry_keeps_any_program(intone: Command, programs: Path) -> None:
    for kind, file in ((Vote, "vote"), (Chain, "chain")):
        assert intone("prompts", "import", f"{file}.toml").out.endswith(f"{file}@1\n")
        assert intone("prompts", "export", file, "copy.toml").status == 0
        copy = load(programs / "copy.toml")
        assert isinstance(copy, kind) and copy == load(programs / f"{file}.toml")
        assert f"# {file}@1" in intone("prompts", "show", file).out
        assert intone("run", f"{file}@1", "--calls", 9, "--json").form["name"] == file
    (programs / "other.toml").write_text(CHAIN.replace("Topic?", "Which topic?"))
    said = intone("prompts", "diff", "chain", "other.toml")
    assert said.status == 0
    assert "\n\n\n" not in said.out
    assert "steps.topic.template\n[-Topic-]{+Which topic+}?" in said.out
    assert intone("prompts", "diff", "vote", "chain.toml").status == 0


def test_a_run_that_was_cut_short_is_taken_up(intone: Command, programs: Path) -> None:
    intone("run", "chain.toml", "--calls", 41)
    form = intone("runs", "resume", 1, "--json").form
    assert form["n"] == 20 and form["spent"]["calls"] <= 41


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        (
            CHAIN.replace("({{ topic }})", "{{ topik }}"),
            "(did step 'team' mean {{ topic }} by {{ topik }}?)",
        ),
        (CHAIN.replace("({{ topic }})", ""), "the chain has no final step"),
        (CHAIN.replace("Topic?", "Topic of {{ team }}?"), "the chain has a cycle"),
        (CHAIN.replace("Topic?", "Topic {{ gold }}?"), "holds the right answers of step 'topic'"),
        (CHAIN.replace('"gold"', '"golden"'), "which is none of the data's"),
    ],
)
def test_a_chain_that_cannot_work_is_refused_before_anything_is_spent(
    intone: Command, programs: Path, text: str, wrong: str
) -> None:
    (programs / "chain.toml").write_text(text)
    said = intone("run", "chain.toml")
    assert said.status == 2 and said.err.count("\n") == 1
    assert wrong in said.err
    assert not (programs / ".intone").exists()


def test_a_vote_over_free_text_is_refused(intone: Command, programs: Path) -> None:
    said = intone("run", "vote.toml", "--set", "task.grader=exact")
    assert (said.status, said.out) == (2, "")
    assert "a vote needs answers that can be the same" in said.err
    assert not (programs / ".intone").exists()


def test_a_member_that_fails_for_half_of_its_rows(intone: Command, programs: Path) -> None:
    """Rows that the rest decides are scored; the others are missing, never 0."""
    script = (programs / "fake.toml").read_text()
    failing = (
        "[[rules]]\nmatch = 'Which team\\?(?s:.)*(invoice|crash)'\nerror = 500\nwhole = true\n"
    )
    (programs / "fake.toml").write_text(script.replace("[[rules]]", failing + "[[rules]]", 1))
    said = intone("run", "vote.toml", "--set", "model.attempts=1", "--json")
    assert said.status == 0, said.err
    outcomes = said.form["outcomes"]
    failed = [outcome for outcome in outcomes if outcome["status"] == "failed"]
    decided = [o for o in outcomes if o["status"] == "answered" and o["calls"] == 3]
    assert all(outcome["score"] is None for outcome in failed)
    assert decided
    assert said.form["n"] == len(outcomes) - len(failed)
    assert "failed" in said.form["statuses"]


def test_tuning_a_chain_and_building_a_vote(intone: Command, programs: Path) -> None:
    said = intone("tune", "--prompt", "chain.toml", "--calls", 300, "--save", "tuned.toml")
    assert said.status == 0, said.err
    assert isinstance(load(programs / "tuned.toml"), Chain)
    assert "topic: always right (from the column gold)" in intone("runs", "show", 1).out
    said = intone("tune", "--calls", 600, "--set", "tune.vote=3", "--dry-run")
    assert "and a vote of up to 3 on" in said.out
    assert intone("tune", "--calls", 300, "--set", "tune.vote=3").status == 0
    said = intone("tune", "--prompt", "vote.toml")
    assert (said.status, said.err.count("\n")) == (2, 1)
    assert "vote is a vote; tune one of its prompts" in said.err.replace("prompt is", "vote is")


def test_contradictions_are_notices(intone: Command, programs: Path) -> None:
    (programs / "chain.toml").write_text(CHAIN.replace("Topic?", "Explain the topic in detail."))
    notice = "note: step 'topic': “Explain the topic in detail.” (template) and “Be brief.” ("
    for command in (["run", "chain.toml"], ["compare", "vote.toml", "chain.toml"]):
        said = intone(*command, "--calls", 60)
        assert said.status == 0
        assert notice.replace("note: ", "" if "compare" in command else "note: ") in said.out
    intone("prompts", "import", "chain.toml")
    assert notice in intone("prompts", "show", "chain").out
    assert "contradict" in intone("prompts", "show", "chain", "--json").form["notices"][0]


def test_a_step_that_cannot_be_read_says_so(intone: Command, programs: Path) -> None:
    (programs / "chain.toml").write_text(CHAIN.replace('"technical"', '"something else"'))
    outcomes = intone("run", "chain.toml", "--json").form["outcomes"]
    stuck = [outcome for outcome in outcomes if outcome["status"] == "unparseable"]
    assert stuck and all(outcome["score"] == 0.0 for outcome in stuck)
    assert {outcome["reason"] for outcome in stuck} == {"step 'topic': its answer cannot be read"}


def test_a_chain_that_reads_right_answers_is_measured_and_never_used(
    intone: Command, programs: Path
) -> None:
    (programs / "known.toml").write_text(CHAIN.replace("target =", "known ="))
    told = "step 'topic' is taken from column 'gold': this is not what the chain would score"
    ran = intone("run", "known.toml", "--json")
    assert any(told in notice for notice in ran.form["notices"])
    compared = intone(*("compare", "chain.toml", "known.toml", "--json"))
    assert any(told in notice for notice in compared.form["notices"])
    refused = [intone("tune", "--prompt", "known.toml")]
    intone("prompts", "import", "known.toml")
    refused.append(intone("prompts", "label", "known", "production"))
    for said in refused:
        assert said.status == 2 and "such a chain can only be measured" in said.err
