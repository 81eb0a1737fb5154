"""Sampling: the same program drawn again, or at another temperature.

Owns the program that asks at a temperature of its own. At temperature 0 another draw is the same
answer (on a backend that repeats itself), so only warmer ones are variants then.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import count

from intone.data.canonical import content_id
from intone.data.row import Row
from intone.llm.request import Request
from intone.prompt.perturbations.variant import Variant
from intone.prompt.program import Answer, Got, Lost, Program

_TEMPERATURES = (0.3, 0.7, 1.0)


@dataclass(frozen=True)
class AtTemperature:
    """A program whose every request is made at this temperature."""

    program: Program
    temperature: float

    @cached_property
    def id(self) -> str:
        """The hash of the canonical form."""
        return content_id(self.canonical())

    @property
    def max_calls(self) -> int:
        """Those of the program inside."""
        return self.program.max_calls

    @property
    def variables(self) -> frozenset[str]:
        """Those of the program inside."""
        return self.program.variables

    def next(
        self, row: Row, done: Sequence[Got], blank: Request
    ) -> Sequence[Request] | Answer | Lost:
        """Ask as the program inside does, at this temperature."""
        warmed = replace(blank.sampling, temperature=self.temperature)
        return self.program.next(row, done, replace(blank, sampling=warmed))

    def shows(self, row: Row) -> bool:
        """Say whether the program inside shows the row."""
        return self.program.shows(row)

    def canonical(self) -> dict[str, object]:
        """Return the program inside in its canonical form, and the temperature."""
        return {"at_temperature": self.temperature, "program": self.program.canonical()}


def samplings(program: Program, temperature: float) -> Iterator[Variant]:
    """Give other draws without end: at the run's own temperature (if it draws), and at others."""
    others = [other for other in _TEMPERATURES if other != temperature]
    for sample in count(1):
        if temperature > 0:
            yield Variant("sampling", program, f"drawn again ({sample})", sample)
        other = others[(sample - 1) % len(others)]
        warmed = AtTemperature(program, other)
        yield Variant("sampling", warmed, f"temperature {other:g} ({sample})", sample)
