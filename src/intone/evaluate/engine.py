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
from intone.errors import ContextOverflow
from intone.evaluate.budget import Cost
from intone.evaluate.judging import Judge
from intone.evaluate.metered import Metered, Reply
from intone.evaluate.outcome import Outcome, Status
from intone.evaluate.step_scores import step_scores
from intone.llm.completion import Completion, Usage
from intone.llm.request import Request, Sampling
from intone.metrics.asks import AsksAModel
from intone.metrics.grade import Grade, Grader
from intone.prompt.parts import fewest_calls
from intone.prompt.program import Answer, Got, Lost, Program

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
    done: list[Got] = field(default_factory=list)
    asked: Sequence[Request] = ()
    answer: Answer | None = None
    lost: Lost | None = None
    unpaid: bool = False
    grade: Grade | None = None
    calls: int = 0
    replayed: int = 0

    @property
    def over(self) -> bool:
        return self.answer is not None or self.lost is not None or self.unpaid

    @property
    def completions(self) -> list[Completion]:
        """What was answered, without the calls that were lost."""
        return [got for got in self.done if isinstance(got, Completion)]

    def step(self) -> None:
        """Ask the program what is next."""
        step = self.job.program.next(self.job.row, self.done, self.blank)
        if isinstance(step, Answer):
            self.answer, self.asked = step, ()
        elif isinstance(step, Lost):
            self.lost, self.asked = step, ()
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
    def calls_an_answer(self) -> int:
        """The calls that are paid for each call of a program: versions, and a judge's besides."""
        ...

    @property
    def backend(self) -> Metered:
        """The meter that everything is paid through."""
        ...

    async def run(self, jobs: Iterable[Job]) -> list[Outcome]:
        """Answer the jobs, in their order; fewer outcomes mean that the budget is spent."""
        ...


