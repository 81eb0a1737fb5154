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
