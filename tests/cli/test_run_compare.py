from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.project import Command

CHOOSE = 'template = "Case: {{ case }}\\n{{ body }}"\noutput_format = "exactly one of: a team"\n'


def test_run_prints_score_failures_and_cost(intone: Command, project: Path) -> None:
    said = intone("run", "prompts/triage.toml")
    assert said.status == 0
    assert "score 0." in said.out and "on 42 tuning rows (mean of label)" in said.out
    assert "answered 42" in said.out
    assert "spent 42 calls" in said.out
    assert said.err == ""
    shown = intone("run", "--json").form
    assert {"score", "low", "high", "n", "statuses", "spent", "outcomes"} <= shown.keys()
    assert len(shown["outcomes"]) == 42


@pytest.mark.parametrize(("rows", "count"), [("tuning", 42), ("sealed", 18), ("all", 60)])
def test_run_answers_the_rows_it_is_told_to(
    intone: Command, project: Path, rows: str, count: int
) -> None:
    said = intone("run", "--rows", rows, "--json")
    assert said.form["n"] == count


def test_run_says_that_the_budget_ended(intone: Command, project: Path) -> None:
    (project / "fake.toml").write_text(
        'answer = "billing"\n[[rules]]\nwhen = ""\nerror = "refusal"\n'
    )
    said = intone("run", "--calls", "7")
    assert said.status == 0
    assert "refused 7" in said.out
    assert "the budget ended after 7 of 42 answers" in said.out
    (project / "choose.toml").write_text(CHOOSE)
    said = intone("compare", "prompts/triage.toml", "choose.toml", "--calls", "7")
    assert "the budget ended after 7 of 84 answers" in said.out
    assert "the budget ended" not in intone("run", "--calls", "42").out
    assert [run["state"] for run in intone("runs", "list", "--json").form["runs"]] == [
        "done",
        "stopped",
        "stopped",
    ]


def test_run_reports_failed_rows_and_how_to_try_them_again(intone: Command, project: Path) -> None:
    (project / "fake.toml").write_text(
        'answer = "billing"\n[[rules]]\nwhen = "crash"\nerror = 500\n'
    )
    said = intone("run", "--set", "model.attempts=1")
    assert said.status == 0
    assert "failed 14 (missing, not counted)" in said.out
    assert "intone runs resume 1 --retry-failed" in said.out
    (project / "fake.toml").write_text('answer = "billing"\n')


def test_where_every_call_fails_there_is_nothing_to_report(intone: Command, project: Path) -> None:
    (project / "fake.toml").write_text('[[rules]]\nwhen = ""\nerror = 500\n')
    for command in (["run"], ["compare", "prompts/triage.toml", "Team? {{ body }}"]):
        said = intone(*command, "--calls", "4", "--set", "model.attempts=1")
        assert (said.status, said.out) == (3, "")
        assert said.err.startswith("intone: all 4 calls failed: ")
        assert said.err.count("\n") == 1


def test_answers_that_no_grader_can_judge_say_why(intone: Command, project: Path) -> None:
    (project / "mine.py").write_text("def grade(answer, row):\n    raise ValueError('my fault')\n")
    said = intone("run", "--set", "task.grader=mine:grade", "--calls", "4")
    assert said.status == 0
    assert "no score: not one answer could be graded" in said.out
    assert "my fault" in said.out


def test_compare_gives_each_prompt_its_verdict(intone: Command, project: Path) -> None:
    (project / "choose.toml").write_text(CHOOSE)
    (project / "again.toml").write_text(CHOOSE.replace("a team", "the teams"))
    said = intone("compare", "prompts/triage.toml", "choose.toml", "again.toml")
    assert said.status == 0
    assert "3 prompts on 42 tuning rows" in said.out
    assert said.out.count("better   +") == 2
    assert "Holm" in said.out


def test_compare_require_better_needs_one_better_prompt(intone: Command, project: Path) -> None:
    (project / "choose.toml").write_text(CHOOSE)
    assert (
        intone("compare", "prompts/triage.toml", "choose.toml", "--require", "better").status == 0
    )
    said = intone("compare", "choose.toml", "prompts/triage.toml", "--require", "better", "--json")
    assert said.status == 1
    assert said.form["verdicts"][0]["word"] == "worse"
    assert said.err == "intone: --require better: no prompt is better than the first\n"


