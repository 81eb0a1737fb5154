"""`auto`: the house method, cheap things first and everything in one budget.

    phrasings       how it is asked: wording, layout, the place of the question, the labels named
    repair          the leader's answers that could not be read, broke off or were refused
    demonstrations  worked examples, fixed or nearest to the row, and a glossary, on a few
    passages        parts of the user's documents, if there are any, fixed or nearest to the row
    reflection      the writer's edits for what the leader gets wrong (from 240 calls on)
    pruning         the leader without each of its sections
    decision        the leaders on all rows there are; the best rephrasing and the user's prompt too
                    where they are not far behind, or only by chance
    more            what was not tried yet, where all rows are met and calls are left

What it does differently from the published methods: (1) Candidates are ranked by a model of what
they have in common (`Scores.strengths` with `traits`), so that a layout or the place of a question
is judged on all candidates that have it, not on the few rows of one. (2) Where the backend gives
label probabilities, every candidate is also tried with its label preference corrected
(`label_prior`); that asks the model nothing and costs no calls. (3) Of candidates that are as good
as one another the shortest is taken.

Owns the steps and how the calls are shared between them; the writer is used through `proposing`.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import chain, islice, repeat, zip_longest
from math import ceil, sqrt
from typing import TypeAlias

from intone.prompt.edits import change_layout
from intone.tune.candidate import Candidate, Trial
from intone.tune.demonstrations import shown_as
from intone.tune.example_sets import ExampleSets
from intone.tune.format_repair import format_repairs
from intone.tune.known import on_rows, raced
from intone.tune.label_prior import label_shares, offset_edit
from intone.tune.material import Material
from intone.tune.passages import passage_edits
from intone.tune.proposing import Proposer
from intone.tune.pruning import droppable
from intone.tune.stepwise import Question, Steps, Stepwise
from intone.tune.traits import traits
from intone.tune.variation import changed, edits_of, prompt_of
from intone.writer.writer import Failure, Proposals

REFLECT_FROM = 240
"""Calls of a search from which a writer is asked; with fewer its own are better spent on rows."""

_PHRASING_SHARE = 0.35
_DEMONSTRATION_SHARE = 0.3
_REFLECTION_SHARE = 0.08
_PRUNING_SHARE = 0.08
_REPAIR_SHARE = 0.08  # at most; the demonstrations give it up
_PASSAGE_SHARE = 0.12  # with documents only; phrasings and demonstrations give it up
_MOST_REPAIRS = 3
_ROWS_PER_ROOT = 0.7  # rows a candidate first meets: this times the root of the calls, 12 of 300
_FEWER = 2 / 3  # of these: for what is added to a leader; less than half are not ranked with it
_LEAST_ROWS = 5
_PRUNE_FROM = 100
_FINALISTS = 4
_HOPELESS = 0.1  # merit; what is so far behind the leader is not decided on, if that is no chance
_DECIDING_HEATS = 3
_SHOWN_FAILURES = 6
_CORRECTION_GAIN = 0.05  # merit; wherever it was measured a correction gained or did nothing
_AS_GOOD = 0.01  # merit; of candidates this close the shortest is taken


_Counted: TypeAlias = Generator[Sequence[Trial] | Question, Proposals | None, int]


class Auto(Stepwise):
    """The house method over one prompt."""

    def __init__(self, material: Material) -> None:
        super().__init__(material)
        self._proposer = Proposer(self)
        rows = (*material.pool, *material.rows)
        self._shares = label_shares(material.labels, (row.target for row in rows))
        given_up = _PASSAGE_SHARE if material.passages else 0.0
        self._kept = 1 - given_up / (_PHRASING_SHARE + _DEMONSTRATION_SHARE)
        self._bases: dict[str, Candidate] = {}  # what a corrected candidate is a correction of
        self._decided = False

    def best(self) -> Sequence[Candidate]:
        ranked = self._ranked()
        if not self._decided:
            return ranked
        first, *others = self._shortest_first(ranked)
        refitted = self._refitted(first)
        return [refitted, *others] if refitted is first else [refitted, first, *others]

    def steps(self) -> Steps:
        self._examples = ExampleSets(self.material, self.known)
        rows = max(_LEAST_ROWS, round(_ROWS_PER_ROOT * sqrt(self.began)))
        first = self.material.indices[:rows]
        fewer = first[: max(_LEAST_ROWS, ceil(len(first) * _FEWER))]
        yield from self._phrasings(first)
        spent = yield from self._repair(fewer)
        yield from self._demonstrations(first, spent=spent)
        yield from self._passages(fewer)
        if self.began >= REFLECT_FROM:
            yield from self._reflection(fewer)
        if self.began >= _PRUNE_FROM:
            yield from self._pruning(fewer)
        yield from self._decision()
        yield from self._more(first)

    def _phrasings(self, rows: Sequence[int]) -> Steps:
        """Meet some rows with the user's prompt and as many phrasings as the share pays for."""
        most = max(1, round(self.began * self._kept * _PHRASING_SHARE / max(1, len(rows))) - 1)
        given = self.known.given
        made = (changed(given, edits, phrased=True) for edits in self.material.phrasings[:most])
        yield from self._tried([given, *(c for c in made if c is not None)], rows)

    def _repair(self, rows: Sequence[int]) -> _Counted:
        """Mend the form of the leader's answers where they could not be read.

        Returns how many calls that took.
        """
        leader = self._uncorrected()[0]
        told = self.known.outcomes(leader, self.material.indices)
        repairs = format_repairs(
            prompt_of(leader),
            told,
            kind=self.material.kind,
            labels=self.material.labels,
            library=self.material.library,
        )
        made = (changed(leader, edits, phrased=True) for edits in repairs)
        new = [c for c in made if c is not None and c.id not in self.known]
        most = min(_MOST_REPAIRS, max(1, int(self.began * _REPAIR_SHARE / max(1, len(rows)))))
        yield from self._tried(new[:most], rows)
        return len(new[:most]) * len(rows)

    def _passages(self, rows: Sequence[int]) -> Steps:
        """Give the leader, and the one behind it, passages of the user's documents."""
        passages, pool = self.material.passages, self.material.pool
        if not passages:
            return
        most = max(1, int(self.began * _PASSAGE_SHARE / max(1, len(rows))))
        found = (
            changed(base, edits)
            for base in self._uncorrected()[:2]
            for edits in passage_edits(prompt_of(base), passages, pool)
        )
        distinct = {c.id: c for c in found if c is not None and c.id not in self.known}
        yield from self._tried(list(distinct.values())[:most], rows)

    def _demonstrations(self, rows: Sequence[int], *, spent: int = 0) -> Steps:
        """Add worked examples to a few phrasings; `spent` calls of their share are gone.

        They are the two best and the user's words in the plain layout: what is best without
        examples need not be with them, and a model that was not taught to chat follows them there.
        With an answer format if most answers to the bare words could not be read. Where answers
        are no labels, the user's words as they are too: they ask for no form, and a few rows right
        or wrong say little against them. The best and the last of these are given examples of each
        kind first.
        """
        share = self.began * self._kept * _DEMONSTRATION_SHARE
        most = int(share / max(1, len(rows)))
        most = max(min(most, 1), int((share - spent) / max(1, len(rows))))
        bases = self._uncorrected()[:2]
        plain = self._in_plain_layout(rows)
        bases += [plain] if plain is not None else []
        if not self.material.labels and self._readable(self.known.given, rows):
            bases.append(self.known.given)
        bases = list({base.id: base for base in bases}.values())
        if not self.material.labels:  # there may be reasoning in an answer, and it can be shown
            most -= yield from self._reasons(bases[0], rows, most)
        ends = bases[:1] + bases[1:][-1:]
        first = [(base, edits) for base in ends for edits in islice(self._examples.of(base), 2)]
        sets = [zip(repeat(base), self._examples.of(base)) for base in bases]
        others = (it for group in zip_longest(*sets) for it in group if it)
        found = (changed(*it) for it in chain(first, others))
        distinct = {c.id: c for c in found if c is not None and c.id not in self.known}
        yield from self._tried(list(distinct.values())[:most], rows)

    def _in_plain_layout(self, rows: Sequence[int]) -> Candidate | None:
        """Return the user's words in the plain layout, as they were tried if they were unreadable.

        That is with the best of what was added to them, such as the names of the labels.
        """
        given = self.known.given
        plain = changed(given, (change_layout("plain"),), phrased=True)
        if self._readable(given, rows):
            return plain
        words = prompt_of(given).template
        tried = (c for c in self._uncorrected() if prompt_of(c).template == words)
        return next((c for c in tried if prompt_of(c).layout == "plain"), plain)

    def _readable(self, candidate: Candidate, rows: Sequence[int]) -> bool:
        """Say whether at least half of a candidate's answers could be read."""
        told = [outcome.status == "answered" for outcome in self.known.outcomes(candidate, rows)]
        return 2 * sum(told) >= len(told)

    def _reasons(self, base: Candidate, rows: Sequence[int], most: int) -> _Counted:
        """Have a prompt answer the pool, and learn whether examples have to show the reasons.

        Returns how many candidates that took.
        """
        pool = [row.index for row in self.material.pool]
        yield [on_rows(base, pool[: most * len(rows) // 3])]
        made = (changed(base, edits) for edits in self._examples.reasons_of(base))
        new = [c for c in made if c is not None and c.id not in self.known][:most]
        yield from self._tried(new, rows)
        self._examples.learn(base, rows)
        return len(new)

    def _reflection(self, rows: Sequence[int]) -> Steps:
        """Have the writer look at what the leader gets wrong, and try what it proposes."""
        leader = self._ranked()[0]
        lookup = {row.index: row for row in self.material.rows}
        wrong = [
            Failure(lookup[outcome.row], outcome)
            for outcome in self.known.outcomes(leader, self.material.indices)
            if outcome.score is not None and outcome.score < 1.0
        ]
        found: list[Candidate] = []
        if wrong:
            found += yield from self._proposer.critiqued(leader, wrong[:_SHOWN_FAILURES], 2)
        examples = [shown_as(row, prompt_of(leader).variables) for row in self.material.pool[:8]]
        found += yield from self._proposer.induced(leader, examples, 1)
        most = int(self.began * _REFLECTION_SHARE / max(1, len(rows)))
        yield from self._tried(found[:most], rows)
        for candidate in found[:most]:
            if self._merit(candidate, rows) <= self._merit(leader, rows):
                self._proposer.reject(candidate, "it did no better on the rows it was tried on")

    def _pruning(self, rows: Sequence[int]) -> Steps:
        """Try the leader without each of its sections, and without all that earn nothing."""
        leader = self._ranked()[0]
        most = int(self.began * _PRUNING_SHARE / max(1, len(rows)))
        without = [(edits, changed(leader, edits)) for edits in droppable(prompt_of(leader))]
        tried = [(edits, c) for edits, c in without if c is not None][:most]
        yield from self._tried([candidate for _, candidate in tried], rows)
        met = [outcome.row for outcome in self.known.outcomes(leader, rows)]
        idle = [e for e, c in tried if self._merit(c, met) >= self._merit(leader, met)]
        bare = changed(leader, [*chain.from_iterable(idle)]) if len(idle) > 1 else None
        if bare is not None:
            yield from self._tried([bare], rows)

    def _decision(self) -> Steps:
        """Spend what is left on the leaders, with the best rephrasing and the user's prompt.

        These two only if they may still turn out to be the best: see `_hopeful`.
        In several heats: what is left is reckoned anew after each, and a heat whose prompts are
        corrections of one another costs less than it is worth. In the first, the best without
        examples, with the same ones for all rows and with the nearest to each are among the
        leaders: on the few rows of before, variants of one lucky prompt can fill all places.
        """
        self._decided = True  # with the last call the tuner is not asked again
        for heat in range(_DECIDING_HEATS):
            ranked = self._ranked()
            phrased = [candidate for candidate in ranked if candidate.rephrasing][:1]
            others = self._hopeful([*phrased, self.known.given], ranked[0])
            apart = self._apart(ranked)
            leaders = (_of_each_kind(apart) if heat == 0 else apart)[:_FINALISTS]
            trials = raced([*leaders, *others], self.calls)
            if self.calls < len(trials):
                return
            yield trials

    def _hopeful(self, candidates: Sequence[Candidate], leader: Candidate) -> list[Candidate]:
        """Return those that may still be the best: not far behind the leader, or only by chance.

        Probabilities tell prompts apart on few rows: what is far behind by them is behind.
        """
        rows, strengths = self.material.indices, self._strengths()
        least = strengths.get(leader.id, 0.0) - _HOPELESS
        return [
            c
            for c in candidates
            if strengths.get(c.id, least) >= least or self.known.close(c, leader, rows)
        ]

    def _more(self, rows: Sequence[int]) -> Steps:
        """Try what the shares did not pay for, where few rows leave calls, and decide anew."""
        while self.calls >= 2 * len(rows):
            new = list(islice(self._untried(), max(1, self.calls // (2 * len(rows)))))
            if not new:
                return
            yield from self._tried(new, rows)
            yield from self._decision()

    def _untried(self) -> Iterator[Candidate]:
        """Give phrasings, and the two best with examples, in turns, that were not tried yet."""
        given = self.known.given
        phrased = (changed(given, edits, phrased=True) for edits in self.material.phrasings)
        bases = self._uncorrected()[:2]
        shown = (changed(base, edits) for base in bases for edits in self._examples.of(base))
        given_out = set[str]()
        for candidate in chain.from_iterable(zip_longest(phrased, shown)):
            if candidate is None or candidate.id in self.known or candidate.id in given_out:
                continue
            given_out.add(candidate.id)
            yield candidate

    def _tried(self, candidates: Sequence[Candidate], rows: Sequence[int]) -> Steps:
        if candidates:
            yield [on_rows(candidate, rows) for candidate in candidates]
            yield from self._corrected(candidates)

    def _corrected(self, candidates: Iterable[Candidate]) -> Steps:
        """Try candidates with their label preference corrected, on the rows that they have met.

        The model is asked nothing new, so this costs no calls; it needs room for them all the same.
        """
        trials = []
        for candidate in candidates:
            told = self.known.outcomes(candidate, self.material.indices)
            edit = offset_edit(prompt_of(candidate), told, self._shares)
            made = changed(candidate, [edit]) if edit else None
            if made is not None and made.id not in self.known:
                self._bases[made.id] = candidate
                trials.append(on_rows(made, [outcome.row for outcome in told]))
        if trials:
            yield trials

    def _refitted(self, candidate: Candidate) -> Candidate:
        """Return the candidate with its label preference learnt from all the rows it has met."""
        told = self.known.outcomes(candidate, self.material.indices)
        corrected = candidate.id in self._bases
        edit = offset_edit(prompt_of(candidate), told, self._shares) if corrected else None
        if edit is None:
            return candidate
        made = changed(candidate, [edit])
        if made is None or made.id == candidate.id:
            return candidate
        once = (*(e for e in edits_of(candidate) if e.section != edit.section), edit)
        told_once = changed(self.known.given, once)
        if told_once is not None and told_once.id == made.id:
            made = replace(made, edits=once)
        return replace(made, refit_of=candidate.id)

    def _apart(self, candidates: Iterable[Candidate]) -> list[Candidate]:
        """Return the candidates without those that ask the model the same as an earlier one."""
        asks: dict[str, Candidate] = {}
        for candidate in candidates:
            asks.setdefault(self._bases.get(candidate.id, candidate).id, candidate)
        return list(asks.values())

    def _ranked(self) -> list[Candidate]:
        return self.known.ranked(self._well_met(), self._strengths())

    def _strengths(self) -> dict[str, float]:
        """Return the strengths pooled by traits, with what is known of corrections beforehand."""
        strengths = self.known.strengths(traits)
        for program in self._bases.keys() & strengths.keys():
            strengths[program] += _CORRECTION_GAIN
        return strengths

    def _well_met(self) -> set[str]:
        """Return the candidates that met at least half as many of the race's rows as any did."""
        rows = self.material.indices
        met = {known.id: len(self.known.outcomes(known, rows)) for known in self.known}
        most = max(met.values())
        return {program for program, count in met.items() if 2 * count >= max(1, most)}

    def _uncorrected(self) -> list[Candidate]:
        """Return candidates that differ in what they ask, best first, without corrected labels."""
        return [self._bases.get(c.id, c) for c in self._apart(self._ranked())]

    def _shortest_first(self, ranked: Sequence[Candidate]) -> list[Candidate]:
        """Put the shortest of those that are as good as the leader first."""
        strengths, met = self._strengths(), self._well_met()
        best = strengths.get(ranked[0].id, 0.0)
        as_good = [c for c in ranked if strengths.get(c.id, best - 1) >= best - _AS_GOOD]
        close = [ranked[0], *(c for c in as_good if c.id in met)]
        first = min(close, key=self._length)
        return [first, *(candidate for candidate in ranked if candidate.id != first.id)]

    def _length(self, candidate: Candidate) -> float:
        """Return the mean tokens of a candidate's requests."""
        told = self.known.outcomes(candidate, self.material.indices)
        if not told:
            return float("inf")
        return sum(outcome.usage.prompt_tokens for outcome in told) / len(told)

    def _merit(self, candidate: Candidate, rows: Sequence[int]) -> float:
        merits = self.known.merits(candidate, rows).values()
        return sum(merits) / len(merits) if merits else 0.0


def _of_each_kind(ranked: Sequence[Candidate]) -> list[Candidate]:
    """Put the best without examples, with fixed and with nearest ones first, then the others."""
    best: dict[str, Candidate] = {}
    for candidate in ranked:
        prompt = prompt_of(candidate)
        kind = "nearest" if "demonstrations" in prompt.nearest else "fixed"
        best.setdefault(kind if prompt.demonstrations else "", candidate)
    first = list(best.values())
    return [*first, *(candidate for candidate in ranked if candidate not in first)]
