"""The embedded engine, one call at a time: llama.cpp in this process, through xllamacpp.

Owns the engine's settings, tokens, and what makes its answers repeatable. Every method blocks and
must be called from one thread; `local` gives it one.

The same request gets the same answer whatever ran before. llama.cpp does not promise that: a
token's values depend on how many tokens are computed together, and so on how much of the prompt
was found in the cache (log-probabilities moved by up to 0.5). What was measured, and is used here:

- with flash attention off and weights not repacked, a token's values are the same, to the last
  bit, in every batch of eight tokens or more;
- so no smaller piece of a prompt is ever computed by itself, and the values of generated tokens
  (computed one by one) are never reused for a later prompt: see `_unhand`;
- there is one slot, so that no other request shares a batch.
"""

from __future__ import annotations

import http.client
import json
import os
import secrets
import threading
from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import xllamacpp

from intone.errors import BackendError, BadRequest, ContextOverflow, UnknownModel
from intone.llm.labels import Token
from intone.llm.messages import Message, plain_text

_BATCH = 512
_FEWEST = 8  # tokens of a prompt computed together
# Prompts kept aside, so that a prompt which comes back is not computed anew: about 18,000 tokens
# of the 1.5B model.
_KEPT_MIB = 512
_REMEMBERED = 4096
_MOST_THREADS = 8
_HTTP_SECONDS = 60.0
_WIDTH = array("i").itemsize


@dataclass(frozen=True, slots=True)
class Generated:
    """What the engine generated: text, tokens with log-probabilities, and counts.

    `top` lists the most likely tokens of the first position, if they were asked for; `whole` is
    False if the answer was cut by its limit.
    """

    text: str
    tokens: tuple[Token, ...]
    top: tuple[Token, ...]
    whole: bool
    prompt_tokens: int
    completion_tokens: int
    cached_tokens: int


class Stopped(Exception):
    """The call was abandoned while it ran."""


