"""A backend that answers from a script: for tests, of this project and of yours.

Owns the fake and its built-in scripts; scripts in files are read by `script`. No network, no
weights, no clock and no chance: the same request always gets the same answer, whatever the order
of arrival (except from a sequence, which is answered in the order of the calls).

    backend = FakeBackend(lambda request: "billing")
    backend = FakeBackend({"refund": "billing", "crash": "technical", "": "other"})
    backend = FakeBackend(["first answer", RateLimited("slow down", retry_after=1), "second"])

By name, where a model is named: `fake:SCRIPT`, with a file's path or one of

    fake:echo            the last message again
    fake:first           the first label (free text: "ok", a number: "1", JSON: "{}")
    fake:random          a label drawn by the request's hash (other answers: as first)
    fake:label-in-text   the label named last in the last message (if none: the first)
"""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from time import perf_counter

from intone.errors import BackendError
from intone.llm.answers import Json, Labels, Number
from intone.llm.backend import Feature
from intone.llm.completion import Completion, Usage
from intone.llm.request import Request

Said = str | Completion | BackendError
Answering = Callable[[Request], Said]

_LETTERS = 4  # characters the fake counts as one token


class FakeBackend:
    """Answers requests as told, and counts them.

    `answer` is a function of the request; or a mapping from a text to look for in the last
    message (case ignored; the one found last wins; "" is the default) to what to say; or a
    sequence, said in turn; or one text. What is said is a text, a whole `Completion`, or a
    BackendError, which is raised. A text is cut at the request's stop texts and, at four
    characters a token, at its `max_tokens`; usage is counted in the same tokens.

    `delay` is in seconds a call. `concurrency` is None: the fake sets no limit. `calls` counts
    the calls that came, `answered` those that got an answer; `requests` keeps the last `keep` of
    them. `log` names a file to which every answered call appends one line, the request's hash
    (a test that kills processes counts them there). `identity` defaults to the hash of the
    script, or to the function's name.
    """

    def __init__(
        self,
        answer: Answering | Mapping[str, Said] | Sequence[Said] | str = "ok",
        *,
        delay: float = 0.0,
        features: frozenset[Feature] = frozenset({Feature.CHAT, Feature.SEED}),
        concurrency: int | None = None,
        identity: str | None = None,
        keep: int = 0,
        log: Path | None = None,
    ) -> None:
        self._answer = _answering(answer)
        self._delay = delay
        self._features = features
        self._concurrency = concurrency
        self._identity = f"fake:{_name(answer) if identity is None else identity}"
        self._log = log
        self._log_file: int | None = None
        self.calls = 0
        self.answered = 0
        self.requests: deque[Request] = deque(maxlen=keep)

    def __repr__(self) -> str:
        return f"FakeBackend({self._identity!r})"

    @property
    def identity(self) -> str:
        return self._identity

    @property
    def features(self) -> frozenset[Feature]:
        return self._features

    @property
    def concurrency(self) -> int | None:
        return self._concurrency

    async def complete(self, request: Request) -> Completion:
        started = perf_counter()
        self.calls += 1
        self.requests.append(request)
        await asyncio.sleep(self._delay)
        said = self._answer(request)
        if isinstance(said, BackendError):
            raise said.with_traceback(None)
        if isinstance(said, str):
            said = spoken(said, request, perf_counter() - started)
        self.answered += 1
        if self._log is not None:
            self._write_log(self._log, request)
        return said

    async def close(self) -> None:
        if self._log_file is not None:
            os.close(self._log_file)
            self._log_file = None

    def _write_log(self, path: Path, request: Request) -> None:
        if self._log_file is None:
            self._log_file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        os.write(self._log_file, f"{fingerprint(request)}\n".encode())


def spoken(text: str, request: Request, seconds: float = 0.0) -> Completion:
    """Return a text as the completion of a request: stopped, cut and counted as by a model."""
    sampling = request.sampling
    for mark in sampling.stop:
        if mark:
            text = text.partition(mark)[0]
    whole = len(text) <= _LETTERS * sampling.max_tokens
    text = text if whole else text[: _LETTERS * sampling.max_tokens]
    asked = sum(_tokens(message.content) for message in request.messages)
    usage = Usage(asked, _tokens(text))
    return Completion(text, "stop" if whole else "length", usage, seconds=seconds)


