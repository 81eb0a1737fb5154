"""Intone's own runs, which benchmarks are made of: orders on a model whose answers are kept.

Owns how a public task becomes the spec of a run, the options all these benchmarks have, and that
what failed is said and left out. Which runs are made, and what is kept of them, is each
benchmark's.
"""

from __future__ import annotations

import argparse
import asyncio
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from kept_results import Record, add_result, missing, plain_name
from model_server import Kept
from quality_tasks import Drawing, Task, drawn
from slots import open_slots

from intone.errors import IntoneError
from intone.evaluate.budget import Spent
from intone.evaluate.outcome import Outcome
from intone.llm.open import ModelSettings, open_backend
from intone.prompt.forms import AnyProgram, read_program
from intone.prompt.program import Program
from intone.runs.orders import Kind, Order, execute
from intone.runs.spec import Spec, read_spec
from intone.runs.watch import Unwatched
from intone.store.database import open_database
from intone.store.ledger import SqlLedger

ENDLESS = 10**9
"""A budget of calls that no benchmark reaches."""
_PATIENCE = 900.0  # seconds a call may take: a long answer of a slow machine
_DATA = Path(__file__).resolve().parent.parent.parent / "shared" / "data"


@asynccontextmanager
async def kept_model(name: str, work: Path, slots: int = 0) -> AsyncIterator[Kept]:
    """Open a model whose answers are kept in the work folder's ledger.

    With `slots` (see the module of this name) the model is "local".
    """
    work.mkdir(parents=True, exist_ok=True)
    backend = open_slots(slots) if slots else open_backend(ModelSettings(name))
    try:
        with open_database(work / "calls.db") as database, SqlLedger(database) as ledger:
            yield Kept(backend, ledger)
    finally:
        await backend.close()


class Seen(Unwatched):
    """Remembers every outcome of a run."""

    def __init__(self) -> None:
        self.outcomes: list[Outcome] = []

    def outcome(self, outcome: Outcome, spent: Spent) -> None:
        self.outcomes.append(outcome)


@dataclass(frozen=True)
class Tuned:
    """The winner of a search on the tuning rows, and the run's result in plain values."""

    program: AnyProgram
    result: Mapping[str, Any]

    @property
    def told(self) -> dict[str, Any]:
        """What a benchmark's result keeps of the search."""
        return {
            "tuned_calls": self.result["spent"]["calls"],
            "belief": self.result["tuned"]["score"],
            "kind": type(self.program).__name__.lower(),
        }


@dataclass(frozen=True)
class Workshop:
    """Where a benchmark's runs are made: the model, the work folder, how tasks are drawn."""

    kept: Kept
    drawing: Drawing
    model: str
    max_tokens: int

    def folder(self, *names: object) -> Path:
        """Return a fresh, empty folder: no run is told of another."""
        folder = self.drawing.work / "runs" / plain_name("-".join(map(str, names)))
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        return folder

    def task(self, name: str, seed: int) -> Task:
        """Return a task with its rows drawn."""
        return drawn(name, seed, self.drawing)

    def spec(self, folder: Path, settings: Mapping[str, Any]) -> Spec:
        """Return a spec with this model, nothing sealed and no end of calls unless told."""
        common = {
            "model.name": self.model,
            "model.max_tokens": self.max_tokens,
            "model.timeout": _PATIENCE,
            "task.sealed": 0.0,
            "budget.calls": ENDLESS,
        }
        return read_spec(None, common | dict(settings), folder, alone=True)

    async def made(
        self,
        kind: Kind,
        programs: Sequence[str | Program],
        folder: Path,
        settings: Mapping[str, Any],
        seen: Seen | None = None,
    ) -> dict[str, Any]:
        """Make one run on all rows; return its result. Raises IntoneError."""
        spec = self.spec(folder, settings)
        order = Order(kind, spec, tuple(programs), "all", backend=self.kept)
        return await execute(order, seen)

    async def tuned(
        self, task: Task, program: Program, folder: Path, settings: Mapping[str, Any]
    ) -> Tuned:
        """Tune a program on a task's tuning rows; return what wins on them, sealed or not."""
        told = {**settings_of(task, "train"), **settings}
        result = await self.made("tune", [program], folder, told)
        return Tuned(read_program(result["winner"]["prompt"]), result)

    async def tested(self, task: Task, program: Program, folder: Path) -> dict[str, Any]:
        """Answer a task's test rows with a program; return the run's result."""
        return await self.made("run", [program], folder, settings_of(task, "test"))


