"""What every peer's script is told, and how it reports back. Needs nothing but Python.

    PEER.py --tune-url URL --test-url URL --model NAME --rows FILE --test FILE
        --instruction TEXT [--labels JSON] --seed N --cap N --threads N --out FILE

`--rows` are the tuning rows, with targets; `--test` are the inputs of the rows to answer in the
end, without targets: a peer cannot grade itself on them. Requests to the first URL are counted and
capped by the server, those to the second are not counted towards the cap. `--threads` is how many
requests the server answers at once. `quality.py` makes the
call and grades what comes back.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

TASK_TOKENS = 256
"""The longest answer to a row: as in Intone's own runs."""

META_TOKENS = 512
"""The longest answer where a prompt is to be written: what the server gives at most."""


QUOTA = "insufficient_quota"
"""What the server's refusals say when all calls of the run are used."""


class Spent(BaseException):
    """The server says that all calls of this run are used.

    Not an Exception: libraries take those for failures of single rows and go on.
    """


@dataclass(frozen=True)
class Errand:
    """What a peer is to do."""

    tune_url: str
    test_url: str
    model: str
    rows: tuple[tuple[str, str], ...]
    test: tuple[str, ...]
    instruction: str
    labels: tuple[str, ...]
    seed: int
    cap: int
    threads: int
    out: Path


@dataclass(frozen=True)
class Outcome:
    """What came of it.

    `answers` are the peer's own readings of the model's answers to the test rows, None where it
    could read none. `belief` is the score (0..1) that the peer's own search gave what it ended
    with. `taken` says what that is: "library" (what the library returned), "best so far" (the
    search was stopped by the cap; the best program scored on all its validation rows), "plain"
    (nothing was scored). `tried` counts the programs that were scored on all validation rows;
    `prompt` is the final prompt, to look at, `library` the library and its version.
    """

    answers: Sequence[str | None]
    belief: float | None
    taken: str
    tried: int
    prompt: str
    library: str


def errand() -> Errand:
    """Read the command line and the files that it names."""
    parser = argparse.ArgumentParser()
    for name in ("--tune-url", "--test-url", "--model", "--instruction"):
        parser.add_argument(name, required=True)
    for name in ("--rows", "--test", "--out"):
        parser.add_argument(name, type=Path, required=True)
    for name in ("--seed", "--cap", "--threads"):
        parser.add_argument(name, type=int, required=True)
    parser.add_argument("--labels", default="[]")
    told = parser.parse_args()
    rows = [json.loads(line) for line in told.rows.read_text(encoding="utf-8").splitlines()]
    test = [json.loads(line) for line in told.test.read_text(encoding="utf-8").splitlines()]
    return Errand(
        told.tune_url,
        told.test_url,
        told.model,
        tuple((row["input"], row["target"]) for row in rows),
        tuple(row["input"] for row in test),
        told.instruction,
        tuple(json.loads(told.labels)),
        told.seed,
        told.cap,
        told.threads,
        told.out,
    )


def report(what: Errand, outcome: Outcome) -> None:
    """Write the outcome where it is looked for."""
    what.out.write_text(json.dumps(asdict(outcome), ensure_ascii=False), encoding="utf-8")
    print(f"{outcome.taken}; {outcome.tried} scored in full; belief {outcome.belief}", flush=True)


def same_number(one: str, other: str) -> bool:
    """Say whether two texts are the same number."""
    try:
        return abs(float(one.replace(",", "")) - float(other.replace(",", ""))) < 1e-6
    except ValueError:
        return False
