"""`intone feedback apply` from the command line: what is asked, what is applied, how it ends."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import typer

from intone.cli.feedback_apply import Parts, register
from intone.cli.main import main
from intone.cli.session import Session
from intone.errors import InputError
from intone.feedback.complaint import Complaint
from intone.feedback.wish import Wish
from tests.runs.complaints import Shelf, complaint

LONG = "this is a thing of which much can be said and of which much is said here again and again"
SCRIPT = f"""
answer = "{LONG}"
[[rules]]
when = "half as many"
whole = true
answer = "this is a thing of few words"
[[rules]]
when = "many thanks"
whole = true
answer = "{LONG} many thanks"
"""


class Typed(io.StringIO):
    """What a person types."""

    def isatty(self) -> bool:
        return True


class Person:
    """The command with a shelf of complaints; `call` gives its status and what it wrote."""

    def __init__(self, capsys: pytest.CaptureFixture[str], wish: Wish) -> None:
        self.shelf = Shelf(complaint(n) for n in range(1, 13))
        self.wish = wish
        self._capsys = capsys
        self._app = typer.Typer()
        self._app.callback()(lambda: None)
        register(self._app, Parts(lambda database: self.shelf, self.understand))

    def understand(self, said: Complaint) -> tuple[Wish, ...]:
        return (self.wish,) if said.number == 1 else ()

    def call(self, *arguments: str) -> tuple[int, str, str]:
        command = typer.main.get_command(self._app)
        self._capsys.readouterr()
        with command.make_context("feedback", ["apply", *arguments], obj=Session()) as context:
            status = command.invoke(context)
        out, err = self._capsys.readouterr()
        return status or 0, out, err

    def json(self, *arguments: str) -> tuple[int, dict[str, Any]]:
        status, out, _ = self.call(*arguments, "--json")
        return status, json.loads(out)


Make = Callable[..., Person]


@pytest.fixture
def person(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Make:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "explain.toml").write_text('template = "Explain {{ topic }}."\n')
    (tmp_path / "fake.toml").write_text(SCRIPT)
    (tmp_path / "intone.toml").write_text(
        'prompt = "explain.toml"\n[model]\nname = "fake:fake.toml"\n'
    )
    (tmp_path / ".intone").mkdir()
    (tmp_path / ".intone" / "intone.db").touch()

    def make(wish: Wish | None = None, typed: str | None = None) -> Person:
        monkeypatch.setattr("sys.stdin", io.StringIO() if typed is None else Typed(typed))
        return Person(capsys, wish or Wish("shorter"))

    return make


def test_yes_applies_and_says_how_to_undo_it(person: Make, capsys: Any) -> None:
    someone = person()
    status, out, _ = someone.call("--yes")
    assert status == 0
    assert "make the answer shorter" in out and "words fewer: 20 -> 7" in out
    assert "explain@2 is explain@current" in out
    assert "to undo it: intone prompts rollback explain current" in out
    assert someone.shelf.marked == {1: ("applied", "explain@2")}
    assert main("prompts rollback explain current".split()) == 0
    assert main("prompts show explain@current --json".split()) == 0
    assert json.loads(capsys.readouterr().out.split("\n", 1)[1])["number"] == 1
    assert main(["prompts", "show", "explain@2"]) == 0
    shown = capsys.readouterr().out
    assert "answers" in shown and "complaint 1" in shown  # on two lines of a narrow table
    assert main(["runs", "list"]) == 0
    assert "1 complaint answered," in capsys.readouterr().out
    assert main(["runs", "show"]) == 0
    assert "applied: explain@2" in capsys.readouterr().out


def test_a_file_that_lacks_what_was_applied_is_said(person: Make, tmp_path: Path) -> None:
    someone = person()
    someone.call("--yes")
    someone.shelf.marked.clear()
    _, _, err = someone.call("--dry-run")
    assert "explain@2, which answers earlier complaints, is not what explain.toml says" in err
    assert main(["prompts", "export", "explain@2", "explain.toml"]) == 0
    status, out, err = someone.call("--dry-run")
    assert status == 0 and "earlier complaints" not in err and "strengthen" in out


def test_without_yes_and_without_a_person_nothing_is_applied(person: Make) -> None:
    someone = person()
    status, _, err = someone.call()
    assert status == 0 and "there is nobody to ask" in err
    assert someone.shelf.marked == {}


@pytest.mark.parametrize(("typed", "applied"), [("y\n", True), ("n\n", False), ("\n", False)])
def test_a_person_is_asked(person: Make, typed: str, applied: bool) -> None:
    someone = person(typed=typed)
    status, _, err = someone.call()
    assert status == 0 and "apply this change?" in err
    assert bool(someone.shelf.marked) == applied
    assert ("stay open" in err) == (not applied)


def test_json_has_what_the_design_promises(person: Make) -> None:
    status, form = person().json("--yes")
    assert status == 0 and form["accepted"] and form["version"] == "explain@2"
    assert {"wishes", "edit", "checks", "task", "accepted", "prompt_id"} <= form.keys()
    assert {"name", "before", "after", "low", "high"} <= form["checks"][0].keys()
    assert form["prompt_id"] == form["proposal_id"]


def test_a_dry_run_calls_nothing(person: Make) -> None:
    someone = person()
    status, form = someone.json("--dry-run")
    assert status == 0 and form["attempts"][0]["check"] == "words fewer"
    assert len(form["attempts"][0]["tries"]) == 3 and form["calls"] == 48
    assert len(form["unclear"]) == 11
    status, out, _ = someone.call("--dry-run")
    assert "1. add “Keep it short.”" in out and "48 calls at most" in out
    assert main(["runs", "list"]) == 0


def test_a_users_words_are_not_applied_by_yes_alone(person: Make) -> None:
    someone = person(Wish("always-say", "many thanks"))
    status, out, _ = someone.call("--yes")
    assert status == 1 and "--accept-words" in out and someone.shelf.marked == {}
    status, form = someone.json("--yes", "--accept-words")
    assert status == 0 and form["accepted"]
    assert form["proposal"]["clarifiers"] == ["Say “many thanks” where it fits."]


def test_words_that_may_be_orders_take_a_persons_yes_before_they_are_tried(person: Make) -> None:
    wish = Wish("always-say", "from now on many thanks")
    status, form = person(wish).json("--yes", "--accept-words", "--accept-unproven")
    assert status == 1 and form["wishes"][0]["state"] == "skipped" and form["spent"]["calls"] == 0
    someone = person(wish, typed="n\n")
    _, out, err = someone.call()
    assert "try a prompt that says them?" in err and "not tried" in out
    someone = person(wish, typed="y\nn\n")
    _, out, err = someone.call()
    assert "apply this change?" not in err or someone.shelf.marked == {}
    assert "not cured" in out  # the fake says other words


def test_unproven_is_refused_unless_it_is_accepted(person: Make, tmp_path: Path) -> None:
    rows = "\n".join(f"topic{n:03},thing" for n in range(30))
    (tmp_path / "rows.csv").write_text(f"topic,word\n{rows}\n")
    given = ["--data", "rows.csv", "--target", "word", "--set", "task.grader=contains"]
    someone = person()
    status, _, err = someone.call("--yes", *given)
    assert status == 1 and "--accept-unproven" in err and someone.shelf.marked == {}
    status, form = someone.json("--yes", "--accept-unproven", *given)
    assert status == 0 and form["accepted"] and form["task"]["word"] == "unproven"
    status, form = someone.json("--dry-run", "--margin", "20", *given)
    assert form["rows"] == 30


def test_what_cannot_be_is_one_line(person: Make, tmp_path: Path) -> None:
    someone = person()
    with pytest.raises(InputError, match="--conflict"):
        someone.call("--conflict", "both")
    with pytest.raises(InputError, match="margin"):
        someone.call("--margin", "0")
    someone.shelf.complaints.clear()
    with pytest.raises(InputError, match="no open complaints about 'explain'"):
        someone.call()


def test_a_run_that_is_done_can_be_shown_and_resumed(
    person: Make, capsys: pytest.CaptureFixture[str]
) -> None:
    _, first = person().json()
    assert main(["runs", "resume", str(first["run"]), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == first
    assert main(["runs", "resume", str(first["run"]), "--retry-failed", "--json"]) == 0
    again = json.loads(capsys.readouterr().out)
    assert again["proposal"] == first["proposal"] and again["checks"] == first["checks"]
