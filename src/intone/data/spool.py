"""Records kept out of memory: a temporary file that is read by number. Owns the file."""

from __future__ import annotations

import tempfile
import weakref
from array import array
from collections.abc import Sequence

from intone.errors import DataError

_IN_MEMORY_BYTES = 16 * 1024 * 1024


class Spool:
    """Byte strings, written in order and read back by number.

    Up to 16 MB stay in memory; then an unnamed temporary file holds them all (in TMPDIR), and
    memory grows by the 8 bytes of an offset a record. Not for several threads at once: a read
    moves the file's position.
    """

    def __init__(self) -> None:
        # The file outlives this call; `close` and the finaliser below end it.
        self._file = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY_BYTES)
        self._starts = array("Q", [0])
        self._close = weakref.finalize(self, self._file.close)

    def __len__(self) -> int:
        return len(self._starts) - 1

    def extend(self, records: Sequence[bytes]) -> bytes:
        """Append the records and return them as one byte string; DataError if the disk is full."""
        joined = b"".join(records)
        start = self._starts[-1]
        try:
            self._file.seek(start)
            self._file.write(joined)
        except OSError as error:
            raise DataError(
                f"cannot keep the rows in {tempfile.gettempdir()}: {error.strerror or error}; "
                "free some space there or set TMPDIR to another folder"
            ) from error
        for record in records:
            start += len(record)
            self._starts.append(start)
        return joined

    def read(self, number: int) -> bytes:
        """Return record `number`, counted from 0."""
        start = self._starts[number]
        self._file.seek(start)
        return self._file.read(self._starts[number + 1] - start)

    def close(self) -> None:
        """Give the file back; reading is over."""
        self._close()
