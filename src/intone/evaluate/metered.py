"""A metered backend: the ledger, the budget, retries and concurrency around a Backend.

Every call of a run goes through here, the writer's and the judge's too. Owns when a call is made,
repeated, shared, recorded and paid; not what is asked or how an answer is graded.
"""

from __future__ import annotations

import asyncio
import random
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import NamedTuple, Protocol

from intone.errors import (
    BackendError,
    BudgetEnded,
    CallTimedOut,
    ContextOverflow,
    IntoneError,
    RateLimited,
    Unreachable,
)
from intone.evaluate.budget import NOTHING, Bill, Cost, Price, Purse
from intone.evaluate.gate import Gate
from intone.evaluate.ledger import Ledger, request_key
from intone.evaluate.limiter import Limiter
from intone.llm.backend import Backend, Feature
from intone.llm.completion import Completion
from intone.llm.request import Request

_GIVE_UP_AFTER = 8  # calls that all failed before any succeeded: the run cannot go on


@dataclass(frozen=True, slots=True)
class Patience:
    """How often and how long a call is tried.

    `attempts` counts all tries of a retryable failure; a server that asks for a pause (429, 503)
    is waited for up to `pressure` seconds in all instead. `timeout` is seconds per try. Waits
    double from `pause` seconds, with jitter. After an attempt that broke off, and may have been
    billed, there is another only if the budget has room for it.
    """

    attempts: int = 5
    timeout: float = 60.0
    pause: float = 0.5
    longest_pause: float = 30.0
    pressure: float = 600.0


class Failure(NamedTuple):
    """Why a call failed for good, and how many attempts at it broke off."""

    reason: str
    broken: int = 0


class Failures(Protocol):
    """The calls of this run that failed for good, so that a resumed run decides the same."""

    @property
    def known(self) -> Mapping[str, Failure]:
        """The failures recorded earlier in this run, by key."""
        ...

    async def add(self, key: str, failure: Failure) -> None:
        """Record a failure that outlived its retries."""
        ...


@dataclass
class NoFailures:
    """Failures that last as long as the process."""

    known: dict[str, Failure] = field(default_factory=dict)

    async def add(self, key: str, failure: Failure) -> None:
        self.known[key] = failure


@dataclass(frozen=True, slots=True)
class Reply:
    """What came of a request: a completion or the error that outlived its retries.

    `broken` is what its attempts that broke off are charged with.
    """

    completion: Completion | None
    error: BackendError | None = None
    replayed: bool = False
    broken: Cost = NOTHING


@dataclass(slots=True)
class _Attempts:
    """How many attempts at a call broke off so far."""

    broken: int = 0


