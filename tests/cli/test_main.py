from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from intone.store.database import open_database
from intone.store.runs import Runs
from tests.cli.project import Command, write_project

ENTRY = "import sys; from intone.cli.main import main; sys.exit(main())"
HEAVY = ("asyncio", "numpy", "pydantic", "rich", "scipy", "sqlalchemy", "jinja2", "aiohttp")


def start(*arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", ENTRY, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # a background job of a shell ignores SIGINT, and so would what it starts
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )


def test_the_command_line_loads_nothing_heavy() -> None:
    code = f"import sys, intone.cli.main; print([m for m in {HEAVY} if m in sys.modules])"
    loaded = subprocess.check_output([sys.executable, "-c", code], text=True)
    assert loaded == "[]\n"


@pytest.mark.parametrize("arguments", [[], ["--help"], ["runs"], ["tune", "--help"]])
def test_help(intone: Command, arguments: list[str]) -> None:
    said = intone(*arguments)
    assert said.status == 0
    assert said.out.startswith("Usage: intone")
    assert said.err == ""


def test_version(intone: Command) -> None:
    said = intone("--version")
    assert (said.status, said.out.split()[0]) == (0, "intone")


def test_the_module_is_the_command_line() -> None:
    run = [sys.executable, "-m", "intone", "--version"]
    assert subprocess.check_output(run, text=True).split()[0] == "intone"


def test_a_defect_goes_to_a_log(project: Path) -> None:
    code = (
        "import sys; from intone.cli import main\n"
        "sys.excepthook = main.Defects(main.Session())\n"
        "raise ZeroDivisionError('twice')\n"
    )
    for _ in range(2):
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=False
        )
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "ZeroDivisionError" in done.stderr and ".intone/intone.log" in done.stderr
    log = (project / ".intone" / "intone.log").read_text()
    assert log.count("ZeroDivisionError: twice") == 2
    assert (project / ".intone" / ".gitignore").read_text() == "*\n"


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_goes_on(intone: Command, project: Path, sent: signal.Signals) -> None:
    write_project(project, delay=0.1)
    (project / "fake.toml").write_text('log = "calls.log"\n' + (project / "fake.toml").read_text())
    running = start("tune", "--json")
    while not (project / "calls.log").exists():
        assert running.poll() is None
        time.sleep(0.02)
    running.send_signal(sent)
    out, err = running.communicate(timeout=20)
    assert running.returncode == 130
    assert out == ""
    assert err.splitlines()[-1] == "intone: interrupted; intone runs resume 1 goes on"
    assert intone("runs", "list", "--json").form["runs"][0]["state"] == "interrupted"
    assert "intone runs resume 1 goes on" in intone("runs", "show").out
    resumed = intone("runs", "resume", "1", "--json").form
    fresh = intone("tune", "--json").form
    for part in ("prompt_id", "baseline", "tuned", "rephrased", "shipped"):
        assert resumed[part] == fresh[part]
    calls = (project / "calls.log").read_text().split()
    assert len(calls) - len(set(calls)) <= 8  # those in flight


def test_a_reader_that_goes_away(project: Path) -> None:
    running = start("run", "--json")
    assert running.stdout is not None and running.stderr is not None
    running.stdout.close()
    assert running.wait(timeout=30) == 141
    assert running.stderr.read() == ""
    running.stderr.close()


def test_output_in_a_narrow_encoding(project: Path) -> None:
    lines = (project / "tickets.csv").read_text().replace("trouble", "Größe 😀")
    (project / "tickets.csv").write_text(lines)
    done = subprocess.run(
        [sys.executable, "-c", ENTRY, "run", "--model", "fake:echo", "--json"],
        env=os.environ | {"PYTHONIOENCODING": "ascii"},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    done.stdout.decode("ascii")


def test_progress_on_a_terminal_leaves_the_last_screen_only(project: Path) -> None:
    import pty

    write_project(project, delay=0.02)
    master, slave = pty.openpty()
    running = subprocess.Popen(
        [sys.executable, "-c", ENTRY, "tune"],
        stdout=slave,
        stderr=slave,
        env=os.environ | {"TERM": "xterm", "COLUMNS": "100"},
    )
    os.close(slave)
    pieces = []
    while True:
        try:
            piece = os.read(master, 65536)
        except OSError:  # Linux says so where others say the end
            break
        if not piece:
            break
        pieces.append(piece)
    os.close(master)
    assert running.wait(timeout=30) == 0
    shown = b"".join(pieces).decode()
    assert "calls" in shown and "leader" in shown
    assert shown.count("42 to tune on") == 1  # the plan stands over the result, once
    assert "\x1b[?25h" in shown  # the cursor is back


@pytest.mark.parametrize("closed", ["2>&-", ">&-", ">&- 2>&-", "<&- >&- 2>&-"])
def test_closed_streams_do_no_harm(project: Path, closed: str) -> None:
    command = f'exec "{sys.executable}" -c "{ENTRY}" tune --json {closed}'
    done = subprocess.run(
        ["sh", "-c", command], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0
    assert bool(done.stdout) == (">&-" not in closed.replace("2>&-", ""))
    with open_database(project / ".intone" / "intone.db") as database:
        assert Runs(database).get(1).state == "done"
