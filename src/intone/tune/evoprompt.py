"""`evoprompt` and `evoprompt-de`: a population of instructions bred by the writer.

Source: Guo et al., "Connecting Large Language Models with Evolutionary Algorithms Yields Powerful
Prompt Optimizers", ICLR 2024 (arXiv 2309.08532), algorithms 2 (genetic algorithm) and 3
(differential evolution). GA: two parents are drawn by their scores, crossed and mutated; the best
of parents and children make the next generation. DE: for each prompt, what differs between two
others is mutated and put into the best one, which is crossed with the prompt; the child replaces
it if it is better.

The paper's defaults: 10 prompts, 10 generations, all scored on the same development rows (200).

What differs: (1) 3 to 10 prompts, by the calls, and generations until a fifth of them is left,
which is for a heat of the leaders and the user's prompt. (2) The race allots the rows, about eight
calls a prompt and generation; who is better is told by strength (`scores.py`), which allows for
rows not shared. (3) The first prompts are the user's, the writer's rephrasings (half) and the
library's phrasings. (4) GA: crossover and mutation are two requests of the writer, not one. DE:
the writer has no request for a mutated difference, so the sections in which the two others differ
are taken from the one or the other by lot, and the writer only crosses the result with the prompt.
(5) Without a writer, or with a useless one, prompts are crossed by sections (template, layout,
clarifiers, ...), and mutated by a likely change from the library. (6) Where the objective weighs
tokens, merits and strengths are what it makes of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import inf

from intone.data.canonical import draw
from intone.prompt.edits.edit import SECTIONS, Edit, section_value
from intone.tune.candidate import Candidate
from intone.tune.known import raced
from intone.tune.material import Material
from intone.tune.proposing import Made, Proposer, from_library
from intone.tune.stepwise import Steps, Stepwise
from intone.tune.variation import changed, crossed, prompt_of, taken_over

_POPULATION = 10
_GENERATIONS = 10
_ROWS_EACH = 8
_LAST = 0.2  # of the calls
_LIKELY = 3  # changes of the library that a mutation without a writer is drawn from


class EvoPrompt(Stepwise):
    """EvoPrompt by its genetic algorithm."""

    name = "evoprompt"

    def __init__(self, material: Material) -> None:
        super().__init__(material)
        self.proposer = Proposer(self)

    def steps(self) -> Steps:
        given = self.known.given
        each = max(1, min(_ROWS_EACH, len(self.material.rows)))
        count = max(3, min(_POPULATION, self.calls // 45))
        found = yield from self.proposer.rephrased(given, count // 2)
        found += from_library(self, given, count - 1 - len(found), taken=found)
        population = [given, *found]
        yield raced(population, min(self.calls, each * len(population)))
        for generation in range(_GENERATIONS):
            if self.calls <= _LAST * self.began:
                break
            children: list[Candidate | None] = []
            for place in range(len(population)):
                made = yield from self.child(population, place, generation)
                fresh = made and made[0].id not in self.known
                children.append(made[0] if fresh and made[0] not in children else None)
            newcomers = [child for child in children if child is not None]
            if not newcomers:
                break
            yield raced([*population, *newcomers], min(self.calls, each * len(newcomers)))
            population = self.survivors(population, children)
        yield self.finalists()

    def child(self, population: Sequence[Candidate], place: int, generation: int) -> Made:
        """One child, or none: two parents drawn by their merits, crossed and mutated."""
        seed = self.material.seed
        chance = draw(seed, self.name, "parents", generation, place)
        weights = [0.01 + max(0.0, self.known.worth(one) or 0.0) for one in population]
        one = chance.choices(population, weights)[0]
        rest = [(p, w) for p, w in zip(population, weights, strict=True) if p is not one]
        other = chance.choices(*map(list, zip(*rest, strict=True)))[0] if rest else one
        made = (yield from self.proposer.crossed(one, other))[:1]
        child = made[0] if made else crossed(one, other, seed, generation, place) or one
        mutants = yield from self.proposer.rephrased(child, 1)
        if not mutants:
            likely = from_library(self, child, _LIKELY)
            mutants = [chance.choice(likely)] if likely else []
        return mutants[:1] or [child]

    def survivors(
        self, population: Sequence[Candidate], children: Sequence[Candidate | None]
    ) -> list[Candidate]:
        """The best of parents and children, as many as there were parents."""
        both = {one.id: one for one in (*population, *children) if one is not None}
        ranked = self.known.ranked(among=both)
        return [candidate for candidate in ranked if candidate.id in both][: len(population)]


class EvoPromptDe(EvoPrompt):
    """EvoPrompt by differential evolution."""

    name = "evoprompt-de"

    def child(self, population: Sequence[Candidate], place: int, generation: int) -> Made:
        """One child, or none: the best with the difference of two others, crossed with this one."""
        seed, current = self.material.seed, population[place]
        chance = draw(seed, self.name, "donors", generation, place)
        others = [candidate for candidate in population if candidate is not current]
        if len(others) < 2:
            return from_library(self, current, 1)
        one, other = chance.sample(others, 2)
        best = next(iter(self.known.ranked(among=[c.id for c in population])))
        mutant = self._with_difference(best, one, other, place, generation)
        made = (yield from self.proposer.crossed(current, mutant))[:1]
        child = made[0] if made else crossed(current, mutant, seed, generation, place) or mutant
        return [child] if child.id not in self.known else from_library(self, child, 1)

    def survivors(
        self, population: Sequence[Candidate], children: Sequence[Candidate | None]
    ) -> list[Candidate]:
        """Each prompt, or its child if that is stronger."""
        strengths = self.known.strengths()

        def strength(candidate: Candidate) -> float:
            return strengths.get(candidate.id, -inf)

        return [
            child if child is not None and strength(child) > strength(parent) else parent
            for parent, child in zip(population, children, strict=True)
        ]

    def _with_difference(
        self, best: Candidate, one: Candidate, other: Candidate, place: int, generation: int
    ) -> Candidate:
        """The best prompt with the sections in which two others differ, each from either by lot."""
        chance = draw(self.material.seed, self.name, "difference", generation, place)
        pair = (prompt_of(one), prompt_of(other))
        edits: list[Edit] = []
        for section in SECTIONS:
            values = [section_value(prompt, section) for prompt in pair]
            if values[0] != values[1]:
                edits += taken_over(section, prompt_of(best), chance.choice(pair))
        return changed(best, edits) or best
