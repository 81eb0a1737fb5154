"""Progress on stderr during a run. Owns what is shown, and that it costs next to nothing.

An outcome only adds to counters; a few times a second the counters are drawn. Nothing is drawn
where stderr is no terminal: then only the plan is written.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from types import TracebackType
from typing import Any, Self

from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from intone.cli.session import Session
from intone.evaluate.budget import Spent
from intone.evaluate.outcome import Outcome
from intone.report import numbers
from intone.report.console import Part, blank, console_for, line, show
from intone.report.plans import notices, plan_lines
from intone.report.words import one_line
from intone.tune.candidate import Candidate
from intone.tune.loop import Heat

_A_SECOND = 4  # drawings
_BAR = 24
_LEAST = 5  # answers before a time is guessed


class Progress:
    """A watcher that shows how far a run is. Used as a context."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._console: Console = console_for(sys.stderr)
        self._live: Live | None = None
        self._stage = ""
        self._calls: int | None = None
        self._spent = Spent()
        self._before = 0
        self._fresh_before = 0
        self._began = time.monotonic()
        self._failed = 0
        self._sum, self._scored = 0.0, 0
        self._scores: dict[str, list[float]] = {}
        self._heat = 0
        self._leader: Part | None = None
        # Live draws once when it is made, so it comes last.
        if self._console.is_terminal and not self._console.is_dumb_terminal:
            self._live = Live(
                console=self._console,
                get_renderable=self._drawn,
                refresh_per_second=_A_SECOND,
                transient=True,
            )

    def __enter__(self) -> Self:
        if self._live is not None:
            self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._live is not None:
            self._live.stop()

    def begun(self, number: int) -> None:
        self._session.run = number

    def planned(self, plan: dict[str, Any]) -> None:
        parts = [*plan_lines(plan), *notices(plan.get("notices")), blank()]
        show(self._console, parts)
        self._console.file.flush()
        self._session.head_shown = same_place()

    def stage(self, name: str, calls: int | None) -> None:
        self._stage, self._calls = name, calls
        self._began = time.monotonic()
        self._before, self._fresh_before = self._spent.calls, self._fresh
        self._sum, self._scored = 0.0, 0

    def outcome(self, outcome: Outcome, spent: Spent) -> None:
        self._spent = spent
        if outcome.score is None:
            self._failed += outcome.status == "failed"
            return
        self._sum += outcome.score
        self._scored += 1
        if self._stage == "search":
            self._scores.setdefault(outcome.program, []).append(outcome.score)

    def trying(self, candidates: Sequence[Candidate]) -> None:
        return None

    def heat(self, heat: Heat) -> None:
        from intone.metrics.mean import Mean

        self._heat = heat.number
        ranked = sorted(
            (s for s in heat.standings if s.score is not None),
            key=lambda s: (s.rows, s.score or 0.0),
        )
        if not ranked:
            return
        leader = ranked[-1]
        scores = self._scores.get(leader.candidate.id, [])
        interval = ""
        if len(scores) >= 2:
            found = Mean().of(scores, [], [])
            interval = " " + numbers.interval(found.low, found.high)
        self._leader = line(
            ("leader ", "dim"),
            numbers.score(leader.score),
            f"{interval} on {numbers.counted(leader.rows, 'row')}: ",
            one_line(leader.candidate.sentence, 60),
        )

    @property
    def _fresh(self) -> int:
        return self._spent.calls - self._spent.replayed

    def _drawn(self) -> Table:
        table = Table.grid()
        table.add_row(self._bar())
        if self._leader is not None:
            table.add_row(self._leader)
        return table

    def _bar(self) -> Text:
        done = self._spent.calls - self._before
        text = Text(f"{self._stage or 'getting ready'} ")
        if self._calls:
            share = min(1.0, done / self._calls)
            filled = round(_BAR * share)
            text.append("━" * filled, "green")
            text.append("━" * (_BAR - filled), "dim")
            text.append(f" {numbers.count(done)}/{numbers.counted(self._calls, 'call')}")
        elif self._stage:
            text.append(f" {numbers.counted(done, 'call')}")
        text.append(f" · {numbers.tokens(self._spent.tokens)}")
        if self._spent.usd:
            text.append(f" · {numbers.money(self._spent.usd)}")
        if self._heat and self._stage == "search":
            text.append(f" · heat {self._heat + 1}")
        elif self._stage == "run" and self._scored:
            text.append(f" · score {numbers.score(self._sum / self._scored)}")
        if self._failed:
            text.append(f" · {self._failed} failed", "red")
        return text.append(self._left(done))

    def _left(self, done: int) -> str:
        """Return the time left in this stage, from the calls really made: replays take none."""
        made = self._fresh - self._fresh_before
        elapsed = time.monotonic() - self._began
        if not self._calls or made < _LEAST or done >= self._calls:
            return f" · {numbers.duration(elapsed)}" if self._stage else ""
        return f" · {numbers.duration((self._calls - done) * elapsed / made)} left"


def same_place() -> bool:
    """Say whether stdout and stderr go to the same terminal or file."""
    import os

    try:
        return os.path.sameopenfile(sys.stdout.fileno(), sys.stderr.fileno())
    except (OSError, ValueError):  # one of them is closed, or no file at all
        return False
