"""`opro`: the writer sees what was tried with its scores, worst first, and is to do better.

Source: Yang et al., "Large Language Models as Optimizers", ICLR 2024 (arXiv 2309.03409), section
4: in each step the meta-prompt shows the best instructions so far with their scores in ascending
order, several new ones are sampled, scored, and join the list.

The paper's defaults: 8 instructions a step, the best 20 in the meta-prompt, 200 steps, all scored
on the same few per cent of the training rows.

What differs: (1) 2 to 8 instructions a step, by the calls. (2) The race allots the rows: newcomers
and the best so far share about eight calls each, and scores in the meta-prompt are means over the
rows met. (3) There are no example rows in the meta-prompt. (4) The list begins with the user's
prompt and the likeliest phrasings of the library. (5) The last quarter of the calls is for a heat
of the leaders and the user's prompt. Without a writer, or with a useless one, newcomers are the
library's changes of the best prompt so far, the likeliest first; there is then no learning from
scores beyond that.
"""

from __future__ import annotations

from collections.abc import Sequence

from intone.tune.candidate import Candidate
from intone.tune.known import raced
from intone.tune.material import Material
from intone.tune.proposing import Proposer, from_library
from intone.tune.stepwise import Steps, Stepwise
from intone.tune.variation import prompt_of
from intone.writer.writer import Scored

_A_STEP = 8
_SHOWN = 20
_MOST_STEPS = 200
_ROWS_EACH = 8
_LAST = 0.25  # of the calls


class Opro(Stepwise):
    """OPRO."""

    def __init__(self, material: Material) -> None:
        super().__init__(material)
        self._proposer = Proposer(self)

    def steps(self) -> Steps:
        known = self.known
        each = max(1, min(_ROWS_EACH, len(self.material.rows)))
        count = max(2, min(_A_STEP, self.calls // 40))
        begin = [known.given, *from_library(self, known.given, count - 1)]
        yield raced(begin, min(self.calls, each * len(begin)))
        for _ in range(_MOST_STEPS):
            if self.calls <= _LAST * self.began:
                break
            ranked = known.ranked()
            best = ranked[0]
            found = yield from self._proposer.rephrased(best, count, self._trajectory(ranked))
            found += from_library(self, best, count - len(found), taken=found)
            if not found:
                break
            yield raced([*found, best], min(self.calls, each * (len(found) + 1)))
        yield self.finalists()

    def _trajectory(self, ranked: Sequence[Candidate]) -> list[Scored]:
        """The best prompts so far with their mean scores, ascending."""
        scored = [
            Scored(prompt_of(candidate), score)
            for candidate in ranked
            if (score := self.known.scores.score(candidate.id)) is not None
        ]
        return sorted(scored[:_SHOWN], key=lambda one: one.score)
