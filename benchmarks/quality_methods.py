"""The methods that quality.py compares: each tunes on a task's rows and answers its test rows.

Intone's own methods ask the model in this process, with label scoring as usual; those that end in
`-text` ask it through the server, which gives plain text only, and so do the peers, which are
programs of their own (`benchmarks/peers/`). Every answer of the model is in one ledger, so what was
asked before takes no time. Each run has a fresh project folder: no run is told of another.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from model_server import Kept, ModelServer, Run
from own_runs import settings_of
from quality_tasks import Task, read

from intone.data.row import Row
from intone.metrics.grading import grader_for
from intone.prompt.edits import apply_all
from intone.prompt.phrasings import phrasings, task_kind
from intone.prompt.program import Answer
from intone.prompt.prompt import Prompt
from intone.runs.methods import METHODS as TUNERS
from intone.runs.orders import Order, execute, prepare
from intone.runs.spec import Spec, read_spec

PEERS = {
    "dspy-bootstrap": "dspy_bootstrap.py",
    "dspy-mipro": "dspy_mipro.py",
    "dspy-gepa": "dspy_gepa.py",
    "promptolution-capo": "promptolution_capo.py",
}
"""The peers and their scripts."""

_OWN = ("plain", "rephrasing", *TUNERS)
METHODS = (*_OWN, *(f"{name}-text" for name in _OWN), *PEERS)
"""All methods there are."""

_PATIENCE = 900.0  # seconds a call may take: a long answer of a slow machine
_AT_ONCE = 8  # calls, or as many as the model has slots
_ENDLESS = 10**9


class PeerFailed(Exception):
    """A peer's script ended badly; the message says where its output is."""


@dataclass(frozen=True)
class Bench:
    """What all runs share; the peers' scripts are run by `peers_python` from the folder `peers`."""

    kept: Kept
    server: ModelServer
    work: Path
    cap: int
    max_tokens: int = 256
    peers_python: str | None = None
    peers: Path = Path(__file__).resolve().parent / "peers"


@dataclass
class Tried:
    """What a method came to.

    `scores` and `parsed` are those of the test rows, in their order. `calls` were counted towards
    the cap; `seconds` is the time the tuning took here and now, `model_seconds` what its calls took
    when they were made. `belief` is the score that the search gave what it ended with; `taken`
    says what that is, where it is not simply the winner.
    """

    scores: Sequence[float | None] = ()
    parsed: Sequence[bool] = ()
    calls: int = 0
    seconds: float = 0.0
    model_seconds: float = 0.0
    belief: float | None = None
    taken: str = ""
    told: dict[str, Any] = field(default_factory=dict)


def in_text(method: str) -> bool:
    """Say whether a method is served plain text only."""
    return method in PEERS or method.endswith("-text")


async def attempt(bench: Bench, task: Task, method: str, seed: int) -> Tried:
    """Tune on a task with a method and answer the test rows. Raises PeerFailed, IntoneError."""
    name = f"{task.name}-{method}-{seed}-{bench.cap}"
    folder = bench.work / "runs" / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    if method in PEERS:
        return await _peer(bench, task, method, seed, folder)
    served = bench.server.open(f"{name}-tune", bench.cap) if in_text(method) else None
    own = _Own(bench, task, seed, folder, served)
    base = method.removesuffix("-text")
    began, already = time.monotonic(), bench.kept.seconds
    tried = Tried()
    prompt = Prompt(task.template)
    if base == "rephrasing":
        prompt = await own.rephrased(tried)
    elif base != "plain":
        prompt = await own.tuned(tried, base)
    tried.seconds = time.monotonic() - began
    tried.model_seconds = bench.kept.seconds - already
    (folder / "prompt.json").write_text(json.dumps(prompt.canonical()), encoding="utf-8")
    test = bench.server.open(f"{name}-test") if in_text(method) else None
    await _Own(bench, task, seed, folder, test).tested(tried, prompt)
    return tried


