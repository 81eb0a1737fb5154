from __future__ import annotations

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
    assert form["sections"]["layout"] == {"before": None, "after": "xml"}
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
