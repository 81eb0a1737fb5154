"""Scripts for the fake backend, read from TOML files. Owns their format and how they answer.

    answer = "other"          # what to say when no rule matches; default: the first label
    delay = 0.05              # seconds a call
    quality = 0.6             # share of the rules' answers that come out right; default 1
    row = 'Ticket: (.*)'      # what tells rows apart, for the quality; default: the whole prompt
    seed = 0                  # another seed, other mistakes
    log = "calls.log"         # one line for each answered call (beside the script)

    [[rules]]
    when = "refund"           # text in the last message, case ignored; or match = 'regex'
    answer = "billing"        # a label is given as its code if the prompt shows codes

    [[rules]]                 # failures: 400 401 403 404 429 500 503 529, "timeout",
    when = ""                 # "unreachable", "context", "refusal", "truncated"
    error = 429
    retry_after = 0.5
    share = 0.1               # of the requests, chosen by their hash; default all
    times = 2                 # the first attempts of each request; default: always
    whole = true              # look in the whole prompt, not only in its last message

    [[improves]]              # wordings of the prompt that make its answers better (or worse)
    when = "team's name only"
    by = 0.2

Rules with an error are looked at first, in order. Of the others the one whose text comes last in
the prompt is taken, because a row comes after instructions and demonstrations. With `row`, a
better prompt gets the same rows right as a worse one, and some more.
"""

from __future__ import annotations

import difflib
import hashlib
import re
import tomllib
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, TypeVar

from intone.errors import (
    BackendError,
    BadRequest,
    CallTimedOut,
    ContextOverflow,
    KeyRejected,
    RateLimited,
    SettingError,
    UnknownModel,
    Unreachable,
)
from intone.llm.answers import Labels, Number
from intone.llm.completion import Completion
from intone.llm.fake import (
    FakeBackend,
    Said,
    chance,
    fingerprint,
    first,
    in_the_shape_of,
    last_message,
    prompt_text,
    spoken,
)
from intone.llm.request import Request

_MOST_ATTEMPTS = 100_000  # requests whose attempts are counted at once
_STATUSES = (400, 401, 403, 404, 408, 429, 500, 502, 503, 504, 529)
_ERRORS = ("timeout", "unreachable", "context", "refusal", "truncated")


@dataclass(frozen=True)
class Looking:
    """What to look for: `when`, a text, case ignored, or `match`, a regular expression."""

    when: str = ""
    match: str = ""

    def last(self, text: str, lowered: str, start: int = 0) -> int:
        """Return where its last match in `text[start:]` begins, -1 if there is none.

        `lowered` is the text in lower case, made once for all rules.
        """
        if self.match:
            found = [place.start() for place in re.compile(self.match).finditer(text, start)]
            return found[-1] if found else -1
        return lowered.rfind(self.when.lower(), start)


@dataclass(frozen=True)
class Rule(Looking):
    """What to say, or how to fail, when the text is there."""

    answer: str | None = None
    error: int | str | None = None
    retry_after: float | None = None
    share: float = 1.0
    times: int | None = None
    whole: bool = False


@dataclass(frozen=True)
class Improvement(Looking):
    """A wording that changes the quality by `by`."""

    by: float = 0.0


@dataclass(frozen=True)
class Script:
    """A script as written in its file."""

    answer: str | None = None
    delay: float = 0.0
    quality: float = 1.0
    row: str = ""
    seed: int = 0
    log: str = ""
    rules: tuple[Rule, ...] = ()
    improves: tuple[Improvement, ...] = ()


@dataclass
class Player:
    """Answers requests by a script. Counts the attempts of requests that are to fail first."""

    script: Script
    _attempts: dict[tuple[int, str], int] = field(default_factory=dict)

    def __call__(self, request: Request) -> Said:
        text = prompt_text(request)
        lowered = text.lower()
        start = len(text) - len(last_message(request))
        answers: list[tuple[int, int, str]] = []
        for number, rule in enumerate(self.script.rules):
            place = rule.last(text, lowered, 0 if rule.whole else start)
            if place < 0:
                continue
            if rule.error is None:
                answers.append((place, -number, rule.answer or ""))
            elif self._fails(rule, number, request):
                return _failed(rule, request)
        if not answers:
            answer = self.script.answer
            return first(request) if answer is None else in_the_shape_of(answer, request)
        right = max(answers)[2]
        return in_the_shape_of(self._with_quality(right, text, lowered, request), request)

    def _fails(self, rule: Rule, number: int, request: Request) -> bool:
        name = fingerprint(request)
        if chance(self.script.seed, "share", number, name) >= rule.share:
            return False
        if rule.times is None:
            return True
        so_far = self._attempts.get((number, name), 0)
        if so_far >= rule.times:
            return False
        if len(self._attempts) >= _MOST_ATTEMPTS:
            self._attempts.pop(next(iter(self._attempts)))
        self._attempts[number, name] = so_far + 1
        return True

    def _with_quality(self, right: str, text: str, lowered: str, request: Request) -> str:
        script = self.script
        quality = script.quality
        quality += sum(by.by for by in script.improves if by.last(text, lowered) >= 0)
        if quality >= 1:
            return right
        places = list(re.finditer(script.row, text)) if script.row else []
        row = places[-1].group(min(1, places[-1].re.groups)) if places else text
        draws = request.sample if request.sampling.temperature > 0 else 0
        if chance(script.seed, "quality", row, draws) < quality:
            return right
        return _wrong(right, chance(script.seed, "wrong", row, draws), request)


