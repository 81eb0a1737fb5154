from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

from tests.cli.project import Command

MEASURES = ("spread", "disagreement", "kappa", "sensitivity", "flipped")


def upset(project: Path) -> None:
    script = (project / "fake.toml").read_text()
    (project / "fake.toml").write_text(script + '[[improves]]\nwhen = "## "\nby = 0.5\n')


def test_stress_shows_the_spread_beside_that_of_noise(intone: Command, project: Path) -> None:
    upset(project)
    said = intone("stress", "--plot", "spread.svg")
    assert said.status == 0
    assert "as given: 0." in said.out and "spread of the score" in said.out
    assert "noise alone:" in said.out and "Fleiss' kappa" in said.out
    assert "order left out: nothing is listed" in said.out
    assert "o a variant, | as given" in said.out
    assert "the budget reached 12 of 42 rows" in said.out
    assert "spent 192 calls" in said.out
    root = ElementTree.fromstring((project / "spread.svg").read_text())
    assert len(root.findall(".//{*}circle")) == 15
    assert said.out in intone("runs", "show").out
    assert "spread" in intone("runs", "list").out


def test_stress_json_has_every_measure_with_its_ends(intone: Command, project: Path) -> None:
    form = intone("stress", "--kinds", "layout,casing", "--variants", "2", "--json").form
    for name in MEASURES:
        measure = form[name]
        assert measure["low"] <= measure["value"] <= measure["high"]
    assert form["posix"] is None
    assert {"value", "low", "high", "p"} == form["null_spread"].keys()
    assert set(form["by_kind"]) == {"layout", "casing"}
    for part in form["by_kind"].values():
        assert len(part["variants"]) == 2 and part["calls"] == 80
        assert part["spread"].keys() == {"value", "low", "high"} and part["null_spread"]
    assert form["n"] == 40 and form["spent"]["calls"] == 200
    assert intone("runs", "show", "--json").form["result"] == form


def test_stress_needs_no_target(intone: Command, project: Path) -> None:
    (project / "intone.toml").write_text(
        '[task]\ndata = "tickets.csv"\n[model]\nname = "fake:fake.toml"\n'
    )
    said = intone("stress", "prompts/triage.toml", "--kinds", "layout", "--plot", "none.svg")
    assert said.status == 0
    assert "nothing to grade against" in said.out and "disagreement" in said.out
    assert "spread of the score" not in said.out
    assert "no scores" in (project / "none.svg").read_text()
    form = intone("stress", "prompts/triage.toml", "--kinds", "layout", "--json").form
    assert form["spread"] is form["null_spread"] is form["score"] is None
    assert form["disagreement"]["value"] >= 0


def test_stress_dry_run_calls_and_writes_nothing(intone: Command, project: Path) -> None:
    said = intone("stress", "--dry-run", "--calls", "50")
    assert "budget 50 calls: 16 calls a row, so 3 rows are reached" in said.out
    assert "nothing was called" in said.out
    assert not (project / ".intone").exists()
    form = intone("stress", "--dry-run", "--json").form
    assert form["calls_a_row"] == 16 and form["left_out"].keys() == {"order"}


def test_stress_says_what_is_wrong(intone: Command, project: Path) -> None:
    for arguments, words in (
        (["--kinds", "layuot"], "'layuot' is no kind of change (did you mean 'layout'?)"),
        (["--variants", "0"], "stress.variants"),
        (["--plot", "spread.png"], "let its name end in .svg"),
        (["--plot", "no/where.svg"], "/no; make it first"),
        (["--kinds", "order"], "there is nothing to change about triage"),
        (["--rows", "some"], "--rows is 'some'"),
    ):
        said = intone("stress", *arguments)
        assert (said.status, said.out) == (2, "")
        assert words in said.err and said.err.count("\n") == 1
    said = intone("stress", "--calls", "20")
    assert said.status == 4
    assert "16 calls a row" in said.err and "stress.variants" in said.err