class Engine:
    """Turns jobs into outcomes.

    `judge` is for a grader that asks a model: it is asked about many answers at once, and no more
    answers are fetched at a time than the budget can also have graded. What a judge takes is in
    the purse and not in the outcomes: these say what the program took.
    """

    versions = 1

    def __init__(
        self,
        backend: Metered,
        grader: Grader,
        sampling: Sampling | None = None,
        *,
        judge: Judge | None = None,
        listener: Callable[[Outcome], None] | None = None,
    ) -> None:
        self.backend = backend
        self.grader = grader
        self._judge = judge
        self._asking = grader if judge is not None and isinstance(grader, AsksAModel) else None
        self._blank = Request(answer=grader.expects, sampling=sampling or Sampling())
        self.listener = listener

    @property
    def blank(self) -> Request:
        """The request programs fill in: the kind of answer wanted and the sampling."""
        return self._blank

    @property
    def calls_an_answer(self) -> int:
        """The calls that one answer of a plain prompt takes, its grading included."""
        return 1 if self._asking is None else 2

    async def grades(self, answers: Sequence[tuple[Answer, Row]]) -> list[Grade | None]:
        """Grade answers that are there already; None for those the budget has no room for."""
        if self._asking is None or self._judge is None:
            return [await self.grader.grade(answer, row) for answer, row in answers]
        return await self._judge.grades(self._asking, answers)

    async def run(self, jobs: Iterable[Job]) -> list[Outcome]:
        """Answer the jobs; see `stream`."""
        return [outcome async for outcome in self.stream(jobs)]

    async def stream(self, jobs: Iterable[Job]) -> AsyncIterator[Outcome]:
        """Answer the jobs and give their outcomes in the order of the jobs.

        Jobs the budget has no room for give no outcome: when the outcomes are fewer than the
        jobs, the budget is spent. Raises BackendError when the backend cannot be used at all.
        """
        rest = iter(jobs)
        waiting: list[Job] = []
        while waiting := [*waiting, *islice(rest, _CHUNK - len(waiting))]:
            begun = waiting[: self._room_for(waiting)]
            opened = [_Open(job, self._blank_for(job.sample)) for job in begun]
            for item in opened:
                item.step()
            opened = opened[: self._affordable(opened)]
            if not opened:
                return
            del waiting[: len(opened)]
            await self._answer(opened)
            await self._grade(opened)
            for item in opened:
                if item.unpaid:
                    return  # what comes after it is in the ledger, but no outcome without this one
                outcome = await self._outcome(item)
                if self.listener is not None:
                    self.listener(outcome)
                yield outcome

    def _room_for(self, jobs: Sequence[Job]) -> int:
        """Return how many of the jobs to begin now: all, where each takes a single call.

        Programs of several calls are begun only as far as all their calls are sure to fit, so that
        a budget that ends does not leave many rows half answered. Where not even the next one's
        are, it is begun by itself if it may do with what is left.
        """
        left = self.backend.purse.left.calls
        if left is None or all(job.program.max_calls == 1 for job in jobs):
            return len(jobs)
        count, taken = 0, 0
        for job in jobs:
            taken += job.program.max_calls
            if taken > left:
                break
            count += 1
        return count or int(self._may_do_with(left, jobs[0]))

    def _may_do_with(self, calls: int, job: Job) -> bool:
        """Say whether a job may be answered by so many calls.

        A vote may be decided early, and what a search has paid for is free.
        """
        item = _Open(job, self._blank_for(job.sample))
        item.step()
        owed = self.backend.owed(item.asked)
        free = len(item.asked) - owed
        return owed == 0 or fewest_calls(job.program) - free <= calls

    def _affordable(self, opened: Sequence[_Open]) -> int:
        """Return how many answers to fetch now: all, or as many as can be graded too."""
        if self._asking is None:
            return len(opened)
        return self.backend.purse.room(map(self._worst, opened))

    def _worst(self, item: _Open) -> Cost:
        """Return about the most that an answer and its grading can cost."""
        assert self._asking is not None and self._judge is not None
        asked = [self.backend.worst(request) for request in item.asked]
        more = max(0, item.job.program.max_calls - len(asked))  # of a chain's later steps
        later = [max(asked, key=lambda cost: cost.tokens)] * more if asked else []
        tokens = self._blank.sampling.max_tokens
        grading = self._judge.worst(self._asking, item.job.row, tokens)
        return sum((*asked, *later), grading)

    async def _grade(self, answered: Sequence[_Open]) -> None:
        """Have the judge grade the answers that need it; the others are graded as they come."""
        if self._asking is None:
            return
        waiting = [item for item in answered if self._to_be_graded(item)]
        pairs = [(item.answer, item.job.row) for item in waiting if item.answer is not None]
        for item, grade in zip(waiting, await self.grades(pairs), strict=True):
            item.grade, item.unpaid = grade, grade is None

    def _to_be_graded(self, item: _Open) -> bool:
        answer = item.answer
        if answer is None or item.unpaid or answer.finish != "stop" or answer.step is not None:
            return False
        return not (self.grader.needs_target and item.job.row.target is None)

    async def _answer(self, opened: Sequence[_Open]) -> None:
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
        steps: dict[str, float] = {}
        if answer is None:
            judged = _judged_lost(item.lost, self._least(job.row))
        else:
            text, choices = answer.text, answer.choices
            steps = await step_scores(answer.steps, job.row)
            if choices and job.row.target is not None:
                likelihood = choices.get(job.row.target, 0.0)
            judged = await self._judged(answer, item)
        done = item.completions
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
            steps=steps,
        )

    def _least(self, row: Row) -> float | None:
        """Return what no answer at all scores: 0, or nothing where nothing could be graded."""
        return None if self.grader.needs_target and row.target is None else 0.0

    async def _judged(self, answer: Answer, item: _Open) -> _Judged:
        """Give an answer its status and score."""
        text, row = answer.text, item.job.row
        worst = self._least(row)
        at = f"step {answer.step!r}: " if answer.step is not None else ""
        if answer.finish == "refusal":
            return _Judged("refused", worst, f"{at}the model declined", text)
        if answer.finish == "length":
            tokens = sum(completion.usage.completion_tokens for completion in item.completions)
            reason = f"{at}cut off after {tokens} tokens (model.max_tokens)"
            return _Judged("truncated", worst, reason, text)
        if at:  # the chain came to no answer that could be graded
            declined = _DECLINES.match(text) is not None
            reason = f"{at}its answer cannot be read"
            return _Judged("refused" if declined else "unparseable", worst, reason, text)
        if worst is None:
            parsed = self.grader.expects.parse(text)
            if parsed is None:
                return _Judged("unparseable", None, "cannot be read; no target", text)
            return _Judged("answered", None, "no target", parsed)
        grade = item.grade or await self.grader.grade(answer, row)
        if grade.score is None:
            return _Judged("failed", None, grade.reason, text)
        if grade.parsed is None:
            declined = _DECLINES.match(text) is not None
            return _Judged("refused" if declined else "unparseable", 0.0, grade.reason, text)
        return _Judged("answered", grade.score, grade.reason, grade.parsed)


def _judged_lost(lost: Lost | None, worst: float | None) -> _Judged:
    """Return what a call that failed for good makes of the row: missing, never 0.

    Only where the prompt was too long for the model, the prompt brought it about: the `worst`.
    """
    at = f"step {lost.step!r}: " if lost is not None and lost.step is not None else ""
    reason = f"{at}{lost.error}" if lost is not None else ""
    if lost is not None and isinstance(lost.error, ContextOverflow):
        return _Judged("truncated", worst, reason)
    return _Judged("failed", None, reason)


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
    if reply.completion is not None:
        item.done.append(reply.completion)
    elif reply.error is not None:
        item.done.append(Lost(reply.error))