@dataclass(frozen=True)
class _Own:
    """One of Intone's own runs; `served` is the server's run that it asks through, if any."""

    bench: Bench
    task: Task
    seed: int
    folder: Path
    served: Run | None

    async def tuned(self, tried: Tried, method: str) -> Prompt:
        settings = {"tune.method": method, "tune.seed": self.seed, "budget.calls": self.bench.cap}
        spec = self._spec("train", settings)
        result = await execute(self._order("tune", spec, [Prompt(self.task.template)]))
        tried.calls = result["spent"]["calls"]
        tried.belief = result["tuned"]["score"]
        tried.told = {"writer": result["writer"], "statuses": result["statuses"]}
        print(f"    {result['winner']['sentence'][:300]}", flush=True)
        return Prompt.from_canonical(result["winner"]["prompt"])

    async def rephrased(self, tried: Tried) -> Prompt:
        """Return the best of as many phrasings of the library as the cap answers all rows with."""
        spec = self._spec("train", {"budget.calls": self.bench.cap})
        ready = prepare(self._order("run", spec, [Prompt(self.task.template)]))
        made = phrasings(
            ready.sole_prompt,
            kind=task_kind(ready.grader.name),
            labels=ready.labels,
            target=ready.data.target or "",
        )
        many = max(2, self.bench.cap // len(ready.rows))
        spread = [made[i * len(made) // many] for i in range(min(many, len(made)))]
        prompts = [apply_all(ready.sole_prompt, edits) for edits in spread]
        result = await execute(self._order("compare", spec, prompts))
        scores = [arm["score"] for arm in result["prompts"]]
        best = max(range(len(prompts)), key=lambda i: scores[i])
        tried.calls, tried.belief = result["spent"]["calls"], scores[best]
        return prompts[best]

    async def tested(self, tried: Tried, prompt: Prompt) -> None:
        spec = self._spec("test", {"budget.calls": _ENDLESS})
        result = await execute(self._order("run", spec, [prompt]))
        tried.scores = [outcome["score"] for outcome in result["outcomes"]]
        tried.parsed = [outcome["status"] == "answered" for outcome in result["outcomes"]]

    def _order(self, kind: Any, spec: Spec, prompts: Sequence[Prompt]) -> Order:
        backend = None if self.served else self.bench.kept
        return Order(kind, spec, tuple(prompts), "all", backend=backend)

    def _spec(self, rows: Literal["train", "test"], settings: dict[str, Any]) -> Spec:
        server = self.bench.server
        name = f"{server.url(self.served)}#{server.name}" if self.served else server.name
        common: dict[str, Any] = {
            "model.name": name,
            "model.max_tokens": self.bench.max_tokens,
            "model.timeout": _PATIENCE,
            "model.concurrency": max(_AT_ONCE, self.bench.kept.concurrency or 1),
        }
        told = common | settings_of(self.task, rows) | settings
        return read_spec(None, told, self.folder, alone=True)


async def _peer(bench: Bench, task: Task, method: str, seed: int, folder: Path) -> Tried:
    """Run a peer's script on the task and grade the answers it gives."""
    tuning = bench.server.open(f"{folder.name}-tune", bench.cap)
    testing = bench.server.open(f"{folder.name}-test")
    out, log = folder / "outcome.json", folder / "log.txt"
    told = {
        "tune-url": bench.server.url(tuning),
        "test-url": bench.server.url(testing),
        "model": bench.server.name,
        "rows": task.train.resolve(),
        "test": task.questions.resolve(),
        "instruction": task.instruction,
        "labels": json.dumps(task.labels),
        "seed": seed,
        "cap": bench.cap,
        "threads": bench.kept.concurrency or 1,
        "out": out.resolve(),
    }
    command = [bench.peers_python or "python3", str(bench.peers / PEERS[method])]
    command += [f"--{name}={value}" for name, value in told.items()]
    # No network but the server, and no cache of an earlier run.
    surroundings = os.environ | {
        "DSPY_CACHEDIR": str(folder / "cache"),
        "LITELLM_LOCAL_MODEL_COST_MAP": "True",
        "NO_PROXY": "127.0.0.1",
    }
    surroundings.pop("PYTHONPATH", None)
    began = time.monotonic()
    with log.open("wb") as written:
        process = await asyncio.create_subprocess_exec(
            *command, stdout=written, stderr=written, env=surroundings, cwd=folder
        )
        try:
            status = await process.wait()
        finally:
            if process.returncode is None:
                process.kill()
    if status or not out.exists():
        raise PeerFailed(f"{method} on {task.name} ended with status {status}: see {log}")
    outcome = json.loads(out.read_text(encoding="utf-8"))
    tried = Tried(
        calls=tuning.calls,
        seconds=max(0.0, tuning.last - began),
        model_seconds=tuning.seconds,
        belief=outcome["belief"],
        taken=outcome["taken"],
        told={
            "library": outcome["library"],
            "tried": outcome["tried"],
            "turned_away": tuning.turned_away,
            "refused": tuning.refused,
        },
    )
    await _grade(task, outcome["answers"], tried)
    return tried


async def _grade(task: Task, answers: Sequence[str | None], tried: Tried) -> None:
    """Grade a peer's readings of its answers by the grader that grades Intone's."""
    grader = grader_for(task.grader, task.labels)
    rows = read(task.test)
    scores, parsed = [], []
    for place, (row, given) in enumerate(zip(rows, answers, strict=True)):
        asked = Row(place, "", {"input": row["input"]}, row["target"])
        grade = await grader.grade(Answer(given or ""), asked)
        scores.append(grade.score)
        parsed.append(grade.parsed is not None)
    tried.scores, tried.parsed = scores, parsed
