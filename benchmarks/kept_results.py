"""The results of benchmarks: JSON lines that are appended to and never made twice.

Owns the file, the question which results are missing, and tables in Markdown. What is in a result
is each benchmark's own; its key is the part that says which run it is of.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

_HERE = Path(__file__).resolve().parent

Record = Mapping[str, Any]


def plain_name(model: str) -> str:
    """Return a model's name as it can stand in a file's."""
    return re.sub(r"[^\w.-]+", "-", model)


def results_file(benchmark: str, told: argparse.Namespace) -> Path:
    """Return the file of a benchmark's results with a model: in `told.out`, or beside this file."""
    folder: Path = told.out or _HERE / "results"
    return folder / f"{benchmark}-{plain_name(told.model)}.jsonl"


def read_results(path: Path) -> list[dict[str, Any]]:
    """Return the results in a file; none if it is not there."""
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line]


def add_result(path: Path, record: Record) -> None:
    """Append a result, with the commit it was made at."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps({**record, "commit": _commit()}) + "\n")


def found(path: Path, keys: Iterable[Record]) -> list[dict[str, Any]]:
    """Return the results of these runs that are there, in the order of the runs."""
    records = read_results(path)
    return [record for key in keys for record in records if _is_of(record, key)]


def missing(path: Path, keys: Iterable[Record]) -> Iterator[Record]:
    """Yield the runs whose results are not there, looking anew before each."""
    for key in keys:
        if not any(_is_of(record, key) for record in read_results(path)):
            yield key


def markdown(lines: Sequence[Sequence[str]]) -> str:
    """Return a table of which the first line is the head."""
    head, *rest = lines
    rows = [head, ["---"] * len(head), *rest]
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)


def _is_of(record: Record, key: Record) -> bool:
    # Read back from JSON, so lists stand for tuples.
    plain = json.loads(json.dumps(dict(key)))
    return all(name in record and record[name] == value for name, value in plain.items())


def _commit() -> str:
    command = ["git", "-C", str(_HERE), "describe", "--always", "--dirty", "--abbrev=12"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout.strip() or "unknown"