def read_script(path: Path) -> Script:
    """Read a script's file. Raises SettingError naming the file and what is wrong in it."""
    try:
        with path.open("rb") as file:
            value = tomllib.load(file)
    except OSError as error:
        reason = (error.strerror or "cannot be read").lower()
        raise SettingError(f"fake script {path}: {reason}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingError(f"fake script {path}: not valid TOML: {error}") from None
    rules = _tables(Rule, value.pop("rules", []), f"{path}: rules")
    improves = _tables(Improvement, value.pop("improves", []), f"{path}: improves")
    script = _made(Script, {**value, "rules": rules, "improves": improves}, str(path))
    for number, rule in enumerate(script.rules, 1):
        if (rule.answer is None) == (rule.error is None):
            raise SettingError(f"fake script {path}: rule {number} needs an answer or an error")
        if rule.error is not None and rule.error not in (*_STATUSES, *_ERRORS):
            known = ", ".join(map(str, (*_STATUSES, *_ERRORS)))
            raise SettingError(f"fake script {path}: no error {rule.error!r}; there are {known}")
    looked = (rule.match for rule in (*script.rules, *script.improves))
    for pattern in (script.row, *looked):
        try:
            re.compile(pattern)
        except re.error as error:
            raise SettingError(f"fake script {path}: regex {pattern!r}: {error}") from None
    return script


def open_script(path: Path) -> FakeBackend:
    """Return a fake that answers by a script's file; its identity is the hash of the file."""
    script = read_script(path)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()[:16]
    return FakeBackend(
        Player(script),
        delay=script.delay,
        identity=f"{path.name}:{digest}",
        log=path.parent / script.log if script.log else None,
    )


T = TypeVar("T", Script, Rule, Improvement)


def _tables(kind: type[T], value: object, where: str) -> tuple[T, ...]:
    if not isinstance(value, list) or not all(isinstance(part, dict) for part in value):
        raise SettingError(f"fake script {where}: write each as a table, [[{where.split()[-1]}]]")
    return tuple(_made(kind, part, where) for part in value)


def _made(kind: type[T], table: dict[str, Any], where: str) -> T:
    known = {part.name: str(part.type) for part in fields(kind)}
    for name, value in table.items():
        if name not in known:
            near = difflib.get_close_matches(name, known, 1)
            meant = f"; did you mean {near[0]!r}?" if near else f"; there are {', '.join(known)}"
            raise SettingError(f"fake script {where}: unknown setting {name!r}{meant}")
        allowed = known[name]
        fits = (
            allowed.startswith("tuple")
            or (isinstance(value, str) and "str" in allowed)
            or (isinstance(value, bool) and allowed == "bool")
            or (type(value) is int and ("int" in allowed or "float" in allowed))
            or (isinstance(value, float) and "float" in allowed)
        )
        if not fits:
            meant = allowed.removesuffix(" | None")
            raise SettingError(f"fake script {where}: {name} = {value!r} must be {meant}")
    return kind(**table)


def _wrong(right: str, drawn: float, request: Request) -> str:
    answer = request.answer
    if isinstance(answer, Labels):
        others = [label for label in answer.labels if label != right]
        return others[int(drawn * len(others))] if others else right
    if isinstance(answer, Number):
        return str(1 + int(drawn * 1000))
    return "I am not sure."


def _failed(rule: Rule, request: Request) -> Completion | BackendError:
    error, wait = rule.error, rule.retry_after
    if error == "refusal":
        return Completion("I cannot help with that.", "refusal", spoken("", request).usage)
    if error == "truncated":
        usage = spoken("x" * 4 * request.sampling.max_tokens, request).usage
        return Completion("Well, to begin with", "length", usage)
    if error == "timeout":
        return CallTimedOut("the fake did not answer in time; its script says so")
    if error == "unreachable":
        return Unreachable("cannot connect to the fake; its script says so")
    if error == "context":
        return ContextOverflow(spoken("", request).usage.prompt_tokens, None)
    message = f"the fake failed ({error}); its script says so"
    if error in (429, 503, 529):
        return RateLimited(message, retry_after=wait)
    if error in (401, 403):
        return KeyRejected(message)
    if error == 404:
        return UnknownModel(message)
    if error == 400:
        return BadRequest(message)
    return BackendError(message, retryable=True, retry_after=wait)