def test_prompts_of_one_name_are_told_apart(intone: Command, project: Path) -> None:
    (project / "triage.toml").write_text(CHOOSE)
    said = intone("compare", "prompts/triage.toml", "triage.toml", "--json")
    assert [arm["name"] for arm in said.form["prompts"]] == ["prompts/triage.toml", "triage.toml"]
    said = intone("compare", "Team? {{ body }}", "Which? {{ body }}", "--json")
    assert [arm["name"] for arm in said.form["prompts"]] == ["prompt (1)", "prompt (2)"]


def test_a_version_that_is_kept_can_be_run(intone: Command, project: Path) -> None:
    intone("prompts", "import", "prompts/triage.toml")
    intone("prompts", "label", "triage", "production")
    for ref in ("triage", "triage@1", "triage@production"):
        assert intone("run", ref, "--json").form["name"] == "triage"
    said = intone("run", "triage@9")
    assert (said.status, said.err) == (2, "intone: there is no triage@9; the latest is triage@1\n")


def test_rows_that_chose_a_prompt_do_not_argue_for_it(intone: Command, project: Path) -> None:
    assert intone("tune", "--save", "tuned.toml").status == 0
    for new in ("triage@2", "tuned.toml"):
        said = intone("compare", "triage@1", new, "--require", "better")
        assert said.status == 1
        notice = f"note: {new if '@' in new else 'tuned'} was chosen on these rows by run 1: "
        assert notice + "the comparison flatters it; use --rows sealed" in said.out
        assert said.err == (
            f"intone: --require better: {new if '@' in new else 'tuned'} is better only on rows "
            "that chose it (run 1), which does not count\n"
        )
    sealed = intone(
        *("compare", "triage@1", "triage@2", "--rows", "sealed", "--require", "better", "--json")
    )
    assert (sealed.status, sealed.form["notices"]) == (0, [])
    # Another seed seals other rows: some of those are rows that chose the prompt.
    (notice,) = intone("run", "triage@2", "--rows", "sealed", "--seed", 5, "--json").form["notices"]
    assert notice == (
        "triage was chosen on these rows by run 1: its score flatters it; "
        "only rows it was not chosen on can tell"
    )


def test_a_prompt_of_the_users_own_is_not_flattered(intone: Command, project: Path) -> None:
    (project / "choose.toml").write_text(CHOOSE)
    intone("tune")
    said = intone("compare", "prompts/triage.toml", "choose.toml", "--require", "better", "--json")
    assert (said.status, said.form["notices"]) == (0, [])


def test_other_columns_and_changed_rows(intone: Command, project: Path) -> None:
    head, *lines = (project / "tickets.csv").read_text().splitlines()
    rows = [f"{head},lang", *(f"{line},en" for line in lines)]
    (project / "tickets.csv").write_text("\n".join(rows) + "\n")
    assert intone("tune", "--save", "tuned.toml").status == 0
    words = "Team? {{ lang }} {{ case }} {{ body }}"  # a column more: the rows have another hash
    form = intone("compare", words, "tuned.toml", "--json").form
    assert "tuned was chosen on these rows by run 1" in form["notices"][-1]
    (project / "tickets.csv").write_text("\n".join(rows[:-1]) + "\n")
    assert intone("compare", words, "tuned.toml", "--json").form["notices"] == []


def test_scores_beside_a_difference_are_of_the_same_rows(intone: Command, project: Path) -> None:
    script = (project / "fake.toml").read_text()
    broken = '[[rules]]\nmatch = "Team: Case: .*crash"\nerror = 500\n'
    (project / "fake.toml").write_text(script.replace("[[rules]]", broken + "[[rules]]", 1))
    prompts = ("Which? {{ case }} {{ body }}", "Team: Case: {{ case }} {{ body }}")
    said = intone("compare", *prompts, "--set", "model.attempts=1", "--json")
    (verdict,), (one, two) = said.form["verdicts"], said.form["prompts"]
    assert verdict["missing"] == 14
    assert one["n"] == two["n"] == verdict["n"] == 28
    assert two["score"] - one["score"] == pytest.approx(verdict["difference"])
    number = said.form["run"]
    shown = intone("runs", "show", number).out
    assert "2 prompts on 28 tuning rows" in shown and "14 rows left out" in shown


