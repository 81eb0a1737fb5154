"""The embedded backend: Qwen ("local"), Gemma ("local-small") or any GGUF file ("gguf:PATH").

Owns which model a name stands for and how a request becomes calls of the engine: one, or for labels
one at each fork that matters. Weights are found in `weights`, labels are read in `labels` and
`forks`, and the engine itself is in `engine`, which is imported when the first request comes.
"""

from __future__ import annotations

import asyncio
import hashlib
import math
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from intone.errors import BackendError, MissingExtra, SettingError
from intone.llm import weights
from intone.llm.answers import Json, Labels
from intone.llm.backend import Feature
from intone.llm.completion import Completion, Usage
from intone.llm.forks import Fork, Walk, forks
from intone.llm.labels import READING, any_begins, choice_grammar
from intone.llm.request import Request, Sampling

if TYPE_CHECKING:
    from intone.llm.engine import Engine, Generated

_ANSWERS = "answers-1"  # change it when a request turns into another call than before
_TOP = 500  # tokens listed at a label's position
_ANY_JSON: Mapping[str, Any] = {"anyOf": [{"type": "object"}, {"type": "array"}]}
# A base model never says that it is done: it goes on with another example, after the blank line
# that separates examples in a prompt as plain text.
_BLANK_LINE = "\n\n"
# The engine's own defaults, written down so that a new version of it does not change answers.
_USUAL = {"top_k": 40, "min_p": 0.05, "top_p": 0.95, "repeat_penalty": 1.0}
_EMBEDDED = {"local": weights.QWEN, "local-small": weights.GEMMA}


@dataclass(frozen=True, slots=True)
class LocalModel:
    """A model on this machine.

    `path` gives its GGUF file, joining it from its parts if need be; `fingerprint` names the
    exact weights; `chat` says whether it has a chat template.
    """

    name: str
    fingerprint: str
    chat: bool
    path: Callable[[], Path]


def open_local(name: str, *, context: int = 8192, threads: int | None = None) -> LocalBackend:
    """Return the backend for "local", "local-small" or "gguf:PATH"; nothing is loaded yet.

    `context` is the most tokens a prompt and its answer take together, `threads` the cores to
    use (None: all that this process may use, at most 8). Raises SettingError if the name or the
    file is wrong, MissingExtra if the engine or the weights are not installed.
    """
    if context < 64:
        raise SettingError(f"model {name}: a context of {context} tokens is too small; 64 or more")
    if find_spec("xllamacpp") is None:
        raise MissingExtra(f"the model {name}", "local")
    return LocalBackend(_model(name), context=context, threads=threads)


class LocalBackend:
    """Completes requests on this machine; use `open_local` to get one.

    The model is loaded at the first request, in the one thread that also runs the calls: one at a
    time, because several at once are slower in sum (see `engine` for what else speaks for it).
    `complete` may then also raise StoreError: the weights cannot be put into the cache folder.
    """

    concurrency: int | None = 1

    def __init__(self, model: LocalModel, *, context: int, threads: int | None = None) -> None:
        self._model = model
        self._context = context
        self._threads = threads
        self._engine: Engine | None = None
        self._closed = False
        self._forks: dict[tuple[str, ...], tuple[Fork, ...]] = {}
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="intone-local")
        engine = f"xllamacpp-{metadata.version('xllamacpp')}"
        self.identity = f"{engine}/{model.fingerprint}/context-{context}/{READING}/{_ANSWERS}"
        able = {Feature.CHOICES, Feature.GRAMMAR, Feature.JSON_SCHEMA, Feature.LOGPROBS}
        chat = {Feature.CHAT} if model.chat else set()
        self.features: frozenset[Feature] = frozenset({Feature.SEED, *able, *chat})

    async def complete(self, request: Request) -> Completion:
        """Answer one request."""
        stop = threading.Event()
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._pool, self._answer, request, stop)
        finally:
            stop.set()  # a call nobody waits for any more must not hold up the next one

    async def close(self) -> None:
        if self._closed:
            return
        self._closed = True
        await asyncio.get_running_loop().run_in_executor(self._pool, self._unload)
        self._pool.shutdown()

    def _unload(self) -> None:
        if self._engine is not None:
            self._engine.close()
            self._engine = None

    def _loaded(self) -> Engine:
        if self._engine is None:
            path = self._model.path()
            try:
                from intone.llm.engine import Engine
            except ImportError as error:  # its wheel needs the system's OpenMP library
                raise BackendError(
                    f"the embedded engine cannot be loaded: {error}; "
                    "on Debian and Ubuntu: apt-get install libgomp1"
                ) from error
            self._engine = Engine(
                path, context=self._context, threads=self._threads, chat=self._model.chat
            )
        return self._engine

    def _answer(self, request: Request, stop: threading.Event) -> Completion:
        engine = self._loaded()
        began = time.perf_counter()
        options = _options(request, base=not self._model.chat)
        prompt = engine.prompt(request.messages)
        if not isinstance(request.answer, Labels):
            done = _text(engine.generate(prompt, options, stop))
        else:
            choices = tuple(choice.strip() for choice in request.answer.choices)
            found = self._found(engine, choices) if request.sampling.temperature == 0 else ()
            if found:
                done = self._walked(engine, prompt, options, request.answer, found, stop)
            else:
                options["grammar"] = choice_grammar(choices, base=not self._model.chat)
                done = _text(engine.generate(prompt, options, stop))
                done = replace(done, text=done.text.strip())
        return replace(done, seconds=round(time.perf_counter() - began, 6))

    def _walked(
        self,
        engine: Engine,
        prompt: Sequence[int],
        options: Mapping[str, Any],
        answer: Labels,
        found: Sequence[Fork],
        stop: threading.Event,
    ) -> Completion:
        """Read the labels' probabilities, a call of the engine at each fork that matters.

        A grammar is slow where labels are many (77 of them, Gemma: 1.0 s a call instead of 0.3), so
        it is asked for only where none of the likely tokens begins a label.
        """
        walk = Walk(found)
        same = found[0].before
        begun = [*prompt, *same]
        reads: list[Generated] = []
        while fork := walk.next():
            if reads:
                ask = partial(engine.go_on, begun, fork.before[len(same) :])
            else:
                ask = partial(engine.generate, begun)
            asked = {**options, "max_tokens": 1, "logprobs": _TOP}
            done = ask(asked, stop)
            if not any_begins(fork.rests, fork.firsts, done.top):
                rests = [text for way in fork.rests for text in way]
                base = not (self._model.chat or fork.before)
                done = ask(asked | {"grammar": choice_grammar(rests, base=base)}, stop)
            walk.read(fork, [*done.top, *done.tokens])
            reads.append(done)
        shares, logprob = walk.likelihoods()
        best = max(range(len(shares)), key=shares.__getitem__)
        return Completion(
            text=answer.choices[best].strip(),
            usage=replace(_usage(reads[0]), completion_tokens=len(reads)),
            choices=dict(zip(answer.labels, shares, strict=True)),
            logprob=logprob,
        )

    def _found(self, engine: Engine, choices: tuple[str, ...]) -> tuple[Fork, ...]:
        """Return where these labels part, as the model would write them."""
        if choices not in self._forks:
            lead = "" if self._model.chat else " "  # a base model writes a word after a space
            tokens = [engine.tokens(lead + choice) for choice in choices]
            self._forks[choices] = forks(choices, tokens)
        return self._forks[choices]


