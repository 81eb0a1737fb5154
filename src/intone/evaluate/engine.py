"""The engine: answers any program on any row and grades what comes back.

Owns how jobs become outcomes, in row order, in chunks that keep memory flat. Calls, retries and
payment are `metered`'s; what a failure scores is decided here, once.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Protocol

from intone.data.row import Row
from intone.errors import BackendError, ContextOverflow
from intone.evaluate.metered import Metered, Reply
from intone.evaluate.outcome import Outcome, Status
from intone.llm.completion import Completion, Usage
from intone.llm.request import Request, Sampling
from intone.metrics.grade import Grader
from intone.prompt.program import Answer, Program

_CHUNK = 2048
_DECLINES = re.compile(
    r"^\W*(i['’]?m sorry|i am sorry|sorry|i apologi[sz]e|i can(no|['’])t|i can ?not|"
    r"i am (not able|unable)|i['’]?m (not able|unable)|as an ai)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Job:
    """Answer this row with this program; `sample` numbers repeated draws."""

    program: Program
    row: Row
    sample: int = 0


@dataclass
class _Open:
    """A job under way."""

    job: Job
    blank: Request
    done: list[Completion] = field(default_factory=list)
    asked: Sequence[Request] = ()
    answer: Answer | None = None
    error: BackendError | None = None
    unpaid: bool = False
    calls: int = 0
    replayed: int = 0

    @property
    def over(self) -> bool:
        return self.answer is not None or self.error is not None or self.unpaid

    def step(self) -> None:
        """Ask the program what is next."""
        step = self.job.program.next(self.job.row, self.done, self.blank)
        if isinstance(step, Answer):
            self.answer, self.asked = step, ()
        else:
            self.asked = step


@dataclass(frozen=True, slots=True)
class _Judged:
    """The status of an answer, and what it scores."""

    status: Status
    score: float | None
    reason: str = ""
    answer: str | None = None


class Answering(Protocol):
    """Turns jobs into outcomes: the engine, or something around it that asks more than once."""

    @property
    def versions(self) -> int:
        """How many times a job asks its program: what a job costs, in calls of the program."""
        ...

    @property
    def backend(self) -> Metered:
        """The meter that everything is paid through."""
        ...

    async def run(self, jobs: Iterable[Job]) -> list[Outcome]:
        """Answer the jobs, in their order; fewer outcomes mean that the budget is spent."""
        ...


class Engine:
    """Turns jobs into outcomes."""

    versions = 1

    def __init__(
        self,
        backend: Metered,
        grader: Grader,
        sampling: Sampling | None = None,
        *,
        listener: Callable[[Outcome], None] | None = None,
    ) -> None:
        self.backend = backend
        self.grader = grader
        self._blank = Request(answer=grader.expects, sampling=sampling or Sampling())
        self.listener = listener

    @property
    def blank(self) -> Request:
        """The request programs fill in: the kind of answer wanted and the sampling."""
        return self._blank

    async def run(self, jobs: Iterable[Job]) -> list[Outcome]:
        """Answer the jobs; see `stream`."""
        return [outcome async for outcome in self.stream(jobs)]

    async def stream(self, jobs: Iterable[Job]) -> AsyncIterator[Outcome]:
        """Answer the jobs and give their outcomes in the order of the jobs.

        Jobs the budget has no room for give no outcome: when the outcomes are fewer than the
        jobs, the budget is spent. Raises BackendError when the backend cannot be used at all.
        """
        rest = iter(jobs)
        while chunk := list(islice(rest, _CHUNK)):
            opened = [_Open(job, self._blank_for(job.sample)) for job in chunk]
            await self._answer(opened)
            spent = False
            for item in opened:
                if item.unpaid:
                    spent = True
                    continue
                outcome = await self._outcome(item)
                if self.listener is not None:
                    self.listener(outcome)
                yield outcome
            if spent:
                return

    async def _answer(self, opened: Sequence[_Open]) -> None:
        for item in opened:
            item.step()
        while waiting := [item for item in opened if not item.over]:
            owners = [item for item in waiting for _ in item.asked]
            requests = [request for item in waiting for request in item.asked]
            replies = await self.backend.answer(requests, _by_program(owners))
            for item, reply in zip(owners, replies, strict=True):
                _take(item, reply)
            for item in waiting:
                if not item.over:
                    item.step()

    def _blank_for(self, sample: int) -> Request:
        blank = self._blank
        return blank if sample == blank.sample else replace(blank, sample=sample)

    async def _outcome(self, item: _Open) -> Outcome:
        job, answer = item.job, item.answer
        text, likelihood = "", None
        choices: Mapping[str, float] = {}
        if answer is None:
            overflow = isinstance(item.error, ContextOverflow)
            judged = _Judged("truncated" if overflow else "failed", 0.0 if overflow else None)
            judged = replace(judged, reason=str(item.error or ""))
        else:
            text, choices = answer.text, answer.choices
            if choices and job.row.target is not None:
                likelihood = choices.get(job.row.target, 0.0)
            judged = await self._judged(answer, item)
        done = item.done
        return Outcome(
            program=job.program.id,
            row=job.row.index,
            sample=job.sample,
            status=judged.status,
            score=judged.score,
            reason=judged.reason,
            answer=judged.answer,
            text=text,
            usage=done[0].usage if len(done) == 1 else sum((c.usage for c in done), Usage()),
            calls=item.calls,
            replayed=item.replayed,
            seconds=sum(completion.seconds for completion in done),
            choices=choices,
            likelihood=likelihood,
        )

    async def _judged(self, answer: Answer, item: _Open) -> _Judged:
        """Give an answer its status and score."""
        text, row = answer.text, item.job.row
        if answer.finish == "refusal":
            return _Judged("refused", 0.0, "the model declined", text)
        if answer.finish == "length":
            tokens = sum(completion.usage.completion_tokens for completion in item.done)
            reason = f"cut off after {tokens} tokens (model.max_tokens)"
            return _Judged("truncated", 0.0, reason, text)
        if self.grader.needs_target and row.target is None:
            parsed = self.grader.expects.parse(text)
            if parsed is None:
                return _Judged("unparseable", None, "cannot be read; no target", text)
            return _Judged("answered", None, "no target", parsed)
        grade = await self.grader.grade(answer, row)
        if grade.score is None:
            return _Judged("failed", None, grade.reason, text)
        if grade.parsed is None:
            declined = _DECLINES.match(text) is not None
            return _Judged("refused" if declined else "unparseable", 0.0, grade.reason, text)
        return _Judged("answered", grade.score, grade.reason, grade.parsed)


def _by_program(owners: Sequence[_Open]) -> list[int]:
    """Order calls so that one prompt's rows follow each other: its shared part is computed once."""
    first: dict[str, int] = {}
    for owner in owners:
        first.setdefault(owner.job.program.id, len(first))
    return sorted(range(len(owners)), key=lambda i: first[owners[i].job.program.id])


def _take(item: _Open, reply: Reply | None) -> None:
    if reply is None:
        item.unpaid = True
        return
    item.calls += 1
    item.replayed += reply.replayed
    if reply.completion is None:
        item.error = reply.error
    else:
        item.done.append(reply.completion)
