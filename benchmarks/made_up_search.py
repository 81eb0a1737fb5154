"""Whole searches on made-up tasks, without a model: what `auto`'s constants are worth.

    python benchmarks/made_up_search.py [--worlds 200] [--calls 300] [--rows 60] [--probabilities]
        [--gain -0.02] [--methods mipro,random] [--with _FINALISTS=6,scores._PRIOR_ROWS=8 --with …]

Every world is a task of its own: how good a prompt is, is the sum of what its words, layout, format
and examples are worth there, drawn from a seed, and so is how hard a row is. The tuner, the rows it
shares out and the race are the product's own, so is the text of every prompt; only the answers are
made up. They are right or wrong and nothing between, unless `--probabilities` gives that of the
right label too. The writer's sentences are worth `--gain` on average (probits).

Printed is the true score of the prompt that `auto` hands over, in points, and of the best that it
asked about. Then, for each of `--methods` and for each `--with`, which sets constants of `auto` and
of modules beside it to other values, the difference to `auto` as it is, paired by world, with its
standard error.
"""

from __future__ import annotations

import argparse
import ast
import asyncio
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib import import_module
from math import sqrt
from statistics import NormalDist
from typing import Any, Protocol
from unittest.mock import patch

import numpy as np
from numpy.typing import NDArray

from intone.data.canonical import content_id, draw
from intone.data.row import Row
from intone.evaluate.budget import Budget
from intone.evaluate.outcome import Outcome
from intone.llm.completion import Usage
from intone.prompt.edits import add_clarifier
from intone.prompt.library.library import ours
from intone.prompt.phrasings import asks_last, own_words, phrasings
from intone.prompt.program import Program
from intone.prompt.prompt import Demonstration, Prompt
from intone.runs.methods import TUNERS, make_race, raceable
from intone.tune.demonstrations import pool_size
from intone.tune.material import Material
from intone.writer.writer import Failure, Proposal, Proposals, Rejected, Scored, Writer

Floats = NDArray[np.float64]

LABELS = ("billing", "shipping", "sales", "returns")
GIVEN = Prompt("Which team should have it?\n\n{{ body }}")
_NORMAL = NormalDist()
_EASE = 1.0  # how far apart rows are, in probits
_OWN = 0.6  # of the noise of an answer: what two prompts of a family do not share on a row


class AnyWorld(Protocol):
    """A task that answers without a model, and what is true of the prompts tried on it."""

    def material(self, rows: int, writer: Writer) -> Material:
        """Return what a search has to work with, with this many tuning rows."""

    def outcome(self, program: Program, row: int) -> Outcome:
        """Return what a prompt comes to on a row."""

    def score(self, program: Program) -> float:
        """Return a prompt's true score."""