def settings_of(task: Task, rows: Literal["train", "test"]) -> dict[str, Any]:
    """Return the settings that say a task's rows and how they are graded."""
    data = task.train if rows == "train" else task.test
    settings: dict[str, Any] = {
        "task.data": str(data.resolve()),
        "task.input": ("input",),
        "task.target": "target",
        "task.grader": task.grader,
        "task.sealed": 0.0,
    }
    if task.labels:
        settings["task.labels"] = task.labels
    return settings


Make = Callable[[Workshop, Record], Awaitable[Record]]
"""Makes the run that a key names; returns what is kept of it besides the key."""


def make_missing(told: argparse.Namespace, out: Path, keys: Sequence[Record], make: Make) -> int:
    """Make the runs whose results are not there yet; return how many failed.

    A run that fails for an expected reason is said and left out, and made again the next time.
    """
    return asyncio.run(_made(told, out, keys, make))


async def _made(told: argparse.Namespace, out: Path, keys: Sequence[Record], make: Make) -> int:
    work, failed = told.work / plain_name(told.model), 0
    if not any(True for _ in missing(out, keys)):
        return 0
    async with kept_model(told.model, work) as kept:
        drawing = Drawing(told.data, work, told.rows, told.test_rows, told.test_from)
        workshop = Workshop(kept, drawing, told.model, told.max_tokens)
        for key in missing(out, keys):
            fresh, seconds = kept.fresh, kept.seconds
            print(" ".join(str(key[name]) for name in key if name in _SAID), flush=True)
            try:
                result = await make(workshop, key)
            except IntoneError as error:
                print(f"    failed: {error}", flush=True)
                failed += 1
                continue
            spent = {"model_seconds": round(kept.seconds - seconds, 1)}
            if key.keys() & result.keys():
                raise ValueError(f"a result may not change its key: {key.keys() & result.keys()}")
            add_result(out, {**key, **result, **spent})
            print(f"    {kept.fresh - fresh} answers were new", flush=True)
    return failed


_SAID = ("part", "task", "case", "method", "seed")


def sizes_of(told: argparse.Namespace) -> dict[str, Any]:
    """Return the part of a key that every run of an invocation shares."""
    return {
        "model": told.model,
        "cap": told.calls,
        "tuning_rows": told.rows,
        "test_rows": told.test_rows,
        "test_from": told.test_from,
        "max_tokens": told.max_tokens,
    }


def options(doc: str | None, name: str, **defaults: Any) -> argparse.ArgumentParser:
    """Return the options that all these benchmarks have; `defaults` replace their defaults."""
    parser = argparse.ArgumentParser(description=(doc or "").partition("\n")[0])
    parser.add_argument("--model", default="local", help="local, local-small, fake:SCRIPT")
    parser.add_argument("--tasks", help="of the public tasks, with commas between them")
    parser.add_argument("--seeds", default="0,1")
    parser.add_argument("--calls", type=int, default=300, help="the cap of a search")
    parser.add_argument(
        "--rows", type=int, default=60, help="rows to tune on; under 40 a search is cross-validated"
    )
    parser.add_argument("--test-rows", type=int, default=150)
    parser.add_argument(
        "--test-from", type=int, default=0, help="test on the rows that follow this many others"
    )
    parser.add_argument("--max-tokens", type=int, default=256)
    parser.add_argument("--data", type=Path, default=_DATA)
    parser.add_argument("--work", type=Path, default=Path(f"/tmp/intone-{name}"))
    parser.add_argument("--out", type=Path, help="the folder of the results")
    parser.add_argument("--table", action="store_true", help="print the tables and call nothing")
    parser.set_defaults(**defaults)
    return parser


def unknown_among(given: str, known: Sequence[str]) -> str:
    """Return one line about the first of several names that is not known, else nothing."""
    for name in given.split(","):
        if name not in known:
            return f"unknown {name!r}; there are: {', '.join(known)}"
    return ""
