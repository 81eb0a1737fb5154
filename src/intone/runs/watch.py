"""What a run tells whoever watches it. Owns the protocol; the command line draws it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from intone.evaluate.budget import Spent
from intone.evaluate.outcome import Outcome
from intone.tune.candidate import Candidate
from intone.tune.loop import Heat


class Watcher(Protocol):
    """Told what happens, in order. It must be quick and must not raise."""

    def begun(self, number: int) -> None:
        """The run is recorded under this number: it can be shown and resumed."""
        ...

    def planned(self, plan: dict[str, Any]) -> None:
        """The plan, before anything is spent."""
        ...

    def stage(self, name: str, calls: int | None) -> None:
        """A stage begins: its name, and about how many calls it may take."""
        ...

    def outcome(self, outcome: Outcome, spent: Spent) -> None:
        """A row was answered and graded."""
        ...

    def trying(self, candidates: Sequence[Candidate]) -> None:
        """A heat of a search begins with these candidates."""
        ...

    def heat(self, heat: Heat) -> None:
        """A heat of the search is over."""
        ...


class Unwatched:
    """A watcher that does nothing."""

    def begun(self, number: int) -> None:
        return None

    def planned(self, plan: dict[str, Any]) -> None:
        return None

    def stage(self, name: str, calls: int | None) -> None:
        return None

    def outcome(self, outcome: Outcome, spent: Spent) -> None:
        return None

    def trying(self, candidates: Sequence[Candidate]) -> None:
        return None

    def heat(self, heat: Heat) -> None:
        return None
