"""`auto`: phrasings first, then demonstrations, then the best of both on all rows.

The first form of the house method: no writer model, only the library and the rows. Three heats
share the calls; what is cheap and usually decisive (how it is asked) comes before what is longer
(worked examples).
"""

from __future__ import annotations

from collections.abc import Sequence

from intone.data.row import Row
from intone.evaluate.budget import Budget
from intone.evaluate.outcome import Outcome
from intone.prompt.edits import Edit, apply_all, set_demonstrations
from intone.prompt.prompt import Prompt
from intone.tune.candidate import Candidate, Trial
from intone.tune.demonstrations import balanced
from intone.tune.scores import Scores

_ROWS_EACH = 10  # calls a phrasing is worth in the first heat, on average
_MOST_PHRASINGS = 14
_SIZES = (4, 8, 16)
_PHRASING_SHARE = 0.45
_DEMONSTRATION_SHARE = 0.6  # of what the first heat left


class Auto:
    """Races phrasings, then demonstration sets on the best of them, then the leaders.

    `given` is the user's prompt, `phrasings` the edits to try on it in order of promise, `pool` the
    rows that may be shown as demonstrations (the race must not use them), `seed` decides the draws.
    """

    def __init__(
        self,
        given: Prompt,
        phrasings: Sequence[tuple[Edit, ...]],
        pool: Sequence[Row],
        seed: int,
    ) -> None:
        self._given = Candidate(given)
        self._pool = pool
        self._seed = seed
        self._scores = Scores()
        self._heat = 0
        self._seen: dict[str, Candidate] = {given.id: self._given}
        self._phrased = [
            Candidate(apply_all(given, edits), edits, (given.id,), rephrasing=True)
            for edits in phrasings
        ]

    async def ask(self, left: Budget) -> Sequence[Trial]:
        calls = left.calls or 0
        self._heat += 1
        if calls <= 0:
            return ()
        if self._heat == 1:
            most = max(1, min(_MOST_PHRASINGS, round(calls * _PHRASING_SHARE / _ROWS_EACH)))
            return self._trials([self._given, *self._phrased[:most]], calls * _PHRASING_SHARE)
        if self._heat == 2:
            shown = self._with_demonstrations(calls)
            if shown:
                leaders = [*self._ranked()[:2]]
                return self._trials([*leaders, *shown], calls * _DEMONSTRATION_SHARE)
            self._heat += 1
        if self._heat == 3:
            return self._trials(self._finalists(), calls)
        return ()

    def tell(self, outcomes: Sequence[Outcome]) -> None:
        self._scores.add(outcomes)

    def best(self) -> Sequence[Candidate]:
        return self._ranked()

    def _trials(self, candidates: Sequence[Candidate], calls: float) -> list[Trial]:
        distinct = list({candidate.id: candidate for candidate in candidates}.values())
        self._seen.update((candidate.id, candidate) for candidate in distinct)
        each, more = divmod(int(calls), len(distinct))
        return [Trial(c, calls=each + (i < more)) for i, c in enumerate(distinct)]

    def _ranked(self) -> list[Candidate]:
        """All candidates, best first; among equals the one asked for first, which is simpler."""
        strengths = self._scores.strengths()
        never = min(strengths.values(), default=0.0) - 1.0
        return sorted(self._seen.values(), key=lambda c: -round(strengths.get(c.id, never), 9))

    def _with_demonstrations(self, calls: int) -> list[Candidate]:
        """Demonstration sets of several sizes on the best phrasings."""
        most = max(1, int(calls * _DEMONSTRATION_SHARE / _ROWS_EACH))
        bases = self._ranked()[:2]
        candidates: list[Candidate] = []
        for take in range(2):
            for base in bases:
                for size in _SIZES:
                    shown = self._shown(base, size, take)
                    if shown is not None:
                        candidates.append(shown)
        return list({c.id: c for c in candidates}.values())[: min(most, 8)]

    def _shown(self, base: Candidate, size: int, take: int) -> Candidate | None:
        prompt = base.program
        assert isinstance(prompt, Prompt)
        chosen = balanced(self._pool, size, self._seed, prompt.variables, take)
        if len(chosen) < min(size, 3):
            return None
        edit = set_demonstrations(chosen)
        return Candidate(edit.apply(prompt), (*base.edits, edit), (base.id,))

    def _finalists(self) -> list[Candidate]:
        """The leaders, with the user's prompt and the best rephrasing always among them."""
        ranked = self._ranked()
        phrased = [c for c in ranked if c.rephrasing][:1]
        return [*ranked[:3], *phrased, self._given]
