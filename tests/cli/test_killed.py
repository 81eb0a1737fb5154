"""Runs that are killed go on where they were: the same result, and few calls made twice."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.cli.project import Command, write_project

ENTRY = "import sys; from intone.cli.main import main; sys.exit(main())"
IN_FLIGHT = 8
LONG = "It is about a parcel that did not come and of which much more is said here."
FAKE = f"""
log = "calls.log"
delay = 0.02
answer = "{LONG}"
[[rules]]
when = "half as many"
whole = true
answer = "It is about a parcel."
"""


def stressed(folder: Path) -> None:
    write_project(folder, delay=0.02)
    script = (folder / "fake.toml").read_text()
    (folder / "fake.toml").write_text('log = "calls.log"\n' + script)


def complained(folder: Path) -> None:
    write_project(folder)
    (folder / "fake.toml").write_text(FAKE)
    (folder / "prompts" / "explain.toml").write_text('template = "Explain this.\\n\\n{{ body }}"\n')
    rows = [f"{n},the {n}th parcel is late" for n in range(40)]
    (folder / "tickets.csv").write_text("\n".join(["case,body", *rows]) + "\n")
    (folder / "intone.toml").write_text(
        'prompt = "prompts/explain.toml"\n[task]\ndata = "tickets.csv"\n'
        '[model]\nname = "fake:fake.toml"\n[budget]\ncalls = 200\n'
    )
    subprocess.run(
        [sys.executable, "-c", ENTRY, "feedback", "add", "--comment", "far too long",
         "--input", "body=the 3th parcel is late", "--output", LONG],
        cwd=folder, check=True, capture_output=True,
    )  # fmt: skip


KINDS: dict[str, Any] = {
    "stress": (stressed, ["stress", "--kinds", "casing,filler,layout"]),
    "feedback": (complained, ["feedback", "apply", "--yes", "--accept-unproven"]),
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_killed_run_goes_on_with_the_same_result(
    kind: str, intone: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare, command = KINDS[kind]
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    whole.mkdir()
    prepare(whole)
    shutil.copytree(whole, killed)
    monkeypatch.chdir(whole)
    expected = intone(*command, "--json")
    assert expected.status == 0, expected.err
    running = subprocess.Popen([sys.executable, "-c", ENTRY, *command], cwd=killed)
    log = killed / "calls.log"
    while not log.exists() or len(log.read_text().splitlines()) < 30:
        assert running.poll() is None, "it ended before it could be killed"
        time.sleep(0.01)
    running.kill()
    running.wait()
    monkeypatch.chdir(killed)
    resumed = intone("runs", "resume", "1", "--json")
    assert resumed.status == 0, resumed.err
    assert same(resumed.form) == same(expected.form)
    assert resumed.form["spent"]["calls"] == expected.form["spent"]["calls"]
    calls = log.read_text().split()
    assert len(calls) - len(set(calls)) <= IN_FLIGHT
    again = intone(*command, "--json").form
    assert same(again) | decided(again) == same(expected.form) | decided(expected.form)
    assert log.read_text().split() == calls, "nothing is asked twice"


DECIDED = ("accepted", "version", "label", "undo", "prompt_id")


def decided(form: dict[str, Any]) -> dict[str, Any]:
    """What a person's yes adds to a feedback run; a run that is taken up asks for it again."""
    return {name: form[name] for name in DECIDED if name in form}


def same(form: dict[str, Any]) -> dict[str, Any]:
    return {name: it for name, it in form.items() if name not in {"spent", "run", *DECIDED}}
