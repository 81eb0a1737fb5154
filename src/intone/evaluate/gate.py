"""The Gate protocol: what every call of a run passes before it is made. Owns nothing else.

Whoever may hold a run (a page with a button *Pause*) gives its meters a gate. What is answered by
the ledger needs no call and passes no gate.
"""

from __future__ import annotations

from typing import Protocol


class Gate(Protocol):
    """Lets calls pass or holds them; used from the run's event loop."""

    async def passed(self) -> None:
        """Return when the next attempt at a call may be made."""
        ...

    def answered(self) -> None:
        """A call came to its end: its answer is on disk, or it failed for good."""
        ...
