from __future__ import annotations

import getpass
import json
from pathlib import Path

from intone.prompt.edits import apply_all, edit_from
from intone.prompt.prompt import Prompt
from intone.runs.project import Project
from intone.store.registry import Registry
from tests.cli.project import Command

OTHER = 'template = "Which one team?\\n\\nCase: {{ case }}\\n{{ body }}\\n"\nlayout = "xml"\n'


def test_nothing_is_kept_yet(intone: Command, project: Path) -> None:
    assert "no prompts are kept yet" in intone("prompts", "list").out
    said = intone("prompts", "show", "triage")
    assert said.status == 2 and "no prompts are kept in " in said.err
    assert not (project / ".intone").exists()


def test_import_show_and_export(intone: Command, project: Path) -> None:
    said = intone("prompts", "import", "prompts/triage.toml")
    assert (said.status, said.out) == (0, "prompts/triage.toml is triage@1\n")
    assert intone("prompts", "import", "prompts/triage.toml").out.endswith("triage@1\n")
    shown = intone("prompts", "show", "triage").out
    assert shown.startswith("# triage@1\ntemplate = ")
    assert intone("prompts", "export", "triage", "copy.toml").out == "wrote copy.toml (triage@1)\n"
    assert Prompt.load(project / "copy.toml") == Prompt.load(project / "prompts/triage.toml")
    assert intone("prompts", "export", "triage").out == (project / "copy.toml").read_text()
    form = intone("prompts", "export", "triage", "--json").form
    assert Prompt.from_canonical(form["prompt"]) == Prompt.load(project / "copy.toml")
    assert intone("prompts", "import", "copy.toml", "--name", "a b").status == 2


def test_labels_move_and_go_back(intone: Command, project: Path) -> None:
    (project / "other.toml").write_text(OTHER)
    intone("prompts", "import", "prompts/triage.toml")
    intone("prompts", "import", "other.toml", "--name", "triage")
    assert intone("prompts", "label", "triage", "live", "1").out == "triage@live is triage@1\n"
    assert intone("prompts", "label", "triage", "live").out == "triage@live is triage@2\n"
    assert "live -> 2" in intone("prompts", "list").out
    assert intone("prompts", "rollback", "triage", "live").out == "triage@live is triage@1\n"
    assert intone("prompts", "list", "--json").form["prompts"][0]["labels"] == {"live": 1}
    assert intone("prompts", "rollback", "triage", "live").status == 2


def test_diff_marks_what_changed(intone: Command, project: Path) -> None:
    (project / "other.toml").write_text(OTHER)
    intone("prompts", "import", "prompts/triage.toml")
    said = intone("prompts", "diff", "triage@1", "other.toml")
    assert "Which{+ one+} team?" in said.out
    assert "[-chat-]{+xml+}" in said.out
    form = intone("prompts", "diff", "triage", "other.toml", "--json").form
    assert form["sections"]["layout"] == {
        "before": None,
        "after": "xml",
        "pieces": [{"mark": "removed", "text": "chat"}, {"mark": "added", "text": "xml"}],
    }
    pieces = form["sections"]["template"]["pieces"]
    assert {"mark": "added", "text": " one"} in pieces
    assert "".join(p["text"] for p in pieces if p["mark"] != "removed").startswith("Which one team")
    said = intone("prompts", "diff", "triage", "prompts/triage.toml")
    assert "are the same" in said.out
    form = intone("prompts", "diff", "triage", "prompts/triage.toml", "--json").form
    assert form == {"edits": [], "sections": {}}


def test_diff_says_the_edits_first(intone: Command, project: Path) -> None:
    (project / "other.toml").write_text(OTHER)
    said = intone("prompts", "diff", "prompts/triage.toml", "other.toml").out
    assert "what was changed\ntemplate   ask as “Which one team?”\n" in said
    assert "layout     xml layout\n\ntemplate\nWhich{+ one+} team?" in said
    form = intone("prompts", "diff", "prompts/triage.toml", "other.toml", "--json").form
    before, after = (
        Prompt.load(project / "prompts/triage.toml"),
        Prompt.load(project / "other.toml"),
    )
    assert apply_all(before, [edit_from(edit) for edit in form["edits"]]) == after


def test_diff_of_a_prompt_that_names_fewer_inputs(intone: Command, project: Path) -> None:
    (project / "less.toml").write_text('template = "Which team? {{ body }}"\n')
    (project / "more.toml").write_text('template = "Which team? {{ body }} {{ case }}"\n')
    said = intone("prompts", "diff", "more.toml", "less.toml")
    assert said.status == 0
    assert "no edits lead there: they would lose the input {{ case }}\n" in said.out
    assert "{{ body }}[- {{ case }}-]" in said.out
    assert intone("prompts", "diff", "more.toml", "less.toml", "--json").form["edits"] is None


def test_versions_with_edits_of_older_forms_are_shown(intone: Command, project: Path) -> None:
    intone("prompts", "import", "prompts/triage.toml")
    with Project(project).open() as database:
        changed = Prompt.load(project / "prompts/triage.toml").with_(layout="xml")
        old = {"section": "layout", "sentence": "xml layout"}
        Registry(database).save("triage", changed.canonical(), parent="triage@1", edits=[old])
    assert intone("prompts", "show", "triage").status == 0
    assert intone("prompts", "show", "triage", "--json").form["edits"] == [old]
    assert "xml layout" in intone("prompts", "diff", "triage@1", "triage@2").out


