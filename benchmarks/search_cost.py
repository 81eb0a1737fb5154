"""What the search itself costs: seconds and memory of `auto` on a model that answers at once.

The fake backend stands for the model, so what is left is the search: choosing candidates, racing,
ranking, grading, the ledger and the verdict. The rows are made up here.

    python benchmarks/search_cost.py [--calls 1000,4000] [--rows 400] [--method auto]
"""

from __future__ import annotations

import argparse
import asyncio
import json
import resource
import tempfile
import time
from pathlib import Path

from intone.runs.orders import Order, execute
from intone.runs.spec import read_spec

LABELS = ("billing", "shipping", "sales", "returns")


def main() -> None:
    """Tune once for each number of calls, each in a fresh project; print a line each."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--calls", default="1000,4000")
    parser.add_argument("--rows", type=int, default=400)
    parser.add_argument("--method", default="auto")
    told = parser.parse_args()
    for calls in map(int, told.calls.split(",")):
        with tempfile.TemporaryDirectory() as folder:
            print(measured(Path(folder), calls, told.rows, told.method), flush=True)


def measured(folder: Path, calls: int, rows: int, method: str) -> str:
    """Return what one tuning took, in words."""
    _project(folder, rows)
    settings = {
        "task.data": "rows.jsonl",
        "task.target": "team",
        "model.name": "fake:fake.toml",
        "budget.calls": calls,
        "tune.method": method,
    }
    spec = read_spec(None, settings, folder, alone=True)
    began, before = time.process_time(), _peak()
    result = asyncio.run(execute(Order("tune", spec, ("Which team?\n\n{{ body }}",))))
    seconds, used = time.process_time() - began, result["spent"]["calls"]
    return (
        f"{method}, {rows} rows: {used} of {calls} calls in {seconds:.2f} s of CPU, "
        f"{1000 * seconds / used:.2f} s per 1,000 calls; memory grew by {_peak() - before:.0f} MB "
        f"to {_peak():.0f} MB"
    )


def _project(folder: Path, count: int) -> None:
    rows = [
        {"body": f"ticket number {i:05} here", "team": LABELS[i * 7 % 11 % 4]} for i in range(count)
    ]
    (folder / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    rules = [f'[[rules]]\nwhen = "{row["body"][7:]}"\nanswer = "{row["team"]}"\n' for row in rows]
    head = "quality = 0.5\nrow = 'number ..... here'\n"
    better = '[[improves]]\nwhen = "exactly one of"\nby = 0.3\n'
    (folder / "fake.toml").write_text(head + "".join(rules) + better)


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