class Metered:
    """A backend whose every call is paid from a purse and kept in a ledger.

    Several may share a purse: what one has reserved is not there for the others. `price` is that of
    this backend's model, where it is not the purse's. With `once`, a request that was paid for is
    free when it is asked again (a search tries prompts that differ only in how answers are read);
    its keys are then kept in memory. `gate` is what every attempt at a call passes first, if set.
    """

    def __init__(
        self,
        backend: Backend,
        ledger: Ledger,
        purse: Purse,
        *,
        concurrency: int = 8,
        patience: Patience | None = None,
        failures: Failures | None = None,
        price: Price | None = None,
        once: bool = False,
    ) -> None:
        self.backend = backend
        self.purse = purse
        self.gate: Gate | None = None
        self._ledger = ledger
        self._identity = backend.identity
        self._keeps_time = Feature.TIMEOUT in backend.features
        self._patience = patience or Patience()
        self._failures = failures or NoFailures()
        self._price = price
        self._paid: set[str] | None = set() if once else None
        most = min(concurrency, backend.concurrency or concurrency)
        self._limiter = Limiter(most)
        self._flying: dict[str, asyncio.Future[Reply]] = {}
        self._answered = 0
        self._failed = 0

    @property
    def identity(self) -> str:
        """The identity of the backend inside."""
        return self._identity

    @property
    def features(self) -> frozenset[Feature]:
        """What the backend inside can do."""
        return self.backend.features

    def worst(self, request: Request) -> Cost:
        """Return the most a request can cost, at the price of this backend's model."""
        return self.purse.worst(request, self._price)

    def owed(self, requests: Sequence[Request]) -> int:
        """Return how many of these requests would have to be paid for."""
        if self._paid is None:
            return len(requests)
        return len({request_key(self._identity, it) for it in requests} - self._paid)

    async def complete(self, request: Request) -> Completion:
        """Answer one request. Raises BudgetEnded if it does not fit, BackendError if it failed."""
        (reply,) = await self.answer([request])
        if reply is None:
            raise BudgetEnded("the budget has no room for another call")
        if reply.completion is None:
            assert reply.error is not None
            raise reply.error
        return reply.completion

    async def answer(
        self, requests: Sequence[Request], order: Sequence[int] | None = None
    ) -> list[Reply | None]:
        """Answer requests; None for those the budget has no room for, which are the last ones.

        Room is reserved in the order of `requests` and calls are made in `order` (default: the
        same). When the worst case of all does not fit, as many as fit are answered and settled,
        and then the next, so that little of the budget is left unused.
        """
        replies: list[Reply | None] = [None] * len(requests)
        keys = [request_key(self._identity, request) for request in requests]
        start = 0
        while start < len(requests):
            reserved = self.purse.reserve(self._costs(requests, keys, start))
            if not reserved:
                break
            stop = start + len(reserved)
            turn = range(start, stop) if order is None else [i for i in order if start <= i < stop]
            payable = [i for i in range(start, stop) if reserved[i - start].calls]
            try:
                await self._answer_now(requests, keys, turn, replies, reserved)
            finally:
                answered = [(i, reply) for i in payable if (reply := replies[i]) is not None]
                self.purse.settle(reserved, [self._bill(reply) for _, reply in answered])
                if self._paid is not None:
                    self._paid.update(keys[i] for i, _ in answered)
            start = stop
        return replies

    async def close(self) -> None:
        """Close the backend inside."""
        await self.backend.close()

    def _costs(
        self, requests: Sequence[Request], keys: Sequence[str], start: int
    ) -> Iterator[Cost]:
        """Give the worst case of each request from `start` on; nothing for what is paid for."""
        if self._paid is None:
            yield from (self.purse.worst(it, self._price) for it in islice(requests, start, None))
            return
        paid: set[str] = set()
        for request, key in islice(zip(requests, keys, strict=True), start, None):
            if key in self._paid or key in paid:
                yield NOTHING
            else:
                paid.add(key)
                yield self.purse.worst(request, self._price)

    async def _answer_now(
        self,
        requests: Sequence[Request],
        keys: Sequence[str],
        turn: Sequence[int],
        replies: list[Reply | None],
        held: list[Cost],
    ) -> None:
        kept = await self._ledger.lookup([keys[i] for i in turn])
        self._answered += len(kept)  # what once answered is no backend that cannot be used
        known = self._failures.known
        fresh: dict[str, int] = {}
        again: list[int] = []
        for i in turn:
            if keys[i] in kept:
                completion = kept[keys[i]]
                broken = self._charged(requests[i], completion.broken, held)
                replies[i] = Reply(completion, None, True, broken)
            elif keys[i] in known:
                failure = known[keys[i]]
                broken = self._charged(requests[i], failure.broken, held, failed=True)
                replies[i] = Reply(None, BackendError(failure.reason), True, broken)
            elif keys[i] in fresh:
                again.append(i)  # the same request shares the call
            else:
                fresh[keys[i]] = i
        if not fresh:
            return
        queue = deque(fresh.values())
        workers = [
            asyncio.create_task(self._work(worker, queue, requests, keys, replies, held))
            for worker in range(min(self._limiter.most, len(fresh)))
        ]
        try:
            await asyncio.gather(*workers)
        except BaseException:  # one fatal failure stops the others; nothing is left running
            for task in workers:
                task.cancel()
            await asyncio.gather(*workers, return_exceptions=True)
            raise
        for i in again:
            replies[i] = self._shared(replies[fresh[keys[i]]], requests[i], held)

    async def _work(
        self,
        worker: int,
        queue: deque[int],
        requests: Sequence[Request],
        keys: Sequence[str],
        replies: list[Reply | None],
        held: list[Cost],
    ) -> None:
        limiter = self._limiter
        while await limiter.turn(worker, queue):
            index = queue.popleft()
            key = keys[index]
            flying = self._flying.get(key)
            if flying is not None:
                replies[index] = self._shared(await asyncio.shield(flying), requests[index], held)
                continue
            future = self._flying[key] = asyncio.get_running_loop().create_future()
            try:
                replies[index] = reply = await self._call(key, requests[index], held)
                future.set_result(reply)
            except IntoneError as error:
                future.set_exception(error)
                future.exception()  # seen, whether or not somebody waits for it
                raise
            finally:
                del self._flying[key]
                future.cancel()  # no effect on one that is done

    async def _call(self, key: str, request: Request, held: list[Cost]) -> Reply:
        attempts = _Attempts()
        try:
            completion = await self._tried(request, attempts, held)
        except BackendError as error:
            self._failed += 1
            hopeless = self._answered == 0 and self._failed >= _GIVE_UP_AFTER
            if error.fatal or (hopeless and not isinstance(error, ContextOverflow)):
                raise
            if not isinstance(error, ContextOverflow):  # that one repeats by itself
                await self._failures.add(key, Failure(str(error), attempts.broken))
            self._over()
            return Reply(None, error, broken=self._most(request, attempts.broken))
        self._answered += 1
        if attempts.broken:
            completion = replace(completion, broken=attempts.broken)
        await self._ledger.record(key, self._identity, request, completion)
        self._over()
        return Reply(completion, broken=self._most(request, attempts.broken))

    def _over(self) -> None:
        if self.gate is not None:
            self.gate.answered()

    async def _tried(self, request: Request, attempts: _Attempts, held: list[Cost]) -> Completion:
        patience = self._patience
        tries, refusals, waited = 0, 0, 0.0
        while True:
            if self.gate is not None:  # outside of the time that a call may take
                await self.gate.passed()
            try:
                if self._keeps_time:
                    completion = await self.backend.complete(request)
                else:
                    async with asyncio.timeout(patience.timeout):
                        completion = await self.backend.complete(request)
            except TimeoutError:
                error: BackendError = CallTimedOut(
                    f"no answer within {patience.timeout:g} s (model.timeout)"
                )
            except BackendError as failure:
                error = failure
            else:
                self._limiter.succeeded()
                return completion
            if isinstance(error, RateLimited):
                refusals += 1
                pause = self._pause(error, refusals)
                waited += pause
                if waited > patience.pressure:
                    raise error
                self._limiter.pressed(pause)
            else:
                tries += 1
                attempts.broken += error.broke_off
                pause = self._pause(error, tries)
                if not error.retryable or tries >= self._allowed(error):
                    raise error
            if error.broke_off and not self._hold(request, 1, held):
                raise error
            await asyncio.sleep(pause)

    def _allowed(self, error: BackendError) -> int:
        """A server that never answered is not waited for as long as one that did."""
        if isinstance(error, Unreachable) and not self._answered:
            return min(2, self._patience.attempts)
        return self._patience.attempts

    def _pause(self, error: BackendError, tries: int) -> float:
        patience = self._patience
        pause = min(patience.longest_pause, patience.pause * 2.0 ** (tries - 1))
        jittered = pause * random.uniform(0.5, 1.0)
        return jittered if error.retry_after is None else error.retry_after + jittered * 0.1

    def _hold(self, request: Request, attempts: int, held: list[Cost]) -> int:
        """Reserve room for more attempts at a request, as many as fit; return how many."""
        room = self.purse.reserve([self.purse.worst(request, self._price)] * attempts)
        held += room
        return len(room)

    def _charged(
        self, request: Request, broken: int, held: list[Cost], *, failed: bool = False
    ) -> Cost:
        """Charge a replayed call's broken attempts like a fresh call's, as far as there is room.

        A call that failed has reserved for one of them: there is no answer to pay for.
        """
        if not broken:
            return NOTHING
        reserved = int(failed)
        return self._most(request, reserved + self._hold(request, broken - reserved, held))

    def _most(self, request: Request, attempts: int) -> Cost:
        """Return the most that so many attempts at a request can have cost."""
        if not attempts:
            return NOTHING
        return sum([self.purse.worst(request, self._price)] * attempts, NOTHING)

    def _shared(self, reply: Reply | None, request: Request, held: list[Cost]) -> Reply | None:
        """Return the reply for a request that is answered by another one's call."""
        if reply is None or not reply.broken.calls:
            return reply
        failed = reply.completion is None
        return replace(
            reply, broken=self._charged(request, reply.broken.calls, held, failed=failed)
        )

    def _bill(self, reply: Reply) -> Bill:
        usage = reply.completion.usage if reply.completion else None
        return Bill(usage, reply.replayed, self._price, reply.broken)