def test_a_list_is_told_apart_item_by_item(intone: Command, project: Path) -> None:
    text = 'template = "Which? {{ body }}"\nclarifiers = %s\n'
    (project / "a.toml").write_text(text % '["Answer in one word.", "Be kind.", "No jokes."]')
    (project / "b.toml").write_text(text % '["Answer in one single word.", "No jokes.", "Now."]')
    said = intone("prompts", "diff", "a.toml", "b.toml").out
    assert "~ Answer in one {+single +}word.\n- Be kind.\n  No jokes.\n+ Now.\n" in said
    form = intone("prompts", "diff", "a.toml", "b.toml", "--json").form
    marks = [item["mark"] for item in form["sections"]["clarifiers"]["items"]]
    assert marks == ["changed", "removed", "same", "added"]


def test_history_tells_what_happened_and_who_did_it(intone: Command, project: Path) -> None:
    (project / "other.toml").write_text(OTHER)
    intone("prompts", "import", "prompts/triage.toml")
    intone("prompts", "import", "other.toml", "--name", "triage", "--author", "ann")
    intone("prompts", "label", "triage", "live", "1", "--author", "bob")
    intone("prompts", "label", "triage", "live", "--author", "bob")
    intone("prompts", "rollback", "triage", "live")
    assert intone("prompts", "delete", "triage@2", "--author", "eve").status == 0
    said = intone("prompts", "history", "triage").out
    for text in ("triage@1", "live -> 2", "from 1", "back from 2", "deleted", "ann", "bob", "eve"):
        assert text in said
    form = intone("prompts", "history", "triage", "--json").form
    assert form["versions"][0]["author"] == getpass.getuser()
    assert form["versions"][1]["deleted"]["author"] == "eve"
    assert [(m["from"], m["to"], m["back"]) for m in form["moves"]] == [
        (None, 1, False),
        (1, 2, False),
        (2, 1, True),
    ]


def test_history_shows_the_verdict_of_a_tuning(intone: Command, project: Path) -> None:
    intone("tune")
    said = intone("prompts", "history", "triage").out
    assert "from triage@1 by run 1" in said and "better: +" in said and "rows" in said
    assert intone("prompts", "show", "triage", "--json").form["author"] == getpass.getuser()
    assert intone("prompts", "history", "nobody").status == 2


def test_delete_says_why_not_in_one_line(intone: Command, project: Path) -> None:
    intone("prompts", "import", "prompts/triage.toml")
    intone("prompts", "label", "triage", "live")
    said = intone("prompts", "delete", "triage@1")
    assert (said.status, said.out) == (2, "")
    assert said.err == "intone: triage@1 is needed: the label 'live' is at it\n"
    assert intone("prompts", "delete", "triage").status == 2


def test_all_prompts_as_a_folder_and_back(intone: Command, project: Path) -> None:
    (project / "other.toml").write_text(OTHER)
    intone("prompts", "import", "prompts/triage.toml")
    intone("prompts", "import", "other.toml", "--name", "triage")
    intone("prompts", "import", "other.toml")
    intone("prompts", "label", "triage", "live", "1")
    assert intone("prompts", "export", "out/").out == "wrote out: 2 prompts, 3 versions\n"
    assert Prompt.load(project / "out/triage/2.toml") == Prompt.load(project / "other.toml")
    before = intone("prompts", "history", "triage", "--json").form
    (project / ".intone" / "intone.db").unlink()
    assert (
        intone("prompts", "import", "out").out
        == "other: 1 new version\ntriage: 2 new versions, 1 move of a label\n"
    )
    assert intone("prompts", "history", "triage", "--json").form == before
    assert intone("prompts", "import", "out").out == "other: nothing new\ntriage: nothing new\n"
    assert intone("prompts", "export", "out").status == 0  # a folder that is there
    said = intone("prompts", "export", "outt")
    assert said.status == 2 and "a new folder for all prompts: outt/" in said.err
    said = intone("prompts", "import", "out", "--name", "x")
    assert said.status == 2 and "holds 2 names; --name goes with one" in said.err
    assert intone("prompts", "import", "out/triage", "--name", "theirs").status == 0
    assert intone("prompts", "history", "theirs", "--json").form["labels"] == {"live": 1}


def test_an_import_in_conflict_does_nothing(intone: Command, project: Path) -> None:
    (project / "other.toml").write_text(OTHER)
    intone("prompts", "import", "prompts/triage.toml")
    intone("prompts", "export", "out/")
    (project / ".intone" / "intone.db").unlink()
    intone("prompts", "import", "other.toml", "--name", "triage")
    said = intone("prompts", "import", "out")
    assert said.status == 2 and "conflict: triage@1 is another prompt here" in said.out
    assert "nothing was imported from out, for there is a conflict" in said.err
    form = json.loads(intone("prompts", "import", "out", "--json").out)
    assert form["imported"] is False and len(form["conflicts"]) == 1