def test_compare_over_models(intone: Command, project: Path) -> None:
    script = (project / "fake.toml").read_text()
    (project / "poor.toml").write_text(script.replace("quality = 0.4", "quality = 0.0"))
    both = "fake:fake.toml,fake:poor.toml"
    said = intone("compare", "--models", both)  # the spec's own prompt
    assert (said.status, said.err) == (0, "")
    assert said.out.startswith("triage with 2 models on 42 tuning rows\n")
    assert "fake:poor.toml: worse: -" in said.out and "spent 84 calls" in said.out
    (project / "choose.toml").write_text(CHOOSE)
    said = intone("compare", "prompts/triage.toml", "choose.toml", "--models", both)
    assert "choose" in said.out and "<- best in the worst case" in said.out
    form = intone("compare", "choose.toml", "--models", both, "--json").form
    assert [cell["model"] for cell in form["cells"]] == both.split(",")
    assert form["spent"]["replayed"] == form["spent"]["calls"] == 84
    assert "2 prompts with 2 models" in intone("runs", "show", 2).out
    listed = [run["result"] for run in intone("runs", "list", "--json").form["runs"]]
    assert listed[1:] == ["best in the worst case: choose", "worse"]
    assert intone("runs", "resume", 2).status == 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--models", "fake:first"], "two or more names"),
        (["--models", "fake:first,fake:frist"], "did you mean fake:first"),
        (["--models", "fake:first,fake:random", "--model", "local"], "--model cannot be given"),
        (["--models", "fake:first,fake:random", "--require", "better"], "--require cannot be"),
        (["prompts/triage.toml"], "two prompts, or --models"),
        ([], "two prompts, or --models"),
    ],
)
def test_compare_that_is_asked_wrongly(
    intone: Command, project: Path, arguments: list[str], words: str
) -> None:
    said = intone("compare", *arguments)
    assert (said.status, said.out) == (2, "")
    assert words in said.err and said.err.count("\n") == 1


def test_a_judge_grades_on_the_command_line(intone: Command, project: Path) -> None:
    answer = """{"reason": "fine", "score": 4}"""
    (project / "judge.toml").write_text(f"answer = '{answer}'\n")
    sets = ("--set", "task.grader=judge", "--set", "judge.name=fake:judge.toml")
    said = intone("run", *sets)
    assert (said.status, said.out) == (2, "") and "task.options.rubric" in said.err
    said = intone("run", *sets, "--set", "task.options.rubric=Be kind.")
    assert said.status == 0
    assert "score 0.75" in said.out and "judged by fake:judge.toml" in said.out
    assert "spent 84 calls" in said.out and "4 of 5: fine" in said.out
    rubric = ("--set", "task.options.rubric=Be kind.")
    planned = intone("tune", *sets, *rubric, "--dry-run")
    assert "a judge (fake:judge.toml) grades every answer, so each takes 2 calls" in planned.out


def test_answers_can_be_had_without_right_ones(intone: Command, project: Path) -> None:
    (project / "topics.csv").write_text("topic\nrain\nsnow\nhail\n")
    spec = project / "intone.toml"
    spec.write_text('[task]\ndata = "topics.csv"\n[model]\nname = "fake:echo"\n')
    plain = intone("run", "Explain {{ topic }}.")
    assert plain.status == 0
    assert "not graded: there is nothing to grade against" in plain.out
    kept = intone("feedback", "add", "--comment", "too long", "--row", "1", "--json").form
    assert kept["inputs"] == {"topic": "rain"}
    refused = intone("compare", "Explain {{ topic }}.", "What is {{ topic }}?")
    assert refused.status == 2 and "nothing says what a right answer is" in refused.err