@dataclass(frozen=True)
class World:
    """A made-up task: what prompts and rows are worth follows from its seed."""

    seed: int
    probabilities: bool = False
    gain: float = 0.0

    def material(self, rows: int, writer: Writer) -> Material:
        """Return what a search has to work with, with this many tuning rows."""
        shown = pool_size(rows)
        return Material(
            GIVEN,
            phrasings(GIVEN, kind="classify", labels=LABELS, target="team"),
            raceable(ours(), "classify"),
            [_row(i) for i in range(shown)],
            [_row(i) for i in range(shown, rows)],
            self.seed,
            writer,
            LABELS,
            kind="classify",
        )

    def score(self, program: Program) -> float:
        """Return a prompt's true score: its mean over all the rows there could be."""
        return _NORMAL.cdf(self._level(program) / sqrt(1 + _EASE**2))

    def outcome(self, program: Program, row: int) -> Outcome:
        """Return what a prompt comes to on a row."""
        assert isinstance(program, Prompt)
        family = (own_words(program), program.layout, len(program.demonstrations))
        shared = sqrt(1 - _OWN**2) * self._drawn("answer", *family, row)
        level = self._level(program) + _EASE * self._drawn("row", row)
        felt = level + shared + _OWN * self._drawn("answer", program.id, row)
        likely = _NORMAL.cdf(felt) if self.probabilities else None
        usage = Usage(prompt_tokens=len(program.text(_row(row))) // 4)
        right = float(felt > 0)
        return Outcome(program.id, row, 0, "answered", right, "", usage=usage, likelihood=likely)

    def _level(self, program: Program) -> float:
        """Return how good a prompt is, in probits at a row of middling ease."""
        assert isinstance(program, Prompt)
        level = 0.3 * self._drawn("task") + 0.25 * self._drawn("words", own_words(program))
        level += 0.15 * self._drawn("layout", program.layout)
        level += 0.1 * self._drawn("all of it", program.id)
        if asks_last(program):
            level += 0.1 + 0.2 * self._drawn("asks last")
        if program.output_format:
            level += 0.1 + 0.2 * self._drawn("format", program.output_format)
        for text in (*program.clarifiers, *program.context):
            mean = self.gain if text.startswith(_Sentences.BEGIN) else 0.0
            level += mean + 0.1 * self._drawn("sentence", text)
        return level + self._examples(program)

    def _examples(self, prompt: Prompt) -> float:
        """Return what a prompt's examples are worth."""
        if not prompt.demonstrations:
            return 0.0
        worth = 0.2 + 0.25 * self._drawn("examples") + 0.1 * self._drawn("few or many", prompt.id)
        if "demonstrations" in prompt.nearest:
            return worth + 0.1 + 0.15 * self._drawn("nearest")
        shown = [dict(shown.inputs) for shown in prompt.demonstrations]
        return worth + 0.12 * self._drawn("shown", content_id(shown))

    def _drawn(self, *what: object) -> float:
        return draw(self.seed, *what).gauss(0.0, 1.0)


class _Sentences:
    """A writer that proposes one new sentence after another, whatever it is asked."""

    BEGIN = "Mind what is said of"

    def __init__(self) -> None:
        self._count = 0

    async def critique(
        self,
        prompt: Prompt,
        failures: Sequence[Failure],
        *,
        count: int,
        turn: int,
        rejected: Sequence[Rejected] = (),
    ) -> Proposals:
        return self._proposed(count)

    async def rephrase(
        self, prompt: Prompt, *, count: int, turn: int, scored: Sequence[Scored] = ()
    ) -> Proposals:
        return self._proposed(count)

    async def cross(self, one: Prompt, other: Prompt, *, count: int, turn: int) -> Proposals:
        return self._proposed(count)

    async def induce(
        self, prompt: Prompt, examples: Sequence[Demonstration], *, count: int, turn: int
    ) -> Proposals:
        return self._proposed(count)

    def _proposed(self, count: int) -> Proposals:
        numbers = range(self._count, self._count + count)
        self._count += count
        return Proposals(
            tuple(Proposal((add_clarifier(f"{self.BEGIN} matter {i}."),)) for i in numbers)
        )


@dataclass(frozen=True)
class Searched:
    """The true score of the prompt that a search handed over, and of the best it asked about."""

    chosen: float
    best: float
    calls: int


def searched(world: AnyWorld, rows: int, calls: int, method: str = "auto") -> Searched:
    """Search one world, with this many tuning rows and calls."""
    return asyncio.run(_searched(world, rows, calls, method))


async def _searched(world: AnyWorld, rows: int, calls: int, method: str) -> Searched:
    material = world.material(rows, _Sentences())
    tuner = TUNERS[method](material)
    race = make_race(material.indices)
    programs: dict[str, Program] = {material.given.id: material.given}
    left = calls
    while trials := await tuner.ask(Budget(calls=left)):
        wanted = [left if trial.calls is None else trial.calls for trial in trials]
        programs |= {trial.candidate.id: trial.candidate.program for trial in trials}
        race.enter(trials, min(left, sum(wanted)))
        while pairs := race.next():
            outcomes = [world.outcome(program, row) for program, row in pairs]
            left -= sum(not _free(program) for program, _ in pairs)
            race.record(outcomes)
            tuner.tell(outcomes)
    chosen = tuner.best()[0].program
    best = max(world.score(program) for program in programs.values())
    return Searched(100 * world.score(chosen), 100 * best, calls - left)


def _free(program: Program) -> bool:
    """Say whether a prompt asks the model nothing new: its labels are corrected, no more."""
    return isinstance(program, Prompt) and bool(program.offsets)


def _row(index: int) -> Row:
    return Row(index, f"r{index}", {"body": f"ticket number {index:05}"}, LABELS[index % 4])


def changes(text: str) -> dict[str, Any]:
    """Read "NAME=VALUE,MODULE.NAME=VALUE": constants of `auto`, or of another module beside it.

    Raises ValueError for what there is not.
    """
    found = {}
    for pair in text.split(","):
        name, _, value = pair.partition("=")
        module, _, constant = name.rpartition(".")
        whole = f"intone.tune.{module or 'auto'}"
        if not constant.isupper() or not hasattr(import_module(whole), constant):
            raise ValueError(f"{whole} has no constant {constant!r}")
        found[f"{whole}.{constant}"] = ast.literal_eval(value)
    return found


@contextmanager
def changed(constants: Mapping[str, Any]) -> Iterator[None]:
    """Have these constants other values for a while."""
    with ExitStack() as stack:
        for name, value in constants.items():
            stack.enter_context(patch(name, value))
        yield


def compared(
    worlds: Sequence[AnyWorld],
    sizes: tuple[int, int],
    methods: Sequence[str],
    variants: Mapping[str, Mapping[str, Any]],
) -> None:
    """Search all worlds with `auto`, each method and each variant's constants; print a line each.

    `sizes` are the tuning rows and the calls.
    """
    began, own = time.perf_counter(), [searched(world, *sizes) for world in worlds]
    seconds = time.perf_counter() - began
    chosen = np.array([one.chosen for one in own])
    print(
        f"auto: {chosen.mean():.1f}, the best it asked about {np.mean([it.best for it in own]):.1f}"
        f"; {len(worlds)} worlds, {sizes[0]} rows, {np.mean([it.calls for it in own]):.0f} of "
        f"{sizes[1]} calls, {seconds:.0f} s",
        flush=True,
    )
    for method in methods:
        _against(chosen, method, [searched(world, *sizes, method).chosen for world in worlds])
    for name, constants in variants.items():
        with changed(constants):
            _against(chosen, name, [searched(world, *sizes).chosen for world in worlds])


def _against(own: Floats, name: str, other: Sequence[float]) -> None:
    gap = np.array(other) - own
    error = gap.std(ddof=1) / sqrt(len(gap)) if len(gap) > 1 else np.nan
    print(f"  {name}: {gap.mean():+.2f} ({error:.2f})", flush=True)


def options() -> argparse.ArgumentParser:
    """Return the options that say what is searched, and what is compared."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--worlds", type=int, default=200)
    parser.add_argument("--calls", type=int, default=300)
    parser.add_argument("--rows", type=int, default=60)
    parser.add_argument("--probabilities", action="store_true")
    parser.add_argument("--methods", type=lambda text: text.split(","), default=[])
    parser.add_argument("--with", dest="variants", action="append", default=[])
    return parser


def compare(worlds: Sequence[AnyWorld], told: argparse.Namespace) -> None:
    """Compare what the options ask for."""
    variants = {text: changes(text) for text in told.variants}
    compared(worlds, (told.rows, told.calls), told.methods, variants)


def main() -> None:
    """Search made-up tasks."""
    parser = options()
    parser.add_argument("--gain", type=float, default=0.0)
    told = parser.parse_args()
    compare([World(seed, told.probabilities, told.gain) for seed in range(told.worlds)], told)


if __name__ == "__main__":
    main()
