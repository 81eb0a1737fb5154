from __future__ import annotations

from pathlib import Path

from tests.cli.project import Command


def test_each_kind_of_run_is_reported(intone: Command, project: Path) -> None:
    (project / "other.toml").write_text('template = "Which one? {{ body }}"\n')
    assert intone("runs", "report").status == 2
    intone("tune")
    intone("compare", "prompts/triage.toml", "other.toml")
    intone("run")
    for number, kind in enumerate(("tune", "compare", "run"), 1):
        path = Path(".intone") / "reports" / f"run-{number}.html"
        assert intone("runs", "report", number).out == f"wrote {path}\n"
        page = (project / path).read_text()
        assert f"Run {number}: {kind} triage" in page and "My parcel is a trouble" in page
    assert "intone" in page and "python" in page


def test_a_comparison_over_models_is_reported(intone: Command, project: Path) -> None:
    script = (project / "fake.toml").read_text()
    (project / "poor.toml").write_text(script.replace("quality = 0.4", "quality = 0.1"))
    models = "fake:fake.toml,fake:poor.toml"
    assert intone("compare", "prompts/triage.toml", "--models", models).status == 0
    assert intone("runs", "report").status == 0
    page = (project / ".intone/reports/run-1.html").read_text()
    assert "Rows that fake:poor.toml answers better or worse" in page
    assert "There are no rows that both prompts have a score on" not in page
    assert "My parcel is a trouble" in page and f"--models {models}" in page


def test_a_feedback_run_is_reported(intone: Command, project: Path) -> None:
    (project / "fake.toml").write_text(
        'answer = "billing: my invoice is late, and somebody has to look at it in good time"\n'
        '[[rules]]\nwhen = "half as many"\nwhole = true\nanswer = "billing: my invoice is late"\n'
    )
    lines = [f"too long,triage,{row},My invoice is late\n" for row in range(1, 13)]
    (project / "f.csv").write_text("comment,prompt,input.case,input.body\n" + "".join(lines))
    assert intone("feedback", "add", "--from", "f.csv").status == 0
    said = intone("feedback", "apply", "--data", "tickets.csv", "--target", "team", "--json")
    assert said.form["proposal"] is not None, said.form["wishes"]
    assert intone("runs", "report", said.form["run"]).status == 0
    page = (project / f".intone/reports/run-{said.form['run']}.html").read_text()
    assert "<h2" in page and "The checks" in page and "words fewer" in page
    assert "My invoice is late" in page  # an input that was complained about
    assert "row 61" not in page  # and no row of the data, which are 60


def test_places_and_figures(intone: Command, project: Path) -> None:
    intone("tune")
    form = intone("runs", "report", "1", "--out", "a/r.html", "--figures", "figs", "--json").form
    assert form["report"] == "a/r.html" and Path("a/r.html").is_file()
    names = [Path(path).name for path in form["figures"]]
    assert names == [
        f"run-1-{name}.{kind}"
        for name in ("scores", "differences", "search")
        for kind in ("svg", "png")
    ]
    assert all(Path(path).stat().st_size > 500 for path in form["figures"])


def test_what_cannot_be_reported_is_one_line(intone: Command, project: Path) -> None:
    assert "there are no runs in" in intone("runs", "report").err
    script = (project / "fake.toml").read_text()
    (project / "fake.toml").write_text(script + '[[rules]]\nwhen = ""\nerror = 401\n')
    intone("run")
    said = intone("runs", "report")
    assert said.status == 2
    assert "run 1 has no result yet" in said.err and "intone runs resume 1" in said.err
    assert "there is no run 9" in intone("runs", "report", "9").err


def test_data_that_changed_since_is_not_shown(intone: Command, project: Path) -> None:
    intone("run")
    data = (project / "tickets.csv").read_text()
    (project / "tickets.csv").write_text(data.replace("invoice", "secret"))
    intone("runs", "report")
    page = (project / ".intone/reports/run-1.html").read_text()
    assert "the data has changed since the run" in page and "secret" not in page
    (project / "tickets.csv").unlink()
    intone("runs", "report")
    assert (
        "not shown: there is no data file" in (project / ".intone/reports/run-1.html").read_text()
    )


def test_rows_with_corrections_among_them_are_shown_too(intone: Command, project: Path) -> None:
    intone("run")
    row = str(intone("runs", "show", "--json").form["result"]["outcomes"][0]["row"] + 1)
    corrected = intone("feedback", "add", "--row", row, "--answer", "technical")
    assert corrected.status == 0
    intone("run")
    assert "users' corrections" in intone("runs", "show", "2").out
    intone("runs", "report", "2")
    page = (project / ".intone/reports/run-2.html").read_text()
    assert "has changed" not in page and "right answer: technical" in page
    # what is said later changes nothing about that run
    intone("feedback", "add", "--row", row, "--answer", "shipping", "--run", "1")
    intone("runs", "report", "2")
    assert (project / ".intone/reports/run-2.html").read_text() == page
