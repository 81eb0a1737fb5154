"""`intone feedback`: what is kept, what is shown, and that users' words never act on a terminal."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path

import pytest

from tests.cli.project import Command
from tests.cli.test_bad_input import one_line

HOSTILE = "\x1b[2J\x1b]0;owned\x07[bold]b[/bold] \x9b31m \u202egnp {{ 7 * 7 }} \x00 \ud83d \r\nend"
ACTING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\ud800-\udfff]")


@pytest.fixture
def ran(intone: Command, project: Path) -> Command:
    assert intone("run").status == 0
    return intone


def test_nothing_was_said_yet(intone: Command, project: Path) -> None:
    assert "no complaints" in intone("feedback", "list").out
    assert intone("feedback", "list", "--json").form == {"complaints": [], "not_cured": []}
    for arguments in (["show", "1"], ["decline", "1"]):
        said = intone("feedback", *arguments)
        assert said.status == 2 and "there is no feedback in " in one_line(said.err)
    assert not (project / ".intone").exists()
    assert intone("feedback").out.startswith("Usage")


def test_about_a_row_of_the_latest_run(ran: Command, project: Path) -> None:
    said = ran("feedback", "add", "--comment", "too long", "--row", 5, "--rating", "2/5")
    assert (said.status, said.err) == (0, "")
    assert said.out == "complaint 1 is kept: about triage, row 5 of run 1\n"
    (kept,) = ran("feedback", "list", "--json").form["complaints"]
    assert (kept["run"], kept["row"], kept["rating"], kept["target"]) == (1, 4, 0.4, "team")
    assert kept["inputs"] == {"case": "4", "body": "My parcel is a trouble"}
    (outcome,) = [
        o for o in ran("runs", "show", "1", "--json").form["result"]["outcomes"] if o["row"] == 4
    ]
    assert kept["output"] == outcome["text"]
    shown = ran("feedback", "show", 1)
    for text in ("row 5 of run 1", "My parcel is a trouble", "too long", "0.40"):
        assert text in shown.out
    assert (
        ran("feedback", "show", 1, "--json").form["program"]["template"].startswith("Which team?")
    )


def test_about_a_prompt_with_what_it_answered(intone: Command, project: Path) -> None:
    intone("prompts", "import", "prompts/triage.toml")
    given = ["--prompt", "triage@1", "--input", "body=a=b", "--input", "case=", "--output", "no"]
    said = intone("feedback", "add", "--answer", "billing", "--who", "u-1", *given, "--json")
    assert said.status == 0
    assert said.form["version"] == "triage@1"
    assert said.form["inputs"] == {"body": "a=b", "case": ""}
    assert (said.form["who"], said.form["answer"], said.form["run"]) == ("u-1", "billing", None)
    general = intone("feedback", "add", "--comment", "meh", "--output", "no")
    assert general.out == "complaint 2 is kept: about triage@1\n"


def test_open_ones_and_those_about_a_prompt(ran: Command, project: Path) -> None:
    for comment in ("one", "two", "three"):
        ran("feedback", "add", "--comment", comment)
    ran("feedback", "add", "--comment", "other", "--prompt", "Which one?", "--output", "x")
    assert ran("feedback", "decline", 1, 3).out == "declined: 1, 3\n"

    def numbers(*options: str) -> list[int]:
        form = ran("feedback", "list", *options, "--json").form
        return [complaint["number"] for complaint in form["complaints"]]

    assert numbers() == [1, 2, 3, 4]
    assert numbers("--open") == [2, 4]
    assert numbers("--open", "--name", "triage") == [2]
    assert "declined" in ran("feedback", "list").out
    assert numbers("--limit", "2") == [3, 4]
    listed = ran("feedback", "list", "--limit", 1).out.splitlines()
    assert listed[1].split()[0] == "4" and listed[2] == "and 3 earlier ones (--limit 4 lists all)"
    assert ran("feedback", "decline", 3, "--undo").out == "open: 3\n"
    assert numbers("--open") == [2, 3, 4]


def test_users_words_are_shown_but_never_act(
    ran: Command, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(HOSTILE))
    said = ran("feedback", "add", "--comment", "-", "--answer", "[red]\x1b[0m", "--who", "\x9b1m")
    screens = [said.out, ran("feedback", "list").out, ran("feedback", "show", 1).out]
    screens += [ran("feedback", "list", "--json").out, ran("feedback", "show", 1, "--json").out]
    for screen in screens:
        assert not ACTING.search(screen)
    for words in ("[bold]b[/bold]", "{{ 7 * 7 }}", "[red]"):
        assert words in screens[2]
    (kept,) = json.loads(screens[3])["complaints"]
    assert (kept["comment"], kept["answer"]) == (HOSTILE, "[red]\x1b[0m")
    wrong = ran("feedback", "add", "--rating", "\x1b[31m5")
    assert wrong.status == 2 and not ACTING.search(one_line(wrong.err))


def test_a_megabyte_is_kept_and_more_is_refused(
    ran: Command, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for length, status in ((1_000_000, 0), (1_000_001, 2)):
        monkeypatch.setattr("sys.stdin", io.StringIO("x" * length + "\n"))
        said = ran("feedback", "add", "--comment", "-")
        assert said.status == status
    assert "at most 1,000,000 are kept" in one_line(said.err)
    assert len(ran("feedback", "list").out) < 1000
    shown = ran("feedback", "show", 1).out
    assert len(shown) < 6000 and "996,000 characters more" in shown
    assert len(ran("feedback", "show", 1, "--json").form["comment"]) == 1_000_000


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        ("", ["nothing is said"]),
        ("--comment x --run 7", ["there is no run 7", "the last one is 1"]),
        ("--comment x --run 99999999999999999999", ["run"]),
        ("--comment x --row 500", ["run 1 has no answer of triage to row 500"]),
        ("--comment x --row 500 --output y", ["run 1 has no row 500; the last one is 60"]),
        ("--comment x --row 0", ["--row"]),
        ("--comment x --prompt triag@1", ["triag"]),
        ("--comment x --prompt gone.toml", ["gone.toml"]),
        ("--comment x --prompt prompts/triage.toml --row 3", ["say which run"]),
        ("--comment x --run 1 --prompt Which?", ["run 1 did not ask Which?", "triage"]),
        ("--comment x --input body", ["NAME=VALUE"]),
        ("--rating 6/5", ["6/5"]),
        ("--rating good", ["good", "2/5"]),
        ("--from gone.csv", ["gone.csv"]),
        ("--from some.csv --row 3", ["--row", "column"]),
    ],
)
def test_what_is_wrong_is_named_in_one_line(ran: Command, arguments: str, names: list[str]) -> None:
    said = ran("feedback", "add", *arguments.split())
    assert (said.status, said.out) == (2, "")
    for name in names:
        assert name in one_line(said.err)
    assert ran("feedback", "list", "--json").form == {"complaints": [], "not_cured": []}


def test_a_file_is_kept_whole_or_not_at_all(ran: Command, project: Path) -> None:
    head = "comment,rating,answer,row,input.body,url\n"
    good = head + 'too long,1/5,,5,,u\n"two\nlines",up,billing,,,\n,,sales,,hello,\n'
    (project / "some.csv").write_text(good + "bad,7,,,,\n")
    said = ran("feedback", "add", "--from", "some.csv")
    assert said.status == 2
    assert "some.csv, line 6: the rating is '7'" in one_line(said.err)
    assert ran("feedback", "list", "--json").form == {"complaints": [], "not_cured": []}
    (project / "some.csv").write_text(good)
    said = ran("feedback", "add", "--from", "some.csv", "--who", "team")
    assert said.out == "3 complaints kept: complaints 1 to 3\n"
    assert said.err == "note: not read: url (no columns of feedback)\n"
    first, second, third = ran("feedback", "list", "--json").form["complaints"]
    assert (first["row"], first["inputs"]["case"], first["who"]) == (4, "4", "team")
    assert (second["comment"], second["rating"], second["run"]) == ("two\nlines", 1.0, 1)
    assert (third["inputs"], third["run"], third["name"]) == ({"body": "hello"}, None, "triage")


def test_the_first_line_of_a_tuning_says_how_many_rows_are_corrections(
    ran: Command, project: Path
) -> None:
    ran("feedback", "add", "--answer", "billing", "--input", "case=99", "--input", "body=new")
    for arguments in (["tune", "--dry-run"], ["tune"]):
        said = ran(*arguments)
        first = (said.out if "--dry-run" in arguments else said.err).splitlines()[0]
        assert first.startswith("61 rows: 43 to tune on, 18 sealed (1 row from users' corrections)")
    assert "(1 row from users' corrections)" in ran("runs", "show").out
