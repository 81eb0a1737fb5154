"""What it costs to start: CPU seconds of `intone --help` and `import intone` beyond Python's own.

python benchmarks/startup.py [--rounds 15]
"""

from __future__ import annotations

import argparse
import resource
import statistics
import subprocess
import sys


def cpu(code: str) -> float:
    """Return the CPU seconds (user and system) that a Python program takes."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-c", code], check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def main() -> None:
    """Measure in turns and print medians."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=15)
    told = parser.parse_args()
    programs = {
        "python alone": "pass",
        "import intone": "import intone",
        "intone --help": (
            "import sys; sys.argv = ['intone', '--help']; from intone.cli.main import main; main()"
        ),
    }
    seconds: dict[str, list[float]] = {name: [] for name in programs}
    for _ in range(told.rounds):
        for name, code in programs.items():
            seconds[name].append(cpu(code))
    base = statistics.median(seconds["python alone"])
    aims = {"import intone": 0.15, "intone --help": 0.25}
    print(f"python alone    {base:.3f} s CPU, median of {told.rounds}")
    for name, aim in aims.items():
        more = statistics.median(seconds[name]) - base
        print(f"{name:<15} {more:.3f} s more   (aim: under {aim} s)")


if __name__ == "__main__":
    main()
