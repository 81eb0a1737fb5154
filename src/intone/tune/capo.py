"""`capo`: instructions and demonstrations bred together and raced by blocks, short ones preferred.

Source: Zehle et al., "CAPO: Cost-Aware Prompt Optimization", AutoML 2025 (arXiv 2504.16005),
algorithm 1 with its operators. A population of prompts with demonstrations; in each step pairs of
parents are crossed, children mutated, and parents and children raced over blocks of rows: after
each block, a prompt is dropped once as many rivals as may survive are significantly better
(one-sided paired t-test) in score less a penalty for length; at the end the best survive.

The paper's defaults: population 10, 4 crossovers a step, at most 5 demonstrations, blocks of 30
rows and at most 10 of them, test level 0.2, length penalty 0.05 times the length relative to the
longest prompt of the first population.

What differs: (1) population, crossovers and blocks scale with the calls (one prompt for 40 of
them, blocks of 4 to 30 rows). (2) The first population is the user's prompt, the writer's
rephrasings (half) and the library's phrasings, drawn demonstrations with all but the first. (3)
Crossover and mutation of the instruction are one request of the writer each; without a writer, or
with a useless one, parents are crossed by sections and mutated by another phrasing, layout or
clarifier. (4) Demonstrations are labelled rows without reasoning. (5) Blocks come in one order, so
that every answer is used again. (6) The last fifth of the calls is for a heat of the leaders and
the user's prompt; the penalty decides who survives, but the recommendation is by score alone.
Repeated tests are not corrected, as in the paper.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import TypeAlias

import numpy as np
import scipy  # loads scipy.special when it is used: a server starts without it
from numpy.typing import NDArray

from intone.data.canonical import draw
from intone.prompt.edits import set_demonstrations
from intone.prompt.prompt import Demonstration
from intone.tune.candidate import Candidate, Trial
from intone.tune.demonstrations import balanced
from intone.tune.known import on_rows
from intone.tune.material import Material
from intone.tune.proposing import Made, Proposer, from_library
from intone.tune.stepwise import Question, Steps, Stepwise
from intone.tune.variation import changed, crossed, prompt_of
from intone.writer.writer import Proposals

_POPULATION = 10
_CROSSOVERS = 4
_MOST_SHOWN = 5
_BLOCK = 30
_MOST_BLOCKS = 10
_LEVEL = 0.2
_PENALTY = 0.05
_MOST_STEPS = 50
_LIKELY = 3  # changes of the library that a mutation without a writer is drawn from
_LAST = 0.2  # of the calls, for the last heat

Table: TypeAlias = NDArray[np.float64]
Column: TypeAlias = NDArray[np.float64]


@dataclass(frozen=True)
class Sizes:
    """Prompts that survive, pairs crossed in a step, and rows of a block."""

    population: int
    crossovers: int
    block: int


def sizes(calls: int, rows: int) -> Sizes:
    """Return the sizes for so many calls and rows."""
    population = max(2, min(_POPULATION, calls // 40))
    crossovers = max(1, min(_CROSSOVERS, population // 2))
    return Sizes(population, crossovers, min(rows, max(4, min(_BLOCK, calls // 50))))


class Capo(Stepwise):
    """CAPO over one prompt."""

    def __init__(self, material: Material) -> None:
        super().__init__(material)
        self._proposer = Proposer(self)
        self._longest = 1

    def steps(self) -> Steps:
        size = sizes(self.calls, len(self.material.rows))
        indices = self.material.indices[: size.block * _MOST_BLOCKS]
        blocks = [indices[at : at + size.block] for at in range(0, len(indices), size.block)]
        population = yield from self._first(size.population)
        self._longest = max(self._length(candidate) for candidate in population)
        yield self._block(population, blocks[0])
        for step in range(_MOST_STEPS):
            if self.calls <= _LAST * self.began:
                break
            children = yield from self._bred(population, size.crossovers, step)
            if not children:
                break
            population = yield from self._race([*population, *children], blocks, size.population)
        yield self.finalists()

    def _first(self, count: int) -> Made:
        """The user's prompt as it is, and other instructions with drawn demonstrations."""
        given, seed = self.known.given, self.material.seed
        found = yield from self._proposer.rephrased(given, count // 2)
        found += from_library(self, given, count - 1 - len(found), taken=found)
        shown = [given]
        for place, candidate in enumerate(found):
            most = draw(seed, "capo", "first", place).randint(0, _MOST_SHOWN)
            names = self.material.given.variables
            shown.append(_with(candidate, balanced(self.material.pool, most, seed, names, place)))
        return shown

    def _bred(self, population: Sequence[Candidate], count: int, step: int) -> Made:
        """Cross pairs of parents and mutate what comes of them: instructions, demonstrations."""
        seed = self.material.seed
        children: dict[str, Candidate] = {}
        for number in range(count):
            chance = draw(seed, "capo", "bred", step, number)
            one, other = parents(population, chance)
            made = (yield from self._proposer.crossed(one, other))[:1]
            child = made[0] if made else crossed(one, other, seed, step, number) or one
            made = (yield from self._proposer.rephrased(child, 1))[:1]
            likely = from_library(self, child, _LIKELY)
            child = made[0] if made else chance.choice([*likely, child][:_LIKELY])
            shown = mixed(prompt_of(one).demonstrations, prompt_of(other).demonstrations, chance)
            fresh = balanced(
                self.material.pool,
                1,
                seed,
                prompt_of(child).variables,
                take=chance.randrange(2**16),
            )
            child = _with(child, mutated(shown, fresh, chance))
            if child.id not in self.known:
                children.setdefault(child.id, child)
        return list(children.values())

    def _race(
        self, candidates: Sequence[Candidate], blocks: Sequence[Sequence[int]], survive: int
    ) -> Generator[Sequence[Trial] | Question, Proposals | None, list[Candidate]]:
        """Score block by block until no more are left than may survive, or all blocks are met."""
        alive = list(candidates)
        met: list[int] = []
        for block in blocks:
            if len(alive) <= survive:
                break
            yield self._block(alive, block)
            met += block
            late = behind(self._objectives(alive, met), survive)
            alive = [candidate for place, candidate in enumerate(alive) if place not in late]
        values = self._objectives(alive, met)
        known = np.isfinite(values)
        means = np.nansum(values, axis=1) / np.maximum(1, known.sum(axis=1))
        order = sorted(range(len(alive)), key=lambda place: -means[place])  # stable
        return [alive[place] for place in order[:survive]]

    def _block(self, candidates: Sequence[Candidate], block: Sequence[int]) -> list[Trial]:
        """Return the heat of these candidates on what they have not answered of a block."""
        trials = []
        for candidate in candidates:
            done = {outcome.row for outcome in self.known.outcomes(candidate, block)}
            trials.append(on_rows(candidate, [row for row in block if row not in done]))
        return trials

    def _objectives(self, candidates: Sequence[Candidate], rows: Sequence[int]) -> Table:
        """Return merits less the penalty for length, candidates x rows, NaN where there is none."""
        table = []
        for candidate in candidates:
            merits = self.known.merits(candidate, rows)
            penalty = _PENALTY * self._length(candidate) / self._longest
            table.append([merits.get(row, np.nan) - penalty for row in rows])
        return np.array(table, dtype=np.float64).reshape(len(candidates), len(rows))

    def _length(self, candidate: Candidate) -> int:
        """Return how many characters a candidate's prompt has for the first row."""
        return len(prompt_of(candidate).text(self.material.rows[0]))


def parents(population: Sequence[Candidate], chance: Random) -> Sequence[Candidate]:
    """Return two different prompts, each as likely as another; one that is alone comes twice."""
    return chance.sample(population, 2) if len(population) > 1 else [*population, *population]


def behind(values: Table, survive: int) -> set[int]:
    """Return the places of those that at least `survive` rivals are significantly better than.

    `values` are candidates x rows. A difference that is the same on every row counts as
    significant from two rows on; single rows count for nothing.
    """
    late = set()
    for place in range(len(values)):
        differences = np.delete(values, place, axis=0) - values[place]
        rivals = [row[~np.isnan(row)] for row in differences]
        if sum(_better(of_one) for of_one in rivals) >= survive:
            late.add(place)
    return late


def _better(differences: Column) -> bool:
    """Whether a rival's differences are above 0 by the one-sided t-test."""
    count, mean = len(differences), differences.mean() if len(differences) else 0.0
    if count < 2 or mean <= 0:
        return False
    error = differences.std(ddof=1) / np.sqrt(count)
    return bool(error == 0 or scipy.special.stdtr(count - 1, -mean / error) < _LEVEL)


def mixed(
    one: Sequence[Demonstration], other: Sequence[Demonstration], chance: Random
) -> list[Demonstration]:
    """Return as many of two parents' demonstrations as they have on average, drawn."""
    both = list(dict.fromkeys([*one, *other]))
    return chance.sample(both, min(len(both), (len(one) + len(other)) // 2))


def mutated(
    shown: Sequence[Demonstration], fresh: Sequence[Demonstration], chance: Random
) -> list[Demonstration]:
    """Return demonstrations with one more, one less or as they were, in another order."""
    kept = list(shown)
    change = chance.choice(("more", "less", "same"))
    if change == "more" and len(kept) < _MOST_SHOWN:
        kept += [one for one in fresh if one not in kept]
    elif change == "less" and kept:
        kept.pop(chance.randrange(len(kept)))
    chance.shuffle(kept)
    return kept


def _with(candidate: Candidate, shown: Sequence[Demonstration]) -> Candidate:
    """Return the candidate with these demonstrations in the place of its own."""
    if tuple(shown) == prompt_of(candidate).demonstrations:
        return candidate
    made = changed(candidate, (set_demonstrations(shown),))
    return candidate if made is None else replace(made, parents=candidate.parents)