def prompt_text(request: Request) -> str:
    """Return all messages as one text."""
    return "\n\n".join(message.content for message in request.messages)


def last_message(request: Request) -> str:
    """Return the last message's text, "" if there is none."""
    return request.messages[-1].content if request.messages else ""


def fingerprint(request: Request) -> str:
    """Return a hash of the messages, the kind of answer and the sample number."""
    told = "\x00".join(f"{message.role}\x00{message.content}" for message in request.messages)
    whole = f"{told}\x00{request.answer!r}\x00{request.sample}"
    return hashlib.sha256(whole.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def chance(*parts: object) -> float:
    """Return a number in [0, 1) that depends on the parts alone."""
    told = "\x00".join(map(str, parts)).encode("utf-8", "surrogatepass")
    return int.from_bytes(hashlib.sha256(told).digest()[:7], "big") / 2**56


def in_the_shape_of(label: str, request: Request) -> str:
    """Return a label as the request wants it: as its code if the prompt shows codes."""
    answer = request.answer
    return answer.codes.get(label, label) if isinstance(answer, Labels) else label


def first(request: Request) -> str:
    """Say the first label, or the plainest valid answer of another kind."""
    answer = request.answer
    if isinstance(answer, Labels) and answer.choices:
        return answer.choices[0]
    return "1" if isinstance(answer, Number) else "{}" if isinstance(answer, Json) else "ok"


def random(request: Request) -> str:
    """Say a label drawn by the request's hash."""
    answer = request.answer
    if not (isinstance(answer, Labels) and answer.choices):
        return first(request)
    return answer.choices[int(chance(fingerprint(request)) * len(answer.choices))]


def label_in_text(request: Request) -> str:
    """Say the label that the last message names last; the first label if it names none."""
    answer = request.answer
    if not isinstance(answer, Labels):
        return first(request)
    text = last_message(request).casefold()
    # A longer label that ends at the same place is the one meant: "card" in "new card".
    found = [
        (place + len(label), len(label), label)
        for label in answer.labels
        if (place := text.rfind(label.casefold())) >= 0
    ]
    return in_the_shape_of(max(found)[2], request) if found else first(request)


BUILT_IN: Mapping[str, Answering] = {
    "echo": last_message,
    "first": first,
    "random": random,
    "label-in-text": label_in_text,
}


def _answering(answer: Answering | Mapping[str, Said] | Sequence[Said] | str) -> Answering:
    if isinstance(answer, str):
        return lambda request: answer
    if isinstance(answer, Mapping):
        return _FromMapping(answer)
    if isinstance(answer, Sequence):
        return _InTurn(answer)
    return answer


class _FromMapping:
    def __init__(self, answers: Mapping[str, Said]) -> None:
        self._answers = dict(answers)
        self._default = self._answers.pop("", None)

    def __call__(self, request: Request) -> Said:
        text = last_message(request).casefold()
        found = [(text.rfind(words.casefold()), words) for words in self._answers]
        place, words = max(found, key=lambda pair: pair[0], default=(-1, ""))
        if place >= 0:
            return self._answers[words]
        if self._default is not None:
            return self._default
        return BackendError('the fake has no answer to this message; give it one under ""')


class _InTurn:
    def __init__(self, answers: Sequence[Said]) -> None:
        self._answers = tuple(answers)
        self._said = 0

    def __call__(self, request: Request) -> Said:
        if self._said >= len(self._answers):
            return BackendError(f"the fake has {len(self._answers)} answers and was asked for more")
        self._said += 1
        return self._answers[self._said - 1]


def _name(answer: Answering | Mapping[str, Said] | Sequence[Said] | str) -> str:
    if isinstance(answer, Mapping):
        told = repr(sorted(answer.items(), key=lambda pair: pair[0]))
    elif isinstance(answer, Sequence):
        told = repr(answer)
    else:
        kind = type(answer)
        return str(getattr(answer, "__qualname__", f"{kind.__module__}.{kind.__qualname__}"))
    return hashlib.sha256(told.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _tokens(text: str) -> int:
    return -(-len(text) // _LETTERS)
