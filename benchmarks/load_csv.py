"""Load and split a large CSV: seconds and peak memory at 100,000 and 1,000,000 rows.

Run: python benchmarks/load_csv.py [ROWS ...]

Each file has three columns that are used and two that are not; each size is measured in a
process of its own, so one peak does not hide another. The file is written to a temporary folder.
"""

from __future__ import annotations

import csv
import itertools
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SIZES = (100_000, 1_000_000)
LABELS = ("billing", "delivery", "account", "returns", "technical", "other")
WORDS = tuple(
    "parcel late card charged twice login reset invoice refund broken order screen address email "
    "delivery support waiting answer account password please change colour size again never".split()
)


def write(path: Path, rows: int) -> None:
    draw = random.Random(0)
    with path.open("w", newline="", encoding="utf-8") as file:
        out = csv.writer(file)
        out.writerow(["id", "subject", "body", "notes", "team"])
        for number in range(rows):
            words = draw.choices(WORDS, k=34)
            subject, body, notes = words[:4], words[4:22], words[22:]
            team = draw.choice(LABELS)
            out.writerow([number, " ".join(subject), " ".join(body), " ".join(notes), team])


def peak_mb() -> float:
    kilobytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # bytes on macOS
    return round(kilobytes / (2**20 if sys.platform == "darwin" else 2**10), 1)


def measure(path: str) -> dict[str, float]:
    from intone.data.checks import check
    from intone.data.dataset import load
    from intone.data.split import split

    before = peak_mb()
    marks, peaks = [time.perf_counter()], []
    dataset = load(path, inputs=["subject", "body"], target="team")
    marks.append(time.perf_counter())
    peaks.append(peak_mb())
    parts = split(dataset, 0.3, seed=0)
    marks.append(time.perf_counter())
    peaks.append(peak_mb())
    check(dataset, parts)
    marks.append(time.perf_counter())
    load_s, split_s, check_s = (b - a for a, b in itertools.pairwise(marks))
    return {
        "rows": len(dataset),
        "sealed": len(parts.sealed),
        "load_s": round(load_s, 2),
        "split_s": round(split_s, 2),
        "check_s": round(check_s, 2),
        "start_mb": before,
        "load_mb": peaks[0],
        "split_mb": peaks[1],
        "peak_mb": peak_mb(),
    }


def main() -> None:
    if sys.argv[1:2] == ["--measure"]:
        print(json.dumps(measure(sys.argv[2])))
        return
    sizes = [int(size) for size in sys.argv[1:]] or SIZES
    with tempfile.TemporaryDirectory() as folder:
        for size in sizes:
            path = Path(folder) / f"{size}.csv"
            write(path, size)
            done = subprocess.run(
                [sys.executable, __file__, "--measure", str(path)],
                check=True,
                capture_output=True,
                text=True,
            )
            figures = {"file_mb": round(path.stat().st_size / 2**20, 1), **json.loads(done.stdout)}
            print(json.dumps(figures), flush=True)
            path.unlink()


if __name__ == "__main__":
    main()
