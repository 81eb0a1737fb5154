"""A writer that is a model. Owns how a request becomes proposals, and what it has proposed.

What is asked is in `asking`, what an answer may be in `shapes` and `changes`, what counts as copied
in `copies`. Calls, budget and ledger are the meter's.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from intone.data.row import Row
from intone.errors import BudgetEnded, PromptError
from intone.evaluate.metered import Metered, Reply
from intone.llm.answers import FreeText, Json
from intone.llm.backend import Feature
from intone.llm.completion import Completion
from intone.llm.request import Request, Sampling
from intone.prompt.edits import apply_all, short
from intone.prompt.prompt import Demonstration, Prompt
from intone.writer import asking, wishes
from intone.writer.asking import Ask
from intone.writer.changes import CHANGES, Change, Reason, edit_for
from intone.writer.copies import Copies
from intone.writer.names import Names
from intone.writer.quoting import Quoting
from intone.writer.wishes import Heard, Offered
from intone.writer.writer import Failure, Proposal, Proposals, Rejected, Scored

SAMPLING = Sampling(temperature=0.7, max_tokens=320)
"""How a writer's tokens are picked unless the spec says otherwise."""

MOST_DRAWS = 64
"""The most proposals that one request can ask for: `turn` x this + the draw is the sample."""

_NO_ROOM = "the budget has no room for another call of the writer"
_WHY = 300  # characters of a diagnosis that are kept


@dataclass(frozen=True)
class Recalled(Rejected):
    """A rejection of an earlier run: the prompt it was tried on, and the one it led to."""

    prompt_id: str = ""
    tried_id: str = ""


@dataclass(frozen=True)
class Offer:
    """A proposal that passed all guards, and the prompt it was made for."""

    prompt_id: str
    proposal: Proposal


