"""An embedded model that writes plain text faster, for benchmarks that take hours.

Labels and other constrained answers go to the embedded engine as it is, one at a time: they are
nearly all prompt, and nothing of this makes them faster. Plain text, which numbers are read from
too, is written by a second engine over the same weights:

- with several slots it writes as many texts at once, which gives several times as many tokens a
  second. Each slot computes its own copy of what the prompts share, unless the engine was compiled
  with `slots.patch`, so without it this is for long answers to short prompts;
- with one slot it guesses what comes next from the prompt (n-gram look-up) and checks several
  tokens at once, which pays where answers repeat the prompt's markers. What is not what the model
  would have written is thrown away.

What both cost is that a token's last digits depend on what it was computed beside, which is why the
product does neither. Answers are kept in a ledger, so a run that goes on repeats them.

Owns who answers what, and each call's share of the time; the engines are llama.cpp's.
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

from intone.llm import weights
from intone.llm.answers import FreeText, Number
from intone.llm.backend import Backend, Feature
from intone.llm.completion import Completion
from intone.llm.open import ModelSettings, open_backend
from intone.llm.request import Request

_CONTEXT = 4096  # tokens a slot
_PATIENCE = 900.0  # seconds a call may take
_KEPT_MIB = 512  # prompts kept aside
_LOOKED_UP = 4  # tokens that are looked up in the prompt
_GUESSED = 12  # tokens that are taken from there to be checked


def open_slots(slots: int) -> Slots:
    """Return the embedded Qwen with so many slots for plain text. Loads its second engine."""
    rest = open_backend(ModelSettings("local"))
    server = _server(slots)
    name = f"{server.listening_address}/v1#qwen"
    texts = open_backend(ModelSettings(name, timeout=_PATIENCE, concurrency=slots))
    return Slots(rest, texts, slots, server)


def _server(slots: int) -> Any:
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = str(weights.assembled(weights.QWEN))
    params.n_parallel = slots
    params.n_ctx = slots * _CONTEXT
    params.flash_attn_type = xllamacpp.llama_flash_attn_type.LLAMA_FLASH_ATTN_TYPE_ENABLED
    params.no_extra_bufts = True  # repacked weights take longer for prompts and for many slots
    params.cache_ram_mib = _KEPT_MIB
    params.fit_params = False
    params.warmup = False
    params.verbosity = -1
    if slots == 1:
        kind = xllamacpp.common_speculative_type.COMMON_SPECULATIVE_TYPE_NGRAM_SIMPLE
        params.speculative.types = [kind]
        params.speculative.ngram_simple.size_n = _LOOKED_UP
        params.speculative.ngram_simple.size_m = _GUESSED
    params.ui = False
    return xllamacpp.Server(params)


class Clock:
    """Tells each of several calls at once its part of the time: together they come to all of it."""

    def __init__(self) -> None:
        self._running = 0
        self._shared = 0.0
        self._seen = time.perf_counter()

    def begin(self) -> float:
        """Return the reading of a call that begins."""
        self._tick()
        self._running += 1
        return self._shared

    def end(self, begun: float) -> float:
        """Return the seconds of a call that ends."""
        self._tick()
        self._running -= 1
        return self._shared - begun

    def _tick(self) -> None:
        now = time.perf_counter()
        if self._running:
            self._shared += (now - self._seen) / self._running
        self._seen = now


class Slots:
    """Two backends as one: `texts` answers in plain text, `slots` at once; `rest` all else."""

    def __init__(self, rest: Backend, texts: Backend, slots: int, engine: object = None) -> None:
        self._rest = rest
        self._texts = texts
        self._engine = engine  # is there as long as this is
        self._clock = Clock()
        self.concurrency: int | None = slots
        self.identity = f"{rest.identity}/slots-{slots}"

    @property
    def features(self) -> frozenset[Feature]:
        return self._rest.features

    async def complete(self, request: Request) -> Completion:
        if not isinstance(request.answer, FreeText | Number):
            return await self._rest.complete(request)
        begun = self._clock.begin()
        try:
            found = await self._texts.complete(request)
        finally:
            took = self._clock.end(begun)
        return replace(found, seconds=took)

    async def close(self) -> None:
        await self._texts.close()
        await self._rest.close()
        self._engine = None
