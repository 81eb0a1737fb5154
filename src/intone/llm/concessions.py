"""What a server does not take, found out by asking: optional fields and their refusals.

An arbitrary server's abilities are not known beforehand. Each request is sent with every field
that helps; when the server answers 400 and names one, the request is asked again without it, and
the refusal is kept for the backend's life, so in the steady state a call is one request. A
refused request is not an answered call.

What was refused is decided by the server's words and by the field alone (for a response format,
by the field and the kind of answer), and is kept only once the server took the request without
it. So the body that gets answered is the same whichever request came first.

Owns no wire format: a `Draft` writes the bodies.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Mapping
from typing import Generic, Protocol, TypeVar

from intone.llm.answers import AnswerSpec
from intone.llm.failures import complaint, failure, is_declined, is_overflow, quoted
from intone.llm.http import JsonClient, Reply
from intone.llm.request import Request, Sampling

logger = logging.getLogger("intone.llm")

Concession = tuple[str, AnswerSpec | None]
"""A field the server is spared, for every request or for one kind of answer."""

_REFUSED = frozenset({400, 422})
_MOST_DRAFTS = 256
_UNSUPPORTED = re.compile(
    r"unsupported|not (?:currently )?support|unknown|unrecogni[sz]ed|unexpected|deprecated|"
    r"not (?:be )?(?:permitted|allowed|available)|extra (?:inputs|fields)|only the default|"
    r"cannot (?:both )?be (?:used|specified|set)|max_completion_tokens",
    re.IGNORECASE,
)


class Draft(Protocol):
    """A request body with only the messages left to fill in.

    `sent` are the fields it could spare, each with the words by which an error means it.
    """

    @property
    def sent(self) -> Mapping[Concession, re.Pattern[str]]: ...

    def body(self, request: Request) -> bytes: ...


D = TypeVar("D", bound=Draft)


class Concessions(Generic[D]):
    """Asks with every field the server has not refused, and remembers what it refuses.

    `write` makes the draft for a kind of answer and a sampling, sparing what it is told to.
    `ours` are the fields the user did not ask for: they are given up at any mention, and all
    together when a server names none. The others are given up only when the server says that it
    does not take them, not when it dislikes their value.
    """

    def __init__(
        self,
        client: JsonClient,
        model: str,
        write: Callable[[AnswerSpec, Sampling, frozenset[Concession]], D],
        ours: frozenset[str],
    ) -> None:
        self._client = client
        self._model = model
        self._write = write
        self._ours = ours
        self._drafts: dict[tuple[AnswerSpec, Sampling], D] = {}
        self._taken: set[Concession] = set()
        self.refused: frozenset[Concession] = frozenset()

    async def ask(self, request: Request) -> tuple[D, Reply]:
        """Return the reply and the draft that asked for it.

        The reply's status is 200, or another if the provider's content filter declined the
        prompt. Raises BackendError for everything else.
        """
        draft = self._draft(request)
        reply = await self._client.post(draft.body(request))
        if reply.status == 200:
            if not draft.sent.keys() <= self._taken:
                self._taken.update(draft.sent)
            return draft, reply
        spared = self.refused
        while reply.status in _REFUSED and (step := self._step(reply, draft)):
            spared |= step
            draft = self._write(request.answer, request.sampling, spared)
            reply = await self._client.post(draft.body(request))
        if reply.status in _REFUSED and is_declined(complaint(reply.body)):
            return draft, reply
        if reply.status != 200:
            raise failure(reply, self._client, self._model)
        self._keep(spared)
        return draft, reply

    def _draft(self, request: Request) -> D:
        kind = (request.answer, request.sampling)
        draft = self._drafts.get(kind)
        if draft is None:
            if len(self._drafts) >= _MOST_DRAFTS:
                self._drafts.clear()
            draft = self._drafts[kind] = self._write(*kind, self.refused)
        return draft

    def _step(self, reply: Reply, draft: D) -> frozenset[Concession]:
        said = complaint(reply.body)
        if is_overflow(said) or is_declined(said):
            return frozenset()
        told = f"{said.param} {said.message}"
        unsupported = _UNSUPPORTED.search(said.words)
        step = frozenset(
            field
            for field, words in draft.sent.items()
            if words.search(told) and (unsupported or field[0] in self._ours)
        )
        if not step and (unsupported or not said):
            step = frozenset(field for field in draft.sent if field[0] in self._ours)
        if step:
            fields = ", ".join(sorted(field for field, _ in step))
            reason = quoted(said, self._client)
            logger.info("%s refuses %s: %s", self._client.where.host, fields, reason)
        return step

    def _keep(self, spared: frozenset[Concession]) -> None:
        # What the server has taken before, it refused for this request's sake only.
        fresh = spared - self.refused - self._taken
        if fresh:
            self.refused |= fresh
            self._drafts.clear()
            fields = ", ".join(sorted(field for field, _ in fresh))
            logger.warning(
                "%s at %s does not take %s: asked without from now on",
                self._model,
                self._client.where.host,
                fields,
            )