class ModelWriter:
    """Proposes edits through a metered backend. One writer serves one search.

    `rows` are rows that no proposal may quote or name, `labels` the answers there are. `sampling`
    needs a temperature above 0, else all draws of a request are the same. `recalled` are rejections
    of earlier runs: the writer is told of them, and not offered them again. `dropped` counts all
    that was dropped so far.
    """

    def __init__(
        self,
        backend: Metered,
        *,
        rows: Iterable[Row] = (),
        labels: Sequence[str] = (),
        sampling: Sampling = SAMPLING,
        recalled: Sequence[Recalled] = (),
    ) -> None:
        self._backend = backend
        self._rows = tuple(rows)
        self._labels = tuple(labels)
        self._sampling = sampling
        self._recalled = tuple(recalled)
        self._as_json = Feature.JSON_SCHEMA in backend.backend.features
        self._offers: dict[str, Offer] = {}
        self.dropped: Counter[Reason] = Counter()

    @property
    def offers(self) -> Mapping[str, Offer]:
        """All proposals so far, by the id of the prompt that each leads to."""
        return self._offers

    async def critique(
        self,
        prompt: Prompt,
        failures: Sequence[Failure],
        *,
        count: int,
        turn: int,
        rejected: Sequence[Rejected] = (),
    ) -> Proposals:
        if not failures:
            return Proposals()
        known = self._rejected(prompt, rejected)
        asks = [
            asking.critique(prompt, failures, self._labels, known, draw) for draw in _draws(count)
        ]
        tried = {it.sentence for it in known}
        return await self._proposals(prompt, asks, turn, [f.row for f in failures], tried)

    async def rephrase(
        self, prompt: Prompt, *, count: int, turn: int, scored: Sequence[Scored] = ()
    ) -> Proposals:
        asks = [
            asking.rephrase(prompt, self._labels, scored, turn + draw) for draw in _draws(count)
        ]
        return await self._proposals(prompt, asks, turn)

    async def cross(self, one: Prompt, other: Prompt, *, count: int, turn: int) -> Proposals:
        if one.id == other.id:
            return Proposals()
        asks = [asking.cross(one, other, self._labels) for _ in _draws(count)]
        return await self._proposals(one, asks, turn, tried={other.id})

    async def induce(
        self, prompt: Prompt, examples: Sequence[Demonstration], *, count: int, turn: int
    ) -> Proposals:
        if not examples:
            return Proposals()
        asks = [asking.induce(prompt, examples, self._labels, draw) for draw in _draws(count)]
        shown = [Row(-1, "", example.inputs, example.output) for example in examples]
        return await self._proposals(prompt, asks, turn, shown)

    async def read_wishes(
        self, comments: Sequence[str], kinds: Sequence[Offered]
    ) -> tuple[Heard, ...]:
        """Say what complaints ask for: see `wishes.WishReader`. Asked at temperature 0."""
        if not comments:
            return ()
        as_json, how = self._as_json, self._sampling
        asks = [wishes.request(comment, kinds, how, as_json=as_json) for comment in comments]
        replies = await self._backend.answer(asks)
        if replies[0] is None:
            raise BudgetEnded(_NO_ROOM)
        return tuple(
            Heard(dropped={"no budget": 1})
            if reply is None
            else wishes.heard(comment, reply.completion, kinds)
            for comment, reply in zip(comments, replies, strict=True)
        )

    @cached_property
    def _copies(self) -> Copies:
        return Copies(self._rows, self._labels)

    @cached_property
    def _names(self) -> Names:
        return Names(self._rows, self._labels)

    def _rejected(self, prompt: Prompt, rejected: Sequence[Rejected]) -> list[Rejected]:
        """Return what to tell of: of earlier runs, those on this prompt last; then this run's."""
        recalled = sorted(self._recalled, key=lambda it: it.prompt_id == prompt.id)
        room = max(0, asking.REJECTED_SHOWN - len(rejected))
        told = {it.sentence: it for it in (*(recalled[-room:] if room else ()), *rejected)}
        return list(told.values())

    async def _proposals(
        self,
        prompt: Prompt,
        asks: Sequence[Ask],
        turn: int,
        shown: Sequence[Row] = (),
        tried: Collection[str] = (),
    ) -> Proposals:
        """Make the requests and read the answers, in their order.

        `shown` are rows the requests show; `tried` are prompts' ids and sentences of edits that
        are not wanted again.
        """
        if not asks:
            return Proposals()
        requests = [self._request(ask, turn * MOST_DRAWS + draw) for draw, ask in enumerate(asks)]
        replies = await self._backend.answer(requests)
        if replies[0] is None:
            raise BudgetEnded(_NO_ROOM)
        copies = (self._copies, Copies(shown, self._labels))
        quoting = Quoting(prompt, copies, self._names, shown, self._labels)
        found: list[Proposal] = []
        dropped: Counter[Reason] = Counter()
        for ask, reply in zip(asks, replies, strict=True):
            if reply is None:
                break
            made = _made(prompt, ask, reply, quoting)
            if isinstance(made, Proposal):
                made = self._kept(prompt, made, tried)
            if isinstance(made, Proposal):
                found.append(made)
            else:
                dropped[made] += 1
        self.dropped += dropped
        return Proposals(tuple(found), {str(why): dropped[why] for why in sorted(dropped)})

    def _request(self, ask: Ask, sample: int) -> Request:
        messages = tuple(ask.messages(as_json=self._as_json))
        answer = Json(ask.shape.schema()) if self._as_json else FreeText()
        return Request(messages, answer, self._sampling, sample)

    def _kept(
        self, prompt: Prompt, proposal: Proposal, tried: Collection[str]
    ) -> Proposal | Reason:
        """Return a proposal that fits and is new; take note of it."""
        try:
            edited = apply_all(prompt, proposal.edits)
        except PromptError:
            return "does not fit"
        if edited.id == prompt.id:
            return "unchanged"
        sentence = ", ".join(edit.sentence for edit in proposal.edits)
        earlier = (it.tried_id for it in self._recalled)
        if edited.id in (*self._offers, *earlier, *tried) or sentence in tried:
            return "tried before"
        self._offers[edited.id] = Offer(prompt.id, proposal)
        return proposal


def _made(prompt: Prompt, ask: Ask, reply: Reply, quoting: Quoting) -> Proposal | Reason:
    """Return the proposal of one reply, or why there is none."""
    if reply.completion is None:
        return "failed"
    said = _read(ask, reply.completion)
    if isinstance(said, str):
        return said
    change, text = _change(said)
    edit = edit_for(change, text, prompt)
    if isinstance(edit, str):
        return edit
    if change != "drop rule" and (reason := quoting.fault(text, ask.example)):
        return reason
    return Proposal((edit,), short(" ".join(said.get("problem", "").split()), _WHY))


def _read(ask: Ask, completion: Completion) -> dict[str, str] | Reason:
    """Return the texts of an answer, or why they cannot be used."""
    if completion.finish == "length":
        return "cut off"
    if completion.finish == "refusal":
        return "declined"
    said = ask.shape.read(completion.text)
    if said is None:
        return "unreadable"
    return "placeholder" if ask.shape.echoed(said) else said


def _change(said: Mapping[str, str]) -> tuple[Change, str]:
    """Return the kind of change and its text; a lone instruction rewrites the one there is."""
    if "instruction" in said:
        return "rewrite", said["instruction"]
    return next(kind for kind in CHANGES if kind == said["change"]), said["text"]


def _draws(count: int) -> range:
    return range(max(0, min(count, MOST_DRAWS)))
