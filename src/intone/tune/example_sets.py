"""Example sets: which worked examples `auto` tries under a prompt, and whether bare ones pay.

Owns the order in which sets are tried and what is learnt from the first two. How rows are chosen
for a set is `demonstrations*.py`; how many sets there are calls for is `auto`'s.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from intone.prompt.contradictions import ANSWER_ALONE, asking
from intone.prompt.edits import Edit, change_output_format, drop_clarifier, set_demonstrations
from intone.prompt.prompt import Demonstration, Prompt
from intone.tune.candidate import Candidate
from intone.tune.demonstrations import balanced
from intone.tune.demonstrations_by_outcome import reasoned
from intone.tune.demonstrations_by_words import diverse, nearest
from intone.tune.glossary import glossary_edits
from intone.tune.known import Known
from intone.tune.material import Material
from intone.tune.variation import changed, prompt_of

_LEAST_SHOWN = 3
_TOO_MUCH_LOST = 0.25  # merit; examples without reasons that cost this much are not tried again
_FIRST = 8  # bare examples that are tried first
_MOST_STOCK = 200  # rows that the nearest are chosen from


class ExampleSets:
    """The example sets of a search.

    Fixed examples are rows of the pool, the nearest are chosen from all rows: no row is shown its
    own answer, so prompts can be compared on rows they choose from (leaving one out). Answers to
    the pool's rows can be shown with what the model wrote before them, once a prompt has answered
    them: `reasons_of`.
    """

    def __init__(self, material: Material, known: Known) -> None:
        self._material = material
        self._known = known
        may_show = len(material.pool) > _LEAST_SHOWN
        self._stock = (*material.pool, *material.rows)[:_MOST_STOCK] if may_show else ()
        self._reasoner: Candidate | None = None
        self._bare_too = True

    def reasons_of(self, candidate: Candidate) -> list[tuple[Edit, ...]]:
        """Show this candidate's reasons from now on; return the two sets that tell what pays.

        They are for the candidate itself: its right answers with their reasons, and bare answers.
        """
        self._reasoner = candidate
        return [edits for edits in (self._reasoned(candidate, 4), self._bare(candidate)) if edits]

    def learn(self, candidate: Candidate, rows: Sequence[int]) -> None:
        """Leave out bare answers from now on where the candidate lost much by showing them.

        It was asked with and without on these rows. Where it lost, the model has to reason to come
        to an answer, and examples without reasons keep it from that.
        """
        bare = changed(candidate, self._bare(candidate))
        met = self._known.merits(bare, rows) if bare is not None else {}
        own = self._known.merits(candidate, met)
        lost = sum(own[row] - met[row] for row in own)
        self._bare_too = not own or lost / len(own) < _TOO_MUCH_LOST

    def of(self, candidate: Candidate) -> Iterator[tuple[Edit, ...]]:
        """Give the edits that add examples to a candidate, likely ones first.

        Without reasons to show, the first two are one set of each kind: fixed and nearest.
        """
        pool, seed, prompt = self._material.pool, self._material.seed, prompt_of(candidate)
        names = prompt.variables
        edits = [self._reasoned(candidate, 4)]
        if self._bare_too:
            edits += [
                self._bare(candidate),
                nearest(prompt, self._stock, 4),
                nearest(prompt, self._stock, 8),
                glossary_edits(pool, names),
                _showing(balanced(pool, 4, seed, names)),
                _showing(balanced(pool, 16, seed, names)),
                _showing(diverse(pool, 8, seed, names)),
                _showing(balanced(pool, 8, seed, names, 1)),
            ]
        else:
            edits.append(self._reasoned(candidate, 8))
        yield from (some for some in edits if some)

    def _reasoned(self, candidate: Candidate, size: int) -> tuple[Edit, ...]:
        pool, prompt = self._material.pool, prompt_of(candidate)
        told = self._known.outcomes(self._reasoner or candidate, [row.index for row in pool])
        shown = reasoned(pool, told, size, self._material.seed, prompt.variables)
        return showing_reasons(prompt, shown)

    def _bare(self, candidate: Candidate) -> tuple[Edit, ...]:
        names = prompt_of(candidate).variables
        return _showing(balanced(self._material.pool, _FIRST, self._material.seed, names))


def showing_reasons(prompt: Prompt, shown: Sequence[Demonstration]) -> tuple[Edit, ...]:
    """Show answers with their reasons, without an output format or clarifiers that forbid them.

    Not at all where the template, the role or the context does.
    """
    forbidding = asking(prompt, ANSWER_ALONE)
    sections = {said.section for said in forbidding}
    if sections - {"output_format", "clarifiers"}:
        return ()
    showing = _showing(shown)
    dropped: list[Edit] = [
        drop_clarifier(text)
        for text in prompt.clarifiers
        if any(said.section == "clarifiers" and said.text in text for said in forbidding)
    ]
    if "output_format" in sections:
        dropped.append(change_output_format(""))
    return (*dropped, *showing) if showing else ()


def _showing(shown: Sequence[Demonstration]) -> tuple[Edit, ...]:
    return (set_demonstrations(shown),) if len(shown) >= _LEAST_SHOWN else ()