def _model(name: str) -> LocalModel:
    if name in _EMBEDDED:
        pinned = _EMBEDDED[name]
        if not weights.is_assembled(pinned):
            weights.find_parts(pinned)  # missing packages are told of now, not at the first call
        return LocalModel(
            name=name,
            fingerprint=f"{pinned.title}-{pinned.sha256[:12]}",
            chat=name == "local",
            path=partial(weights.assembled, pinned),
        )
    kind, colon, file = name.partition(":")
    if kind != "gguf" or not (colon and file):
        raise SettingError(f"model {name}: not a local model; use local, local-small or gguf:PATH")
    path = Path(file).expanduser()
    weights.check_gguf(path)
    return LocalModel(
        name=name,
        fingerprint=f"{path.stem}-{weights.file_digest(path)[:12]}",
        chat=weights.has_chat_template(path),
        path=lambda: path,
    )


def _options(request: Request, *, base: bool) -> dict[str, Any]:
    sampling = request.sampling
    options: dict[str, Any] = {
        **_USUAL,
        "max_tokens": sampling.max_tokens,
        "temperature": sampling.temperature,
        "seed": _seed(sampling, request.sample),
        "logprobs": 1,
    }
    stop = sampling.stop
    if base and not stop and not isinstance(request.answer, Json):
        stop = (_BLANK_LINE,)
    if stop:
        options["stop"] = list(stop)
    if sampling.top_p is not None:
        options["top_p"] = sampling.top_p
    if isinstance(request.answer, Json):
        schema = request.answer.schema
        options["json_schema"] = _ANY_JSON if schema is None else _closed(schema)
    return options


def _closed(schema: Any) -> Any:
    """Return a JSON schema whose objects have no properties but those it names.

    A small model, once allowed to, adds properties until it is cut; and the grammar of "any other
    property" is slow to check (measured: 180 ms a token with Gemma).
    """
    if isinstance(schema, Mapping):
        inner = {key: _closed(value) for key, value in schema.items()}
        if isinstance(schema.get("properties"), Mapping) and schema.get("type") == "object":
            inner.setdefault("additionalProperties", False)
        return inner
    if isinstance(schema, list | tuple):
        return [_closed(one) for one in schema]
    return schema


def _seed(sampling: Sampling, sample: int) -> int:
    if sampling.temperature == 0:
        return 0
    return int.from_bytes(hashlib.sha256(f"intone sample {sample}".encode()).digest()[:4]) >> 1


def _text(done: Generated) -> Completion:
    logprob = math.fsum(token.logprob for token in done.tokens) if done.tokens else None
    return Completion(
        text=done.text,
        finish="stop" if done.whole else "length",
        usage=_usage(done),
        logprob=logprob,
    )


def _usage(done: Generated) -> Usage:
    return Usage(done.prompt_tokens, done.completion_tokens, done.cached_tokens)
