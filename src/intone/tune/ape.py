"""`ape`: instructions induced from examples, then rephrased around the best.

Source: Zhou et al., "Large Language Models Are Human-Level Prompt Engineers", ICLR 2023 (arXiv
2211.01910), algorithm 1 with section 3.3 (iterative Monte Carlo search): instructions are induced
from demonstrations, scored, and the best part kept; then variants of these are made that mean the
same, scored, and so on.

The paper's defaults: 50 instructions, each induced from 5 demonstrations, scored on subsets that
grow for the better ones; resampling, where it is used, for up to 3 rounds.

What differs: (1) as many instructions as the calls reach at about eight rows each, at most 50; the
race allots the rows, which drops the worse ones on few. (2) The user's prompt and, for the other
half, the library's phrasings are among the first instructions. (3) Two rounds of resampling around
the best fifth. (4) The last heat brings the leaders and the user's prompt to more rows. Without a
writer, or with a useless one, all instructions are the library's phrasings, and resampling makes
single changes of layout, phrasing or clarifier: it is then a race of phrasings in three rounds.
"""

from __future__ import annotations

from math import ceil

from intone.tune.candidate import Candidate
from intone.tune.demonstrations import balanced
from intone.tune.known import raced
from intone.tune.material import Material
from intone.tune.proposing import Made, Proposer, from_library
from intone.tune.stepwise import Steps, Stepwise

_MOST = 50
_ROWS_EACH = 8
_EXAMPLES = 5
_A_REQUEST = 5  # instructions that one set of examples is asked for
_FIRST = 0.45  # of the calls
_ROUNDS = 2
_ROUND = 0.4  # of the calls that are left
_KEPT = 0.2  # of the first instructions


class Ape(Stepwise):
    """APE with resampling."""

    def __init__(self, material: Material) -> None:
        super().__init__(material)
        self._proposer = Proposer(self)

    def steps(self) -> Steps:
        given = self.known.given
        each = max(1, min(_ROWS_EACH, len(self.material.rows)))
        calls = max(1.0, self.calls * _FIRST)
        most = max(1, min(_MOST, int(calls) // each - 1))
        found = yield from self._induced(ceil(most / 2))
        found += from_library(self, given, most - len(found), taken=found)
        yield raced([given, *found], calls)
        kept = max(1, round(_KEPT * most))
        for _ in range(_ROUNDS):
            calls = self.calls * _ROUND
            around = self.known.ranked()[:kept]
            wanted = max(1, min(_MOST, int(calls) // each) // kept)
            children = []
            for parent in around:
                made = yield from self._proposer.rephrased(parent, wanted)
                children += made
                children += from_library(self, parent, wanted - len(made), taken=children)
            yield raced([*around, *children], calls)
        yield self.finalists()

    def _induced(self, count: int) -> Made:
        """Instructions worked out from several small sets of examples."""
        material, given = self.material, self.known.given
        found: list[Candidate] = []
        for take in range(ceil(count / _A_REQUEST)):
            examples = balanced(
                material.pool, _EXAMPLES, material.seed, material.given.variables, take
            )
            if examples:
                wanted = min(_A_REQUEST, count - len(found))
                found += yield from self._proposer.induced(given, examples, wanted)
        return list({candidate.id: candidate for candidate in found}.values())
