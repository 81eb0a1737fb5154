"""The user's documents, read into passages. Owns which files are read, in which order, how many.

What a format marks as headings and paragraphs is in `blocks.py`, where these are cut in
`passages.py`.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from intone.data.blocks import ENDINGS, blocks_of
from intone.data.canonical import content_id
from intone.data.notice import Notice
from intone.data.passages import passages_of
from intone.data.row import Row
from intone.data.source import text_file, unreadable
from intone.data.words import terms_of
from intone.errors import DataError

MOST_PASSAGES = 1000
"""So many passages are taken, the first ones; about a megabyte of text."""
MOST_BYTES = 10_000_000
"""A file that is larger is left out."""
_LISTED_ENDINGS = 5
_RUN = 8  # words in a row that two texts share by chance only if they are set phrases
_HIDDEN, _LARGE = "hidden", f"over {MOST_BYTES // 1_000_000} MB"


@dataclass(frozen=True)
class Documents:
    """What was read: passages in the order of the files' paths, no two with the same words."""

    passages: tuple[str, ...] = ()
    notices: tuple[Notice, ...] = ()

    @property
    def id(self) -> str:
        """The hash of the passages, 16 hex digits; "" without any."""
        return content_id(list(self.passages)) if self.passages else ""


@dataclass
class _Reading:
    """What has been read so far of one path."""

    passages: dict[tuple[str, ...], str]
    files: int = 0
    left_out: Counter[str] = field(default_factory=Counter)
    cut: bool = False


def read_documents(paths: Sequence[Path], most: int = MOST_PASSAGES) -> Documents:
    """Read files, and folders with all that is in them, into at most `most` passages.

    Read are files ending in .txt, .md, .rst and .html, in UTF-8; files that are hidden, larger
    than 10 MB or of another type are left out and counted in the notice. The order is that of the
    paths given, in a folder its files by name and then its folders by name, and in a file as it is
    written. A passage with the words of an earlier one is dropped. Links to folders are not
    followed.

    Raises DataError for a path that is missing, a file that cannot be read or is not UTF-8, a file
    of another type that is named itself, and a path without a single passage.
    """
    found: dict[tuple[str, ...], str] = {}
    notices = []
    for path in paths:
        reading = _Reading(found)
        before = len(found)
        _read(path, reading, most)
        if not (reading.files or reading.cut):
            raise DataError(f"{path} has nothing to take passages from: {_nothing(reading)}")
        notices.append(Notice("documents", _said(path, len(found) - before, reading, most)))
    return Documents(tuple(found.values()), tuple(notices))


def rows_within(passages: Sequence[str], rows: Iterable[Row]) -> list[int]:
    """Return the indices of rows that stand in the passages, nearly word for word.

    That is where more than half of the runs of eight words of a row's inputs are in a passage. Such
    a passage may hold the row's answer too, and then it gives it away.
    """
    known = {run for passage in passages for run in _runs(passage)}
    found = []
    for row in rows:
        runs = [run for text in row.inputs.values() for run in _runs(text)]
        if runs and 2 * sum(run in known for run in runs) > len(runs):
            found.append(row.index)
    return found


def _runs(text: str) -> Iterator[int]:
    """Yield hashes of a text's runs of eight words, which take less room than the words."""
    terms = terms_of(text)
    yield from map(hash, zip(*(terms[start:] for start in range(_RUN)), strict=False))


def _read(path: Path, reading: _Reading, most: int) -> None:
    for file in _files(path, reading.left_out):
        if len(reading.passages) >= most:
            reading.cut = True
            return
        with text_file(file) as opened:
            text = opened.read()
        passages = list(passages_of(blocks_of(text, file.suffix.lower())))
        reading.files += bool(passages)
        for passage in passages:
            key = tuple(terms_of(passage))
            if key in reading.passages:
                continue
            if len(reading.passages) >= most:
                reading.cut = True
                return
            reading.passages[key] = passage


def _files(path: Path, left_out: Counter[str]) -> Iterator[Path]:
    """Yield the files to read; what is left out is counted by the reason."""
    try:
        folder = path.is_dir()
        if not folder:
            path.stat()
    except OSError as error:
        raise unreadable(path, error) from None
    if not folder:
        if path.suffix.lower() not in ENDINGS:
            raise DataError(f"{path} is no document; it must end in {', '.join(ENDINGS)}")
        if _readable(path, left_out):
            yield path
        return

    def failed(error: OSError) -> None:
        raise unreadable(Path(error.filename or path), error) from None

    for inside, folders, names in os.walk(path, onerror=failed):
        left_out[_HIDDEN] += sum(name.startswith(".") for name in (*folders, *names))
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(name for name in names if not name.startswith(".")):
            if _readable(Path(inside) / name, left_out):
                yield Path(inside) / name


def _readable(file: Path, left_out: Counter[str]) -> bool:
    ending = file.suffix.lower()
    if ending not in ENDINGS:
        left_out[ending or "no ending"] += 1
        return False
    try:
        large = file.stat().st_size > MOST_BYTES
    except OSError as error:
        raise unreadable(file, error) from None
    left_out[_LARGE] += large
    return not large and file.is_file()


def _said(path: Path, count: int, reading: _Reading, most: int) -> str:
    """Return what a person is told of a path that was read."""
    files = f"{reading.files} file{'' if reading.files == 1 else 's'}"
    said = f"{path}: {count} passage{'' if count == 1 else 's'} from {files}"
    if reading.cut:
        said += f" (at most {most:,} are taken in all, the rest was not read)"
    left_out = _left_out(reading.left_out)
    return f"{said}; left out: {left_out}" if left_out else said


def _left_out(counts: Counter[str]) -> str:
    parts = [f"{counts[reason]} {reason}" for reason in (_HIDDEN, _LARGE) if counts[reason]]
    endings = {e: n for e, n in counts.items() if e not in (_HIDDEN, _LARGE) and n}
    if endings:
        named = sorted(endings, key=lambda ending: (-endings[ending], ending))
        some = ", ".join(named[:_LISTED_ENDINGS]) + (", …" if len(named) > _LISTED_ENDINGS else "")
        parts.append(f"{sum(endings.values())} of other types ({some})")
    return ", ".join(parts)


def _nothing(reading: _Reading) -> str:
    left_out = _left_out(reading.left_out)
    wanted = f"there is no text in files ending in {', '.join(ENDINGS)}"
    return f"{wanted} (left out: {left_out})" if left_out else wanted
