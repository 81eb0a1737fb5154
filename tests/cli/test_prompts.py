from __future__ import annotations

from pathlib import Path

from intone.prompt.prompt import Prompt
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
