"""Thirty random `kill -9` of a tuning with a slow fake backend, each resumed and compared.

A run that is left alone gives the reference. Every further run is killed at a random moment while
it is alive and at work, then taken up with `intone runs resume`. Prompt, scores and verdict must
be the reference's, and no more calls may be answered twice than were in flight at the kill.

    python benchmarks/kill.py [--kills 30] [--seed 0]
"""

from __future__ import annotations

import argparse
import itertools
import json
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

CONCURRENCY = 8
ROWS = 120
SCRIPT = """
delay = 0.03
quality = 0.55
row = 'Text: (.*)'
log = "answered.log"
{rules}
[[improves]]
when = "exactly one of"
by = 0.3
"""
SPEC = f"""
prompt = "Red or blue? {{{{ text }}}}"
[task]
data = "rows.jsonl"
target = "colour"
labels = ["red", "blue"]
[model]
name = "fake:fake.toml"
concurrency = {CONCURRENCY}
[budget]
calls = 300
"""
KEYS = ("prompt_id", "baseline", "rephrased", "tuned", "verdict", "shipped", "heats", "winner")


def project(folder: Path) -> None:
    """Write a small project whose fake model is slow."""
    folder.mkdir(parents=True)
    rows = []
    rules = []
    for number in range(ROWS):
        colour = ("red", "blue")[number * 7 % 5 % 2]
        rows.append(json.dumps({"text": f"thing number {number:04} here", "colour": colour}))
        rules.append(f'[[rules]]\nwhen = "number {number:04} here"\nanswer = "{colour}"')
    (folder / "rows.jsonl").write_text("\n".join(rows) + "\n")
    (folder / "fake.toml").write_text(SCRIPT.format(rules="\n".join(rules)))
    (folder / "intone.toml").write_text(SPEC)


def start(folder: Path, *command: str) -> subprocess.Popen[str]:
    """Start an intone command in a project."""
    code = "import sys; from intone.cli.main import main; sys.exit(main())"
    return subprocess.Popen(
        [sys.executable, "-c", code, *command],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finished(process: subprocess.Popen[str]) -> dict[str, Any]:
    """Wait for a command and return what it printed."""
    out, err = process.communicate(timeout=300)
    if process.returncode != 0:
        raise SystemExit(f"exit {process.returncode}: {err}")
    result: dict[str, Any] = json.loads(out)
    return result


def answered(folder: Path) -> list[str]:
    """Return the hashes of the calls the fake answered."""
    log = folder / "answered.log"
    return log.read_text().split() if log.exists() else []


def main() -> None:
    """Kill, resume, compare, and print what came of it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--kills", type=int, default=30)
    parser.add_argument("--seed", type=int, default=0)
    told = parser.parse_args()
    chance = random.Random(told.seed)
    with tempfile.TemporaryDirectory() as name:
        home = Path(name)
        project(home / "alone")
        began = time.monotonic()
        reference = finished(start(home / "alone", "tune", "--json"))
        seconds = time.monotonic() - began
        whole = len(answered(home / "alone"))
        print(f"left alone: {whole} calls in {seconds:.1f} s")
        live = same = 0
        twice: list[int] = []
        at: list[int] = []
        for attempt in itertools.count():
            if live == told.kills:
                break
            folder = home / f"kill-{attempt}"
            project(folder)
            process = start(folder, "tune", "--json")
            time.sleep(chance.uniform(0.1, seconds))
            before = len(answered(folder))
            alive = process.poll() is None
            process.send_signal(signal.SIGKILL)
            process.communicate()
            after = answered(folder)
            if not alive or not 0 < before < whole or process.returncode != -signal.SIGKILL:
                continue  # it had not begun to call, or was done: that kill hit no live run
            live += 1
            at.append(before)
            resumed = finished(start(folder, "runs", "resume", "1", "--json"))
            lines = answered(folder)
            twice.append(len(lines) - len(set(lines)))
            equal = all(resumed[key] == reference[key] for key in KEYS)
            same += equal and set(lines) == set(answered(home / "alone"))
            if not equal:
                print(
                    f"kill at {before}: differs in", [k for k in KEYS if resumed[k] != reference[k]]
                )
            assert len(set(after)) == len(after), "answered twice before any kill"
    print(f"{live} kills of a live run, after {min(at)} to {max(at)} of {whole} calls")
    print(f"calls answered twice: at most {max(twice)}, with {CONCURRENCY} in flight")
    print(f"same prompt, scores and verdict as the run left alone: {same} of {live}")
    if same < live or max(twice) > CONCURRENCY:
        raise SystemExit("the aim is missed")


if __name__ == "__main__":
    main()