class Engine:
    """One loaded model.

    `context` is the number of tokens a prompt and its answer may take together, `threads` the
    number of cores to use (None: those this process may use, at most 8), `chat` whether messages
    go through the file's chat template. Raises UnknownModel if the file cannot be loaded.
    """

    def __init__(self, path: Path, *, context: int, threads: int | None, chat: bool) -> None:
        self._chat = chat
        self._key = secrets.token_urlsafe(24)
        try:
            self._server = xllamacpp.Server(_settings(path, context, threads, self._key))
        except RuntimeError as error:
            raise UnknownModel(
                f"cannot load {path}: a damaged file, a kind of model the engine does not know, "
                "or too little memory"
            ) from error
        # Tokenising and chat templates are only offered on the engine's loopback port.
        self._address = self._server.listening_address.partition("//")[2]
        self._prompts: dict[bytes, None] = {}  # as a set that knows its oldest member

    def close(self) -> None:
        """Free the model."""
        del self._server

    def tokens(self, text: str) -> tuple[Token, ...]:
        """Return the tokens of a text at the place where an answer begins."""
        found = self._post("/tokenize", {"content": text, "with_pieces": True})["tokens"]
        pieces = [(one["id"], one["piece"]) for one in found]
        return tuple(Token(n, p if isinstance(p, str) else _decoded(p)) for n, p in pieces)

    def prompt(self, messages: Sequence[Message]) -> list[int]:
        """Return the messages as tokens: through the chat template, or as plain text."""
        if self._chat:
            turns = [{"role": m.role, "content": m.content} for m in messages]
            # A model that can think aloud is asked not to: answers are read from their beginning.
            silent = {"enable_thinking": False}
            chat = {"messages": turns, "chat_template_kwargs": silent}
            text = self._post("/apply-template", chat)["prompt"]
        else:
            text = plain_text(messages)
        body = {"content": text, "add_special": True, "parse_special": self._chat}
        tokens: list[int] = self._post("/tokenize", body)["tokens"]
        return tokens

    def generate(
        self, prompt: Sequence[int], options: Mapping[str, Any], stop: threading.Event
    ) -> Generated:
        """Answer a prompt. `options` are those of llama.cpp's completions.

        Raises ContextOverflow, BadRequest or BackendError; Stopped soon after `stop` is set.
        """
        whole, nearly = _bytes(prompt), _bytes(prompt[: max(0, len(prompt) - _FEWEST + 1)])
        # What an earlier prompt left in the cache must not be reused as it is if this one goes on
        # after its end, where tokens were generated, or if fewer than eight tokens would be left.
        if any(whole.startswith(p) or p.startswith(nearly) for p in self._prompts):
            self._unhand(prompt)
        self._remember(whole)
        done = self._call(prompt, options, stop)
        if _split_badly(len(prompt), done):
            self._unhand(prompt)
            done = self._call(prompt, options, stop)
        return done

    def go_on(
        self,
        prompt: Sequence[int],
        more: Sequence[int],
        options: Mapping[str, Any],
        stop: threading.Event,
    ) -> Generated:
        """Answer a prompt that was answered just before, with a few more tokens at its end.

        These are computed together, and by themselves: right after the whole prompt, whatever else
        the cache holds. So their values are the same every time, if not those that `generate` would
        get. Raises what `generate` raises.
        """
        # A continuation before this one may begin with the same tokens. Another token takes their
        # place in the cache, so that it ends with the prompt.
        other = 1 if more[0] == 0 else 0
        self._call([*prompt, other], {"max_tokens": 1}, threading.Event())
        return self._call([*prompt, *more], options, stop)

    def _remember(self, prompt: bytes) -> None:
        self._prompts.pop(prompt, None)
        self._prompts[prompt] = None
        if len(self._prompts) > _REMEMBERED:
            del self._prompts[next(iter(self._prompts))]

    def _unhand(self, prompt: Sequence[int]) -> None:
        """Make the cache hold a beginning of the prompt that leaves a good batch to compute.

        The engine reuses as much as it can and offers no way to say less, so it is given a prompt
        that departs from this one where reuse should end: eight tokens' work.
        """
        data = _bytes(prompt)
        # Nothing after the end of an earlier prompt, where tokens were generated.
        ends = [len(p) // _WIDTH for p in self._prompts if data.startswith(p)]
        keep = max(0, min([len(prompt) - _FEWEST, *ends]))
        if 0 < (len(prompt) - keep) % _BATCH < _FEWEST:
            keep = max(0, keep - _FEWEST)
        other = 1 if prompt[keep] == 0 else 0
        self._call([*prompt[:keep], *[other] * _FEWEST], {"max_tokens": 1}, threading.Event())

    def _call(
        self, prompt: Sequence[int], options: Mapping[str, Any], stop: threading.Event
    ) -> Generated:
        body = {"prompt": list(prompt), "stream": True, "cache_prompt": True, **options}
        body["stream_options"] = {"include_usage": True}
        chunks: list[dict[str, Any]] = []

        def receive(chunk: dict[str, Any]) -> bool:
            chunks.append(chunk)
            return stop.is_set()

        refused = self._server.handle_completions(body, receive)
        if isinstance(refused, dict):
            chunks.append(refused)
        if stop.is_set():
            raise Stopped
        return _generated(chunks)

    def _post(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {self._key}"}
        # A connection each: the engine closes one that has served a hundred requests.
        connection = http.client.HTTPConnection(self._address, timeout=_HTTP_SECONDS)
        try:
            connection.request("POST", path, json.dumps(body).encode(), headers)
            content = connection.getresponse().read()
        except (OSError, http.client.HTTPException) as error:
            raise BackendError(
                f"the embedded engine's loopback port does not answer: {error}", retryable=True
            ) from error
        finally:
            connection.close()
        answer: dict[str, Any] = json.loads(content)
        if "error" in answer:
            raise _refusal(answer["error"])
        return answer


def _settings(path: Path, context: int, threads: int | None, key: str) -> Any:
    cores = threads or min(_cores(), _MOST_THREADS)
    params = xllamacpp.CommonParams()
    params.model.path = str(path)
    params.n_ctx = context
    params.n_parallel = 1
    params.n_ubatch = _BATCH
    params.cpuparams.n_threads = cores
    params.cpuparams_batch.n_threads = cores
    params.no_extra_bufts = True  # no repacked weights
    params.flash_attn_type = xllamacpp.llama_flash_attn_type.LLAMA_FLASH_ATTN_TYPE_DISABLED
    params.swa_full = True  # without it sliding-window models (Gemma) reuse no prefix
    params.n_ctx_checkpoints = 0  # these would split a prompt's last batch
    params.cache_ram_mib = _KEPT_MIB
    params.cache_idle_slots = False
    params.fit_params = False
    params.warmup = False
    params.verbosity = -1
    params.api_keys = [key]  # the port is on loopback, but other users of the machine see it
    params.ui = False
    params.endpoint_slots = False
    return params


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _split_badly(length: int, done: Generated) -> bool:
    """Say whether a prompt's last batch was a small one (unless the whole prompt is small)."""
    left = length - done.cached_tokens
    return left > 0 and 0 < left % _BATCH < _FEWEST and length >= _FEWEST


def _bytes(tokens: Sequence[int]) -> bytes:
    return array("i", tokens).tobytes()


def _generated(chunks: Sequence[Mapping[str, Any]]) -> Generated:
    texts: list[str] = []
    tokens: list[Token] = []
    top: tuple[Token, ...] = ()
    for chunk in chunks:
        if "error" in chunk:
            raise _refusal(chunk["error"])
        for choice in chunk["choices"]:
            texts.append(choice["text"])
            for position in (choice["logprobs"] or {}).get("content") or ():
                if not tokens:
                    top = tuple(_token(one) for one in position["top_logprobs"])
                tokens.append(_token(position))
    last = chunks[-1]
    usage = last["usage"]
    return Generated(
        text="".join(texts),
        tokens=tuple(tokens),
        top=top,
        whole=last["choices"][0]["finish_reason"] != "length",
        prompt_tokens=usage["prompt_tokens"],
        completion_tokens=usage["completion_tokens"],
        cached_tokens=usage["prompt_tokens_details"]["cached_tokens"],
    )


def _token(found: Mapping[str, Any]) -> Token:
    return Token(found["id"], _decoded(found["bytes"]), found["logprob"])


def _decoded(content: Sequence[int]) -> str:
    return bytes(content).decode("utf-8", errors="ignore")


def _refusal(error: Mapping[str, Any]) -> BackendError:
    if error.get("type") == "exceed_context_size_error":
        return ContextOverflow(error.get("n_prompt_tokens"), error.get("n_ctx"))
    message = " ".join(str(error.get("message", "no reason given")).split())
    if 400 <= int(error.get("code", 500)) < 500:
        return BadRequest(f"the embedded engine refuses the request: {message}")
    return BackendError(f"the embedded engine failed: {message}")
