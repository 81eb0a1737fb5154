"""Tells whether the process that does a run is still there. Owns no records.

A process that was killed cannot say so. On its own machine it is looked up by its number and the
moment it was born (numbers are used again); for another machine, where that is not possible, the
last sign of life decides.
"""

from __future__ import annotations

import os
import platform
import sys
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

SILENCE = timedelta(minutes=10)
"""A process that cannot be looked up is taken for dead after so long without a sign of life."""


@dataclass(frozen=True, slots=True)
class Process:
    """A process: its machine, its number there, and when it was born (empty if not known)."""

    host: str
    pid: int
    born: str

    def alive(self, seen: datetime) -> bool:
        """Say whether it lives; `seen` is its last sign of life."""
        if self.host != platform.node() or sys.platform == "win32":
            return datetime.now(UTC) - seen < SILENCE
        if self.born:
            return _born(self.pid) == self.born
        try:
            os.kill(self.pid, 0)  # asks, and sends nothing
        except ProcessLookupError:
            return False
        except PermissionError:
            pass  # it is there and somebody else's
        return True


def this_process() -> Process:
    """Return the process this is."""
    return Process(platform.node(), os.getpid(), _born(os.getpid()))


def _born(pid: int) -> str:
    """Return when a process was born, in clock ticks since a boot; empty if not known."""
    try:
        state, *facts = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (OSError, ValueError):
        return ""
    return "" if state in "ZX" else f"{_boot()}:{facts[18]}"  # Z, X: dead and not yet buried


@cache
def _boot() -> str:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text()[:8]
    except OSError:
        return ""
