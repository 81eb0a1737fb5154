"""How a request is laid down in the database and read back. Owns the forms, not the SQL.

Thousands of calls share a prompt's long beginning. A request's messages are written as one text,
and its beginning is cut into pieces of fixed length; each piece is named by the hash of the one
before it and its own text, so equal beginnings are the same pieces, kept once, whatever the layout
of the prompt. A call keeps the name of its last whole piece and the rest of the text.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import blake2b

from intone.errors import StoreError
from intone.evaluate.ledger import answer_form
from intone.llm.answers import AnswerSpec, FreeText, Json, Labels, Number
from intone.llm.completion import Completion, Usage
from intone.llm.messages import Message
from intone.llm.request import Request, Sampling

PIECE = 256
"""Characters in a piece: what two requests share is kept once up to the last whole piece."""

_MOST_KNOWN = 50_000

_write = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
_write_ascii = json.JSONEncoder(separators=(",", ":")).encode

SettingsRow = tuple[int, str, str]
PieceRow = tuple[int, int | None, bytes]
CallRow = tuple[object, ...]


def to_bytes(text: str) -> bytes:
    """Return the text as bytes; half a surrogate pair, which models do write, is kept."""
    return text.encode("utf-8", "surrogatepass")


def to_text(raw: bytes | str) -> str:
    """Undo `to_bytes`; a cell that was edited by hand in SQLite is text already."""
    return raw if isinstance(raw, str) else raw.decode("utf-8", "surrogatepass")


@dataclass
class Batch:
    """Rows to insert together. Rows that are there already may be among them."""

    settings: list[SettingsRow] = field(default_factory=list)
    pieces: list[PieceRow] = field(default_factory=list)
    calls: list[CallRow] = field(default_factory=list)


class Cutter:
    """Turns calls into rows, and leaves out rows it knows to be in the database.

    Used from one thread. `forget` must be called if a batch did not reach the disk.
    """

    def __init__(self) -> None:
        self._pieces: dict[tuple[int | None, str], int] = {}
        self._settings: set[int] = set()

    def forget(self) -> None:
        """Take nothing for known any more."""
        self._pieces.clear()
        self._settings.clear()

    def add(
        self, batch: Batch, key: str, identity: str, request: Request, completion: Completion
    ) -> None:
        """Add a call's rows to the batch."""
        row = settings_row(identity, request.answer, request.sampling)
        if row[0] not in self._settings:
            self._settings.add(row[0])
            batch.settings.append(row)
        text = _write([(message.role, message.content) for message in request.messages])
        head: int | None = None
        whole = len(text) - len(text) % PIECE
        for start in range(0, whole, PIECE):
            head = self._piece(batch, head, text[start : start + PIECE])
        usage = completion.usage
        batch.calls.append(
            (
                bytes.fromhex(key),
                row[0],
                request.sample,
                head,
                to_bytes(text[whole:]),
                to_bytes(completion.text),
                completion.finish,
                usage.prompt_tokens,
                usage.completion_tokens,
                usage.cached_tokens,
                choices_text(completion.choices),
                completion.logprob,
                completion.seconds,
                completion.broken,
            )
        )

    def _piece(self, batch: Batch, before: int | None, text: str) -> int:
        known = self._pieces.get((before, text))
        if known is None:
            if len(self._pieces) >= _MOST_KNOWN:
                self._pieces.clear()
            raw = to_bytes(text)
            known = _hash(b"" if before is None else before.to_bytes(8, "big", signed=True), raw)
            self._pieces[before, text] = known
            batch.pieces.append((known, before, raw))
        return known


def _hash(*parts: bytes) -> int:
    digest = blake2b(digest_size=8)
    for part in parts:
        digest.update(part)
    return int.from_bytes(digest.digest(), "big", signed=True)


@lru_cache(maxsize=256)
def settings_row(identity: str, answer: AnswerSpec, sampling: Sampling) -> SettingsRow:
    """Return the row for what many calls have in common."""
    how = [sampling.temperature, sampling.max_tokens, list(sampling.stop), sampling.top_p]
    asked = _write_ascii([answer_form(answer), how])
    return _hash(to_bytes(identity), b"\0", asked.encode()), identity, asked


def choices_text(choices: object) -> str | None:
    """Return label probabilities as JSON, None if there are none."""
    return _write_ascii(choices) if choices else None


@lru_cache(maxsize=256)
def settings_of(asked: str) -> tuple[AnswerSpec, Sampling]:
    """Undo `settings_row`."""
    form, (temperature, max_tokens, stop, top_p) = json.loads(asked)
    answer: AnswerSpec
    match form:
        case ["text"]:
            answer = FreeText()
        case ["labels", labels, codes]:
            answer = Labels(tuple(labels), codes)
        case ["number"]:
            answer = Number()
        case ["json", schema]:
            answer = Json(schema)
        case _:
            raise StoreError(f"the ledger has a call with an unknown kind of answer: {form[0]!r}")
    return answer, Sampling(temperature, max_tokens, tuple(stop), top_p)


def request_of(asked: str, pieces: Iterable[bytes], rest: bytes, sample: int) -> Request:
    """Put a request together again; `pieces` come in the order of the text."""
    answer, sampling = settings_of(asked)
    text = "".join(map(to_text, pieces)) + to_text(rest)
    messages = tuple(Message(role, content) for role, content in json.loads(text))
    return Request(messages, answer, sampling, sample)


def completion_of(columns: tuple[object, ...]) -> Completion:
    """Return the completion from a call's columns, `text` to `broken`."""
    raw, finish, prompt, written, cached, choices, logprob, seconds, broken = columns
    return Completion(
        to_text(raw),  # type: ignore[arg-type]
        finish,  # type: ignore[arg-type]
        Usage(prompt, written, cached),  # type: ignore[arg-type]
        json.loads(choices) if choices else {},  # type: ignore[arg-type]
        logprob,  # type: ignore[arg-type]
        seconds,  # type: ignore[arg-type]
        broken,  # type: ignore[arg-type]
    )
